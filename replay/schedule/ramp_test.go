package schedule

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestParseRamp(t *testing.T) {
	s := time.Second
	for text, want := range map[string][]Stage{
		"30s:100/s,2m:100/s,30s:0/s": {{30 * s, Ratio{100, 1}}, {120 * s, Ratio{100, 1}}, {30 * s, Ratio{0, 1}}},
		"0s:90/m, 1h30m:2.5":         {{0, Ratio{90, 60}}, {5400 * s, Ratio{25, 10}}},
		"1s:10,1s:0,1s:0/m,1s:5":     {{s, Ratio{10, 1}}, {s, Ratio{0, 1}}, {s, Ratio{0, 1}}, {s, Ratio{5, 1}}},
		"0s:7/s":                     {{0, Ratio{7, 1}}},
	} {
		got, err := ParseRamp(text)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", text, err, diff)
		}
	}
	for text, says := range map[string]string{
		"": "DURATION:RATE", "30s": "DURATION:RATE", "30s:": "rate", "x:1/s": "duration", "-1s:5/s": "duration",
		"1s:-5/s": "rate", "1s:5/d": "rate", "1s:0/d": "rate", "1s:/s": "rate", "30s:0/s": "never above 0",
		"1s:0,1s:0": "never above 0", "1s:1,": "stage 2", "721h:1/s": "stage 1", "400h:1/s,400h:1/s": "stage 2",
		"1s:2000000000/s": "from 0 to", strings.Repeat("1s:1,", 1000) + "1s:1": "at most 1000",
	} {
		if _, err := ParseRamp(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%.40q: %v does not say %q", text, err, says)
		}
	}
	if _, err := Ramp(nil); err == nil {
		t.Error("a ramp without stages was taken")
	}
}

func FuzzParseRamp(f *testing.F) {
	for _, seed := range []string{"30s:100/s,2m:100/s,30s:0/s", "0s:1", "1s:0.5/h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stages, err := ParseRamp(text)
		if err != nil {
			return
		}
		s, err := Ramp(stages)
		if err != nil {
			t.Fatalf("%q was read and is no ramp: %v", text, err)
		}
		if first := s.Due(0); first < 0 || first == Never {
			t.Fatalf("%q: the first is due at %d", text, first)
		}
	})
}

func drawStages(t *rapid.T) []Stage {
	stage := rapid.Custom(func(t *rapid.T) Stage {
		return Stage{
			time.Duration(rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(1, 50), rapid.Int64Range(1, 90e9)).Draw(t, "duration")),
			Ratio{
				rapid.OneOf(rapid.Just(int64(0)), rapid.Int64Range(0, 300)).Draw(t, "num"),
				rapid.SampledFrom([]int64{1, 1, 10, 7, 60}).Draw(t, "den"),
			},
		}
	})
	for {
		stages := rapid.SliceOfN(stage, 1, 6).Draw(t, "stages")
		if checkStages(stages) == nil {
			return stages
		}
		t.Skip("nothing would be sent")
	}
}

// letGo is the area under the rates' line up to t ns, by the book: stage by stage,
// as trapezes.
func letGo(stages []Stage, t int64) *big.Rat {
	sum, from := new(big.Rat), big.NewRat(0, 1)
	for _, s := range stages {
		to := big.NewRat(s.Rate.Num, s.Rate.Den)
		d := int64(s.Duration)
		part := min(t, d)
		if d > 0 {
			// The rate where the part ends.
			end := new(big.Rat).Sub(to, from)
			end.Mul(end, big.NewRat(part, d)).Add(end, from)
			sum.Add(sum, trapeze(from, end, part))
		}
		t -= part
		from = to
	}
	return sum.Add(sum, trapeze(from, from, t))
}

func trapeze(a, b *big.Rat, ns int64) *big.Rat {
	mean := new(big.Rat).Add(a, b)
	return mean.Mul(mean, big.NewRat(ns, 2*int64(time.Second)))
}

// The n-th request is due at the last nanosecond at which no more than n have been
// let go.
func TestRampIsTheArea(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stages := drawStages(t)
		s, err := Ramp(stages)
		if err != nil {
			t.Fatal(err)
		}
		var length time.Duration
		for _, stage := range stages {
			length += stage.Duration
		}
		total, last := letGo(stages, int64(length)), int64(0)
		for n := range int64(rapid.IntRange(1, 400).Draw(t, "requests")) {
			due, want := s.Due(0), big.NewRat(n, 1)
			if due == Never {
				if stages[len(stages)-1].Rate.Num > 0 || total.Cmp(want) > 0 {
					t.Fatalf("%v: request %d is never due, %s are let go", stages, n, total.FloatString(3))
				}
				continue
			}
			if due < last || letGo(stages, due).Cmp(want) > 0 || letGo(stages, due+1).Cmp(want) <= 0 {
				t.Fatalf("%v: request %d is due at %d, after %d: %s let go by then, %s right after", stages, n, due, last,
					letGo(stages, due).FloatString(12), letGo(stages, due+1).FloatString(12))
			}
			last = due
		}
	})
}

