package replay

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

// memory is a sink and a journal that keep everything.
type memory struct {
	mu      sync.Mutex
	rows    map[recording.ID]*recording.Exchange
	intents []recording.ID
	synced  int // intents on disk
	double  []recording.ID
	failAt  int // the write that fails, from 1
	writes  int
}

func (m *memory) Write(ex *recording.Exchange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.writes++; m.writes == m.failAt {
		return io.ErrShortWrite
	}
	if m.rows == nil {
		m.rows = make(map[recording.ID]*recording.Exchange)
	}
	if m.rows[ex.Replays] != nil {
		m.double = append(m.double, ex.Replays)
	}
	m.rows[ex.Replays] = deepClone(ex)
	return nil
}

// deepClone copies what a sink may not keep.
func deepClone(ex *recording.Exchange) *recording.Exchange {
	c := clone(ex)
	c.Errors = slices.Clone(ex.Errors)
	if o := ex.Outcome; o != nil {
		outcome := *o
		c.Outcome, outcome.LeftOut = &outcome, slices.Clone(o.LeftOut)
	}
	if r := c.Request; r != nil {
		r.Headers, r.Trailers, r.Body.Bytes = slices.Clone(r.Headers), slices.Clone(r.Trailers), slices.Clone(r.Body.Bytes)
	}
	if r := c.Response; r != nil {
		r.Headers, r.Trailers, r.Body.Bytes = slices.Clone(r.Headers), slices.Clone(r.Trailers), slices.Clone(r.Body.Bytes)
		r.Interim = slices.Clone(r.Interim)
	}
	return c
}

func (m *memory) Intend(id recording.ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.intents = append(m.intents, id)
	return nil
}

func (m *memory) Sync() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.synced = len(m.intents)
	return nil
}

// script makes a baseline. Times are in milliseconds.
type script struct {
	list []*recording.Exchange
	next map[string]uint32
}

const epoch = int64(1_700_000_000_000_000_000)

func ms(n int) int64 { return epoch + int64(n)*int64(time.Millisecond) }

func headers(lines ...string) []httpmsg.Header {
	var hs []httpmsg.Header
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		hs = append(hs, httpmsg.Header{Name: name, Value: value})
	}
	return hs
}

// add appends an exchange of session, from begin to end; the caller may change it.
func (s *script) add(session string, begin, end int, method, target string, lines ...string) *recording.Exchange {
	if s.next == nil {
		s.next = make(map[string]uint32)
	}
	session = recording.MakeSession(session, "", 0)
	seq := s.next[session]
	s.next[session]++
	ex := &recording.Exchange{
		ID: recording.MakeID(ms(begin), session, seq), Session: session, Sequence: seq, Protocol: "http/1.1",
		Client: "192.0.2.1:1000", Server: "192.0.2.2:80",
		Request: &recording.Request{
			Method: method, Scheme: "http", Target: target, Version: "1.1",
			Headers: append(headers("Host: old.example"), headers(lines...)...), FirstAt: ms(begin), LastAt: ms(begin),
		},
		Response: &recording.Response{Status: 200, Reason: "OK", Version: "1.1", FirstAt: ms(end), LastAt: ms(end)},
	}
	s.list = append(s.list, ex)
	return ex
}

func withBody(ex *recording.Exchange, body string) *recording.Exchange {
	ex.Request.Body = recording.StoredBody([]byte(body))
	ex.Request.Headers = append(ex.Request.Headers, httpmsg.Header{Name: "Content-Length", Value: fmt.Sprint(len(body))})
	return ex
}

func answeredBy(ex *recording.Exchange, body string, lines ...string) *recording.Exchange {
	ex.Response.Body = recording.StoredBody([]byte(body))
	ex.Response.Headers = headers(lines...)
	return ex
}

func (s *script) exchanges() iter.Seq2[*recording.Exchange, error] {
	return func(yield func(*recording.Exchange, error) bool) {
		for _, ex := range s.list {
			if !yield(clone(ex), nil) {
				return
			}
		}
	}
}

func clone(ex *recording.Exchange) *recording.Exchange {
	c := *ex
	if ex.Request != nil {
		r := *ex.Request
		c.Request = &r
	}
	if ex.Response != nil {
		r := *ex.Response
		c.Response = &r
	}
	return &c
}

// tcpServer accepts connections and gives each to serve with its number, from 0.
func tcpServer(t testing.TB, serve func(n int, c net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	var open []net.Conn
	wg.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, c)
			mu.Unlock()
			wg.Go(func() {
				defer c.Close()
				serve(n, c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		mu.Lock()
		for _, c := range open {
			c.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// seen is one request as a server read it.
type seen struct {
	conn   int
	at     time.Time
	method string
	target string
	header http.Header
	body   string
}

// httpServer answers requests through handle, which is given what came; it
// closes the connection after an answer that says so.
func httpServer(t testing.TB, handle func(seen) string) (address string, requests func() []seen) {
	var mu sync.Mutex
	var all []seen
	address = tcpServer(t, func(n int, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			body, _ := io.ReadAll(req.Body)
			s := seen{n, time.Now(), req.Method, req.RequestURI, req.Header, string(body)}
			mu.Lock()
			all = append(all, s)
			mu.Unlock()
			answer := handle(s)
			if _, err := io.WriteString(c, answer); err != nil || strings.Contains(answer, "Connection: close") {
				return
			}
		}
	})
	return address, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return append([]seen(nil), all...)
	}
}

func ok(body string, lines ...string) string {
	var b strings.Builder
	b.WriteString("HTTP/1.1 200 OK\r\n")
	for _, l := range lines {
		b.WriteString(l + "\r\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return b.String()
}

// run replays s and checks what must hold of every run.
func run(t *testing.T, s *script, address string, o Options) (Result, *memory) {
	t.Helper()
	m := &memory{}
	if o.Target.URL == "" {
		o.Target.URL = "http://" + address
	}
	r, err := Run(t.Context(), s.exchanges(), m, m, o)
	if err != nil {
		t.Fatal(err)
	}
	closes(t, s, r, m)
	return r, m
}

func closes(t *testing.T, s *script, r Result, m *memory) {
	t.Helper()
	if l := r.Ledger(); !l.Closed() {
		t.Errorf("the ledger has a residual: %+v", l)
	}
	if r.Total != int64(len(s.list)) || int64(len(m.rows))+r.Resumed != r.Total || len(m.double) > 0 {
		t.Errorf("%d exchanges, %d read, %d rows, twice: %v", len(s.list), r.Total, len(m.rows), m.double)
	}
}
