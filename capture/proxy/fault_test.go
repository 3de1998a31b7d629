package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parallax/capture/recording"
)

// get sends a request and reads up to the end of the connection.
func (r *rig) get(request string) (string, error) {
	c := r.dial()
	defer c.Close()
	io.WriteString(c, request)
	got, err := io.ReadAll(c)
	return string(got), err
}

const plainGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n"

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

func TestUpstreamThatFailsBeforeAnAnswer(t *testing.T) {
	reset := func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		c.SetLinger(0)
	}
	silent := func(c *net.TCPConn) { io.Copy(io.Discard, c) }
	closing := func(c *net.TCPConn) { readUntil(c, "\r\n\r\n") }
	cases := []struct {
		name, url, request string
		status             int
		fault              string
	}{
		{"refused", closedPort(t), plainGet, 502, "upstream: connection refused"},
		{"refused, request in two pieces of head and body", closedPort(t), "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 502, "upstream: connection refused"},
		{"refused, HEAD", closedPort(t), "HEAD / HTTP/1.1\r\n\r\n", 502, "upstream: connection refused"},
		{"reset", script(t, reset), plainGet, 502, "upstream: connection reset"},
		{"closed", script(t, closing), plainGet, 502, "upstream: closed the connection without a whole answer"},
		{"silent", script(t, silent), plainGet, 504, "upstream: timed out"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sink := &memory{}
			r := start(t, Options{Upstream: c.url, AnswerTimeout: 100 * time.Millisecond}, sink)
			got, err := r.get(c.request)
			if err != nil {
				t.Errorf("the client: %v", err)
			}
			method, _, _ := strings.Cut(c.request, " ")
			answer, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), &http.Request{Method: method})
			if err != nil {
				t.Fatalf("%q: %v", got, err)
			}
			if answer.StatusCode != c.status || answer.Header.Get("X-Parallax-Proxy") == "" {
				t.Errorf("the client got %q", got)
			}
			ex := r.exchanges(sink, 1)[0]
			if ex.Incomplete != recording.NoAnswer || ex.Response != nil || len(ex.Errors) != 1 || ex.Errors[0] != c.fault {
				t.Errorf("recorded: %s", text(ex))
			}
			r.wantBuckets("exchanges", "no answer", 1)
		})
	}
}

func TestUpstreamThatFailsWithinAnAnswer(t *testing.T) {
	cases := []struct {
		name, answer string
		reset        bool
	}{
		{"closed within a length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", false},
		{"closed within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", false},
		{"closed within the head", "HTTP/1.1 200 OK\r\nConte", false},
		{"reset within a body that ends with the connection", "HTTP/1.0 200 OK\r\n\r\nabc", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			passed := make(chan struct{})
			url := script(t, func(conn *net.TCPConn) {
				readUntil(conn, "\r\n\r\n")
				io.WriteString(conn, c.answer)
				<-passed
				if c.reset {
					conn.SetLinger(0)
				}
			})
			sink := &memory{}
			r := start(t, Options{Upstream: url}, sink)
			client := r.dial()
			io.WriteString(client, plainGet)
			got := readUntil(client, c.answer)
			close(passed)
			rest, err := io.ReadAll(client)
			if got != c.answer || len(rest) != 0 || errors.Is(err, syscall.ECONNRESET) != c.reset {
				t.Errorf("the client got %q, then %q, %v", got, rest, err)
			}
			ex := r.exchanges(sink, 1)[0]
			if ex.Incomplete != recording.NoAnswer || len(ex.Errors) != 1 {
				t.Errorf("recorded: %s", text(ex))
			}
		})
	}
}

func TestABodyThatEndsWithTheConnectionIsWhole(t *testing.T) {
	const answer = "HTTP/1.0 200 OK\r\n\r\nup to the end"
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		io.WriteString(c, answer)
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	if got, err := r.get(plainGet); got != answer || err != nil {
		t.Errorf("%q %v", got, err)
	}
	if ex := r.exchanges(sink, 1)[0]; !ex.Whole() || string(ex.Response.Body.Bytes) != "up to the end" {
		t.Errorf("recorded: %s", text(ex))
	}
}

// A kept connection that breaks is repeated by clients; a 502 would not be.
func TestAUsedConnectionThatBreaksIsNotAnsweredFor(t *testing.T) {
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		readUntil(c, "\r\n\r\n")
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	c := r.dial()
	io.WriteString(c, plainGet)
	readUntil(c, "\r\n\r\n")
	io.WriteString(c, plainGet)
	if got := readAll(t, c); got != "" {
		t.Errorf("the client got %q", got)
	}
	got := r.exchanges(sink, 2)
	if !got[0].Whole() || got[1].Incomplete != recording.NoAnswer || got[1].Response != nil {
		t.Errorf("recorded: %s", texts(got))
	}
}

