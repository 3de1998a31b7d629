package transport

import (
	"errors"
	"runtime"
	"time"

	"parallax/internal/httpmsg"
)

// Do sends m and reads its answer. It always returns one; the connection is of
// no more use unless Answer.Reusable.
func (c *Conn) Do(m *Message) Answer {
	now := c.t.o.Now()
	c.begin(m, now)
	var err error
	switch {
	case m.Expect && len(m.Body) > 0:
		err = c.doExpecting(m)
	case len(m.Head)+len(m.Body) > inlineMax:
		err = c.doBeside(m)
	default:
		err = c.doInline(m)
	}
	return c.finish(m, err)
}

// writeError tells a failure to send from one to receive.
type writeError struct {
	err     error
	written int
}

func (e *writeError) Error() string { return "write: " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

func (c *Conn) write(p []byte) error {
	return c.writeAt(c.t.o.Now(), p)
}

// writeAt is write at a time that is known.
func (c *Conn) writeAt(now int64, p []byte) error {
	if err := c.writeWithin(now, c.t.o.Timeouts.Write); err != nil {
		return &writeError{err: err}
	}
	n, err := c.nc.Write(p)
	if err != nil {
		return &writeError{err, n}
	}
	return nil
}

func (c *Conn) doInline(m *Message) error {
	wire := m.Head
	if len(m.Body) > 0 || m.Chunked {
		c.out = appendBody(append(c.out[:0], m.Head...), m)
		wire = c.out
	}
	if err := c.writeAt(c.answer.sentAt, wire); err != nil {
		return c.lastWords(err)
	}
	if c.t.o.Yield {
		runtime.Gosched()
	}
	now := c.t.o.Now()
	if err := c.readWithin(now, c.t.o.Timeouts.Header); err != nil {
		return err
	}
	return c.receive(false)
}

// lastWords reads the answer of a target that stopped listening: it may have
// refused the request before it was whole. Without one the write's error stands.
func (c *Conn) lastWords(failed error) error {
	var w *writeError
	if errors.As(failed, &w) && isTimeout(w.err) {
		return failed
	}
	if c.readWithin(c.t.o.Now(), time.Second) != nil {
		return failed
	}
	if err := c.receive(false); err != nil {
		return failed
	}
	c.answer.early = true
	return nil
}

// writerGrace is what a goroutine that has written all may need to say so.
const writerGrace = 100 * time.Millisecond

// doBeside writes a long message in a goroutine of its own while the answer is
// read for, as a target may answer before it has read all.
func (c *Conn) doBeside(m *Message) error {
	written := make(chan error, 1)
	if err := c.readWithin(c.t.o.Now(), c.t.o.Timeouts.Write+c.t.o.Timeouts.Header); err != nil {
		return err
	}
	go func() {
		err := c.writeLong(m)
		if isTimeout(err) {
			c.raw.Close() // nothing more can be sent: the reader need not wait
		}
		written <- err
	}()
	err := c.receive(false)
	select {
	case failed := <-written:
		return c.besideEnded(err, failed)
	case <-time.After(writerGrace):
	}
	// The answer, or its failure, came before the request's end.
	c.answer.early = true
	c.raw.Close()
	failed := <-written
	if err != nil && isTimeout(failed) {
		return failed
	}
	return err
}

func (c *Conn) besideEnded(err, failed error) error {
	if failed == nil {
		return err
	}
	c.answer.early = true
	if err != nil {
		return failed
	}
	return nil
}

func (c *Conn) writeLong(m *Message) error {
	if err := c.write(m.Head); err != nil {
		return err
	}
	return c.writeBody(m)
}

func (c *Conn) writeBody(m *Message) error {
	if !m.Chunked {
		return c.write(m.Body)
	}
	for rest := m.Body; len(rest) > 0; {
		n := min(len(rest), inlineMax)
		c.out = httpmsg.AppendChunk(c.out[:0], rest[:n])
		if err := c.write(c.out); err != nil {
			return err
		}
		rest = rest[n:]
	}
	c.out = httpmsg.AppendLastChunk(c.out[:0], m.Trailers)
	return c.write(c.out)
}

// doExpecting sends the head, waits for a 100 for a while, then sends the body
// unless a final answer came first.
func (c *Conn) doExpecting(m *Message) error {
	if err := c.write(m.Head); err != nil {
		return c.lastWords(err)
	}
	c.readUntil = 0
	if err := c.nc.SetReadDeadline(time.Now().Add(c.t.o.Timeouts.Continue)); err != nil {
		return err
	}
	err := c.receive(true)
	switch {
	case c.answer.final:
		// A final answer instead of leave to go on: the body stays here.
		c.answer.early = true
		return err
	case err != nil && !isTimeout(err):
		return err
	}
	if err := c.writeBody(m); err != nil {
		return c.lastWords(err)
	}
	if err := c.readWithin(c.t.o.Now(), c.t.o.Timeouts.Header); err != nil {
		return err
	}
	return c.receive(false)
}

func appendBody(dst []byte, m *Message) []byte {
	if !m.Chunked {
		return append(dst, m.Body...)
	}
	dst = httpmsg.AppendChunk(dst, m.Body)
	return httpmsg.AppendLastChunk(dst, m.Trailers)
}
