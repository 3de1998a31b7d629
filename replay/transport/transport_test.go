package transport

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server accepts connections, waits for the end of a head on each, and gives
// them to serve.
func server(t *testing.T, serve func(c *net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer c.Close()
				readHead(c)
				serve(c.(*net.TCPConn))
			})
		}
	})
	t.Cleanup(func() { l.Close(); wg.Wait() })
	return l.Addr().String()
}

func readHead(c net.Conn) string {
	var got []byte
	one := make([]byte, 1)
	for !bytes.HasSuffix(got, []byte("\r\n\r\n")) {
		if _, err := c.Read(one); err != nil {
			return string(got)
		}
		got = append(got, one[0])
	}
	return string(got)
}

func reset(c *net.TCPConn) { c.SetLinger(0); c.Close() }

func waitForEnd(c *net.TCPConn) { io.Copy(io.Discard, c) }

func dial(t *testing.T, o Options) *Conn {
	t.Helper()
	tr, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := tr.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

var fast = Timeouts{Write: 200 * time.Millisecond, Header: 100 * time.Millisecond, Body: 100 * time.Millisecond, Continue: 30 * time.Millisecond}

func get() *Message {
	return &Message{Method: "GET", Head: []byte("GET / HTTP/1.1\r\nHost: h\r\n\r\n")}
}

// timeoutsFor are short only where one of them is to run out: a busy machine may take
// its time for the rest.
func timeoutsFor(end recording.End) Timeouts {
	switch end {
	case recording.WriteTimeout, recording.HeaderTimeout, recording.BodyTimeout:
		return fast
	}
	return Timeouts{Write: time.Minute, Header: time.Minute, Body: time.Minute}
}

// Each way an answer can fail has its own end, and is told by the phase.
// (http-traps.md 10, faults.md F15, F16)
func TestOutcomes(t *testing.T) {
	cases := []struct {
		name     string
		serve    func(c *net.TCPConn)
		end      recording.End
		status   int // of the part of an answer that is kept
		reusable bool
	}{
		{"answer", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
			waitForEnd(c)
		}, recording.Answered, 200, true},
		{"answer in bytes", func(c *net.TCPConn) {
			for _, b := range []byte("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi") {
				c.Write([]byte{b})
			}
			waitForEnd(c)
		}, recording.Answered, 200, true},
		{"body to the end", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nhi") }, recording.Answered, 200, false},
		{"1.0", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.0 404 No\r\nContent-Length: 0\r\n\r\n") }, recording.Answered, 404, false},
		{"said to close", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}, recording.Answered, 200, false},
		{"more than said", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi there")
			waitForEnd(c)
		}, recording.Answered, 200, false},
		{"switching", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")
			waitForEnd(c)
		}, recording.Answered, 101, false},
		{"closed", func(c *net.TCPConn) {}, recording.Closed, 0, false},
		{"closed after 103", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 103 Hints\r\n\r\n") }, recording.Closed, 0, false},
		{"reset", reset, recording.Reset, 0, false},
		{"reset in the body", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")
			time.Sleep(20 * time.Millisecond)
			reset(c)
		}, recording.Reset, 200, false},
		{"cut in the head", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nConte") }, recording.ShortBody, 0, false},
		{"short body", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi") }, recording.ShortBody, 200, false},
		{"chunks cut", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n")
		}, recording.ShortBody, 200, false},
		{"no answer", waitForEnd, recording.HeaderTimeout, 0, false},
		{"slow head", func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 200"); waitForEnd(c) }, recording.HeaderTimeout, 0, false},
		{"slow body", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")
			waitForEnd(c)
		}, recording.BodyTimeout, 200, false},
		{"garbage", func(c *net.TCPConn) { io.WriteString(c, "SSH-2.0-OpenSSH\r\n"); waitForEnd(c) }, recording.Protocol, 0, false},
		{"bad chunk", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n")
			waitForEnd(c)
		}, recording.Protocol, 200, false},
		{"two lengths", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!")
			waitForEnd(c)
		}, recording.Protocol, 200, false},
		{"endless interim", func(c *net.TCPConn) {
			for range 100 {
				io.WriteString(c, "HTTP/1.1 102 Processing\r\n\r\n")
			}
			waitForEnd(c)
		}, recording.Protocol, 0, false},
		{"huge head", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nA: ")
			io.WriteString(c, strings.Repeat("x", 2<<20))
			waitForEnd(c)
		}, recording.Protocol, 0, false},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := dial(t, Options{Address: server(t, tc.serve), Timeouts: timeoutsFor(tc.end)})
			a := c.Do(get())
			c.Close()
			status := 0
			if a.Response != nil {
				status = a.Response.Status
			}
			if a.End != tc.end || status != tc.status || a.Reusable != tc.reusable || a.Unsent {
				t.Errorf("%s: %q (%s), status %d, %+v", tc.name, a.End, a.Detail, status, a)
			}
			if (a.End != recording.Answered) == (a.Detail == "") {
				t.Errorf("detail %q", a.Detail)
			}
			if a.SentAt == 0 || a.DoneAt < a.SentAt {
				t.Errorf("sent %d, done %d", a.SentAt, a.DoneAt)
			}
			if tc.end != recording.Answered && a.Response != nil && a.Response.Body.State != recording.BodyTruncated && a.Response.Body.Length > 0 {
				t.Errorf("a part of a body is stored as %v", a.Response.Body.State)
			}
		})
	}
}