func TestAnEarlyAnswerIsReadableAlthoughTheUpstreamStopsReading(t *testing.T) {
	const answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		io.WriteString(c, answer)
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	c := r.dial()
	io.WriteString(c, "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
	if got := readUntil(c, answer); got != answer {
		t.Errorf("the client got %q", got)
	}
	io.WriteString(c, strings.Repeat("x", 50000))
	c.CloseWrite()
	r.waitForConnections()
	ex := r.exchanges(sink, 1)[0]
	if ex.Response.Status != 413 || ex.Incomplete != recording.ConnectionClosed || ex.Request.Body.Length != 50000 {
		t.Errorf("recorded: status %d, %s, %d bytes", ex.Response.Status, ex.Incomplete, ex.Request.Body.Length)
	}
}

func TestClientsThatGoAway(t *testing.T) {
	gone := make(chan struct{})
	answering := func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
		for piece := make([]byte, 1<<16); ; {
			if _, err := c.Write(piece); err != nil {
				close(gone)
				return
			}
		}
	}
	sink := &memory{}
	r := start(t, Options{Upstream: script(t, answering), BodyCap: 10}, sink)
	c := r.dial()
	io.WriteString(c, plainGet)
	readUntil(c, "\r\n\r\n")
	c.SetLinger(0)
	c.Close()
	select {
	case <-gone:
	case <-time.After(patience):
		t.Error("the upstream was not told")
	}
	if ex := r.exchanges(sink, 1)[0]; ex.Incomplete != recording.ConnectionClosed || !strings.HasPrefix(ex.Errors[0], "client: ") {
		t.Errorf("recorded: %s", text(ex))
	}
}

func TestAClientThatLeavesWithinItsRequest(t *testing.T) {
	cases := []struct{ in, bucket string }{
		{"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", string(recording.ConnectionClosed)},
		{"POST / HTTP/1.1\r\nConte", "request head cut by the client"},
	}
	for _, c := range cases {
		r := start(t, Options{Upstream: script(t, func(c *net.TCPConn) { io.Copy(io.Discard, c) })}, &memory{})
		conn := r.dial()
		io.WriteString(conn, c.in)
		conn.CloseWrite()
		io.ReadAll(conn)
		r.wantBuckets("exchanges", c.bucket, 1)
	}
}

