package replay

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"parallax/capture/recording"
	"parallax/internal/content"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
	"parallax/replay/credential"
	"parallax/replay/shift"
	"parallax/replay/transport"
)

// MarkerHeader stands on every replayed request.
const MarkerHeader = "X-Parallax-Run"

// composer makes the request that is sent out of the one that was recorded. It
// is safe for concurrent use.
type composer struct {
	o       *Options
	carry   *carry.Set
	auth    *auth
	shift   *shift.Set // nil: no time is moved
	rewrite Rewrite
	host    string // the Host header's value; "": as recorded
	prefix  string
	// filled are the values of configured headers that hold a secret.
	filled map[string]string
}

// composed is a request ready to be sent, and the memory for the next.
type composed struct {
	// request is what the run stores: what was sent, with placeholders in place
	// of configured secrets.
	request recording.Request
	message transport.Message
	change  carry.Change
	leftOut []string
	// shifted: the body holds times that were moved.
	shifted bool
	// grant is the access token that the request gets.
	grant credential.Grant

	head    []byte
	headers []httpmsg.Header
	alike   alike
}

func newComposer(o *Options, e endpoint, set *carry.Set) (*composer, error) {
	r := o.Target.Rewrite
	if err := r.check(); err != nil {
		return nil, err
	}
	c := &composer{o: o, carry: set, rewrite: r, prefix: e.prefix + r.AddPrefix, filled: make(map[string]string)}
	switch r.Host {
	case "", "original":
	case "target":
		c.host = e.authority
	default:
		c.host = r.Host
	}
	return c, c.fill(o.Secret)
}

var secretPlaceholder = regexp.MustCompile(`\{\{secret:([A-Za-z0-9_.-]+)\}\}`)

// fill reads the secrets that configured headers name, before anything is sent.
func (c *composer) fill(secret func(string) (string, error)) error {
	for _, h := range c.rewrite.Set {
		var failed error
		value := secretPlaceholder.ReplaceAllStringFunc(h.Value, func(text string) string {
			v, err := secret(secretPlaceholder.FindStringSubmatch(text)[1])
			if err != nil {
				failed = err
			}
			return v
		})
		switch {
		case failed != nil:
			return fmt.Errorf("rewrite: header %s: %w", h.Name, failed)
		case strings.ContainsAny(value, "\r\n\x00"):
			return fmt.Errorf("rewrite: header %s: the secret holds a line break or NUL", h.Name)
		case value != h.Value:
			c.filled[h.Value] = value
		}
	}
	return nil
}

// Why a composed request is not sent.
const (
	tokenInTarget = "the target of the request holds a redaction token that no carry rule replaces"
	tokenInBody   = "the body holds a redaction token that no carry rule replaces"
	brokenLine    = "the recorded request holds a line break where none can be sent"
)

// compose writes into out and its memory. Why the request must not be sent, or
// "".
func (c *composer) compose(out *composed, j *job) string {
	if why, ok := c.composeAlike(out, j); ok {
		return why
	}
	why := c.composeAnew(out, j)
	if why == "" {
		c.keepAlike(out, j.ex.Request)
	}
	return why
}

// composeAnew is compose without what is known of earlier requests.
func (c *composer) composeAnew(out *composed, j *job) string {
	req := &out.request
	from := c.shiftTimes(j.ex.Request, out)
	*req = *from
	out.message = transport.Message{Method: req.Method, Head: out.head[:0]}
	out.change, out.leftOut = carry.Change{}, nil
	out.headers = c.headers(out.headers[:0], from.Headers)
	req.Headers = out.headers
	req.Target = c.target(from.Target)
	body, why := c.body(j, from, req, out)
	if why != "" {
		return why
	}
	c.dropTokens(req, out)
	if c.o.HoldsToken(req.Target) {
		return tokenInTarget
	}
	if !c.o.NoMarker {
		req.Headers = append(req.Headers, httpmsg.Header{Name: MarkerHeader, Value: c.o.RunID})
	}
	if !oneLine(req) {
		return brokenLine
	}
	c.frame(req, body, &out.message)
	c.setMessage(j, out)
	return ""
}

// headers copies the recorded headers into the memory of to, with the
// configured ones. The marker of the replay that made a run is not a client's.
func (c *composer) headers(to, from []httpmsg.Header) []httpmsg.Header {
	to = slices.Grow(to, len(from)+3+len(c.rewrite.Set)) // Content-Length, Host and marker
	for _, h := range from {
		if !c.removed(h.Name) && !strings.EqualFold(h.Name, MarkerHeader) {
			to = append(to, h)
		}
	}
	for _, h := range c.rewrite.Set {
		to = setHeader(to, h.Name, h.Value)
	}
	if c.host != "" {
		to = setHeader(to, "Host", c.host)
	}
	return c.auth.place(to, from)
}

func (c *composer) removed(name string) bool {
	for _, r := range c.rewrite.Remove {
		if strings.EqualFold(r, name) {
			return true
		}
	}
	return false
}