func TestDialFailures(t *testing.T) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	closed := l.Addr().String()
	l.Close()
	plain := httptest.NewServer(nil) // answers a handshake with a 400
	defer plain.Close()
	forbidden := errors.New("not there")
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel, says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	cases := []struct {
		name string
		o    Options
		end  recording.End
	}{
		{"refused", Options{Address: closed}, recording.Refused},
		{"dns", Options{Address: "parallax.invalid:80", Timeouts: Timeouts{Connect: 300 * time.Millisecond}}, recording.DNSFailed},
		{"tls with a plain server", Options{Address: plain.Listener.Addr().String(), TLS: &tls.Config{}}, recording.TLSFailed},
		{"tls never answers", Options{Address: silent.Addr().String(), TLS: &tls.Config{}, Timeouts: Timeouts{TLS: 50 * time.Millisecond}}, recording.TLSFailed},
		{"forbidden", Options{Address: closed, Allow: func(netip.AddrPort) error { return forbidden }}, recording.ConnectFailed},
	}
	for _, c := range cases {
		tr, err := New(c.o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tr.Dial(t.Context())
		var failed *DialError
		if !errors.As(err, &failed) || failed.End != c.end {
			t.Errorf("%s: %v", c.name, err)
		}
		if c.name == "forbidden" && (!errors.Is(err, forbidden) || !errors.Is(err, ErrForbidden)) {
			t.Errorf("%v", err)
		}
	}
	if _, err := New(Options{Address: "no port"}); err == nil {
		t.Error("an address without a port")
	}
}

