package proxy

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"

	"parallax/internal/httpmsg"
)

// refuse reads the first request to its end, for the recording, and answers it,
// because there is no upstream.
func (c *conn) refuse(buf []byte, n int, at int64, why error) {
	c.client.SetReadDeadline(time.Now().Add(lingerWait))
	for {
		c.recorder.fromClient(buf[:n], at)
		c.setBusy(false)
		o := c.recorder.owed()
		if o.blind && !o.answer {
			return
		}
		if o.whole {
			break
		}
		var err error
		if n, err = c.client.Read(buf); err != nil {
			break
		}
		at = c.now()
	}
	if o := c.recorder.owed(); o.answer {
		c.apologise(o.method, why)
	}
	c.linger()
	for {
		if _, err := c.client.Read(buf); err != nil {
			return
		}
	}
}

// apologise answers in the upstream's stead.
func (c *conn) apologise(method string, why error) {
	status, reason := 502, "Bad Gateway"
	if errors.Is(why, os.ErrDeadlineExceeded) {
		status, reason = 504, "Gateway Timeout"
	}
	text := fmt.Sprintf("the recording proxy got no answer from the upstream: %s\n", describe(why))
	answer := httpmsg.AppendResponseHead(nil, "1.1", status, reason, []httpmsg.Header{
		{Name: "X-Parallax-Proxy", Value: "no answer from the upstream"},
		{Name: "Content-Type", Value: "text/plain; charset=utf-8"},
		{Name: "Content-Length", Value: fmt.Sprint(len(text))},
		{Name: "Connection", Value: "close"},
	})
	if method != "HEAD" {
		answer = append(answer, text...)
	}
	c.client.SetWriteDeadline(time.Now().Add(lingerWait))
	c.client.Write(answer)
}

var errEnded = errors.New("closed the connection without a whole answer")

// describe says in few words what went wrong with a connection.
func describe(err error) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "connection reset"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timed out"
	}
	return err.Error()
}

func closeWrite(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}

// reset makes the close of c a RST.
func reset(c net.Conn) {
	if secured, ok := c.(*tls.Conn); ok {
		c = secured.NetConn()
	}
	if plain, ok := c.(*net.TCPConn); ok {
		plain.SetLinger(0)
	}
}