// A ramp that jumps to a rate and stays there is that rate.
func TestRampOfOneRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Ratio{rapid.Int64Range(1, 100_000).Draw(t, "num"), rapid.Int64Range(1, 100).Draw(t, "den")}
		stages := []Stage{{0, r}}
		if d := rapid.Int64Range(0, 10e9).Draw(t, "duration"); d > 0 {
			stages = append(stages, Stage{time.Duration(d), r})
		}
		ramp, err := Ramp(stages)
		if err != nil {
			t.Fatal(err)
		}
		plain := Rate(r)
		for n := range 200 {
			if a, b := ramp.Due(0), plain.Due(0); a != b {
				t.Fatalf("request %d is due at %d, by the rate at %d", n, a, b)
			}
		}
	})
}

// As many requests are due within each stage as the outline says.
func TestStretches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stages := drawStages(t)
		s, _ := Ramp(stages)
		due := s.Due(0)
		for i, stretch := range s.Stretches() {
			var n int64
			end := int64(stretch.Begin + stretch.Duration)
			for ; due < end && n < 2000; n++ {
				due = s.Due(0)
			}
			if n != stretch.Most && n < 2000 {
				t.Fatalf("%v: stage %d lets %d go, want %d", stages, i, n, stretch.Most)
			}
			if n == 2000 {
				return
			}
		}
	})
}

func TestRampByHand(t *testing.T) {
	stages, err := ParseRamp("2s:2/s,1s:0/s,1s:0/s,0s:1/s,1s:1/s,0s:0/s")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := Ramp(stages)
	ms := int64(time.Millisecond)
	// 2 s to 2/s let 2 go, 1 s back to 0 one more; then a pause, and one in the last second.
	want := []int64{0, 1414213562, 2000 * ms, 4000 * ms, Never, Never}
	got := dues(s, 0, 0, 0, 0, 0, 0)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := s.String(); text != "ramp 2s:2,1s:0,1s:0,0s:1,1s:1,0s:0" {
		t.Error(text)
	}
	if !s.Paced() || Max().Stretches() != nil {
		t.Error("a ramp has times and stages, another schedule no stages")
	}
	var most []int64
	for _, stretch := range s.Stretches() {
		most = append(most, stretch.Most)
	}
	if diff := cmp.Diff([]int64{2, 1, 0, 0, 1, 0}, most); diff != "" {
		t.Error(diff)
	}
}

// Large ramps stay exact, and the last rate holds until times end.
func TestRampAtItsBounds(t *testing.T) {
	s, err := Ramp([]Stage{{maxRamp, Ratio{maxPerRamp, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	const n = int64(1) << 40
	due := s.ramp.due(n)
	for _, c := range []struct {
		at   int64
		more bool
	}{{due, false}, {due + 1, true}} {
		if got := letGo(s.ramp.stages, c.at).Cmp(big.NewRat(n, 1)) > 0; got != c.more {
			t.Errorf("at %d more than %d let go: %v", c.at, n, got)
		}
	}
	slow, _ := Ramp([]Stage{{1, Ratio{1, maxPerRamp}}})
	if due := slow.ramp.due(1 << 40); due != Never {
		t.Errorf("due at %d", due)
	}
}

func TestScheduleText(t *testing.T) {
	gaps, _ := Recorded(Ratio{5, 10}, time.Minute)
	for want, s := range map[string]*Schedule{
		"recorded times, speed 1": {}, "recorded times, speed 5/10, gaps up to 1m0s": gaps, "max": Max(),
		"rate 100 per second": Rate(Ratio{100, 1}), "rate 90/60 per second": Rate(Ratio{90, 60}),
	} {
		if got := s.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestRatioText(t *testing.T) {
	for text, r := range map[string]Ratio{"100/s": {100, 1}, "90/m": {90, 60}, "3/h": {3, 3600}, "2.500000/s": {25, 10}} {
		if got := r.Text(); got != text {
			t.Errorf("%s, want %s", got, text)
		}
	}
}

func BenchmarkRamp(b *testing.B) {
	s, err := Ramp([]Stage{{time.Hour, Ratio{100_000, 1}}, {time.Hour, Ratio{100_000, 1}}, {time.Hour, Ratio{1, 7}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		s.Due(0)
	}
}
