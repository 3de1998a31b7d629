package mirror

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/replay"
)

// moody is a candidate whose mood each request names: it answers, breaks off,
// resets, or closes.
func moody(t *testing.T, seen func(session, n string)) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen(r.URL.Query().Get("session"), r.URL.Query().Get("n"))
		if r.URL.Path == "/answers" {
			io.WriteString(w, "fine")
			return
		}
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		switch r.URL.Path {
		case "/breaks":
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\npart")
		case "/resets":
			c.(*net.TCPConn).SetLinger(0)
		case "/talks":
			io.WriteString(c, "no HTTP at all\r\n\r\n")
		}
		c.Close()
	})
}

// Whatever the candidate does, each offer has one row, the ledger closes, nothing
// stays held, and a session's requests arrive in its order.
func TestAnyCandidate(t *testing.T) {
	var mu sync.Mutex
	var last map[string]int
	url := moody(t, func(session, n string) {
		mu.Lock()
		defer mu.Unlock()
		var at int
		fmt.Sscan(n, &at)
		if before, known := last[session]; known && at < before {
			t.Errorf("session %s: %d after %d", session, at, before)
		}
		last[session] = at
	})
	rapid.Check(t, func(rt *rapid.T) {
		mu.Lock()
		last = map[string]int{}
		mu.Unlock()
		out := &rows{}
		bound := rapid.IntRange(1, 20).Draw(rt, "bound")
		m := begin(t, url, out, func(o *Options) {
			o.Exchanges = bound
			o.Replay.Pool.Connections = rapid.IntRange(1, 4).Draw(rt, "connections")
		})
		moods := rapid.SliceOfN(rapid.SampledFrom([]string{"answers", "breaks", "resets", "closes", "talks"}), 1, 40).Draw(rt, "moods")
		for i, mood := range moods {
			session := fmt.Sprintf("%08x00000000", rapid.IntRange(0, 3).Draw(rt, "session"))
			method := rapid.SampledFrom([]string{"GET", "POST"}).Draw(rt, "method")
			m.offer(exchange(session, i, method, fmt.Sprintf("/%s?session=%s&n=%d", mood, session, i)))
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if rapid.Bool().Draw(rt, "cut") {
			cancel()
		}
		r := finishWithin(t, ctx, m, out)
		if r.Offered != int64(len(moods)) || r.Failure != nil {
			rt.Fatalf("%+v", r)
		}
		ledger := r.Ledger()
		a := ledger.Account(replay.AccountName)
		if a.Sum(recording.Lost) < r.DroppedAll() {
			rt.Fatalf("%d dropped, %+v", r.DroppedAll(), a)
		}
	})
}
