package replay

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
)

// A run is unfair where more than 1 % of its requests, and at least ten, left
// late by our own fault; then the ledger has them as lost.
func TestFairness(t *testing.T) {
	const limit = 100 * time.Millisecond
	for _, c := range []struct {
		name       string
		sent, late int64
		fair       bool
	}{
		{"nothing sent", 0, 0, true},
		{"none late", 1000, 0, true},
		{"nine of twenty are noise", 20, 9, true},
		{"ten of twenty", 20, 10, false},
		{"all late", 100, 100, false},
		{"one per cent", 1000, 10, true},
		{"more than one per cent", 1000, 11, false},
	} {
		timing := Timing{Paced: true}
		for i := range c.sent {
			by := int64(limit)
			if i < c.late {
				by++
			}
			timing.late(by, limit)
		}
		timing.judge(limit)
		if timing.Fair != c.fair || (timing.Unfair == "") != c.fair || timing.Late != c.late {
			t.Errorf("%s: %d late, fair %v %q", c.name, timing.Late, timing.Fair, timing.Unfair)
		}
		checkPace(t, c.name, timing)
	}
}

func checkPace(t *testing.T, name string, timing Timing) {
	t.Helper()
	want := recording.Account{Name: PaceAccount, Total: timing.Lateness.Count()}
	if timing.Fair {
		want.Add("in time", recording.Fine, want.Total)
	} else {
		want.Add("in time", recording.Fine, want.Total-timing.Late)
		want.Add("late by our own fault", recording.Lost, timing.Late)
	}
	l := (&Result{Timing: timing}).Ledger()
	if diff := cmp.Diff(want, *l.Account(PaceAccount)); diff != "" || !l.Closed() {
		t.Errorf("%s: %s", name, diff)
	}
}

func TestUnpacedRunHasNoPace(t *testing.T) {
	timing := Timing{}
	timing.late(int64(time.Hour), time.Millisecond)
	timing.judge(time.Millisecond)
	l := (&Result{Timing: timing}).Ledger()
	if !timing.Fair || len(l.Accounts) != 1 {
		t.Errorf("%+v %+v", timing, l)
	}
}

// The account of a real run: a limit below what any machine keeps.
func TestUnfairRunLosesItsPace(t *testing.T) {
	var s script
	for i := range 20 {
		s.add("a", i, i, "GET", "/")
	}
	address, _ := httpServer(t, func(seen) string { return ok("") })
	r, _ := run(t, &s, address, Options{FairLateness: time.Nanosecond})
	l := r.Ledger()
	if a := l.Account(PaceAccount); r.Timing.Fair || a.Total != 20 || a.Sum(recording.Lost) != r.Timing.Late || !l.Closed() {
		t.Errorf("%+v, account %+v", r.Timing, a)
	}
}
