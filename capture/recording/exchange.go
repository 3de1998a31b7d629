package recording

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"parallax/internal/httpmsg"
)

// Header is one header line in the order, case and number it had on the wire.
type Header = httpmsg.Header

// ID names one exchange: 16 hex digits of the first request byte's time in
// nanoseconds since 1970 (the response's where there is no request), "-",
// 8 hex of the session, "-", 8 hex of the sequence in it. IDs sort as text in
// the order of time.
type ID string

// idLength is the length of every well-formed ID.
const idLength = 16 + 1 + 8 + 1 + 8

// MakeID builds the ID of the sequence-th exchange of session (16 hex digits,
// see MakeSession), first seen at firstAt nanoseconds.
func MakeID(firstAt int64, session string, sequence uint32) ID {
	short := "00000000"
	if len(session) >= 8 {
		short = session[:8]
	}
	var id [idLength]byte
	putHex(id[:16], uint64(firstAt))
	id[16] = '-'
	copy(id[17:25], short)
	id[25] = '-'
	putHex(id[26:], uint64(sequence))
	return ID(id[:])
}

// putHex fills dst with the last hex digits of v.
func putHex(dst []byte, v uint64) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = "0123456789abcdef"[v&15]
		v >>= 4
	}
}

// Time returns the nanoseconds that the ID begins with, or an error that names
// what is wrong with the ID.
func (id ID) Time() (int64, error) {
	if len(id) != idLength || id[16] != '-' || id[25] != '-' {
		return 0, fmt.Errorf("exchange id %q: want 16, 8 and 8 hex digits joined by -", string(id))
	}
	if ns, ok := hexTime(string(id)); ok {
		return int64(ns), nil
	}
	return id.slowTime()
}

// slowTime reads digit by digit, and so knows which one is wrong.
func (id ID) slowTime() (int64, error) {
	var ns uint64
	for i := range 16 {
		digit := hexDigit(id[i])
		if digit > 15 {
			return 0, fmt.Errorf("exchange id %q: %q is no hex digit", string(id), id[i])
		}
		ns = ns<<4 | uint64(digit)
	}
	return int64(ns), nil
}

// hexDigit returns the digit's value, or 255.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f': // and no capitals: order as text is order in time
		return c - 'a' + 10
	}
	return 255
}

// MakeSession names a connection: the first 16 hex digits of SHA-256 over the
// client's and the server's address and the connection's first time.
func MakeSession(client, server string, firstAt int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d", client, server, firstAt))
	return hex.EncodeToString(sum[:8])
}

// Exchange is one request with its response. Either may be missing, never
// both. It is a plain value: what a stage hands on, it no longer touches.
type Exchange struct {
	ID ID
	// Replays is the ID of the baseline's exchange that this one repeats (its
	// Origin, where the baseline is itself a run); it is empty outside a run.
	Replays  ID
	Session  string
	Sequence uint32
	// Protocol is "http/1.1" for HTTP/1.0 and 1.1; Request.Version tells them apart.
	Protocol string
	// Client and Server are addresses, host:port.
	Client, Server string

	Request  *Request
	Response *Response

	// Incomplete says why a part is missing; it is empty where the exchange is
	// whole.
	Incomplete Reason
	// Errors are faults seen while capturing that left the exchange usable.
	Errors []string
	// Outcome is what the replay did; it is nil outside a run.
	Outcome *Outcome
}

// Origin is the ID of the exchange that was recorded first: what a run's row
// replays, else the exchange's own. Rows are ordered and paired by it, also those of
// a run of a run, whose own IDs follow the order of sending.
func (ex *Exchange) Origin() ID {
	if ex.Replays != "" {
		return ex.Replays
	}
	return ex.ID
}

// FirstAt returns the time of the first byte seen, in nanoseconds since 1970.
func (e *Exchange) FirstAt() int64 {
	switch {
	case e.Request != nil:
		return e.Request.FirstAt
	case e.Response != nil:
		return e.Response.FirstAt
	case e.Outcome != nil:
		return e.Outcome.DueAt
	}
	return 0
}

// Whole reports whether the exchange has a request and a response and neither
// lacks a byte.
func (e *Exchange) Whole() bool {
	return e.Incomplete == "" && e.Request != nil && e.Response != nil
}

// Reason names why an exchange is not whole.
type Reason string

