package export

import (
	"fmt"
	"strings"

	"parallax/internal/httpmsg"
)

// shell is a script for a POSIX shell and curl 7.55 or later.
func (r *request) shell() []byte {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Sends one recorded request. Arguments go to curl: sh " + ShellName + " -i\nset -eu\ncd \"$(dirname \"$0\")\"\n")
	for _, name := range r.placeholders() {
		fmt.Fprintf(&b, ": \"${%s:?was redacted in the recording: set it}\"\n", name)
	}
	headers, left := r.shellHeaders()
	if r.Body.Redacted {
		b.WriteString("# " + bodyNote + "\n")
	}
	for _, why := range left {
		fmt.Fprintf(&b, "# left out: %s\n", why)
	}
	b.WriteString("exec curl --silent --show-error --globoff --path-as-is --disallow-username-in-url")
	for _, word := range append(r.shellWords(), headers...) {
		b.WriteString(" \\\n  " + word)
	}
	b.WriteString(" \\\n  \"$@\"\n")
	return []byte(b.String())
}

func (r *request) shellWords() (words []string) {
	words = append(words, "--url "+quoted(r.o.Target))
	if strings.ContainsFunc(r.Target, isControl) || r.Target == "" {
		words = append(words, "--request-target '/'")
	} else {
		words = append(words, "--request-target "+quoted(r.Target))
	}
	if r.Version == "1.0" {
		words = append(words, "--http1.0")
	} else {
		words = append(words, "--http1.1")
	}
	switch {
	case r.Method == "HEAD":
		words = append(words, "--head")
	case httpmsg.IsToken(r.Method):
		words = append(words, "--request "+quoted(r.Method))
	}
	if r.hasBody {
		words = append(words, "--data-binary @"+BodyName)
	}
	return words
}

// shellHeaders are the recorded ones, and nothing that curl adds by itself.
func (r *request) shellHeaders() (words, left []string) {
	own := map[string]bool{"user-agent": true, "accept": true, "content-type": r.hasBody, "expect": true}
	for i := range r.Headers {
		h := &r.Headers[i]
		switch {
		case r.skips(h):
			continue
		case !carried(h):
			left = append(left, fmt.Sprintf("header %q: it cannot be written here", h.Name))
			continue
		}
		delete(own, strings.ToLower(h.Name))
		words = append(words, "--header "+r.shellHeader(h))
	}
	for _, name := range []string{"User-Agent", "Accept", "Content-Type", "Expect"} {
		if own[strings.ToLower(name)] {
			words = append(words, "--header '"+name+":'")
		}
	}
	return words, left
}

func (r *request) shellHeader(h *httpmsg.Header) string {
	switch value := strings.Trim(h.Value, " \t"); {
	case r.secret(h):
		return quoted(h.Name+": ") + `"$` + variable(h.Name) + `"`
	case value == "": // "Name:" would take the header away
		return quoted(h.Name + ";")
	default:
		return quoted(h.Name + ": " + value)
	}
}

// quoted is a word of a POSIX shell in which nothing is special.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
