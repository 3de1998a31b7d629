package schedule

import (
	"context"
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseRatio(t *testing.T) {
	for text, want := range map[string]Ratio{
		"1": {1, 1}, "2": {2, 1}, "0.5": {5, 10}, "1/3": {1, 3}, "10": {10, 1},
		"0": {}, "-1": {}, "x": {}, "": {}, "1/0": {}, "NaN": {}, "1e9": {},
	} {
		got, err := ParseRatio(text)
		if got != want || (err == nil) != (want != Ratio{}) {
			t.Errorf("ParseRatio(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestParseRate(t *testing.T) {
	for text, want := range map[string]Ratio{
		"2000": {2000, 1}, "2000/s": {2000, 1}, "90/m": {90, 60}, "0.5/s": {5, 10},
		"10/d": {}, "0/s": {}, "-3": {}, "1/1": {},
	} {
		got, err := ParseRate(text)
		if got != want || (err == nil) != (want != Ratio{}) {
			t.Errorf("ParseRate(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
}

func dues(s *Schedule, times ...int64) []int64 {
	var out []int64
	for _, at := range times {
		out = append(out, s.Due(at))
	}
	return out
}

func TestSchedules(t *testing.T) {
	must := func(s *Schedule, err error) *Schedule {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	const s = int64(time.Second)
	cases := []struct {
		name     string
		schedule *Schedule
		in, want []int64
	}{
		{"as recorded", must(Recorded(Ratio{}, 0)), []int64{7 * s, 8 * s, 10 * s}, []int64{0, s, 3 * s}},
		{"twice as fast", must(Recorded(Ratio{2, 1}, 0)), []int64{0, s, 3 * s}, []int64{0, s / 2, 3 * s / 2}},
		{"half as fast", must(Recorded(Ratio{1, 2}, 0)), []int64{0, s}, []int64{0, 2 * s}},
		{"gap shortened", must(Recorded(Ratio{}, time.Second)), []int64{0, 3600 * s, 3600*s + 5}, []int64{0, s, s + 5}},
		{"gap of the replay", must(Recorded(Ratio{2, 1}, time.Second)), []int64{0, 100 * s}, []int64{0, s}},
		{"backwards", must(Recorded(Ratio{}, 0)), []int64{s, 0, s, 2 * s}, []int64{0, 0, 0, s}},
		{"rate", Rate(Ratio{3, 1}), []int64{9, 9, 9, 9}, []int64{0, s / 3, 2 * s / 3, s}},
		{"max", Max(), []int64{0, s}, []int64{0, 0}},
	}
	for _, c := range cases {
		got := dues(c.schedule, c.in...)
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: due %d = %d, want %d", c.name, i, got[i], c.want[i])
			}
		}
	}
	if _, err := Recorded(Ratio{}, -1); err == nil {
		t.Error("a negative gap was accepted")
	}
}

// The schedule is absolute: the offset of an exchange does not depend on the
// number of those before it, and it is exact.
func TestNoDrift(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ratio := Ratio{rapid.Int64Range(1, 1000).Draw(t, "num"), rapid.Int64Range(1, 1000).Draw(t, "den")}
		gaps := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, 50).Draw(t, "gaps")
		s, _ := Recorded(ratio, 0)
		at, last := int64(1_700_000_000_000_000_000), int64(0)
		start := at
		s.Due(at)
		for _, g := range gaps {
			at += g
			due := s.Due(at)
			want := new(big.Int).Mul(big.NewInt(at-start), big.NewInt(ratio.Den))
			want.Div(want, big.NewInt(ratio.Num))
			if due != want.Int64() || due < last {
				t.Fatalf("due %d after %d, want %v", due, last, want)
			}
			last = due
		}
	})
}

func TestMaxGapHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.Int64Range(1, int64(time.Minute)).Draw(t, "limit")
		times := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64/2), 2, 50).Draw(t, "times")
		s, _ := Recorded(Ratio{}, time.Duration(limit))
		last := s.Due(times[0])
		for _, at := range times[1:] {
			due := s.Due(at)
			if due < last || due-last > limit {
				t.Fatalf("from %d to %d with a largest gap of %d", last, due, limit)
			}
			last = due
		}
	})
}

func TestWait(t *testing.T) {
	if Wait(5, 3) != 0 || Wait(3, 5) != 2 {
		t.Error("Wait is not the rest of the time, or 0")
	}
}

func TestTimers(t *testing.T) {
	for name, timer := range map[string]Timer{"plain": Plain{}, "precise": NewTimer()} {
		begin := time.Now()
		if err := timer.Sleep(t.Context(), 5*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < 5*time.Millisecond {
			t.Errorf("%s slept %v", name, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if err := timer.Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if err := timer.Sleep(t.Context(), time.Millisecond); err != nil {
			t.Errorf("%s after a cancelled sleep: %v", name, err)
		}
		if err := timer.Close(); err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkLateness reports how late the timers wake.
func BenchmarkLateness(b *testing.B) {
	for name, timer := range map[string]Timer{"plain": Plain{}, "precise": NewTimer()} {
		b.Run(name, func(b *testing.B) {
			var late time.Duration
			for b.Loop() {
				begin := time.Now()
				timer.Sleep(b.Context(), 500*time.Microsecond)
				late += time.Since(begin) - 500*time.Microsecond
			}
			b.ReportMetric(float64(late.Microseconds())/float64(b.N), "late-us/op")
		})
		timer.Close()
	}
}
