package proxy

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// A clock that is set back by an hour, or forward, while connections come and
// go: exchanges stay in the order in which they came, and the jump is known.
// (F13)
func TestF13_ClockJumps(t *testing.T) {
	for _, jump := range []time.Duration{-time.Hour, time.Hour} {
		var wall, passed atomic.Int64
		wall.Store(1e18)
		jumping := newClock(wall.Load, func() time.Duration { return time.Duration(passed.Load()) })
		sink := &memory{}
		r := start(t, Options{Upstream: startShop(t), clock: &jumping}, sink)
		for i := range 4 {
			passed.Add(int64(time.Second))
			wall.Add(int64(time.Second))
			if i == 2 {
				wall.Add(int64(jump))
			}
			if _, err := r.get("GET /length HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.proxy.Drift(); got != jump {
			t.Errorf("drift %s, want %s", got, jump)
		}
		for i, ex := range r.exchanges(sink, 4) {
			want := int64(1e18) + int64(i+1)*int64(time.Second)
			if ex.Request.FirstAt != want || ex.Response.LastAt < ex.Request.FirstAt {
				t.Errorf("exchange %d: from %d to %d, want %d", i, ex.Request.FirstAt, ex.Response.LastAt, want)
			}
		}
	}
}

// Bytes behind an answer pass, and are not taken for another exchange's. (F16)
func TestF16_TrailingBytes(t *testing.T) {
	const answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc" + "and more"
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		io.WriteString(c, answer)
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	if got, err := r.get(plainGet); got != answer || err != nil {
		t.Errorf("the client got %q, %v", got, err)
	}
	ex := r.exchanges(sink, 1)[0]
	if !ex.Whole() || string(ex.Response.Body.Bytes) != "abc" {
		t.Errorf("recorded: %s", text(ex))
	}
	r.wantBuckets("connections", "became unreadable", 1)
}

// An upstream that closes a kept connection: nothing is sent again behind the
// client's back, and what became of its next request is recorded. (F17)
func TestF17_ClosedBetweenRequests(t *testing.T) {
	var connections, requests atomic.Int64
	url := script(t, func(c *net.TCPConn) {
		connections.Add(1)
		for range 2 {
			if readUntil(c, "\r\n\r\n") == "" {
				return
			}
			if requests.Add(1) == 1 {
				io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
				c.CloseWrite() // idle, it says, and reads on as a server may
			}
		}
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	c := r.dial()
	io.WriteString(c, plainGet)
	if got := readAll(t, c); got != "HTTP/1.1 204 No Content\r\n\r\n" {
		t.Fatalf("the client got %q", got)
	}
	io.WriteString(c, "POST /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n") // sent although the end was read
	c.CloseWrite()
	r.waitForConnections()
	got := r.exchanges(sink, 2)
	if !got[0].Whole() || got[1].Request.Method != "POST" || got[1].Incomplete != recording.NoAnswer || got[1].Response != nil {
		t.Errorf("recorded: %s", texts(got))
	}
	if connections.Load() != 1 || requests.Load() != 2 {
		t.Errorf("%d connections, %d requests reached the upstream, want 1 and 2", connections.Load(), requests.Load())
	}
}

// pattern is an endless body.
func pattern(n int) []byte { return bytes.Repeat([]byte("0123456789abcdef"), n/16) }

// A body that does not end keeps its beginning, its length and its hash, and no
// more memory; it is cut when the client has had enough. (F18)
func TestF18_EndlessBody(t *testing.T) {
	piece := pattern(64 << 10)
	chunk := fmt.Appendf(nil, "%x\r\n%s\r\n", len(piece), piece)
	url := script(t, func(c *net.TCPConn) {
		readUntil(c, "\r\n\r\n")
		io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
		for {
			if _, err := c.Write(chunk); err != nil {
				return
			}
		}
	})
	const limit, queue = 100 << 10, 1 << 20
	sink := &memory{}
	r := start(t, Options{Upstream: url, BodyCap: limit, QueueBytes: queue}, sink)
	c := r.dial()
	io.WriteString(c, plainGet)
	if _, err := io.CopyN(io.Discard, c, 256<<20); err != nil {
		t.Fatal(err)
	}
	c.SetLinger(0)
	c.Close()
	r.waitForConnections()
	ex := r.exchanges(sink, 1)[0]
	body := ex.Response.Body
	if ex.Incomplete != recording.ConnectionClosed || body.State != recording.BodyTruncated || len(body.Bytes) != limit || body.Length < 250<<20 {
		t.Fatalf("recorded: %s, %s, %d of %d bytes", ex.Incomplete, body.State, len(body.Bytes), body.Length)
	}
	sum := sha256.New()
	for left := body.Length; left > 0; left -= int64(len(piece)) {
		sum.Write(piece[:min(left, int64(len(piece)))])
	}
	if [32]byte(sum.Sum(nil)) != body.SHA256 {
		t.Error("the hash is not that of the whole")
	}
	if r.proxy.queue.free != queue {
		t.Errorf("%d bytes of the queue free, want %d", r.proxy.queue.free, queue)
	}
}

// Heads beyond all measure pass as they are; within the limits they are recorded
// as they are, beyond them they are counted. (F22)
func TestF22_Heads(t *testing.T) {
	big := strings.Repeat("x", 1_000_000)
	for _, c := range []struct {
		name, lines string
		recorded    bool
	}{
		{"a header line of 1 MB", "A: " + big + "\r\n", true},
		{"16,000 header lines, many alike", strings.Repeat("A: 1\r\na: 2\r\n", 8000), true},
		{"a folded line", "A: 1\r\n  and more\r\n\tand more\r\n", true},
		{"10^6 header lines", strings.Repeat("A: 1\r\n", 1_000_000), false},
		{"a header line of 2 MB", "A: " + big + big + "\r\n", false},
		{"a line without a name", ": 1\r\n", true},
		{"a NUL in a value", "A: 1\x002\r\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := "GET /x HTTP/1.1\r\nHost: a\r\n" + c.lines + "\r\n"
			answer := "HTTP/1.1 200 OK\r\n" + c.lines + "Content-Length: 0\r\n\r\n"
			asked := make(chan string, 1)
			url := script(t, func(conn *net.TCPConn) {
				got := make([]byte, len(request))
				io.ReadFull(conn, got)
				asked <- string(got)
				io.WriteString(conn, answer)
			})
			sink := &memory{}
			r := start(t, Options{Upstream: url}, sink)
			got, err := r.get(request)
			if err != nil || got != answer {
				t.Errorf("the client got %d bytes, want %d, %v", len(got), len(answer), err)
			}
			if got := <-asked; got != request {
				t.Errorf("the upstream got %d bytes, want %d", len(got), len(request))
			}
			ledger := r.stop()
			exchanges := ledger.Account("exchanges")
			whole := len(sink.got) == 1 && sink.got[0].Whole()
			if whole != c.recorded || !whole && exchanges.Sum(recording.Lost) == 0 {
				t.Errorf("%d recorded, %+v", len(sink.got), exchanges)
			}
			if c.recorded {
				checkLines(t, sink.got[0], c.lines)
			}
		})
	}
}

// checkLines holds that the recorded lines, written again, are those sent.
func checkLines(t *testing.T, ex *recording.Exchange, lines string) {
	t.Helper()
	for _, headers := range [][]recording.Header{ex.Request.Headers[1:], ex.Response.Headers[:len(ex.Response.Headers)-1]} {
		if got := string(httpmsg.AppendHeaders(nil, headers)); got != lines {
			t.Errorf("recorded %d bytes of lines, want %d: %.80q", len(got), len(lines), got)
		}
	}
}
