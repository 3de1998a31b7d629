package transport

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"syscall"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// reading is the answer under way.
type reading struct {
	response *recording.Response
	interim  []recording.Interim
	sentAt   int64
	readAt   int64 // when the last bytes came
	firstAt  int64 // of the first byte of any answer
	length   int64
	body     []byte // what is kept of it, good until the next answer
	reserved int64  // of the budget
	cut      bool   // the body was not kept whole
	final    bool   // the final head has come
	ended    bool
	inOne    bool // the body is whole in body, and not hashed yet
	bodiless bool // an answer to this method has another body than its head says
	early    bool // the answer came before the request was whole
	keepsOn  bool
	extra    int // bytes after the answer's end
	flags    httpmsg.Anomaly
	// unfed are bytes read and not yet fed, where a wait for 100 stopped.
	unfed []byte
}

func (c *Conn) begin(m *Message, now int64) {
	c.answer = reading{sentAt: now, bodiless: m.Method == "HEAD" || m.Method == "CONNECT"}
	c.body = c.body[:0]
	c.decoder.AnswerTo(m.Method)
}

// receive reads until the answer is whole, or, if toContinue, until a 100
// has come.
func (c *Conn) receive(toContinue bool) error {
	if done, err := c.feed(c.answer.unfed, toContinue); done || err != nil {
		return err
	}
	for {
		n, err := c.nc.Read(c.in)
		if n > 0 {
			c.answer.readAt = c.t.o.Now()
			if !toContinue && c.repeated(c.in[:n]) {
				return nil
			}
			done, failed := c.feed(c.in[:n], toContinue)
			if done || failed != nil {
				return failed
			}
		}
		if err != nil {
			return c.ended(err)
		}
	}
}

// ended takes the end of the stream, which may be the answer's.
func (c *Conn) ended(err error) error {
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	ev, failed := c.decoder.Finish()
	if failed == nil && ev.Kind == httpmsg.KindEnd {
		c.take(ev)
		c.answer.keepsOn = false
		if c.answer.ended {
			return nil
		}
	}
	return io.EOF
}

func (c *Conn) feed(p []byte, toContinue bool) (done bool, err error) {
	a := &c.answer
	a.unfed = nil
	if len(p) > 0 && a.firstAt == 0 {
		a.firstAt = a.readAt
	}
	for {
		n, ev, err := c.decoder.Feed(p)
		if err != nil {
			return false, c.placed(err)
		}
		if ev.Kind == httpmsg.KindHead && !a.bodiless {
			c.last.remember(ev.Head, p[:n])
		}
		p = p[n:]
		if ev.Kind == httpmsg.KindMore {
			return false, nil
		}
		if err := c.take(ev); err != nil {
			return false, err
		}
		if a.ended {
			a.extra = len(p)
			return true, nil
		}
		if toContinue && ev.Kind == httpmsg.KindEnd && ev.Head.Status == 100 {
			a.unfed = p
			return true, nil
		}
	}
}

func (c *Conn) take(ev httpmsg.Event) error {
	a := &c.answer
	switch ev.Kind {
	case httpmsg.KindHead:
		return c.takeHead(ev.Head)
	case httpmsg.KindData:
		c.takeData(ev.Data)
	case httpmsg.KindEnd:
		if !ev.Head.Interim() {
			a.ended, a.flags = true, ev.Head.Anomalies
			a.response.Trailers = ev.Trailers
		}
	case httpmsg.KindTunnel:
		a.ended, a.keepsOn, a.flags = true, false, ev.Head.Anomalies
	}
	return nil
}

func (c *Conn) takeHead(h *httpmsg.Head) error {
	a, now := &c.answer, c.answer.readAt
	if h.Interim() {
		if len(a.interim) == maxInterim {
			return fmt.Errorf("more than %d interim answers", maxInterim)
		}
		a.interim = append(a.interim, recording.Interim{Status: h.Status, Reason: h.Reason, Headers: slices.Clone(h.Headers), At: now})
		a.firstAt = 0 // the final answer has its own first byte
		return nil
	}
	if a.firstAt == 0 {
		a.firstAt = now
	}
	a.final, a.keepsOn = true, h.KeepsAlive()
	a.response = &c.response
	c.response = recording.Response{
		Status: h.Status, Reason: h.Reason, Version: h.Version, Headers: h.Headers,
		Interim: a.interim, FirstAt: a.firstAt, LastAt: now,
	}
	return c.readWithin(now, c.t.o.Timeouts.Body)
}

