package replay

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/replay/schedule"
	"parallax/replay/sessions"
)

// sendTimes computes when a shard sends which exchange, without sending any.
func sendTimes(t interface{ Fatal(...any) }, list []*recording.Exchange, o Options) map[recording.ID]int64 {
	o.Target.URL = "http://127.0.0.1:1"
	e, err := newEngine(nil, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	defer e.giveUp()
	defer e.halt()
	dues := make(map[recording.ID]int64)
	for _, ex := range list {
		if !e.ours(ex, e.sessionOf(ex)) {
			continue
		}
		if _, ended := o.Resume.Ended[ex.ID]; ended {
			e.taken(ex)
			continue
		}
		if end, _ := e.verdict(ex); end == "" {
			if due := e.due(ex); due != schedule.Never {
				dues[ex.ID] = due
			}
		}
	}
	return dues
}

// drawScript makes a baseline of some sessions with what is not sent among it.
func drawScript(t *rapid.T) *script {
	var s script
	at := 0
	for range rapid.IntRange(1, 60).Draw(t, "exchanges") {
		at += rapid.IntRange(0, 400).Draw(t, "gap")
		session := fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "session"))
		ex := s.add(session, at, at+1, rapid.SampledFrom([]string{"GET", "GET", "POST"}).Draw(t, "method"),
			rapid.SampledFrom([]string{"/a", "/b", "/skip"}).Draw(t, "target"))
		if rapid.IntRange(0, 9).Draw(t, "cut") == 0 {
			ex.Incomplete = recording.RequestAfterEnd
		}
	}
	return &s
}

// drawSchedule returns a maker of one schedule: each run uses its own up.
func drawSchedule(t *rapid.T) func() *schedule.Schedule {
	ratio := schedule.Ratio{Num: rapid.Int64Range(1, 500).Draw(t, "num"), Den: rapid.Int64Range(1, 9).Draw(t, "den")}
	gap := time.Duration(rapid.IntRange(0, 300).Draw(t, "max gap")) * time.Millisecond
	kind := rapid.SampledFrom([]string{"recorded", "rate", "max", "ramp"}).Draw(t, "schedule")
	stages := []schedule.Stage{{Duration: gap, Rate: ratio}, {Duration: gap, Rate: schedule.Ratio{Num: rapid.Int64Range(0, 9).Draw(t, "last"), Den: 1}}}
	return func() *schedule.Schedule {
		switch kind {
		case "rate":
			return schedule.Rate(ratio)
		case "max":
			return schedule.Max()
		case "ramp":
			if s, err := schedule.Ramp(stages); err == nil {
				return s
			}
		}
		s, err := schedule.Recorded(ratio, gap)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func skipSome(ex *recording.Exchange) string {
	if ex.Request.Target == "/skip" {
		return "skipped"
	}
	return ""
}

// The shards' schedules together are exactly the schedule of the whole run, times
// included, and no session is in two of them.
func TestShardsAreTheWholeSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, sched := drawScript(t), drawSchedule(t)
		n := rapid.IntRange(1, 7).Draw(t, "shards")
		want := sendTimes(t, s.list, Options{Schedule: sched(), Filter: skipSome})
		got := make(map[recording.ID]int64)
		dealt := make(map[string]int)
		for i := 1; i <= n; i++ {
			part := sendTimes(t, s.list, Options{Schedule: sched(), Filter: skipSome, Shard: Shard{i, n}})
			for _, ex := range s.list {
				due, sent := part[ex.ID]
				if !sent {
					continue
				}
				if _, twice := got[ex.ID]; twice {
					t.Fatalf("%s is sent twice", ex.ID)
				}
				if other := dealt[ex.Session]; other != 0 && other != i {
					t.Fatalf("session %s is in shards %d and %d", ex.Session, other, i)
				}
				got[ex.ID], dealt[ex.Session] = due, i
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("shards send %v, the whole run %v", got, want)
		}
	})
}

// A shard that is taken up again sends what it has left at the distances of the
// common schedule, from its start.
func TestResumedShardKeepsTheSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, sched := drawScript(t), drawSchedule(t)
		shard := Shard{1, rapid.IntRange(2, 4).Draw(t, "shards")}
		whole := sendTimes(t, s.list, Options{Schedule: sched(), Shard: shard})
		ended := map[recording.ID]recording.End{"": recording.Answered}
		for _, id := range slices.Sorted(maps.Keys(whole)) {
			if rapid.Bool().Draw(t, "ended") {
				ended[id] = recording.Answered
			}
		}
		left := sendTimes(t, s.list, Options{Schedule: sched(), Shard: shard, Resume: Resume{Ended: ended}})
		base, first := int64(0), true
		for _, ex := range s.list {
			due, sent := left[ex.ID]
			_, was := ended[ex.ID]
			if _, ours := whole[ex.ID]; sent != (ours && !was) {
				t.Fatalf("%s: ours %v, ended %v, sent again %v", ex.ID, ours, was, sent)
			}
			if !sent {
				continue
			}
			if first {
				base, first = whole[ex.ID], false
			}
			if due != whole[ex.ID]-base {
				t.Fatalf("%s: due at %d, want %d", ex.ID, due, whole[ex.ID]-base)
			}
		}
	})
}

