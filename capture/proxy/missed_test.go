package proxy

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parallax/capture/recording"
)

// A sink that fails at the Nth exchange, once or from then on: every client has
// its answer, and what is not recorded is counted with its bytes and times.
// (F6)
func TestASinkThatFailsAtTheNth(t *testing.T) {
	const exchanges = 6
	upstream := startShop(t)
	for _, forever := range []bool{false, true} {
		for at := 1; at <= exchanges+1; at++ {
			var seen, lost int
			var first, last int64
			r := start(t, Options{Upstream: upstream}, sinkFunc(func(ex *recording.Exchange) error {
				if seen++; seen < at || seen > at && !forever {
					return nil
				}
				when, _ := ex.ID.Time()
				if lost++; lost == 1 {
					first = when
				}
				last = when
				return errors.New("no space left")
			}))
			c := r.dial()
			in := bufio.NewReader(c)
			for range exchanges {
				io.WriteString(c, "GET /length HTTP/1.1\r\nHost: a\r\n\r\n")
				answer, err := http.ReadResponse(in, nil)
				if err != nil {
					t.Fatal(err)
				}
				if body, err := io.ReadAll(answer.Body); string(body) != "short" || err != nil {
					t.Fatalf("at %d: the client got %q, %v", at, body, err)
				}
			}
			c.Close()
			ledger := r.stop()
			want := Missed{Exchanges: int64(lost), Bytes: int64(lost * len("short")), FirstAt: first, LastAt: last}
			got, overflowed := r.proxy.Missed()
			if got != want || overflowed != (Missed{}) || ledger.Account("exchanges").Sum(recording.Lost) != got.Exchanges {
				t.Errorf("at %d, forever %t: %+v and %+v, want %+v; %+v", at, forever, got, overflowed, want, ledger)
			}
			if (r.proxy.SinkError() != nil) != (lost > 0) {
				t.Errorf("at %d: the sink's error: %v", at, r.proxy.SinkError())
			}
		}
	}
}

// What the queue has no room for is counted with its bytes, too.
func TestBytesBeyondTheQueue(t *testing.T) {
	release := make(chan struct{})
	r := start(t, Options{Upstream: startShop(t), QueueBytes: 4 << 10}, sinkFunc(func(*recording.Exchange) error {
		<-release
		return nil
	}))
	const requests = 20
	for range requests {
		getLength(r)
	}
	close(release)
	ledger := r.stop()
	_, got := r.proxy.Missed()
	if n := ledger.Account("exchanges").Sum(recording.Lost); n == 0 || got.Exchanges != n || got.Bytes != n*int64(len("short")) || got.FirstAt == 0 || got.FirstAt > got.LastAt {
		t.Errorf("%+v, and %d in the ledger", got, n)
	}
}

// Where all connections are taken, the one idle for longest makes room; where
// none is idle the client waits, and is served.
func TestMoreClientsThanConnections(t *testing.T) {
	asked := make(chan struct{}, 9)
	release := make(chan struct{})
	url := scriptKept(t, asked, release)
	r := start(t, Options{Upstream: url, MaxConnections: 2}, &memory{})
	ask := func(c io.ReadWriter, target string) string {
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: a\r\n\r\n", target)
		return readUntil(c, "\r\n\r\n")
	}
	const answer = "HTTP/1.1 204 No Content\r\n\r\n"
	idle, busy, third := r.dial(), r.dial(), r.dial()
	if got := ask(idle, "/"); got != answer {
		t.Fatalf("the first got %q", got)
	}
	io.WriteString(busy, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
	<-asked
	if got := ask(third, "/"); got != answer { // there is room only in the idle one's place
		t.Fatalf("the third got %q", got)
	}
	if got := readAll(t, idle); got != "" {
		t.Errorf("the idle one got %q", got)
	}
	close(release)
	if got := readUntil(busy, "\r\n\r\n"); got != answer {
		t.Errorf("the busy one got %q", got)
	}
	if n := r.proxy.Crowded(); n != 1 {
		t.Errorf("%d clients came too many, want 1", n)
	}
	r.wantBuckets("exchanges", "whole", 3)
}

// A client that waits for room does not hold up the end.
func TestShutdownWhileAClientWaits(t *testing.T) {
	asked := make(chan struct{}, 9)
	release := make(chan struct{})
	r := start(t, Options{Upstream: scriptKept(t, asked, release), MaxConnections: 1}, &memory{})
	busy := r.dial()
	io.WriteString(busy, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
	<-asked
	r.dial()
	for end := time.Now().Add(patience); r.proxy.Crowded() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the second client does not wait")
		}
	}
	close(release)
	r.wantBuckets("exchanges", "whole", 1)
}

// scriptKept answers on kept connections; /wait only when it may.
func scriptKept(t *testing.T, asked chan<- struct{}, release <-chan struct{}) string {
	return scriptEach(t, func(request string) string {
		if strings.HasPrefix(request, "GET /wait ") {
			asked <- struct{}{}
			<-release
		}
		return "HTTP/1.1 204 No Content\r\n\r\n"
	})
}
