// Package export writes a recorded request in forms that others run: a shell script
// for curl, a request for an editor's HTTP client, a Go test.
//
// Terms. A placeholder stands for a header whose value redaction replaced: it is
// asked for by name from the environment and never filled with the token.
//
// Steps. Write makes a folder's files: request.sh, request.http, request_test.go and,
// where there is one, body.bin. The body always stands in its own file, as it was
// recorded: no form of quoting carries every byte.
//
// Limits. The recorded bytes may be hostile. What a form cannot carry (control
// characters in a header, a name that is none) is left out, and a comment says so.
// curl and editors choose the order of headers and their framing; the Go test sends
// the bytes as they were. Trailers are in none of them.
package export

import (
	"errors"
	"fmt"
	"strings"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/internal/store"
)

// Names of the files.
const (
	ShellName = "request.sh"
	HTTPName  = "request.http"
	GoName    = "request_test.go"
	BodyName  = "body.bin"
)

// Options say where the request goes.
type Options struct {
	// Target is a URL of the system to be asked, http://127.0.0.1:8081.
	Target string
	// Secret reports whether a value holds a redaction token.
	Secret func(value string) bool
	// Status is what the old system answered; 0: nothing.
	Status int
}

// ErrBody: the recording does not hold the whole body.
var ErrBody = errors.New("the body was not stored whole")

// Write writes the files into s.
func Write(s store.Store, req *recording.Request, o Options) error {
	r := request{Request: req, o: o}
	switch req.Body.State {
	case recording.BodyNone:
	case recording.BodyStored:
		r.hasBody = true
	default:
		return fmt.Errorf("%s: %w", BodyName, ErrBody)
	}
	files := []struct {
		name string
		text []byte
	}{{ShellName, r.shell()}, {HTTPName, r.http()}, {GoName, r.goTest()}}
	for _, f := range files {
		if err := store.WriteFile(s, f.name, f.text); err != nil {
			return err
		}
	}
	if !r.hasBody {
		return nil
	}
	return store.WriteFile(s, BodyName, req.Body.Bytes)
}

// request is what the forms are made of.
type request struct {
	*recording.Request
	o       Options
	hasBody bool
}

// skips reports whether a header goes into no form: a redacted body stands decoded.
func (r *request) skips(h *httpmsg.Header) bool {
	return framing(h) || r.Body.Redacted && h.Is("Content-Encoding")
}

// bodyNote says what is not as it was.
const bodyNote = "the body holds redaction tokens where secrets were"

// framing headers are made anew by whoever sends.
func framing(h *httpmsg.Header) bool {
	return h.Is("Content-Length") || h.Is("Transfer-Encoding") || h.Is("Connection") || h.Is("Keep-Alive") || h.Is("Expect") || h.Is("Trailer") || h.Is("TE")
}

// carried reports whether a form of lines can hold a header.
func carried(h *httpmsg.Header) bool {
	return httpmsg.IsToken(h.Name) && !strings.ContainsFunc(h.Value, isControl)
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// variable names the placeholder of a header, PARALLAX_AUTHORIZATION.
func variable(name string) string {
	return "PARALLAX_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r - 'a' + 'A'
		}
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

func (r *request) secret(h *httpmsg.Header) bool { return r.o.Secret != nil && r.o.Secret(h.Value) }

// placeholders lists the variables that are asked for, each once.
func (r *request) placeholders() (names []string) {
	seen := map[string]bool{}
	for i := range r.Headers {
		if h := &r.Headers[i]; r.secret(h) && httpmsg.IsToken(h.Name) && !seen[variable(h.Name)] {
			seen[variable(h.Name)] = true
			names = append(names, variable(h.Name))
		}
	}
	return names
}