const maxInterim = 64

func (c *Conn) takeData(p []byte) {
	a := &c.answer
	if a.length == 0 {
		c.hash.Reset()
	}
	a.length += int64(len(p))
	c.hash.Write(p)
	if a.cut || !c.reserve(int64(len(c.body)+len(p))) {
		a.cut = true
		return
	}
	c.body = append(c.body, p...)
	a.body = c.body
}

// reserve asks the budget for what a body takes beyond the buffer that every
// connection has.
func (c *Conn) reserve(size int64) bool {
	a := &c.answer
	if size > c.t.o.BodyCap {
		return false
	}
	for size > keptBuffer+a.reserved {
		if !c.t.budget.take(bodyStep) {
			return false
		}
		a.reserved += bodyStep
	}
	return true
}

const bodyStep = 256 << 10

// finish makes the answer out of what was read and the error that ended it.
func (c *Conn) finish(m *Message, err error) Answer {
	a := &c.answer
	out := Answer{
		End: recording.Answered, Response: a.response, SentAt: a.sentAt, DoneAt: a.readAt,
		Silent: a.firstAt == 0 && len(a.interim) == 0,
	}
	if err != nil || !a.keepsOn {
		out.DoneAt = c.t.o.Now() // the end came after the last bytes
	}
	if err != nil {
		out.End, out.Detail = c.classify(err), err.Error()
		var w *writeError
		out.Unsent = errors.As(err, &w) && w.written == 0 && out.Silent && !isTimeout(err)
	}
	if a.response != nil {
		c.setBody(m, &out)
		a.response.LastAt = out.DoneAt
	}
	out.Errors = c.oddities()
	out.Reusable = err == nil && a.keepsOn && !a.early && a.extra == 0 && !m.Closes
	c.shrink()
	return out
}

func (c *Conn) setBody(m *Message, out *Answer) {
	a, body := &c.answer, &out.Response.Body
	if a.length == 0 {
		return
	}
	body.Length = a.length
	if a.inOne {
		body.SHA256 = sha256.Sum256(a.body)
	} else {
		c.hash.Sum(body.SHA256[:0])
	}
	whole := out.End == recording.Answered
	switch {
	case whole && m.Baseline != nil && m.Baseline.Length == a.length && m.Baseline.SHA256 == body.SHA256:
		body.State = recording.BodyAsBaseline
	case a.cut || !whole:
		body.State, body.Bytes = recording.BodyTruncated, a.body
	default:
		body.State, body.Bytes = recording.BodyStored, a.body
	}
	if m.Keep && whole && !a.cut {
		out.Bytes = a.body
	}
}

func (c *Conn) oddities() []string {
	a := &c.answer
	errs := a.flags.Names()
	if a.extra > 0 {
		errs = append(errs, fmt.Sprintf("%d bytes after the answer", a.extra))
	}
	if a.early {
		errs = append(errs, "answered before the request was whole")
	}
	return errs
}

// shrink gives the budget back, and large buffers to the collector.
func (c *Conn) shrink() {
	c.t.budget.give(c.answer.reserved)
	c.answer.reserved, c.answer.unfed = 0, nil
	if cap(c.body) > keptBuffer {
		c.body = nil
	}
	if cap(c.out) > 2*keptBuffer {
		c.out = nil
	}
}

// classify names the failure by the phase that it came in.
func (c *Conn) classify(err error) recording.End {
	a := &c.answer
	var w *writeError
	var wrong *httpmsg.Error
	var operation net.Error
	begun := a.final || c.decoder.Buffered() > 0
	switch {
	case c.aborted.Load():
		return recording.Unknown
	case errors.As(err, &w) && isTimeout(err):
		return recording.WriteTimeout
	case isTimeout(err) && a.final:
		return recording.BodyTimeout
	case isTimeout(err):
		return recording.HeaderTimeout
	case errors.As(err, &wrong):
		return recording.Protocol
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return recording.Reset
	case errors.Is(err, io.EOF) && begun:
		return recording.ShortBody
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
		return recording.Closed
	case errors.As(err, &operation):
		return recording.Reset
	}
	return recording.Protocol
}
