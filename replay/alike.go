package replay

import (
	"slices"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
	"parallax/replay/transport"
)

// alike is what composing made of a request's headers. A client's requests
// mostly have the same ones: for a request without a body, whose headers are
// those of the worker's last, only the first line is new. A test holds what is
// made so equal to what compose makes from the beginning.
type alike struct {
	known   bool
	version string
	from    []httpmsg.Header // as recorded
	sent    []httpmsg.Header // as sent, with the marker
	lines   []byte           // the same on the wire, with the empty line
	closes  bool
}

// bare reports whether r is no more than its head.
func bare(r *recording.Request) bool {
	return r.Body.State == recording.BodyNone && r.Body.Length == 0 && len(r.Body.Bytes) == 0 &&
		!r.Body.Redacted && len(r.Trailers) == 0
}

// keepAlike remembers what compose made, where only the headers decided over it.
func (c *composer) keepAlike(out *composed, from *recording.Request) {
	a, m := &out.alike, &out.message
	a.known = bare(from) && len(c.filled) == 0 && c.auth == nil && c.shift == nil && c.carry.Leaves(from.Headers) &&
		len(out.leftOut) == 0 && !m.Chunked && !m.Expect
	if !a.known {
		return
	}
	a.version, a.closes = from.Version, m.Closes
	a.from = append(a.from[:0], from.Headers...)
	a.sent = append(a.sent[:0], out.request.Headers...)
	a.lines = append(httpmsg.AppendHeaders(a.lines[:0], a.sent), "\r\n"...)
}

// composeAlike is compose for a request whose headers are known. It reports
// whether this is one.
func (c *composer) composeAlike(out *composed, j *job) (why string, ok bool) {
	a, from := &out.alike, j.ex.Request
	if !a.known || from.Version != a.version || !bare(from) || !slices.Equal(from.Headers, a.from) {
		return "", false
	}
	out.change, out.leftOut = carry.Change{}, nil
	out.headers = append(out.headers[:0], a.sent...) // the sink may change the list
	req := &out.request
	*req = *from
	req.Headers, req.Target = out.headers, c.target(from.Target)
	if c.o.Bodies.KeepAll {
		req.Body = recording.Body{}
	}
	switch {
	case c.o.HoldsToken(req.Target):
		return tokenInTarget, true
	case !oneFirstLine(req):
		return brokenLine, true
	}
	// A head without headers is the first line and the empty one.
	line := httpmsg.AppendRequestHead(out.head[:0], req.Method, req.Target, req.Version, nil)
	out.head = append(line[:len(line)-len("\r\n")], a.lines...)
	out.message = transport.Message{Method: req.Method, Head: out.head, Closes: a.closes}
	c.setBaseline(j, &out.message)
	return "", true
}
