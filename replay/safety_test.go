package replay

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/replay/schedule"
)

// Writes need two permissions. (threats.md T7, http-traps.md 11)
func TestWritePermissions(t *testing.T) {
	cases := []struct {
		name   string
		target Target
		allow  bool
		sent   bool
	}{
		{"nothing said", Target{}, false, false},
		{"loopback URL, allowed", Target{}, true, true},
		{"marked only", Target{Name: "new", Writable: true}, false, false},
		{"allowed only", Target{Name: "new"}, true, false},
		{"both", Target{Name: "new", Writable: true}, true, true},
		{"production", Target{Name: "new", Production: true}, true, false},
		{"control", Target{Control: true}, false, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var s script
			for _, method := range []string{"GET", "HEAD", "OPTIONS", "TRACE", "POST", "PUT", "PATCH", "DELETE", "get", "PURGE"} {
				s.add("a", 0, 1, method, "/")
			}
			address, requests := httpServer(t, func(seen) string { return "HTTP/1.1 204 No\r\n\r\n" })
			c.target.URL = "http://" + address
			r, m := run(t, &s, address, Options{Target: c.target, AllowWrites: c.allow, Schedule: schedule.Max()})
			want := 4
			if c.sent {
				want = 10
			}
			if len(requests()) != want || r.Ends[recording.Blocked] != int64(10-want) {
				t.Errorf("%d sent, %v", len(requests()), r.Ends)
			}
			if o := m.rows[s.list[4].ID].Outcome; !c.sent && (o.End != recording.Blocked || !strings.HasPrefix(o.Detail, "POST: ")) {
				t.Errorf("%+v", o)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	cases := map[string]Options{
		"control with writes":      {Target: Target{URL: "http://127.0.0.1:1", Control: true}, AllowWrites: true},
		"recorded address":         {Target: Target{URL: "http://10.0.0.1:80"}, RecordedServers: []string{"10.0.0.1:80"}},
		"recorded address by name": {Target: Target{URL: "http://localhost:81"}, RecordedServers: []string{"127.0.0.1:81"}},
		"link-local":               {Target: Target{URL: "http://169.254.169.254"}},
		"link-local in IPv6":       {Target: Target{URL: "http://[fe80::1]"}},
		"mapped":                   {Target: Target{URL: "http://[::ffff:169.254.169.254]"}},
		"unspecified":              {Target: Target{URL: "http://0.0.0.0:80"}},
		"metadata":                 {Target: Target{URL: "http://100.100.100.200"}},
	}
	for name, o := range cases {
		m := &memory{}
		if _, err := Run(t.Context(), (&script{}).exchanges(), m, m, o); !errors.Is(err, ErrRefused) || m.writes > 0 {
			t.Errorf("%s: %v, %d rows", name, err, m.writes)
		}
	}
}

func TestBadTargets(t *testing.T) {
	for _, url := range []string{"", "new", "ftp://x", "http://", "http://user:hunter2@h", "http://h?hunter2", "http://h:hunter2:x", "http://h/%zz"} {
		_, err := Run(t.Context(), (&script{}).exchanges(), &memory{}, nil, Options{Target: Target{URL: url}})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", url, err)
		}
	}
	o := Options{Target: Target{URL: "http://h", Production: true, Writable: true}}
	if _, err := Run(t.Context(), (&script{}).exchanges(), &memory{}, nil, o); err == nil {
		t.Error("a writable production target")
	}
}

// The recorded address is refused also where only an exchange names it; a
// control run is what may go there.
func TestRecordedServerIsRefused(t *testing.T) {
	var s script
	address, requests := httpServer(t, func(seen) string { return ok("") })
	s.add("a", 0, 1, "GET", "/").Server = address
	m := &memory{}
	_, err := Run(t.Context(), s.exchanges(), m, m, Options{Target: Target{URL: "http://" + address}})
	if !errors.Is(err, ErrRefused) || len(requests()) != 0 {
		t.Errorf("%v, %d requests", err, len(requests()))
	}
	s.add("a", 2, 3, "POST", "/")
	r, _ := run(t, &s, address, Options{Target: Target{URL: "http://" + address, Control: true}})
	if len(requests()) != 1 || r.Ends[recording.Blocked] != 1 {
		t.Errorf("control: %v", r.Ends)
	}
}

// Permission to write that came from a loopback name holds for loopback only.
func TestLoopbackNameMustResolveToLoopback(t *testing.T) {
	o := Options{Target: Target{URL: "http://localhost:80"}, AllowWrites: true}
	end, _ := parseEndpoint(o.Target.URL)
	g, err := newGuard(&o, end)
	if err != nil {
		t.Fatal(err)
	}
	allow := g.allow(func(netip.AddrPort) bool { return false })
	if err := allow(netip.MustParseAddrPort("10.0.0.1:80")); !errors.Is(err, ErrRefused) {
		t.Errorf("%v", err)
	}
	if err := allow(netip.MustParseAddrPort("[::1]:80")); err != nil {
		t.Error(err)
	}
}

// Neither an absolute target, nor Host, nor a redirect, nor the environment
// leads elsewhere. (threats.md T8, T9, T10)
func TestOnlyTheTargetIsDialled(t *testing.T) {
	trap := tcpServer(t, func(int, net.Conn) { t.Error("a connection to the wrong place") })
	for _, key := range []string{"HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"} {
		t.Setenv(key, "http://"+trap)
	}
	var s script
	s.add("a", 0, 1, "GET", "http://"+trap+"/x").Request.Headers[0].Value = trap
	s.add("a", 2, 3, "GET", "/redirect", "X-Api-Key: k")
	address, requests := httpServer(t, func(seen) string {
		return "HTTP/1.1 307 Go\r\nLocation: http://" + trap + "/\r\nContent-Length: 0\r\n\r\n"
	})
	r, m := run(t, &s, address, Options{})
	if len(requests()) != 2 || r.Ends[recording.Answered] != 2 || m.rows[s.list[1].ID].Response.Status != 307 {
		t.Errorf("%+v", r)
	}
}

// A redaction token never goes out. (threats.md T11)
func TestTokensAreNeverSent(t *testing.T) {
	token := "redacted-abcdefghijklmnop"
	var s script
	s.add("a", 0, 1, "GET", "/header", "Authorization: Bearer "+token, "Cookie: sid="+token+"; theme=dark", "X-Api-Key: "+token)
	s.add("a", 2, 3, "GET", "/query?key="+token)
	ex := withBody(s.add("a", 4, 5, "POST", "/body"), `{"password":"`+token+`"}`)
	ex.Request.Body.Redacted = true
	ex = withBody(s.add("a", 6, 7, "POST", "/number"), `{"pin":123}`)
	ex.Request.Body.Redacted = true
	address, requests := httpServer(t, func(seen) string { return ok("") })
	r, m := run(t, &s, address, Options{
		AllowWrites: true, HoldsToken: func(v string) bool { return strings.Contains(v, "redacted-") },
	})
	if r.Ends[recording.Blocked] != 3 || r.LeftOut != 3 || len(requests()) != 1 {
		t.Fatalf("%+v", r)
	}
	got := requests()[0]
	if got.header.Get("Cookie") != "theme=dark" || got.header.Get("Authorization")+got.header.Get("X-Api-Key") != "" {
		t.Errorf("%v", got.header)
	}
	if diff := cmp.Diff([]string{"Cookie sid", "Authorization", "X-Api-Key"}, m.rows[s.list[0].ID].Outcome.LeftOut); diff != "" {
		t.Error(diff)
	}
}

// A target that is not there: nothing is sent, every row says not reached.
// (faults.md F14)
func TestTargetDownAtTheStart(t *testing.T) {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	address := l.Addr().String()
	l.Close()
	var s script
	for i := range 5 {
		s.add("a", i, i, "GET", "/")
	}
	r, m := run(t, &s, address, Options{})
	if r.Stopped != StopTarget || r.Ends[recording.NotReached] != 5 || r.Sent() != 0 || !strings.Contains(r.Why, "refused") {
		t.Errorf("%+v", r)
	}
	if l := r.Ledger(); l.Account(AccountName).Sum(recording.Lost) != 5 {
		t.Errorf("%+v", l)
	}
	if o := m.rows[s.list[0].ID].Outcome; !strings.Contains(o.Detail, "target down") {
		t.Errorf("%+v", o)
	}
}

// A target that goes down stops the run after half of the last 200. (F14)
func TestTargetGoesDown(t *testing.T) {
	var s script
	for i := range 1000 {
		s.add("a", i, i, "GET", "/")
	}
	var mu sync.Mutex
	n := 0
	address, _ := httpServer(t, func(seen) string {
		mu.Lock()
		defer mu.Unlock()
		if n++; n > 300 {
			return "Connection: close" // no answer, and the server closes
		}
		return ok("")
	})
	r, _ := run(t, &s, address, Options{Schedule: schedule.Max()})
	failed := r.Ends[recording.Protocol] + r.Ends[recording.Closed]
	if r.Stopped != StopCircuit || r.Ends[recording.Answered] != 300 || failed != 101 || r.Ends[recording.NotReached] != 599 {
		t.Errorf("%+v", r)
	}
}

// A target that is gone in the middle leaves rows that say so.
func TestRefusedRows(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for range 2 { // the probe, and one request
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 1024)
			if n, _ := c.Read(buf); n > 0 {
				l.Close()
				io.WriteString(c, ok("", "Connection: close"))
			}
			c.Close()
		}
	}()
	var s script
	s.add("a", 0, 1, "GET", "/")
	s.add("a", 2, 3, "GET", "/")
	r, m := run(t, &s, l.Addr().String(), Options{Schedule: schedule.Max()})
	row := m.rows[s.list[1].ID]
	if r.Ends[recording.Refused] != 1 || row.Request != nil || row.Outcome.Detail == "" || row.Outcome.SentAt != 0 || row.Incomplete != recording.NoAnswer {
		t.Errorf("%+v %+v", r, row)
	}
	if l := r.Ledger(); l.Account(AccountName).Sum(recording.Lost) != 1 {
		t.Errorf("%+v", l)
	}
}

