package replay

import (
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/schedule"
)

// What is sent is what was recorded: the case and order of headers, duplicates,
// the target, the version, chunks and trailers. (http-traps.md 9)
func TestBytesAreExact(t *testing.T) {
	var s script
	s.add("a", 0, 1, "GET", "/a//b/../c?x=%7e&x=1#f", "uSER-agent: me", "x-Dup: 1", "X-dup: 2", "Cookie: a=b;c=d", "Connection: keep-alive", "Empty: ")
	ex := s.add("a", 2, 3, "OPTIONS", "*", "Transfer-Encoding: chunked", "Trailer: X-T")
	ex.Request.Body = recording.StoredBody([]byte("hello world"))
	ex.Request.Trailers = headers("X-T: 1")
	ex = s.add("a", 4, 5, "GET", "http://evil.example:99/x", "Accept-Encoding: br")
	ex.Request.Version = "1.0"
	want := "GET /a//b/../c?x=%7e&x=1#f HTTP/1.1\r\nHost: old.example\r\nuSER-agent: me\r\nx-Dup: 1\r\nX-dup: 2\r\nCookie: a=b;c=d\r\nConnection: keep-alive\r\nEmpty: \r\n\r\n" +
		"OPTIONS * HTTP/1.1\r\nHost: old.example\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\nb\r\nhello world\r\n0\r\nX-T: 1\r\n\r\n" +
		"GET http://evil.example:99/x HTTP/1.0\r\nHost: old.example\r\nAccept-Encoding: br\r\n\r\n"
	var mu sync.Mutex
	var got strings.Builder
	address := tcpServer(t, func(_ int, c net.Conn) {
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return
			}
			mu.Lock()
			got.Write(buf[:n])
			mu.Unlock()
			io.WriteString(c, ok("x"))
		}
	})
	r, m := run(t, &s, address, Options{Schedule: schedule.Max(), NoMarker: true})
	if r.Ends[recording.Answered] != 3 {
		t.Fatalf("%+v", r)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("sent (-recorded +sent):\n%s", diff)
	}
	for _, ex := range s.list {
		row := m.rows[ex.ID]
		if diff := cmp.Diff(ex.Request.Headers, row.Request.Headers); diff != "" {
			t.Error(diff)
		}
		if row.Request.Target != ex.Request.Target || row.Request.Body.SHA256 != ex.Request.Body.SHA256 {
			t.Errorf("row %+v", row.Request)
		}
	}
}

