package proxy

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

const (
	bufferSize = 32 << 10
	// handshakeWait bounds a client's TLS handshake.
	handshakeWait = 10 * time.Second
	// lingerWait is how long a client may go on sending to an upstream that has
	// ended, so that it can read the answer before the connection breaks.
	lingerWait = 2 * time.Second
	// halfClosedWait bounds the silence of an upstream whose client has ended its
	// direction.
	halfClosedWait = time.Minute
)

// conn is a client's connection with the upstream's. One goroutine pumps each
// direction.
type conn struct {
	proxy    *Proxy
	client   net.Conn
	accepted int64 // nanoseconds since 1970

	mu          sync.Mutex
	upstream    net.Conn
	recorder    *recorder
	why         cause
	busy        bool // bytes have come that are not yet the recorder's
	clientEnded bool
	lingering   bool // over, but for what the client may still send
	closed      bool
}

// now is nanoseconds since 1970 on a clock that does not jump.
func (c *conn) now() int64 { return c.proxy.clock.now() }

// serve runs the connection to its end.
func (c *conn) serve() ending {
	defer c.close()
	buf := make([]byte, bufferSize)
	if err := c.handshake(); err != nil {
		return endHandshake
	}
	n, err := c.client.Read(buf)
	if n == 0 {
		return endEmpty
	}
	firstAt := c.now()
	c.setBusy(true)
	upstream, dialErr := c.proxy.dial()
	c.begin(upstream)
	if dialErr != nil {
		c.fail(recording.NoAnswer, "upstream: "+describe(dialErr))
		c.refuse(buf, n, firstAt, dialErr)
	} else {
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.pumpAnswers()
		}()
		c.pumpRequests(buf, n, err, firstAt)
		<-done
	}
	c.mu.Lock()
	why := c.why
	c.mu.Unlock()
	return c.recorder.finish(why)
}

func (c *conn) handshake() error {
	secured, ok := c.client.(*tls.Conn)
	if !ok {
		return nil
	}
	secured.SetDeadline(time.Now().Add(handshakeWait))
	defer secured.SetDeadline(time.Time{})
	return secured.Handshake()
}

// begin makes the recorder, which needs the upstream's address.
func (c *conn) begin(upstream net.Conn) {
	p := c.proxy
	ps := peers{client: c.client.RemoteAddr().String(), server: p.target.address, scheme: p.target.scheme}
	if upstream != nil {
		ps.server = upstream.RemoteAddr().String()
	}
	ps.session = recording.MakeSession(ps.client, ps.server, c.accepted)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.upstream = upstream
	c.recorder = newRecorder(ps, p.options.BodyCap, p.queue, &p.tally)
	if c.closed && upstream != nil {
		upstream.Close()
	}
}

// fail notes why the connection ends; the first reason stays.
func (c *conn) fail(reason recording.Reason, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.why.reason == "" {
		c.why = cause{reason, text}
	}
}

func (c *conn) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.client.Close()
	if c.upstream != nil {
		c.upstream.Close()
	}
}

// cut ends the connection because the capture ends.
func (c *conn) cut() {
	c.fail(recording.ResponseAfterEnd, "the proxy was shut down")
	c.close()
}

// closeIdle ends the connection if nothing is in flight on it.
func (c *conn) closeIdle() {
	c.mu.Lock()
	r, busy, over := c.recorder, c.busy, c.lingering
	c.mu.Unlock()
	if over || !busy && (r == nil || r.idle()) {
		c.cut()
	}
}

func (c *conn) setBusy(busy bool) {
	c.mu.Lock()
	c.busy = busy
	c.mu.Unlock()
}

// pumpRequests hands on what the client sends, the first n bytes of buf and the
// error that came with them included. The recorder sees bytes before the
// upstream does, so that it knows a request before it sees its answer.
func (c *conn) pumpRequests(buf []byte, n int, err error, at int64) {
	send := c.sender()
	for {
		if n > 0 {
			c.recorder.fromClient(buf[:n], at)
			c.setBusy(false)
			send(buf[:n])
		}
		if err != nil {
			break
		}
		n, err = c.client.Read(buf)
		at = c.now()
	}
	if errors.Is(err, io.EOF) {
		c.endRequests()
		return
	}
	c.fail(recording.ConnectionClosed, "client: "+describe(err))
	c.close()
}

