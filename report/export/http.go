package export

import (
	"fmt"
	"strings"

	"parallax/internal/httpmsg"
)

// http is a request for the HTTP clients of editors, which read "###" as the end of a
// request and "{{name}}" as a variable.
func (r *request) http() []byte {
	var b strings.Builder
	b.WriteString("# One recorded request.\n")
	if r.Body.Redacted {
		b.WriteString("# " + bodyNote + "\n")
	}
	method := r.Method
	if !httpmsg.IsToken(method) {
		method = "GET"
	}
	target := r.Target
	if strings.ContainsFunc(target, isControl) || strings.Contains(target, "{{") || strings.ContainsRune(target, ' ') || !strings.HasPrefix(target, "/") {
		fmt.Fprintf(&b, "# left out: the target %q: it cannot be written here\n", target)
		target = "/"
	}
	for i := range r.Headers {
		if h := &r.Headers[i]; !r.skips(h) && !inHTTP(h) {
			fmt.Fprintf(&b, "# left out: header %q\n", h.Name)
		}
	}
	fmt.Fprintf(&b, "%s %s%s HTTP/1.1\n", method, strings.TrimSuffix(r.o.Target, "/"), target)
	for i := range r.Headers {
		h := &r.Headers[i]
		switch {
		case r.skips(h) || !inHTTP(h):
		case r.secret(h):
			fmt.Fprintf(&b, "%s: {{%s}}\n", h.Name, variable(h.Name))
		default:
			fmt.Fprintf(&b, "%s: %s\n", h.Name, strings.Trim(h.Value, " \t"))
		}
	}
	if r.hasBody {
		b.WriteString("\n< ./" + BodyName + "\n")
	}
	return []byte(b.String())
}

func inHTTP(h *httpmsg.Header) bool {
	return carried(h) && h.Name[0] != '#' && !strings.Contains(h.Value, "{{")
}
