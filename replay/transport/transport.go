// Package transport sends recorded requests over connections of its own and
// reads what comes back.
//
// Terms. A message is a request as bytes; an answer is what the target sent,
// or the way in which it failed: a recording.End. Nothing here is an error to
// hide: a refused connection, a reset and a short body are answers too.
//
// Steps. Dial resolves and connects, asking Allow about every address before a
// byte leaves; Do writes one message and reads one answer, hashing its body as
// it comes; Alive tells whether an idle connection is still there.
//
// Limits. The bytes are the caller's: no header is added or changed, nothing is
// redirected, retried, decoded or sent through a proxy of the environment.
// One Conn has one request under way: what the recording pipelined goes over
// several connections. A timeout may come an eighth late, so that deadlines
// need not be set for every request.
package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// Timeouts bounds each phase of a request; zero fields take the defaults.
type Timeouts struct {
	// Connect bounds resolving and connecting: 5 s. TLS the handshake: 5 s.
	Connect, TLS time.Duration
	// Write bounds sending the request: 10 s.
	Write time.Duration
	// Header is from the request's end to the end of the answer's head: 30 s.
	// Body is from there to the answer's end: 30 s.
	Header, Body time.Duration
	// Continue is how long an expected 100 is waited for: 1 s.
	Continue time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&t.Connect, 5*time.Second)
	set(&t.TLS, 5*time.Second)
	set(&t.Write, 10*time.Second)
	set(&t.Header, 30*time.Second)
	set(&t.Body, 30*time.Second)
	set(&t.Continue, time.Second)
	return t
}

// Options says where to and within which bounds.
type Options struct {
	// Address is the only host:port that is ever dialled.
	Address string
	// TLS is nil for plain TCP. It is not changed.
	TLS      *tls.Config
	Timeouts Timeouts
	// BodyCap is the most bytes kept of one answer's body: 16 MiB. Budget is the
	// most kept of all answers under way: 256 MiB. Beyond them a body is
	// truncated: its length and hash are those of the whole.
	BodyCap, Budget int64
	// Allow is asked about every resolved address; its error stops the dial. It
	// is called from dialling goroutines.
	Allow func(netip.AddrPort) error
	// Yield lets other goroutines go between a request's last byte and the
	// reading of its answer. Where many connections are never idle their requests
	// then lie at the target together, which need not be woken for each, and few
	// reads find nothing. An answer's DoneAt is later by what the others take.
	Yield bool
	// Now is the clock, in nanoseconds since 1970; it must not go back. The
	// default follows the monotonic clock.
	Now func() int64
}

// Transport dials one target.
type Transport struct {
	o      Options
	budget budget
}

// New checks the options.
func New(o Options) (*Transport, error) {
	if _, _, err := net.SplitHostPort(o.Address); err != nil {
		return nil, fmt.Errorf("target address %q: %w", o.Address, err)
	}
	o.Timeouts = o.Timeouts.withDefaults()
	if o.BodyCap <= 0 {
		o.BodyCap = 16 << 20
	}
	if o.Budget <= 0 {
		o.Budget = 256 << 20
	}
	if o.Now == nil {
		o.Now = Clock()
	}
	t := &Transport{o: o}
	t.budget.left.Store(o.Budget)
	return t, nil
}

// Clock returns a clock that begins at the wall's time and then follows the
// monotonic one, whatever the wall's does.
func Clock() func() int64 {
	base := time.Now()
	wall := base.UnixNano()
	return func() int64 { return wall + int64(time.Since(base)) }
}

// ErrForbidden is wrapped where Allow said no.
var ErrForbidden = errors.New("address not allowed")

// DialError says how a connection could not be had.
type DialError struct {
	End recording.End
	Err error
}

// Error returns the cause's text.
func (e *DialError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DialError) Unwrap() error { return e.Err }

// Dial connects. Its error is a *DialError.
func (t *Transport) Dial(ctx context.Context) (*Conn, error) {
	dialer := net.Dialer{Timeout: t.o.Timeouts.Connect, Control: t.control, KeepAlive: -1}
	nc, err := dialer.DialContext(ctx, "tcp", t.o.Address)
	if err != nil {
		return nil, &DialError{dialEnd(err), err}
	}
	raw := nc
	if t.o.TLS != nil {
		if nc, err = t.handshake(ctx, nc); err != nil {
			raw.Close()
			return nil, &DialError{recording.TLSFailed, fmt.Errorf("tls handshake with %s: %w", t.o.Address, err)}
		}
	}
	return t.newConn(nc, raw), nil
}

// control sees each address that a name resolved to, just before it is used,
// so that a name that changes its mind is noticed.
func (t *Transport) control(_, address string, _ syscall.RawConn) error {
	if t.o.Allow == nil {
		return nil
	}
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %q", ErrForbidden, address)
	}
	if err := t.o.Allow(addr); err != nil {
		return fmt.Errorf("%w: %w", ErrForbidden, err)
	}
	return nil
}

func (t *Transport) handshake(ctx context.Context, nc net.Conn) (net.Conn, error) {
	config := t.o.TLS.Clone()
	config.NextProtos = []string{"http/1.1"}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(t.o.Address)
	}
	ctx, cancel := context.WithTimeout(ctx, t.o.Timeouts.TLS)
	defer cancel()
	conn := tls.Client(nc, config)
	return conn, conn.HandshakeContext(ctx)
}

func dialEnd(err error) recording.End {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return recording.DNSFailed
	case errors.Is(err, syscall.ECONNREFUSED):
		return recording.Refused
	case isTimeout(err):
		return recording.ConnectTimeout
	}
	return recording.ConnectFailed
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

// Message is one request, ready to be sent.
type Message struct {
	Method string
	// Head is the head's bytes with the empty line.
	Head []byte
	Body []byte
	// Chunked sends Body as chunks, with Trailers after them.
	Chunked  bool
	Trailers []httpmsg.Header
	// Expect waits for a 100 before the body.
	Expect bool
	// Closes: the request asks for the connection to be closed after it.
	Closes bool
	// Baseline is the recorded answer's body: an equal one is not kept again.
	// Nil keeps all.
	Baseline *recording.Body
	// Keep hands the body's bytes on although it is the same: Answer.Bytes.
	Keep bool
}

// Answer is how one request ended. What it points to (not the strings) is the
// connection's, and good until its next Do.
type Answer struct {
	End recording.End
	// Detail is the failure's text.
	Detail string
	// Response is what came, also of an answer that broke off after its head.
	Response *recording.Response
	// Bytes is the whole body where Message.Keep asked for it and it was kept
	// within the cap.
	Bytes []byte
	// Errors are oddities that left the answer usable.
	Errors []string
	// SentAt is when the first byte was about to be written, DoneAt when the
	// answer's last byte, or its failure, came.
	SentAt, DoneAt int64
	// Unsent: not one byte of the request was taken, so that it may be sent on
	// another connection whatever its method.
	Unsent bool
	// Silent: not one byte of an answer came.
	Silent bool
	// Reusable: the connection may carry another request.
	Reusable bool
}