func TestConnectTimeout(t *testing.T) {
	tr, _ := New(Options{Address: "127.0.0.1:9", Timeouts: Timeouts{Connect: 1}})
	_, err := tr.Dial(t.Context())
	var failed *DialError
	if !errors.As(err, &failed) || failed.End != recording.ConnectTimeout {
		t.Errorf("%v", err)
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	address := s.Listener.Addr().String()
	tr, _ := New(Options{Address: address, TLS: &tls.Config{}})
	if _, err := tr.Dial(t.Context()); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
	config := &tls.Config{InsecureSkipVerify: true}
	c := dial(t, Options{Address: address, TLS: config})
	for range 3 {
		if a := c.Do(get()); a.End != recording.Answered || a.Response.Status != 404 || !a.Reusable {
			t.Fatalf("%+v", a)
		}
		if !c.Alive() {
			t.Fatal("an idle TLS connection is called dead")
		}
	}
	s.CloseClientConnections()
	time.Sleep(10 * time.Millisecond)
	if c.Alive() {
		t.Error("a closed TLS connection is called alive")
	}
}

func TestAlive(t *testing.T) {
	for name, act := range map[string]func(c *net.TCPConn){
		"closed": func(c *net.TCPConn) { c.Close() }, "reset": reset,
		"spoke": func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 408 Timeout\r\n\r\n") },
	} {
		acted := make(chan bool)
		address := server(t, func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			<-acted
			act(c)
			acted <- true
			waitForEnd(c)
		})
		c := dial(t, Options{Address: address})
		if a := c.Do(get()); !a.Reusable || !c.Alive() {
			t.Fatalf("%s: idle: %+v", name, a)
		}
		acted <- true
		<-acted
		time.Sleep(5 * time.Millisecond)
		if c.Alive() {
			t.Errorf("%s, and called alive", name)
		}
		if name == "spoke" && c.probe() {
			t.Error("the portable probe called it alive")
		}
		c.Close()
	}
}

// A large body is written while the answer is read for: a target that answers
// early, or answers while it reads, is no failure.
func TestLargeBody(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 512<<10)
	post := func(chunked bool) *Message {
		m := &Message{Method: "POST", Head: []byte("POST / HTTP/1.1\r\nHost: h\r\n\r\n"), Body: body, Chunked: chunked}
		if chunked {
			m.Trailers = []httpmsg.Header{{Name: "X-T", Value: "1"}}
		}
		return m
	}
	t.Run("read whole", func(t *testing.T) {
		got := make(chan [32]byte, 1)
		address := server(t, func(c *net.TCPConn) {
			h := sha256.New()
			io.CopyN(h, c, int64(len(body)))
			got <- [32]byte(h.Sum(nil))
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			waitForEnd(c)
		})
		c := dial(t, Options{Address: address})
		if a := c.Do(post(false)); a.End != recording.Answered || !a.Reusable || <-got != sha256.Sum256(body) {
			t.Errorf("%+v", a)
		}
		c.Close()
	})
	t.Run("chunked", func(t *testing.T) {
		d := httpmsg.NewRequestDecoder(httpmsg.Limits{})
		length, trailers := 0, 0
		address := server(t, func(c *net.TCPConn) {
			d.Feed([]byte("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"))
			buf := make([]byte, 64<<10)
			for done := false; !done; {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				for p := buf[:n]; ; {
					used, ev, err := d.Feed(p)
					if err != nil || ev.Kind == httpmsg.KindMore {
						break
					}
					p = p[used:]
					length += len(ev.Data)
					if ev.Kind == httpmsg.KindEnd {
						trailers, done = len(ev.Trailers), true
						break
					}
				}
			}
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
			waitForEnd(c)
		})
		c := dial(t, Options{Address: address})
		a := c.Do(post(true))
		c.Close()
		if a.End != recording.Answered || length != len(body) || trailers != 1 {
			t.Errorf("%+v: %d bytes, %d trailers", a, length, trailers)
		}
	})
	t.Run("refused early", func(t *testing.T) {
		address := server(t, func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			c.CloseWrite()
			time.Sleep(300 * time.Millisecond)
		})
		a := dial(t, Options{Address: address}).Do(post(false))
		if a.End != recording.Answered || a.Response.Status != 413 || a.Reusable || len(a.Errors) == 0 {
			t.Errorf("%+v", a)
		}
	})
	t.Run("never read", func(t *testing.T) {
		address := server(t, func(c *net.TCPConn) { c.SetReadBuffer(4096); time.Sleep(600 * time.Millisecond) })
		a := dial(t, Options{Address: address, Timeouts: fast}).Do(post(false))
		if a.End != recording.WriteTimeout {
			t.Errorf("%+v", a)
		}
	})
}

