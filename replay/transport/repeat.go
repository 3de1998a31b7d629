package transport

import (
	"bytes"
	"errors"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// repeatable is the head of the last answer that a decoder read, where it says
// all of its message's length. Servers give the same head again and again: an
// answer that comes in one piece and begins with the same bytes needs no
// decoder, which could only say the same. A test holds the two ways equal.
type repeatable struct {
	head    []byte
	length  int64 // of the body
	keepsOn bool
	status  int
	reason  string
	version string
	headers []httpmsg.Header
}

// remember keeps a head, whose bytes raw is. One with anomalies is not kept,
// nor one after empty lines, which are an anomaly as well.
func (r *repeatable) remember(h *httpmsg.Head, raw []byte) {
	r.head = r.head[:0]
	if h.Framing != httpmsg.FramingLength || h.ContentLength <= 0 || h.Anomalies != 0 || h.Bytes != len(raw) {
		return
	}
	r.head = append(r.head, raw...)
	r.length, r.keepsOn = h.ContentLength, h.KeepsAlive()
	r.status, r.reason, r.version = h.Status, h.Reason, h.Version
	r.headers = append(r.headers[:0], h.Headers...)
}

// body returns the body of an answer that p is, whole and no more.
func (r *repeatable) body(p []byte) ([]byte, bool) {
	if len(r.head) == 0 || int64(len(p)) != int64(len(r.head))+r.length || !bytes.HasPrefix(p, r.head) {
		return nil, false
	}
	return p[len(r.head):], true
}

// repeated takes the whole answer that p is, where its head is the last one's.
func (c *Conn) repeated(p []byte) bool {
	a := &c.answer
	if a.bodiless || a.firstAt != 0 || len(a.interim) > 0 || !c.decoder.Idle() {
		return false
	}
	body, ok := c.last.body(p)
	if !ok || int64(len(body)) > c.t.o.BodyCap {
		return false
	}
	a.firstAt, a.final, a.ended, a.keepsOn = a.readAt, true, true, c.last.keepsOn
	a.length, a.body, a.inOne = int64(len(body)), body, true
	a.response = &c.response
	// What the answer's user does with the list is not done to the remembered one.
	c.headers = append(c.headers[:0], c.last.headers...)
	c.response = recording.Response{
		Status: c.last.status, Reason: c.last.reason, Version: c.last.version, Headers: c.headers,
		FirstAt: a.firstAt, LastAt: a.readAt,
	}
	c.passed += int64(len(p))
	return true
}

// placed gives a fault its place in the whole stream: the decoder has not seen
// what was passed by it.
func (c *Conn) placed(err error) error {
	var fault *httpmsg.Error
	if errors.As(err, &fault) && c.passed > 0 {
		fault.At += c.passed
		c.passed = 0 // the fault is the decoder's last word, and stays its own
	}
	return err
}
