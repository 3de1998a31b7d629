package proxy

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parallax/capture/recording"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds every wait of these tests.
const patience = time.Minute

// memory is a sink that keeps what it is given.
type memory struct {
	mu  sync.Mutex
	got []*recording.Exchange
}

func (m *memory) Write(ex *recording.Exchange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.got = append(m.got, ex)
	return nil
}

// sinkFunc makes a function a Sink.
type sinkFunc func(*recording.Exchange) error

func (f sinkFunc) Write(ex *recording.Exchange) error { return f(ex) }

// rig is a proxy under test.
type rig struct {
	*testing.T
	proxy  *Proxy
	served chan error
}

func start(t *testing.T, o Options, sink Sink) *rig {
	t.Helper()
	p, err := New(o, sink)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, proxy: p, served: make(chan error, 1)}
	go func() { r.served <- p.Serve() }()
	t.Cleanup(func() { p.Shutdown(context.Background()) })
	return r
}

// stop shuts the proxy down, checks that the ledger closes and returns it.
func (r *rig) stop() recording.Ledger {
	r.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.proxy.Shutdown(ctx); err != nil {
		r.Errorf("shutdown: %v", err)
	}
	if err := <-r.served; err != nil {
		r.Errorf("serve: %v", err)
	}
	r.served <- nil
	ledger := r.proxy.Ledger()
	if !ledger.Closed() {
		r.Errorf("the ledger does not close: %+v", ledger)
	}
	return ledger
}

// wantBuckets compares an account with name, count, name, count …
func (r *rig) wantBuckets(account string, want ...any) {
	r.Helper()
	ledger := r.stop()
	buckets := ledger.Account(account).Buckets
	for i := 0; i < len(want); i += 2 {
		if len(buckets) != len(want)/2 || buckets[i/2].Name != want[i] || buckets[i/2].Count != int64(want[i+1].(int)) {
			r.Fatalf("%s: %+v, want %v", account, buckets, want)
		}
	}
}

// waitForConnections returns when the proxy has none left by itself.
func (r *rig) waitForConnections() {
	r.Helper()
	for end := time.Now().Add(patience); r.proxy.eachConn(func(*conn) {}) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			r.Fatal("connections stay open")
		}
	}
}

// dial opens a client connection to the proxy.
func (r *rig) dial() *net.TCPConn {
	r.Helper()
	return dial(r.T, r.proxy.Addr().String())
}

func dial(t *testing.T, address string) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// script runs a TCP server that hands each connection to serve, and returns its
// URL.
func script(t *testing.T, serve func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Add(1)
	go func() {
		defer running.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Add(1)
			go func() {
				defer running.Done()
				defer c.Close()
				c.SetDeadline(time.Now().Add(patience))
				serve(c.(*net.TCPConn))
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		running.Wait()
	})
	return "http://" + l.Addr().String()
}

// readUntil reads up to and with end.
func readUntil(c io.Reader, end string) string {
	var got []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(got, []byte(end)) {
		if _, err := c.Read(one); err != nil {
			return string(got)
		}
		got = append(got, one[0])
	}
	return string(got)
}

func readAll(t *testing.T, c io.Reader) string {
	t.Helper()
	got, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("reading to the end: %v, after %q", err, got)
	}
	return string(got)
}

// exchanges stops the proxy and returns what the sink has.
func (r *rig) exchanges(m *memory, want int) []*recording.Exchange {
	r.Helper()
	r.stop()
	if len(m.got) != want {
		r.Fatalf("%d exchanges, want %d: %s", len(m.got), want, texts(m.got))
	}
	return m.got
}

// scriptEach is a script that answers request after request.
func scriptEach(t *testing.T, answer func(request string) string) string {
	return script(t, func(c *net.TCPConn) {
		for {
			request := readUntil(c, "\r\n\r\n")
			if request == "" {
				return
			}
			io.WriteString(c, answer(request))
		}
	})
}