func TestExpectContinue(t *testing.T) {
	message := &Message{
		Method: "PUT", Head: []byte("PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n"),
		Body: []byte("body"), Expect: true,
	}
	body := func(c net.Conn) string {
		b := make([]byte, 4)
		io.ReadFull(c, b)
		return string(b)
	}
	final := func(c *net.TCPConn, got string) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"+got)
		waitForEnd(c)
	}
	t.Run("granted", func(t *testing.T) {
		address := server(t, func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 100 Continue\r\n\r\n"); final(c, body(c)) })
		c := dial(t, Options{Address: address})
		a := c.Do(message)
		c.Close()
		if a.End != recording.Answered || string(a.Response.Body.Bytes) != "body" || len(a.Response.Interim) != 1 || !a.Reusable {
			t.Errorf("%+v", a)
		}
	})
	t.Run("ignored", func(t *testing.T) {
		address := server(t, func(c *net.TCPConn) { final(c, body(c)) })
		c := dial(t, Options{Address: address, Timeouts: fast})
		a := c.Do(message)
		c.Close()
		if a.End != recording.Answered || string(a.Response.Body.Bytes) != "body" {
			t.Errorf("%+v", a)
		}
	})
	t.Run("denied", func(t *testing.T) {
		rest := make(chan string, 1)
		address := server(t, func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno")
			b, _ := io.ReadAll(c)
			rest <- string(b)
		})
		c := dial(t, Options{Address: address})
		a := c.Do(message)
		c.Close()
		if a.End != recording.Answered || a.Response.Status != 417 || string(a.Response.Body.Bytes) != "no" || a.Reusable || <-rest != "" {
			t.Errorf("%+v", a)
		}
	})
}

func TestBodies(t *testing.T) {
	big := strings.Repeat("z", 1<<20)
	address := server(t, func(c *net.TCPConn) {
		for {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n"+big)
			if readHead(c) == "" {
				return
			}
		}
	})
	sum := sha256.Sum256([]byte(big))
	c := dial(t, Options{Address: address, BodyCap: 1000})
	a := c.Do(get())
	if b := a.Response.Body; b.State != recording.BodyTruncated || b.Length != 1<<20 || b.SHA256 != sum || len(b.Bytes) > 1000 {
		t.Errorf("over the cap: %v, %d of %d bytes", b.State, len(b.Bytes), b.Length)
	}
	m := get()
	m.Baseline = &recording.Body{Length: 1 << 20, SHA256: sum}
	a = c.Do(m)
	if b := a.Response.Body; b.State != recording.BodyAsBaseline || b.Bytes != nil {
		t.Errorf("equal to the baseline: %v", b.State)
	}
	c.Close()
	c = dial(t, Options{Address: address, Budget: 300 << 10})
	a = c.Do(get())
	if b := a.Response.Body; b.State != recording.BodyTruncated || b.SHA256 != sum {
		t.Errorf("over the budget: %v", b.State)
	}
	if left := c.t.budget.left.Load(); left != 300<<10 {
		t.Errorf("%d of the budget left", left)
	}
	c.Close()
}

func TestAbort(t *testing.T) {
	c := dial(t, Options{Address: server(t, func(c *net.TCPConn) { waitForEnd(c) })})
	time.AfterFunc(10*time.Millisecond, c.Abort)
	if a := c.Do(get()); a.End != recording.Unknown {
		t.Errorf("%+v", a)
	}
}

// A write that fails on a connection that the target reset is told apart: not
// a byte was taken.
func TestUnsent(t *testing.T) {
	gone := make(chan bool)
	address := server(t, func(c *net.TCPConn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		time.Sleep(5 * time.Millisecond)
		reset(c)
		close(gone)
	})
	c := dial(t, Options{Address: address})
	c.Do(get())
	<-gone
	time.Sleep(10 * time.Millisecond)
	if a := c.Do(get()); !a.Unsent || a.End != recording.Reset {
		t.Errorf("%+v", a)
	}
}