func TestCircuit(t *testing.T) {
	var c circuit
	for i := range 10_000 {
		if c.add(i%2 == 0) {
			t.Fatal("exactly half is not more than half")
		}
	}
	c.add(true) // in place of a failure that leaves the window
	if !c.add(true) {
		t.Error("more than half did not trip")
	}
}

// A connection that the target closed while it was idle makes no false
// failure, and a request whose bytes may have arrived is not sent again.
// (faults.md F17)
func TestStaleConnections(t *testing.T) {
	for _, retry := range []bool{false, true} {
		var s script
		for i := range 6 {
			s.add("a", i*150, i*150+1, []string{"GET", "POST"}[i%2], "/")
		}
		address, _ := httpServer(t, func(seen) string { return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: Connection: close\r\n\r\n" })
		r, _ := run(t, &s, address, Options{AllowWrites: true, Pool: Pool{RetryStale: retry}})
		if r.Ends[recording.Answered] != 6 || r.Stale != 5 || r.Retried != 0 || r.Connections != 6 {
			t.Errorf("%+v", r)
		}
	}
}

func TestRetryOnlyIfAllowedAndSafe(t *testing.T) {
	for _, c := range []struct {
		method string
		retry  bool
		end    recording.End
	}{
		{"GET", false, recording.Closed}, {"GET", true, recording.Answered}, {"POST", true, recording.Closed},
	} {
		var s script
		s.add("a", 0, 1, "GET", "/")
		s.add("a", 2, 3, c.method, "/again")
		front := closingFront(t)
		r, m := run(t, &s, front, Options{AllowWrites: true, Schedule: schedule.Max(), Pool: Pool{RetryStale: c.retry}})
		row := m.rows[s.list[1].ID]
		if row.Outcome.End != c.end || (r.Retried == 1) != (c.end == recording.Answered) || (len(row.Errors) == 1) != (r.Retried == 1) {
			t.Errorf("%+v: %+v %+v %v", c, row.Outcome, r, row.Errors)
		}
		if (r.KeptClosed == 1) != (c.end == recording.Closed) {
			t.Errorf("%+v: %d on closed connections", c, r.KeptClosed)
		}
	}
}

// closingFront answers the first request of each connection and closes when it
// has read a second.
func closingFront(t *testing.T) string {
	return tcpServer(t, func(_ int, c net.Conn) {
		buf := make([]byte, 4096)
		if n, _ := c.Read(buf); n > 0 {
			io.WriteString(c, ok(""))
		}
		c.Read(buf)
	})
}

// Cancelling finishes what is under way within the grace and gives the rest
// its rows.
func TestInterruption(t *testing.T) {
	for _, slow := range []bool{false, true} {
		var s script
		for i := range 10 {
			s.add("a", i*1000, i*1000+1, "GET", "/")
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		address, _ := httpServer(t, func(seen) string {
			cancel(errors.New("signal: interrupt"))
			if slow {
				<-time.After(400 * time.Millisecond)
			} else {
				time.Sleep(20 * time.Millisecond)
			}
			return ok("")
		})
		m := &memory{}
		begin := time.Now()
		r, err := Run(ctx, s.exchanges(), m, m, Options{Target: Target{URL: "http://" + address}, Grace: 100 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		closes(t, &s, r, m)
		want := recording.Answered
		if slow {
			want = recording.Unknown
		}
		if r.Stopped != StopInterrupted || r.Why != "signal: interrupt" || r.Ends[want] != 1 || r.Ends[recording.NotReached] != 9 {
			t.Errorf("%+v", r)
		}
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("took %v", took)
		}
	}
}

// No unsafe request is sent before its intent is on disk, and none twice.
func TestIntentsComeFirst(t *testing.T) {
	for name, paced := range map[string]*schedule.Schedule{"max": schedule.Max(), "paced": nil} {
		var s script
		for i := range 60 {
			s.add(string(rune('a'+i%3)), i, i, []string{"POST", "GET", "PUT"}[i%3], "/", "X-Id: "+string(recording.MakeID(ms(i), recording.MakeSession(string(rune('a'+i%3)), "", 0), uint32(i/3))))
		}
		m := &memory{}
		address, _ := httpServer(t, func(r seen) string {
			m.mu.Lock()
			defer m.mu.Unlock()
			known := m.intents
			if r.method != "GET" {
				known = m.intents[:m.synced]
			}
			for _, id := range known {
				if string(id) == r.header.Get("X-Id") {
					return ok("")
				}
			}
			t.Errorf("%s: %s was sent before its intent", name, r.method)
			return ok("")
		})
		r, err := Run(t.Context(), s.exchanges(), m, m, Options{Target: Target{URL: "http://" + address}, AllowWrites: true, Schedule: paced})
		if err != nil || r.Ends[recording.Answered] != 60 || len(m.intents) != 60 {
			t.Errorf("%v %+v, %d intents", err, r, len(m.intents))
		}
	}
}

type brokenJournal struct{ *memory }

func (brokenJournal) Sync() error { return os.ErrClosed }

func TestNothingUnsafeWithoutAJournal(t *testing.T) {
	for _, paced := range []*schedule.Schedule{schedule.Max(), nil} {
		var s script
		s.add("a", 0, 1, "POST", "/")
		address, requests := httpServer(t, func(seen) string { return ok("") })
		m := &memory{}
		_, err := Run(t.Context(), s.exchanges(), m, brokenJournal{m}, Options{Target: Target{URL: "http://" + address}, AllowWrites: true, Schedule: paced})
		if !errors.Is(err, os.ErrClosed) || len(requests()) > 0 {
			t.Errorf("%v, %d requests", err, len(requests()))
		}
	}
}

func TestResume(t *testing.T) {
	var s script
	for i, method := range []string{"GET", "POST", "POST", "GET", "POST"} {
		s.add("a", i*2, i*2+1, method, "/"+string(rune('0'+i)))
	}
	address, requests := httpServer(t, func(seen) string { return ok("") })
	id := func(i int) recording.ID { return s.list[i].ID }
	r, m := run(t, &s, address, Options{AllowWrites: true, Schedule: schedule.Max(), Resume: Resume{
		Ended: map[recording.ID]recording.End{id(0): recording.Answered, id(1): recording.Reset},
		Open:  map[recording.ID]bool{id(2): true, id(3): true},
	}})
	var got []string
	for _, q := range requests() {
		got = append(got, q.target)
	}
	if diff := cmp.Diff([]string{"/3", "/4"}, got); diff != "" {
		t.Error(diff)
	}
	if m.rows[id(2)].Outcome.End != recording.Unknown || r.Resumed != 2 || r.Ends[recording.Answered] != 3 {
		t.Errorf("%+v", r)
	}
}

func TestPlan(t *testing.T) {
	var s script
	s.add("a", 0, 1, "GET", "/x")
	s.add("a", 500, 501, "POST", "/y")
	s.add("a", 2000, 2001, "GET", "/x").Request.Headers = headers("Host: other")
	o, err := Plan(s.exchanges(), func(m, p string) string { return m + " " + p }, Options{Target: Target{URL: "http://new.example"}})
	if err != nil {
		t.Fatal(err)
	}
	want := Outline{
		Total: 3, Send: 2, Ends: map[recording.End]int64{recording.Blocked: 1},
		Blocked: Reasons{"POST: unsafe methods are not allowed (--allow-writes)": 1}, Methods: map[string]int64{"GET": 2},
		Hosts: map[string]int64{"old.example": 1, "other": 1}, Routes: map[string]int64{"GET /x": 2},
		Sessions: 1, Duration: 2 * time.Second, Schedule: "recorded times, speed 1", Target: "new.example:80", Writes: "unsafe methods are not allowed (--allow-writes)",
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Error(diff)
	}
}

// A log-in whose password is a token is blocked, and its plan says so.
func TestPlanKnowsTokensInBodies(t *testing.T) {
	var s script
	s.add("a", 0, 1, "POST", "/login").Request.Body = recording.StoredBody([]byte(`{"password":"pxt1_x"}`))
	s.list[0].Request.Body.Redacted = true
	o, err := Plan(s.exchanges(), func(m, p string) string { return m + " " + p },
		Options{Target: Target{URL: "http://127.0.0.1:1", Writable: true}, AllowWrites: true})
	if err != nil {
		t.Fatal(err)
	}
	if o.Send != 0 || o.Blocked[tokenInBody] != 1 {
		t.Errorf("%+v", o)
	}
}

// What is not sent takes no place in the schedule: 4 of 40 at 100/s take 40 ms,
// and the first does not wait for those before it.
func TestUnsentTakeNoPlaceInTheSchedule(t *testing.T) {
	one := func(ex *recording.Exchange) string {
		if ex.Request.Target == "/wanted" {
			return ""
		}
		return "not wanted"
	}
	var s script
	for i := range 40 {
		target := "/other"
		if i%10 == 9 {
			target = "/wanted"
		}
		s.add("a", i*1000, i*1000+1, "GET", target)
	}
	route := func(m, p string) string { return m + " " + p }
	for _, tc := range []struct {
		pace *schedule.Schedule
		want time.Duration
	}{
		{schedule.Rate(schedule.Ratio{Num: 100, Den: 1}), 30 * time.Millisecond},
		{new(schedule.Schedule), 30 * time.Second},
	} {
		o, err := Plan(s.exchanges(), route, Options{Target: Target{URL: "http://new.example"}, Filter: one, Schedule: tc.pace})
		if err != nil || o.Send != 4 || o.Duration != tc.want {
			t.Errorf("%+v, %v", o, err)
		}
	}
	address, _ := httpServer(t, func(seen) string { return ok("") })
	began := time.Now()
	r, m := run(t, &s, address, Options{Filter: one, Schedule: schedule.Rate(schedule.Ratio{Num: 100, Den: 1})})
	if r.Ends[recording.Answered] != 4 || time.Since(began) > 200*time.Millisecond {
		t.Errorf("%+v after %v", r.Ends, time.Since(began))
	}
	first, last := m.rows[s.list[9].ID].Outcome, m.rows[s.list[39].ID].Outcome
	if got := time.Duration(last.DueAt - first.DueAt); got != 30*time.Millisecond {
		t.Errorf("the last is due %v after the first", got)
	}
}

func TestMakeIDIsTheFormats(t *testing.T) {
	for _, session := range []string{"", "0123456789abcdef"} {
		if a, b := makeID(ms(1), session, 77), recording.MakeID(ms(1), session, 77); a != b {
			t.Errorf("%s, %s", a, b)
		}
	}
}
