package transport

import (
	"crypto/sha256"
	"hash"
	"net"
	"sync/atomic"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// Conn is one connection to the target. One goroutine uses it at a time; Abort
// may be called from any.
type Conn struct {
	t   *Transport
	nc  net.Conn
	raw net.Conn // below TLS

	decoder *httpmsg.Decoder
	hash    hash.Hash
	in      []byte
	out     []byte
	body    []byte
	answer  reading
	// response is what Answer.Response points to, headers the memory of its list
	// where no decoder made it.
	response recording.Response
	headers  []httpmsg.Header
	last     repeatable
	passed   int64 // bytes that the decoder has not seen

	readUntil, writeUntil int64
	aborted               atomic.Bool
}

const (
	readBuffer = 16 << 10
	// keptBuffer is the largest buffer a connection keeps between requests.
	keptBuffer = 64 << 10
	// inlineMax is the largest message written before its answer is read for;
	// a longer one is written beside, or both sides could wait for each other.
	inlineMax = 64 << 10
)

func (t *Transport) newConn(nc, raw net.Conn) *Conn {
	c := &Conn{
		t: t, nc: nc, raw: raw,
		decoder: httpmsg.NewResponseDecoder(httpmsg.Limits{}),
		hash:    sha256.New(),
		in:      make([]byte, readBuffer),
	}
	c.decoder.ReuseHeaders()
	return c
}

// Close closes the connection.
func (c *Conn) Close() error { return c.nc.Close() }

// Abort ends a Do that another goroutine is in.
func (c *Conn) Abort() {
	c.aborted.Store(true)
	c.raw.Close()
}

// RemoteAddr and LocalAddr are the connection's ends.
func (c *Conn) RemoteAddr() string { return c.raw.RemoteAddr().String() }

// LocalAddr is our end.
func (c *Conn) LocalAddr() string { return c.raw.LocalAddr().String() }

// Alive reports whether an idle connection can be used: the target has neither
// closed it nor said anything since the last answer.
func (c *Conn) Alive() bool {
	if c.raw == c.nc {
		if alive, known := peek(c.raw); known {
			return alive
		}
	}
	return c.probe()
}

// probe reads for a moment. It is what is left where the socket cannot be
// peeked at, and for TLS, whose session tickets may be on their way.
func (c *Conn) probe() bool {
	c.readUntil = 0
	if c.nc.SetReadDeadline(time.Now().Add(200*time.Microsecond)) != nil {
		return false
	}
	n, err := c.nc.Read(c.in[:1])
	return n == 0 && isTimeout(err)
}

// slack is what a deadline may be later than asked, so that most requests find
// theirs set well enough.
func slack(timeout time.Duration) int64 { return int64(timeout / 8) }

func (c *Conn) readWithin(now int64, timeout time.Duration) error {
	want := now + int64(timeout)
	if c.readUntil >= want && c.readUntil <= want+slack(timeout) {
		return nil
	}
	c.readUntil = want + slack(timeout)
	return c.nc.SetReadDeadline(time.Now().Add(time.Duration(c.readUntil - now)))
}

func (c *Conn) writeWithin(now int64, timeout time.Duration) error {
	want := now + int64(timeout)
	if c.writeUntil >= want && c.writeUntil <= want+slack(timeout) {
		return nil
	}
	c.writeUntil = want + slack(timeout)
	return c.nc.SetWriteDeadline(time.Now().Add(time.Duration(c.writeUntil - now)))
}
