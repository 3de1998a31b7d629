package replay

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/internal/route"
	"parallax/replay/schedule"
)

func ramp(t *testing.T, text string) *schedule.Schedule {
	t.Helper()
	stages, err := schedule.ParseRamp(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := schedule.Ramp(stages)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What the stages of a ramp have no time for is not reached, is counted as lost,
// and the run is not complete. The plan says so before.
func TestRampThatEndsEarly(t *testing.T) {
	const stages = "0s:500/s,20ms:500/s,20ms:0/s"
	var s script
	for i := range 30 {
		s.add("a", i, i, "GET", "/")
	}
	address, requests := httpServer(t, func(seen) string { return ok("") })
	r, m := run(t, &s, address, Options{Schedule: ramp(t, stages)})
	want := map[recording.End]int64{recording.Answered: 15, recording.NotReached: 15}
	if diff := cmp.Diff(want, r.Ends); diff != "" || len(requests()) != 15 || r.Untimed != 15 {
		t.Errorf("%s%d requests, %+v", diff, len(requests()), r)
	}
	if r.Stopped != StopSchedule || !strings.Contains(r.Why, "15 exchanges") {
		t.Errorf("stopped: %s: %s", r.Stopped, r.Why)
	}
	if l := r.Ledger(); l.Account(AccountName).Sum(recording.Lost) != 15 {
		t.Errorf("%+v", l)
	}
	if o := m.rows[s.list[29].ID].Outcome; o.End != recording.NotReached || o.Detail != noTimeLeft {
		t.Errorf("%+v", o)
	}

	p, err := Plan(s.exchanges(), route.Of, Options{Target: Target{URL: "http://127.0.0.1:1"}, Schedule: ramp(t, stages)})
	if err != nil || p.Send != 15 || p.Ends[recording.NotReached] != 15 || p.Duration < 30*time.Millisecond || p.Duration > 40*time.Millisecond {
		t.Errorf("%v %+v", err, p)
	}
	outline := []StageOutline{
		{0, 0, "0/s", "500/s", 0}, {0, 20e6, "500/s", "500/s", 10}, {20e6, 20e6, "500/s", "0/s", 5},
	}
	if diff := cmp.Diff(outline, p.Stages); diff != "" {
		t.Error(diff)
	}
}

// After the last stage its rate holds.
func TestRampGoesOn(t *testing.T) {
	var s script
	for i := range 30 {
		s.add("a", i, i, "GET", "/")
	}
	address, _ := httpServer(t, func(seen) string { return ok("") })
	r, m := run(t, &s, address, Options{Schedule: ramp(t, "10ms:1000/s")})
	if r.Ends[recording.Answered] != 30 || r.Stopped != StopComplete {
		t.Errorf("%+v", r)
	}
	last, before := m.rows[s.list[29].ID].Outcome.DueAt, m.rows[s.list[28].ID].Outcome.DueAt
	if last-before != int64(time.Millisecond) {
		t.Errorf("the last are %v apart", time.Duration(last-before))
	}
}
