// Package proxy records what passes between clients and an old system by
// standing between them.
//
// Terms. The upstream is the old system. A sink takes the finished exchanges. A
// tunnel is what follows a 101 or a 2xx to CONNECT.
//
// Steps. Each client connection gets one upstream connection of its own. Bytes
// are handed on as they come and as they are; two decoders read copies of them
// and pair requests with answers by their order. A finished exchange waits in a
// queue that is bounded in bytes, and one goroutine hands it to the sink.
//
// Limits. Serving comes before recording: a sink that fails or is too slow costs
// exchanges in the ledger ("not recorded"; Missed has how many bytes and when),
// never an answer. HTTP/2 with prior
// knowledge and anything else that is not HTTP/1 is passed on and counted.
// Where the upstream fails before any byte of an answer has passed on the
// connection, the client is told with a 502 or 504 of the proxy's own, marked
// by the header X-Parallax-Proxy and never recorded; on a connection that was
// used before, the failure is passed on as it is, for clients repeat a request
// when a kept connection breaks and not when it answers 502.
package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"parallax/capture/recording"
)

// ErrPublic: the listen address is not loopback and that was not allowed.
var ErrPublic = errors.New("proxy: listen: not a loopback address")

// ErrLoop: the proxy would be its own upstream.
var ErrLoop = errors.New("proxy: the upstream is the proxy's own address")

// Sink takes finished exchanges. Write is called from one goroutine, in the
// order in which exchanges end on their connections, and may keep ex. It may be
// slow and it may fail; the proxy counts and goes on.
type Sink interface {
	Write(ex *recording.Exchange) error
}

// Proxy is a recording reverse proxy. Its methods are safe for concurrent use.
type Proxy struct {
	options  Options
	target   target
	listener net.Listener
	queue    *queue
	tally    tally
	clock    clock

	// dialing ends when Shutdown gives up on what is in flight.
	dialing context.Context
	giveUp  context.CancelFunc

	mu      sync.Mutex
	conns   map[*conn]struct{}
	closing bool
	serving sync.WaitGroup
}

// New checks the options and opens the listener; Serve begins to accept.
func New(o Options, sink Sink) (*Proxy, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	t, err := o.target()
	if err != nil {
		return nil, err
	}
	l, err := o.listen()
	if err != nil {
		return nil, err
	}
	if isOwn(l.Addr(), t.address) {
		l.Close()
		return nil, fmt.Errorf("%w: %s", ErrLoop, t.address)
	}
	p := &Proxy{options: o, target: t, listener: l, clock: systemClock(), conns: map[*conn]struct{}{}}
	if o.clock != nil {
		p.clock = *o.clock
	}
	p.dialing, p.giveUp = context.WithCancel(context.Background())
	p.queue = newQueue(sink, o.QueueBytes, &p.tally)
	return p, nil
}

// isOwn reports whether address, where it is written as numbers, is that of the
// listener.
func isOwn(listener net.Addr, address string) bool {
	own, ok := listener.(*net.TCPAddr)
	host, port, err := net.SplitHostPort(address)
	if !ok || err != nil || port != fmt.Sprint(own.Port) {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip.Equal(own.IP) || own.IP.IsUnspecified() && ip.IsLoopback()
}

// Addr returns the address that the proxy listens on.
func (p *Proxy) Addr() net.Addr { return p.listener.Addr() }

// Drift returns how far the machine's clock has moved, since New, against the
// times that are recorded: those go on steadily whatever it does (it was set, it
// stepped, the machine slept).
func (p *Proxy) Drift() time.Duration { return p.clock.drift() }

// Upstream returns the old system's host:port.
func (p *Proxy) Upstream() string { return p.target.address }

// Ledger returns the accounts of connections and of exchanges so far; complete
// after Shutdown.
func (p *Proxy) Ledger() recording.Ledger { return p.tally.ledger() }

// SinkError returns the first error of the sink, nil where there was none.
func (p *Proxy) SinkError() error { return p.queue.firstError() }

// Missed returns what the sink refused, and what never reached it because the
// queue to it was full.
func (p *Proxy) Missed() (refusedBySink, overflowed Missed) {
	p.tally.mu.Lock()
	defer p.tally.mu.Unlock()
	return p.tally.lost[refused], p.tally.lost[overflow]
}

// acceptPause is the wait after a failed accept (no file descriptor left).
const acceptPause = 50 * time.Millisecond

// Serve accepts connections until Shutdown, then returns nil.
func (p *Proxy) Serve() error {
	for {
		client, err := p.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			p.closeLongestIdle()
			time.Sleep(acceptPause)
		default:
			p.makeRoom()
			p.accept(client)
		}
	}
}

func (p *Proxy) accept(client net.Conn) {
	c := &conn{proxy: p, client: client, accepted: p.clock.now()}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing {
		client.Close()
		return
	}
	p.conns[c] = struct{}{}
	p.tally.opened()
	p.serving.Add(1)
	go func() {
		defer p.serving.Done()
		end := c.serve()
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
		p.tally.closed(end)
	}()
}

// Shutdown stops accepting, lets exchanges in flight finish, closes what is
// idle and hands what waits to the sink. When ctx ends first, what is left is
// cut and counted, and ctx's error returned.
func (p *Proxy) Shutdown(ctx context.Context) error {
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	p.listener.Close()
	err := p.drain(ctx)
	if err != nil {
		p.giveUp()
		p.eachConn((*conn).cut)
	}
	p.serving.Wait()
	p.giveUp()
	return errors.Join(err, p.queue.close(ctx))
}

// drainPause is how often Shutdown looks for connections that became idle.
const drainPause = 10 * time.Millisecond

func (p *Proxy) drain(ctx context.Context) error {
	tick := time.NewTicker(drainPause)
	defer tick.Stop()
	for {
		if p.eachConn((*conn).closeIdle) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// eachConn calls do for every open connection and returns how many there are.
func (p *Proxy) eachConn(do func(*conn)) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		do(c)
	}
	return len(p.conns)
}

// dial connects to the upstream.
func (p *Proxy) dial() (net.Conn, error) {
	ctx, cancel := context.WithTimeout(p.dialing, p.options.DialTimeout)
	defer cancel()
	dialer := &net.Dialer{}
	if p.target.tls == nil {
		return dialer.DialContext(ctx, "tcp", p.target.address)
	}
	return (&tls.Dialer{NetDialer: dialer, Config: p.target.tls}).DialContext(ctx, "tcp", p.target.address)
}