// setHeader gives the first header called name its value, drops its repetitions,
// and adds it at the end where there is none.
func setHeader(headers []httpmsg.Header, name, value string) []httpmsg.Header {
	found := false
	headers = slices.DeleteFunc(headers, func(h httpmsg.Header) bool {
		again := found && strings.EqualFold(h.Name, name)
		found = found || strings.EqualFold(h.Name, name)
		return again
	})
	for i := range headers {
		if strings.EqualFold(headers[i].Name, name) {
			headers[i].Value = value
			return headers
		}
	}
	return append(headers, httpmsg.Header{Name: name, Value: value})
}

// target applies the path's prefixes; other forms than a path stay.
func (c *composer) target(t string) string {
	if c.prefix == "" && c.rewrite.StripPrefix == "" || !strings.HasPrefix(t, "/") {
		return t
	}
	if rest, ok := strings.CutPrefix(t, c.rewrite.StripPrefix); ok {
		t = rest
		if !strings.HasPrefix(t, "/") {
			t = "/" + t
		}
	}
	return c.prefix + t
}

// plainBody returns the request's body without content coding where a carry
// rule may look into it, else nil.
func (c *composer) plainBody(r *recording.Request) []byte {
	if len(r.Body.Bytes) == 0 || !c.carry.ToBody(r.Method, r.Target) {
		return nil
	}
	if r.Body.Redacted {
		return r.Body.Bytes
	}
	return plain(r.Headers, r.Body.Bytes)
}

// body carries values over, in the body and everywhere else, and returns the
// bytes to send.
func (c *composer) body(j *job, from, req *recording.Request, out *composed) ([]byte, string) {
	// Routes are those of the recorded target, so the rules see that one.
	rewritten := req.Target != from.Target
	req.Target = from.Target
	text, change := c.carry.Rewrite(&j.session.carry, req, c.plainBody(from), carry.Options{HoldsToken: c.o.HoldsToken})
	if rewritten {
		req.Target = c.target(req.Target)
	}
	out.change, out.leftOut = change, change.LeftOut
	if !from.Body.Redacted {
		if !change.Body {
			return from.Body.Bytes, ""
		}
		return c.encode(from, text)
	}
	if text == nil {
		text = from.Body.Bytes
	}
	switch {
	case !c.o.HoldsToken(string(from.Body.Bytes)):
		return nil, "the body was redacted in a way that cannot be seen"
	case c.o.HoldsToken(string(text)):
		return nil, tokenInBody
	}
	change.Body, out.change.Body = true, true
	return c.encode(from, text)
}

// blocks returns why compose must block r, whatever earlier answers bring, or "".
func (c *composer) blocks(r *recording.Request) string {
	if r.Body.Redacted && !c.carry.ToBody(r.Method, r.Target) {
		return tokenInBody
	}
	return ""
}

// encode applies the content codings that the recorded body had.
func (c *composer) encode(from *recording.Request, text []byte) ([]byte, string) {
	body, err := content.Encode(encodings(from.Headers), text)
	if err != nil {
		return nil, err.Error()
	}
	return body, ""
}

// dropTokens leaves out headers that hold a redaction token.
func (c *composer) dropTokens(req *recording.Request, out *composed) {
	req.Headers = slices.DeleteFunc(req.Headers, func(h httpmsg.Header) bool {
		token := c.o.HoldsToken(h.Value)
		if token {
			out.leftOut = append(out.leftOut, h.Name)
		}
		return token
	})
	req.Trailers = slices.DeleteFunc(slices.Clone(req.Trailers), func(h httpmsg.Header) bool {
		token := c.o.HoldsToken(h.Value)
		if token {
			out.leftOut = append(out.leftOut, "trailer "+h.Name)
		}
		return token
	})
}

// frame sets the body and what the head says of its length, where that changed.
func (c *composer) frame(req *recording.Request, body []byte, m *transport.Message) {
	m.Body, m.Trailers = body, req.Trailers
	m.Closes = req.Version == "1.0"
	for i := range req.Headers {
		one := req.Headers[i : i+1]
		switch len(one[0].Name) { // most headers are told from these by their length
		case len("Transfer-Encoding"):
			m.Chunked = m.Chunked || httpmsg.HasToken(one, "Transfer-Encoding", "chunked")
		case len("Expect"):
			m.Expect = m.Expect || httpmsg.HasToken(one, "Expect", "100-continue")
		case len("Connection"):
			m.Closes = httpmsg.HasToken(one, "Connection", "close") ||
				m.Closes && !httpmsg.HasToken(one, "Connection", "keep-alive")
		}
	}
	if m.Chunked || int64(len(body)) == req.Body.Length && len(body) == 0 {
		return
	}
	length := strconv.Itoa(len(body))
	if was, ok := httpmsg.Get(req.Headers, "Content-Length"); !ok || int64(len(body)) != req.Body.Length && was != length {
		req.Headers = setHeader(req.Headers, "Content-Length", length)
	}
}

