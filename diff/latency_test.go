package diff

import (
	"strings"
	"testing"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// timed gives the answers of a side the times that a table lists, in nanoseconds.
func timed(list []*recording.Exchange, sent, last func(i int) int64) []*recording.Exchange {
	for i, ex := range list {
		at := ex.Request.FirstAt
		ex.Request.LastAt = at + sent(i)
		ex.Response.FirstAt, ex.Response.LastAt = at+sent(i), at+last(i)
		if ex.Outcome != nil {
			ex.Outcome.SentAt, ex.Outcome.DoneAt = at+sent(i), at+last(i)
		}
	}
	return list
}

func each(ns int64) func(int) int64 { return func(int) int64 { return ns } }

// TestLatencyIsFromTheRequestsEnd: a client that sends slowly is not the server's
// time, on neither side.
func TestLatencyIsFromTheRequestsEnd(t *testing.T) {
	old := timed(made(4, oldClock, false, constant), each(80_000_000), each(100_000_000))
	new := timed(made(4, newClock, true, constant), each(0), each(30_000_000))
	old[3].Response.LastAt = old[3].Request.LastAt - 1 // answered before the request was whole
	s, _ := compareAll(t, memory("old", recording.KindRecording, old), memory("new", recording.KindRun, new), nil, nil)
	u := &s.Subjects[0]
	if u.OldLatency.Count() != 3 || u.NewLatency.Count() != 3 {
		t.Errorf("%d and %d latencies, want 3 pairs", u.OldLatency.Count(), u.NewLatency.Count())
	}
	for _, c := range []struct {
		got  int64
		want int64
	}{{u.OldLatency.Quantile(0.5), 20_000}, {u.NewLatency.Quantile(0.5), 30_000}} {
		if c.got < c.want || c.got > c.want*1008/1000 {
			t.Errorf("%d µs, want %d and at most 0.8 %% more", c.got, c.want)
		}
	}
}

// TestLatencyOfControls: of the exchanges that new and a control answered, the
// first control's.
func TestLatencyOfControls(t *testing.T) {
	old := timed(made(3, oldClock, false, constant), each(0), each(1_000_000))
	new := timed(made(3, newClock, true, constant), each(0), each(2_000_000))
	first := timed(made(3, newClock, true, constant), each(0), each(3_000_000))
	second := timed(made(3, newClock, true, constant), each(0), each(4_000_000))
	for _, list := range [][]*recording.Exchange{first, second} {
		list[0].Response, list[0].Incomplete, list[0].Outcome.End = nil, recording.NoAnswer, recording.Reset
	}
	first[1].Response, first[1].Incomplete, first[1].Outcome.End = nil, recording.NoAnswer, recording.Reset
	s, _ := compareAll(t, memory("old", recording.KindRecording, old), memory("new", recording.KindRun, new),
		[]Input{memory("c1", recording.KindRun, first), memory("c2", recording.KindRun, second)}, nil)
	u := &s.Subjects[0]
	before, after := u.Latencies(s.LatencyBase())
	if s.LatencyBase() != comparison.BaseControl || before.Count() != 2 || after.Count() != 2 {
		t.Fatalf("base %s: %d and %d latencies, want 2 pairs of control and new", s.LatencyBase(), before.Count(), after.Count())
	}
	if lo, hi := before.Quantile(0.1), before.Quantile(1); lo < 3000 || lo > 3024 || hi < 4000 || hi > 4032 {
		t.Errorf("controls took %d and %d µs, want about 3000 and 4000", lo, hi)
	}
	if u.OldLatency.Count() != 3 || !s.SameWay() {
		t.Errorf("%d pairs with old, same way %v", u.OldLatency.Count(), s.SameWay())
	}
}

func TestFullSpeedIsNoted(t *testing.T) {
	for timing, want := range map[string]bool{`{"paced":false}`: true, `{"paced":true}`: false, `{`: false, "": false} {
		new := run("fast", 2, constant)
		new.Manifest.Info = map[string]string{InfoTiming: timing}
		s, _ := compareAll(t, oldSide(2, constant), new, nil, nil)
		if got := strings.Contains(strings.Join(s.Notes, "\n"), "fast was replayed at full speed"); got != want {
			t.Errorf("timing %q: notes %q", timing, s.Notes)
		}
	}
}