func TestMarkerIsTheOnlyAddition(t *testing.T) {
	var s script
	s.add("a", 0, 1, "GET", "/")
	s.add("a", 2, 3, "GET", "/", MarkerHeader+": of-a-run-that-is-replayed")
	address, requests := httpServer(t, func(seen) string { return ok("") })
	run(t, &s, address, Options{RunID: "night-1"})
	for _, r := range requests() {
		if diff := cmp.Diff(map[string][]string{MarkerHeader: {"night-1"}}, map[string][]string(r.header)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestAnswersAreStored(t *testing.T) {
	var s script
	answeredBy(s.add("a", 0, 1, "GET", "/same"), "same")
	answeredBy(s.add("a", 2, 3, "GET", "/other"), "old")
	answeredBy(s.add("a", 4, 5, "HEAD", "/head"), "")
	address, _ := httpServer(t, func(r seen) string {
		switch r.target {
		case "/same":
			return "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("same", "Content-Encoding: gzip", "X-a: 1", "x-A: 2")
		case "/other":
			return "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nnew\r\n0\r\nX-T: 1\r\n\r\n"
		}
		return "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
	})
	r, m := run(t, &s, address, Options{Schedule: schedule.Max()})
	if r.Ends[recording.Answered] != 3 || r.Connections != 1 {
		t.Fatalf("%+v", r)
	}
	same := m.rows[s.list[0].ID].Response
	if same.Body.State != recording.BodyAsBaseline || same.Body.Length != 4 || len(same.Interim) != 1 || same.Interim[0].Status != 103 {
		t.Errorf("%+v", same)
	}
	if diff := cmp.Diff(headers("Content-Encoding: gzip", "X-a: 1", "x-A: 2", "Content-Length: 4"), same.Headers); diff != "" {
		t.Error(diff)
	}
	other := m.rows[s.list[1].ID].Response
	if other.Status != 302 || string(other.Body.Bytes) != "new" || other.Body.State != recording.BodyStored || len(other.Trailers) != 1 {
		t.Errorf("%+v", other)
	}
	if head := m.rows[s.list[2].ID].Response; head.Status != 200 || head.Body.State != recording.BodyNone {
		t.Errorf("%+v", head)
	}
}

// Within a session order holds, requests that overlapped may overlap again, and
// sessions do not wait for each other. (http-traps.md 14)
func TestSessionOrder(t *testing.T) {
	var s script
	s.add("a", 0, 10, "GET", "/a1")
	s.add("a", 1, 12, "GET", "/a2") // overlaps a1
	s.add("b", 2, 3, "GET", "/b1")
	s.add("a", 11, 13, "GET", "/a3") // after a1, overlaps a2
	s.add("a", 20, 21, "GET", "/a4") // after all
	var mu sync.Mutex
	open := make(map[string]bool)
	var violations []string
	together := false
	address, requests := httpServer(t, func(r seen) string {
		mu.Lock()
		open[r.target] = true
		if r.target == "/a3" && open["/a1"] || r.target == "/a4" && (open["/a1"] || open["/a2"] || open["/a3"]) {
			violations = append(violations, r.target)
		}
		together = together || open["/a1"] && open["/a2"]
		mu.Unlock()
		time.Sleep(30 * time.Millisecond)
		mu.Lock()
		delete(open, r.target)
		mu.Unlock()
		return ok("")
	})
	run(t, &s, address, Options{Schedule: schedule.Max()})
	if len(violations) > 0 || !together {
		t.Errorf("out of order: %v; overlapped again: %v", violations, together)
	}
	conns := make(map[string]int)
	for _, r := range requests() {
		conns[r.target] = r.conn
	}
	if conns["/b1"] == conns["/a1"] || conns["/b1"] == conns["/a2"] {
		t.Error("two sessions over one connection")
	}
}

// A run can be replayed: rows of the second run name what was recorded, in whose
// order both runs lie. The first run's own ids are in the order of sending.
func TestARunOfARun(t *testing.T) {
	var s script
	s.add("a", 0, 10, "GET", "/a1")
	s.add("a", 11, 13, "GET", "/a2")
	s.add("b", 12, 13, "GET", "/b1")
	address, _ := httpServer(t, func(r seen) string {
		if r.target == "/a1" {
			time.Sleep(60 * time.Millisecond)
		}
		return ok("")
	})
	_, first := run(t, &s, address, Options{})
	baseline := &script{list: slices.SortedFunc(maps.Values(first.rows), func(a, b *recording.Exchange) int {
		return strings.Compare(string(a.Replays), string(b.Replays))
	})}
	if baseline.list[1].ID < baseline.list[2].ID {
		t.Fatal("/a2 was sent before /b1: nothing crossed")
	}
	_, second := run(t, baseline, address, Options{Target: Target{URL: "http://" + address, Control: true}})
	for _, row := range second.rows {
		if !slices.ContainsFunc(s.list, func(ex *recording.Exchange) bool {
			return ex.ID == row.Replays && ex.Request.Target == row.Request.Target
		}) {
			t.Errorf("%s replays %s, which was not recorded", row.Request.Target, row.Replays)
		}
	}
}

// The schedule is absolute and kept; what a slow target delays is not ours.
// (http-traps.md 8)
func TestScheduleAndLateness(t *testing.T) {
	var s script
	for i := range 20 {
		s.add("a", i*5, i*5+1, "GET", "/")
	}
	address, _ := httpServer(t, func(seen) string { time.Sleep(12 * time.Millisecond); return ok("") })
	r, m := run(t, &s, address, Options{})
	if !r.Timing.Paced || !r.Timing.Fair || r.Timing.Lateness.Count() != 20 {
		t.Errorf("%+v", r.Timing)
	}
	first := m.rows[s.list[0].ID].Outcome.DueAt
	for i, ex := range s.list {
		o := m.rows[ex.ID].Outcome
		if o.DueAt-first != int64(i)*5e6 {
			t.Errorf("request %d due at %d", i, o.DueAt-first)
		}
		if o.SentAt < o.DueAt || o.DoneAt < o.SentAt || o.ReadyAt < o.DueAt {
			t.Errorf("request %d: %+v", i, o)
		}
	}
	// The last waited for its session: due 95 ms, the earlier 19 took 12 ms each.
	if o := m.rows[s.list[19].ID].Outcome; o.ReadyAt-o.DueAt < int64(100*time.Millisecond) {
		t.Errorf("ready %v after due", time.Duration(o.ReadyAt-o.DueAt))
	}
}

func TestPoolBoundsConnections(t *testing.T) {
	var s script
	for i := range 40 {
		s.add(string(rune('A'+i)), 0, 1, "GET", "/")
	}
	var mu sync.Mutex
	open, most := 0, 0
	address, _ := httpServer(t, func(seen) string {
		mu.Lock()
		open++
		most = max(most, open)
		mu.Unlock()
		time.Sleep(5 * time.Millisecond)
		mu.Lock()
		open--
		mu.Unlock()
		return ok("")
	})
	r, _ := run(t, &s, address, Options{Pool: Pool{Connections: 4, Requests: 8}})
	if most > 4 || r.Ends[recording.Answered] != 40 || r.PoolWaits == 0 || r.BacklogFull == 0 || r.Connections != 40 {
		t.Errorf("%d at once, %+v", most, r)
	}
	r, _ = run(t, &s, address, Options{Pool: Pool{Connections: 4, Shared: true}})
	if r.Connections > 4 || r.Ends[recording.Answered] != 40 {
		t.Errorf("shared: %d connections", r.Connections)
	}
}

func TestRewritesAndSecrets(t *testing.T) {
	var s script
	s.add("a", 0, 1, "GET", "/v1/x?y", "Authorization: Bearer recorded", "Drop: me", "A: {{secret:KEY}}")
	address, requests := httpServer(t, func(seen) string { return ok("") })
	o := Options{
		Target: Target{URL: "http://" + address + "/base", Rewrite: Rewrite{
			Host: "new.example", StripPrefix: "/v1", AddPrefix: "/v2", Remove: []string{"drop"},
			Set: []HeaderLine{{"authorization", "Bearer {{secret:KEY}}"}, {"X-New", "1"}},
		}},
		Secret: func(name string) (string, error) { return "s3cret-" + name, nil },
	}
	_, m := run(t, &s, address, o)
	got := requests()[0]
	if got.target != "/base/v2/x?y" || got.header.Get("Authorization") != "Bearer s3cret-KEY" || got.header.Get("Drop") != "" || got.header.Get("X-New") != "1" {
		t.Errorf("%+v", got)
	}
	if got.header.Get("A") != "{{secret:KEY}}" {
		t.Error("a recorded placeholder was filled")
	}
	row := m.rows[s.list[0].ID].Request
	if v, _ := httpmsg.Get(row.Headers, "Authorization"); v != "Bearer {{secret:KEY}}" || row.Host() != "new.example" {
		t.Errorf("stored %v", row.Headers)
	}
}

func TestMissingSecretSendsNothing(t *testing.T) {
	o := Options{Target: Target{URL: "http://127.0.0.1:1", Rewrite: Rewrite{Set: []HeaderLine{{"A", "{{secret:PARALLAX_NONE}}"}}}}}
	if _, err := Run(t.Context(), (&script{}).exchanges(), &memory{}, nil, o); err == nil || !strings.Contains(err.Error(), "PARALLAX_SECRET_PARALLAX_NONE") {
		t.Errorf("%v", err)
	}
}

func TestSinkFailureEndsTheRun(t *testing.T) {
	var s script
	for i := range 50 {
		s.add("a", i, i, "GET", "/")
	}
	address, requests := httpServer(t, func(seen) string { return ok("") })
	m := &memory{failAt: 5}
	_, err := Run(t.Context(), s.exchanges(), m, m, Options{Target: Target{URL: "http://" + address}, Schedule: schedule.Max()})
	if err == nil || !strings.Contains(err.Error(), "short write") {
		t.Errorf("%v", err)
	}
	if n := len(requests()); n > 6 {
		t.Errorf("%d requests after the sink failed", n)
	}
}

func TestNotWholeAndFiltered(t *testing.T) {
	var s script
	s.add("a", 0, 1, "GET", "/").Request = nil
	s.add("a", 1, 2, "GET", "/cut").Incomplete = recording.RequestAfterEnd
	ex := withBody(s.add("a", 2, 3, "GET", "/truncated"), "12345")
	ex.Request.Body.State, ex.Request.Body.Length = recording.BodyTruncated, 9
	s.add("a", 3, 4, "GET", "/noresponse").Incomplete = recording.ResponseAfterEnd
	s.list[3].Response = nil
	s.add("b", 4, 5, "GET", "/skip")
	ex = s.add("b", 6, 7, "GET", "/gap", "Transfer-Encoding: chunked")
	ex.Incomplete, ex.Response = recording.Gap, nil
	s.add("b", 8, 9, "GET", "/split\r\nX: y")
	address, requests := httpServer(t, func(seen) string { return ok("") })
	r, m := run(t, &s, address, Options{Filter: func(ex *recording.Exchange) string {
		if ex.Request.Target == "/skip" {
			return "--exclude /skip"
		}
		return ""
	}})
	want := map[recording.End]int64{recording.NotWhole: 4, recording.Answered: 1, recording.Filtered: 1, recording.Blocked: 1}
	if diff := cmp.Diff(want, r.Ends); diff != "" || len(requests()) != 1 {
		t.Error(diff, requests())
	}
	if o := m.rows[s.list[4].ID].Outcome; o.Detail != "--exclude /skip" {
		t.Errorf("%+v", o)
	}
}