// sender returns what writes to the upstream. Once a write has failed the rest
// is swallowed: the upstream may have answered before it closed, and a client
// whose bytes are refused could not read that.
func (c *conn) sender() func([]byte) {
	pass := func(p []byte) []byte { return p }
	if lines := c.addedLines(); len(lines) > 0 {
		pass = newInserter(lines).pass
	}
	broken := false
	return func(p []byte) {
		if broken {
			return
		}
		_, err := c.upstream.Write(pass(p))
		broken = err != nil
	}
}

// addedLines are the header lines that the options ask for.
func (c *conn) addedLines() []byte {
	var lines []httpmsg.Header
	if c.proxy.options.ForwardedFor {
		host, _, _ := net.SplitHostPort(c.client.RemoteAddr().String())
		lines = append(lines, httpmsg.Header{Name: "X-Forwarded-For", Value: host})
	}
	if c.proxy.options.Via {
		lines = append(lines, httpmsg.Header{Name: "Via", Value: "1.1 parallax"})
	}
	return httpmsg.AppendHeaders(nil, lines)
}

// endRequests passes the client's FIN on.
func (c *conn) endRequests() {
	c.fail(recording.ConnectionClosed, "client: closed the connection before the answer was whole")
	c.mu.Lock()
	c.clientEnded = true
	c.mu.Unlock()
	closeWrite(c.upstream)
	// Wakes a read that had no deadline.
	c.upstream.SetReadDeadline(c.deadline())
}

// deadline is when a read of the upstream has waited long enough.
func (c *conn) deadline() time.Time {
	c.mu.Lock()
	ended := c.clientEnded
	c.mu.Unlock()
	timeout := c.proxy.options.AnswerTimeout
	switch o := c.recorder.owed(); {
	case ended && c.recorder.idle():
		return time.Now().Add(lingerWait)
	case ended:
		return time.Now().Add(halfClosedWait)
	case timeout == 0 || o.blind:
		return time.Time{}
	case o.lastAt > 0 && !c.recorder.idle():
		return time.Now().Add(timeout - time.Duration(c.now()-o.lastAt))
	default:
		return time.Now().Add(timeout)
	}
}

// pumpAnswers hands on what the upstream sends. The client gets the bytes
// before the recorder does.
func (c *conn) pumpAnswers() {
	buf := make([]byte, bufferSize)
	passed := false
	for {
		c.upstream.SetReadDeadline(c.deadline())
		n, err := c.upstream.Read(buf)
		at := c.now()
		if n > 0 {
			passed = true
			_, lost := c.client.Write(buf[:n])
			c.recorder.fromServer(buf[:n], at)
			if lost != nil {
				c.fail(recording.ConnectionClosed, "client: "+describe(lost))
				c.close()
				return
			}
		}
		if err != nil && !c.stillWaiting(err) {
			c.endAnswers(err, passed)
			return
		}
	}
}

// stillWaiting reports whether a timeout is not one: the connection is idle, or
// bytes have passed since the deadline was set.
func (c *conn) stillWaiting(err error) bool {
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	c.mu.Lock()
	ended := c.clientEnded
	c.mu.Unlock()
	return !ended && (c.recorder.idle() || time.Now().Before(c.deadline()))
}

// endAnswers passes on how the upstream's direction ended.
func (c *conn) endAnswers(err error, passed bool) {
	clean := errors.Is(err, io.EOF)
	if clean {
		c.recorder.serverEnded()
		err = errEnded
	}
	c.fail(recording.NoAnswer, "upstream: "+describe(err))
	o := c.recorder.owed()
	switch {
	case !passed && o.answer && !o.blind && !c.isClosed():
		c.apologise(o.method, err)
	case !clean:
		// A FIN would make a body without a length look whole.
		reset(c.client)
		c.close()
		return
	}
	if o.blind {
		// A tunnel may be closed in one direction and live on in the other.
		closeWrite(c.client)
		c.client.SetReadDeadline(time.Now().Add(halfClosedWait))
		return
	}
	// An upstream that has stopped reading must not hold the client's pump.
	c.upstream.SetWriteDeadline(time.Now().Add(lingerWait))
	c.linger()
}

// linger ends the client's answers and leaves it time to notice, since a reset
// that its further bytes caused would take the answer from it.
func (c *conn) linger() {
	closeWrite(c.client)
	c.mu.Lock()
	c.lingering = true
	c.mu.Unlock()
	c.client.SetReadDeadline(time.Now().Add(lingerWait))
}

func (c *conn) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