// The reasons. An edge of the capture (see Edge) is expected at a recording's
// ends; every other reason is a loss.
const (
	// RequestBeforeStart: the response's request was sent before the capture began.
	RequestBeforeStart Reason = "request before capture"
	// ResponseAfterEnd: the capture, or the connection within it, ended cleanly
	// before the response was whole.
	ResponseAfterEnd Reason = "response after capture"
	RequestAfterEnd  Reason = "request after capture"
	// ConnectionClosed: the connection ended in the middle of a message.
	ConnectionClosed Reason = "connection closed"
	// Gap: bytes of the stream are not in the capture.
	Gap Reason = "gap"
	// Malformed: the bytes are not the protocol.
	Malformed Reason = "malformed"
	// Evicted: a memory bound was reached.
	Evicted Reason = "evicted"
	// OneSided: only one direction of the connection was captured.
	OneSided Reason = "one direction missing"
	// NoAnswer: the request was sent and no whole answer came (a proxy's
	// upstream or a replay's target failed; Outcome or Errors say how).
	NoAnswer Reason = "no answer"
)

// Edge reports whether the reason is a cut at the capture's edge, which the
// default gate allows.
func (r Reason) Edge() bool {
	return r == RequestBeforeStart || r == ResponseAfterEnd || r == RequestAfterEnd
}

// Request is what the client asked, as it stood on the wire after transfer
// decoding.
type Request struct {
	Method string
	// Scheme is "http" or "https".
	Scheme string
	// Target is the request target exactly as sent: origin, absolute,
	// authority or asterisk form.
	Target string
	// Version is "1.0" or "1.1", of a request without one "0.9".
	Version  string
	Headers  []Header
	Body     Body
	Trailers []Header
	// FirstAt and LastAt are the times of the first and the last byte, in
	// nanoseconds since 1970.
	FirstAt, LastAt int64
}

// Host returns the Host header's value, or "" where there is none.
func (r *Request) Host() string {
	host, _ := httpmsg.Get(r.Headers, "Host")
	return host
}

// Response is what the server answered.
type Response struct {
	Status   int
	Reason   string
	Version  string
	Headers  []Header
	Body     Body
	Trailers []Header
	// Interim are the 1xx answers that came before, in order.
	Interim         []Interim
	FirstAt, LastAt int64
}

// Interim is one 1xx answer.
type Interim struct {
	Status  int
	Reason  string
	Headers []Header
	At      int64
}

// BodyState says what of a body is kept.
type BodyState uint8

// The states of a body.
const (
	// BodyNone: the message has no body.
	BodyNone BodyState = iota
	// BodyStored: Bytes is the whole body.
	BodyStored
	// BodyAsBaseline: equal to the baseline's body of the same message; not
	// stored again.
	BodyAsBaseline
	// BodyTruncated: Bytes is the beginning; Length and SHA256 tell of what was seen.
	BodyTruncated
	// BodyDropped: nothing is kept but Length and SHA256.
	BodyDropped
)

var bodyStateNames = [...]string{"none", "stored", "as-baseline", "truncated", "dropped"}

// String returns the name that stands in files.
func (s BodyState) String() string {
	if int(s) < len(bodyStateNames) {
		return bodyStateNames[s]
	}
	return "body state " + strconv.Itoa(int(s))
}

// ParseBodyState is the inverse of String.
func ParseBodyState(name string) (BodyState, error) {
	for i, n := range bodyStateNames {
		if n == name {
			return BodyState(i), nil
		}
	}
	return 0, fmt.Errorf("unknown body state %q", name)
}

// Body is a message's body after transfer decoding (dechunked), its content
// encoding untouched unless Redacted.
type Body struct {
	State BodyState
	// Bytes is owned by the exchange. A reader that recycles its buffers says so.
	Bytes []byte
	// Length in bytes and SHA256 are those of the whole body, also where only a
	// part or nothing of it is kept; of what was seen where the exchange is
	// incomplete. A body that redaction touched has those of the redacted one.
	Length int64
	SHA256 [sha256.Size]byte
	// Redacted: Bytes were content-decoded and a secret in them was replaced;
	// replay encodes them again.
	Redacted bool
}

// StoredBody returns the body that keeps all of b, which it takes over.
func StoredBody(b []byte) Body {
	if len(b) == 0 {
		return Body{}
	}
	return Body{State: BodyStored, Bytes: b, Length: int64(len(b)), SHA256: sha256.Sum256(b)}
}