func TestATimeoutIsNotForIdleConnections(t *testing.T) {
	url := script(t, func(c *net.TCPConn) {
		for readUntil(c, "\r\n\r\n") != "" {
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	r := start(t, Options{Upstream: url, AnswerTimeout: 40 * time.Millisecond}, &memory{})
	c := r.dial()
	for range 2 {
		io.WriteString(c, plainGet)
		if got := readUntil(c, "\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 204") {
			t.Errorf("the client got %q", got)
		}
		time.Sleep(100 * time.Millisecond)
	}
	r.wantBuckets("exchanges", "whole", 2)
}

func TestASinkThatFailsHurtsNoClient(t *testing.T) {
	full := errors.New("no space left")
	cases := []struct {
		name string
		sink sinkFunc
	}{
		{"error", func(*recording.Exchange) error { return full }},
		{"panic", func(*recording.Exchange) error { panic(full) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := start(t, Options{Upstream: startShop(t)}, c.sink)
			for range 3 {
				getLength(r)
			}
			r.wantBuckets("exchanges", notRecorded, 3)
			if err := r.proxy.SinkError(); err == nil || !strings.Contains(err.Error(), full.Error()) {
				t.Errorf("the sink's error: %v", err)
			}
		})
	}
}

func getLength(r *rig) {
	r.Helper()
	answer, err := r.client().Get(r.url("/length"))
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Body.Close()
	if body, err := io.ReadAll(answer.Body); string(body) != "short" || err != nil {
		r.Errorf("%q %v", body, err)
	}
}

func TestASinkThatHangsHurtsNoClient(t *testing.T) {
	release := make(chan struct{})
	sink := sinkFunc(func(*recording.Exchange) error {
		<-release
		return nil
	})
	r := start(t, Options{Upstream: startShop(t), QueueBytes: 6 << 10}, sink)
	const requests = 20
	for range requests {
		getLength(r)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := r.proxy.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shutdown with a hanging sink: %v", err)
	}
	ledger := r.proxy.Ledger()
	exchanges := ledger.Account("exchanges")
	if exchanges.Total != requests || !ledger.Closed() || exchanges.Sum(recording.Edge) != 1 || exchanges.Sum(recording.Lost) != requests-1 {
		t.Errorf("ledger %+v", ledger)
	}
	close(release)
	<-r.proxy.queue.done
	r.wantBuckets("exchanges", notRecorded, requests-1, "whole", 1)
}

func TestABodyBeyondTheQueueIsEvicted(t *testing.T) {
	sink := &memory{}
	r := start(t, Options{Upstream: startShop(t), QueueBytes: 1 << 20}, sink)
	answer, err := r.client().Get(r.url("/large"))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, answer.Body); n != 3<<20 || err != nil {
		t.Errorf("the client got %d bytes, %v", n, err)
	}
	answer.Body.Close()
	getLength(r)
	got := r.exchanges(sink, 2)
	large, other := got[0], got[1]
	// Exchanges of two connections come in the order in which they end.
	if large.Request.Target != "/large" {
		large, other = other, large
	}
	body := large.Response.Body
	if large.Incomplete != recording.Evicted || body.State != recording.BodyTruncated || body.Length != 3<<20 || body.SHA256 != sha256.Sum256(bytes.Repeat([]byte("x"), 3<<20)) {
		t.Errorf("recorded: %s, %s of %d bytes", large.Incomplete, body.State, body.Length)
	}
	if !other.Whole() || r.proxy.queue.free != 1<<20 {
		t.Errorf("later: %s; %d bytes of the queue free", other.Request.Target, r.proxy.queue.free)
	}
}

func TestAnUpstreamThatStopsReadingHoldsNobody(t *testing.T) {
	goOn := make(chan struct{})
	url := script(t, func(c *net.TCPConn) { <-goOn })
	sink := &memory{}
	r := start(t, Options{Upstream: url, AnswerTimeout: 100 * time.Millisecond, BodyCap: 10}, sink)
	c := r.dial()
	io.WriteString(c, "POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n")
	go func() {
		for piece := make([]byte, 1<<16); ; {
			if _, err := c.Write(piece); err != nil {
				return
			}
		}
	}()
	if got := readUntil(c, "\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 504") {
		t.Errorf("the client got %q", got)
	}
	r.waitForConnections()
	close(goOn)
	if ex := r.exchanges(sink, 1)[0]; ex.Incomplete != recording.NoAnswer || ex.Response != nil {
		t.Errorf("recorded: %s", text(ex))
	}
}

// Whatever a client sends, in whatever pieces, the upstream gets it, and the
// other way round.
func TestAnyBytesPass(t *testing.T) {
	answers, got := make(chan string, 1), make(chan string, 1)
	url := script(t, func(c *net.TCPConn) {
		io.WriteString(c, <-answers)
		c.CloseWrite()
		in, _ := io.ReadAll(c)
		got <- string(in)
	})
	r := start(t, Options{Upstream: url}, &memory{})
	pieces := rapid.SliceOfN(rapid.SampledFrom([]string{
		plainGet, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n", "0\r\n\r\n", "\x00\xff", "\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 101 S\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n", "G",
	}), 1, 8)
	rapid.Check(t, func(t *rapid.T) {
		in := pieces.Draw(t, "in")
		wantIn, wantOut := strings.Join(in, ""), strings.Join(pieces.Draw(t, "out"), "")
		answers <- wantOut
		c, err := net.Dial("tcp", r.proxy.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		for _, piece := range in {
			io.WriteString(c, piece)
		}
		c.(*net.TCPConn).CloseWrite()
		out, err := io.ReadAll(c)
		if err != nil || string(out) != wantOut {
			t.Errorf("the client got %q, want %q, %v", out, wantOut, err)
		}
		if in := <-got; in != wantIn {
			t.Errorf("the upstream got %q, want %q", in, wantIn)
		}
	})
	r.stop()
}

// A peer that only ever begins exchanges, or answers with interim ones, fills no
// memory.
func TestEndlessHeadsAreBounded(t *testing.T) {
	const exchanges = 1000
	var counted tally
	sink := &memory{}
	q := newQueue(sink, 100<<10, &counted)
	r := newRecorder(peers{session: "0123456789abcdef"}, 1<<20, q, &counted)
	for range exchanges {
		r.fromClient([]byte("GET / HTTP/1.1\r\nA: "+strings.Repeat("x", 1000)+"\r\n\r\n"), 1)
	}
	for range exchanges {
		r.fromServer([]byte("HTTP/1.1 103 Early Hints\r\nA: "+strings.Repeat("x", 1000)+"\r\n\r\n"), 2)
	}
	held := 0
	for _, p := range r.open {
		if len(p.exchange.Request.Headers) > 0 {
			held++
		}
		if p.exchange.Response != nil {
			held += len(p.exchange.Response.Interim)
		}
	}
	if held == 0 || held > 100 {
		t.Errorf("%d heads are held", held)
	}
	r.finish(cause{recording.NoAnswer, "gone"})
	q.close(context.Background())
	account := counted.ledger().Accounts[1]
	if account.Total != exchanges || account.Residual() != 0 || len(sink.got) == 0 || account.Sum(recording.Lost) != exchanges || q.free != 100<<10 {
		t.Errorf("%d recorded, %d bytes of the queue free, %+v", len(sink.got), q.free, account)
	}
}