func TestShardsThatDoNotExist(t *testing.T) {
	for _, s := range []Shard{{0, 2}, {3, 2}, {-1, 2}, {1, 0}, {1, -1}} {
		if err := s.check(); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
	for _, s := range []Shard{{}, {1, 1}, {2, 2}} {
		if err := s.check(); err != nil {
			t.Error(err)
		}
	}
}

// Each shard has rows of its own sessions only, and its ledger closes.
func TestShardsSendTheirOwn(t *testing.T) {
	var s script
	for i := range 60 {
		s.add(fmt.Sprint(i%12), i, i, "GET", fmt.Sprint("/", i))
	}
	address, requests := httpServer(t, func(seen) string { return ok("") })
	rows := 0
	for i := 1; i <= 3; i++ {
		m := &memory{}
		r, err := Run(t.Context(), s.exchanges(), m, m, Options{
			Target: Target{URL: "http://" + address}, Schedule: schedule.Rate(schedule.Ratio{Num: 2000, Den: 1}), Shard: Shard{i, 3},
		})
		if err != nil || r.Total != int64(len(m.rows)) || r.Ends[recording.Answered] != r.Total {
			t.Fatalf("shard %d: %v, %+v", i, err, r)
		}
		if l := r.Ledger(); !l.Closed() {
			t.Errorf("the ledger has a residual: %+v", l)
		}
		rows += len(m.rows)
	}
	asked := make(map[string]bool)
	for _, r := range requests() {
		asked[r.target] = true
	}
	if rows != 60 || len(asked) != 60 || len(requests()) != 60 {
		t.Errorf("%d rows, %d requests, %d of them different", rows, len(requests()), len(asked))
	}
}

// An interruption does not wait for the start.
func TestInterruptedBeforeTheStart(t *testing.T) {
	for name, sched := range map[string]*schedule.Schedule{"paced": nil, "max": schedule.Max()} {
		var s script
		s.add("a", 0, 1, "GET", "/")
		address, requests := httpServer(t, func(seen) string { return ok("") })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(20*time.Millisecond, cancel)
		m := &memory{}
		r, err := Run(ctx, s.exchanges(), m, m, Options{
			Target: Target{URL: "http://" + address}, Schedule: sched, StartAt: time.Now().Add(time.Hour).UnixNano(),
		})
		if err != nil || r.Stopped != StopInterrupted || r.Ends[recording.NotReached] != 1 || len(requests()) > 0 {
			t.Errorf("%s: %v %+v", name, err, r)
		}
	}
}

// Nothing is sent before the agreed start, with times and without.
func TestAgreedStart(t *testing.T) {
	for name, sched := range map[string]func() *schedule.Schedule{
		"paced": func() *schedule.Schedule { return schedule.Rate(schedule.Ratio{Num: 1000, Den: 1}) }, "max": schedule.Max,
	} {
		t.Run(name, func(t *testing.T) {
			var s script
			for i := range 5 {
				s.add("a", i, i, "GET", "/")
			}
			address, requests := httpServer(t, func(seen) string { return ok("") })
			at := time.Now().Add(150 * time.Millisecond)
			r, m := run(t, &s, address, Options{Schedule: sched(), StartAt: at.UnixNano()})
			for _, q := range requests() {
				if q.at.Before(at) {
					t.Errorf("asked %v before the start", at.Sub(q.at))
				}
			}
			if r.Ends[recording.Answered] != 5 || m.rows[s.list[0].ID].Outcome.DueAt < at.UnixNano() {
				t.Errorf("%+v", r)
			}
		})
	}
}

// What one shard would need of another's answers is counted; with a session key
// that holds them together there is none.
func TestValuesOfOtherShards(t *testing.T) {
	var s script
	for i := range 20 {
		sid := fmt.Sprint("sid=", i)
		answeredBy(s.add(fmt.Sprint("login", i), i, i, "GET", "/login"), "", "Set-Cookie: "+sid)
		s.add(fmt.Sprint("use", i), 100+i, 100+i, "GET", "/me", "Cookie: "+sid)
	}
	address, _ := httpServer(t, func(seen) string { return ok("") })
	foreign := func(o Options) (n int64) {
		for i := 1; i <= 2; i++ {
			o.Target, o.Schedule, o.Shard = Target{URL: "http://" + address}, schedule.Max(), Shard{i, 2}
			r, err := Run(t.Context(), s.exchanges(), &memory{}, nil, o)
			if err != nil {
				t.Fatal(err)
			}
			n += r.Foreign
		}
		return n
	}
	want := int64(0)
	for i := range 20 {
		login, use := s.list[2*i].Session, s.list[2*i+1].Session
		if recording.HashSession(login)%2 != recording.HashSession(use)%2 {
			want++
		}
	}
	if n := foreign(Options{}); n != want || want == 0 {
		t.Errorf("%d requests lack a cookie of another shard, want %d", n, want)
	}
	if n := foreign(Options{Sessions: keyed(t, sessions.Key{Cookie: "sid"})}); n != 0 {
		t.Errorf("%d requests lack a cookie of their own session", n)
	}
}