// setMessage writes the head and what the run stores of the body.
func (c *composer) setMessage(j *job, out *composed) {
	req, m := &out.request, &out.message
	c.writeHead(out)
	switch {
	case out.change.Body || out.shifted || c.o.Bodies.KeepAll:
		req.Body = recording.StoredBody(m.Body)
	case req.Body.State == recording.BodyStored:
		req.Body.State, req.Body.Bytes = recording.BodyAsBaseline, nil
	}
	c.setBaseline(j, m)
}

// writeHead writes the head into out's memory, with configured secrets and the
// token.
func (c *composer) writeHead(out *composed) {
	req, m := &out.request, &out.message
	wire := req.Headers
	if len(c.filled) > 0 {
		wire = slices.Clone(wire)
		for i, h := range wire {
			if v, ok := c.filled[h.Value]; ok && c.configured(h) {
				wire[i].Value = v
			}
		}
	}
	wire = c.auth.fill(wire, out.grant)
	m.Head = httpmsg.AppendRequestHead(out.head[:0], req.Method, req.Target, req.Version, wire)
	out.head = m.Head
}

// setBaseline says what is to be kept of the answer.
func (c *composer) setBaseline(j *job, m *transport.Message) {
	r := j.ex.Response
	if r == nil {
		return
	}
	if !c.o.Bodies.KeepAll {
		m.Baseline = &r.Body
	}
	m.Keep = c.carry.FromBody(j.ex.Request.Method, j.ex.Request.Target)
}

// configured reports whether h is a configured header as it was configured: a
// recorded value is never filled.
func (c *composer) configured(h httpmsg.Header) bool {
	for _, set := range c.rewrite.Set {
		if strings.EqualFold(set.Name, h.Name) && set.Value == h.Value {
			return true
		}
	}
	return false
}

// oneLine reports whether every line of the head is one line when it is
// written; a folded value may break before a blank.
func oneLine(r *recording.Request) bool {
	return oneFirstLine(r) && sendable(r.Headers) && sendable(r.Trailers)
}

func oneFirstLine(r *recording.Request) bool {
	return r.Target != "" && r.Method != "" && !breaks(r.Method) && !breaks(r.Target) && strings.IndexByte(r.Method, ' ') < 0
}

func sendable(headers []httpmsg.Header) bool {
	for _, h := range headers {
		if breaks(h.Name) || breaks(h.Value) && !httpmsg.Sendable(httpmsg.Header{Name: "X", Value: h.Value}) {
			return false
		}
	}
	return true
}

func breaks(s string) bool {
	for i := range len(s) {
		if c := s[i]; c == '\r' || c == '\n' || c == 0 {
			return true
		}
	}
	return false
}

// notWhole says why a recorded exchange cannot be sent again, or "".
func notWhole(ex *recording.Exchange) string {
	r, odd := ex.Request, sentOtherwise(ex)
	switch {
	case r == nil:
		return "no request was recorded"
	case ex.Protocol != "" && ex.Protocol != "http/1.1":
		return "protocol " + ex.Protocol + " cannot be replayed"
	case odd != "":
		return "the request cannot be repeated as it was: " + odd
	case ex.Incomplete == recording.RequestAfterEnd, ex.Incomplete == recording.RequestBeforeStart:
		return string(ex.Incomplete)
	case r.Body.State == recording.BodyAsBaseline:
		return "the request's body stands in what this run replayed; a run made with --keep-bodies has its own"
	case r.Body.State != recording.BodyNone && r.Body.State != recording.BodyStored:
		return "the request's body is " + r.Body.State.String()
	case r.Body.Length != int64(len(r.Body.Bytes)):
		return fmt.Sprintf("the request's body has %d of %d bytes", len(r.Body.Bytes), r.Body.Length)
	}
	if ex.Incomplete == "" {
		return ""
	}
	return cutRequest(ex)
}

// sentOtherwise names what was odd on the wire and is not kept in the parts of
// a request: sent again in the regular form, it would be another question.
func sentOtherwise(ex *recording.Exchange) string {
	for _, e := range ex.Errors {
		switch name, _ := strings.CutPrefix(e, "request: "); name {
		case "bare LF", "odd start line":
			return name
		}
	}
	return ""
}

// cutRequest tells a request whose end is missing from one whose answer is. A
// server may answer a request that its client never finished (400, 413); sent
// again, it would leave the target waiting for the rest.
func cutRequest(ex *recording.Exchange) string {
	r := ex.Request
	text, _ := httpmsg.Get(r.Headers, "Content-Length")
	length, err := strconv.ParseInt(text, 10, 64)
	switch {
	case httpmsg.HasToken(r.Headers, "Transfer-Encoding", "chunked"):
		if ex.Response == nil && !ex.Incomplete.Edge() && ex.Incomplete != recording.NoAnswer {
			return "the request may be cut: " + string(ex.Incomplete)
		}
	case err == nil && !r.Body.Redacted && length > r.Body.Length:
		return "the request is cut: " + string(ex.Incomplete)
	}
	return ""
}

func durationSince(from, to int64) time.Duration { return time.Duration(to - from) }
