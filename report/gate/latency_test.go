package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/diff/comparison"
	"parallax/internal/literal"
)

// spread is n latencies evenly spread from micros to twice that.
func spread(n int, micros int64) comparison.Histogram {
	var h comparison.Histogram
	for i := range n {
		h.Add((micros + micros*int64(i)/int64(n)) * 1000)
	}
	return h
}

// against sets route a's latencies: n answers, the old ones from old µs on.
func against(n int, old, now int64) func(*comparison.Summary) {
	return func(s *comparison.Summary) {
		s.Subjects[0].OldLatency, s.Subjects[0].NewLatency = spread(n, old), spread(n, now)
	}
}

// controlled sets a control's latencies besides the recording's.
func controlled(n int, old, control, now int64) func(*comparison.Summary) {
	return func(s *comparison.Summary) {
		against(n, old, now)(s)
		s.Controls = []comparison.Side{{Name: "control"}}
		s.Subjects[0].ControlLatency, s.Subjects[0].NewWithControl = spread(n, control), spread(n, now)
	}
}

func p99(l QuantileLimit) Policy { return Policy{Limits: Limits{Latency: &LatencyPolicy{P99: &l}}} }
func p50(l QuantileLimit) Policy { return Policy{Limits: Limits{Latency: &LatencyPolicy{P50: &l}}} }

// TestLatencyNeedsTheWholeInterval: above fails, within passes, and what lies
// across the limit could not be verified.
func TestLatencyNeedsTheWholeInterval(t *testing.T) {
	limit := QuantileLimit{MaxRatio: ratio("1.2")}
	runCases(t, []gateCase{
		{name: "equal", change: against(5000, 1000, 1000), policy: p99(limit), want: Pass},
		{name: "faster", change: against(5000, 1000, 500), policy: p99(limit), want: Pass},
		{name: "within", change: against(5000, 1000, 1100), policy: p99(limit), want: Pass},
		{name: "at the limit nobody can tell", change: against(5000, 1000, 1200), policy: p99(limit), want: Unverified, rule: "latency"},
		{name: "above", change: against(5000, 1000, 1400), policy: p99(limit), want: Fail, rule: "latency"},
		{name: "p50: above", change: against(5000, 1000, 1400), policy: p50(limit), want: Fail},
		{name: "p50: few tell little", change: against(200, 1000, 1150), policy: p50(limit), want: Unverified},
		{name: "p50: many tell more", change: against(20000, 1000, 1150), policy: p50(limit), want: Pass},
		{name: "less confidence decides sooner", change: against(400, 1000, 1120), policy: p50(QuantileLimit{MaxRatio: ratio("1.2"), Confidence: ratio("50%")}), want: Pass},
		{name: "more confidence later", change: against(400, 1000, 1120), policy: p50(QuantileLimit{MaxRatio: ratio("1.2"), Confidence: ratio("99.9%")}), want: Unverified},
	})
}

// TestFewAnswersNeverPass: neither fewer than the policy wants, nor fewer than say
// anything of the quantile.
func TestFewAnswersNeverPass(t *testing.T) {
	limit := QuantileLimit{MaxRatio: ratio("1.2")}
	sure := QuantileLimit{MaxRatio: ratio("100"), MinCount: 1}
	runCases(t, []gateCase{
		{name: "none", policy: p50(limit), want: Unverified, rule: "latency"},
		{name: "199", change: against(199, 1000, 100), policy: p50(limit), want: Unverified, rule: "latency"},
		{name: "200", change: against(200, 1000, 100), policy: p50(limit), want: Pass},
		{name: "367 say nothing of p99", change: against(367, 1000, 100), policy: p99(sure), want: Unverified, rule: "latency"},
		{name: "600 do", change: against(600, 1000, 100), policy: p99(sure), want: Pass},
		{name: "allowed by name, and noted", change: against(199, 1000, 1e9), policy: p50(QuantileLimit{MaxRatio: ratio("1.2"), AllowFew: true}), want: Pass},
		{name: "each route", change: against(5000, 1000, 1000), want: Unverified, rule: "latency",
			policy: Policy{Routes: map[string]Limits{"*": {Latency: &LatencyPolicy{P50: &limit}}}}},
		{name: "each route with enough", change: against(5000, 1000, 1000), want: Pass,
			policy: Policy{Routes: map[string]Limits{"*": {Latency: &LatencyPolicy{P50: &QuantileLimit{MaxRatio: ratio("1.2"), AllowFew: true}}}}}},
		{name: "a route's own", change: against(5000, 1000, 1400), want: Fail,
			policy: Policy{Routes: map[string]Limits{"GET /a": {Latency: &LatencyPolicy{P50: &limit}}}}},
		{name: "and not in the overall one", change: against(5000, 1000, 1400), want: Unverified,
			policy: Policy{Limits: Limits{Latency: &LatencyPolicy{P50: &limit}},
				Routes: map[string]Limits{"GET /a": {Latency: &LatencyPolicy{P50: &QuantileLimit{MaxRatio: ratio("2")}}}}}},
	})
	noted := Evaluate(withFew(), p50(QuantileLimit{MaxRatio: ratio("1.2"), AllowFew: true}), nil, today)
	if text := strings.Join(noted.Notes, "\n"); !strings.Contains(text, "199 answers") {
		t.Errorf("notes %q", text)
	}
}

func withFew() *comparison.Summary {
	s := clean(1000, "GET /a")
	against(199, 1000, 1000)(s)
	return s
}

// TestSlowerNeverHelps: where the new side's answers take longer, the verdict is
// never better, whatever the policy.
func TestSlowerNeverHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 3000).Draw(t, "answers")
		now, more := rapid.Int64Range(1, 5000).Draw(t, "new"), rapid.Int64Range(0, 3000).Draw(t, "more")
		limit := &QuantileLimit{MinCount: 1, Confidence: ratio(rapid.SampledFrom([]string{"50%", "95%", "99.9%"}).Draw(t, "confidence"))}
		if rapid.Bool().Draw(t, "absolute") {
			limit.Max = literal.Duration(rapid.Int64Range(1, 10_000).Draw(t, "max") * 1000)
		} else {
			limit.MaxRatio = ratio(rapid.SampledFrom([]string{"0.5", "1", "1.2", "3"}).Draw(t, "ratio"))
		}
		p := &LatencyPolicy{P50: limit}
		if rapid.Bool().Draw(t, "tail") {
			p = &LatencyPolicy{P99: limit, Max: literal.Duration(rapid.Int64Range(1, 20_000).Draw(t, "slowest") * 1000)}
		}
		verdict := func(now int64) Verdict {
			s := clean(1000, "GET /a")
			against(n, 1000, now)(s)
			return Evaluate(s, Policy{Limits: Limits{Latency: p}}, nil, today).Verdict
		}
		if before, after := verdict(now), verdict(now+more); after.weight() < before.weight() {
			t.Fatalf("%d answers from %d µs on: %s, from %d on: %s", n, now, before, now+more, after)
		}
	})
}

// TestTheControlIsTheFairBase: where there is one, the recording's latency decides
// nothing.
func TestTheControlIsTheFairBase(t *testing.T) {
	limit := QuantileLimit{MaxRatio: ratio("1.2")}
	runCases(t, []gateCase{
		{name: "slower than recorded, as the old one is on this way", change: controlled(5000, 100, 1000, 1000), policy: p99(limit), want: Pass},
		{name: "faster than recorded, slower than the control", change: controlled(5000, 9000, 1000, 1400), policy: p99(limit), want: Fail, rule: "latency"},
		{name: "a control without answers", want: Unverified, rule: "latency", policy: p99(limit), change: func(s *comparison.Summary) {
			against(5000, 1000, 1000)(s)
			s.Controls = []comparison.Side{{Name: "control"}}
		}},
	})
}

// TestWhatTheControlLacksIsNoted: unsafe requests have no control.
func TestWhatTheControlLacksIsNoted(t *testing.T) {
	s := clean(1000, "GET /a", "POST /b")
	controlled(5000, 1000, 1000, 1000)(s)
	s.Subjects[1].OldLatency, s.Subjects[1].NewLatency = spread(1000, 1000), spread(1000, 9000)
	got := Evaluate(s, p99(QuantileLimit{MaxRatio: ratio("1.2")}), nil, today)
	if text := strings.Join(got.Notes, "\n"); got.Verdict != Pass || !strings.Contains(text, "latency: 1000 of 6000 (16.66%) answers of the new side have none of a control") {
		t.Errorf("%s: %s", got.Verdict, text)
	}
}

func TestAbsoluteLatency(t *testing.T) {
	ms := func(n int64) literal.Duration { return literal.Duration(n * int64(time.Millisecond)) }
	slowest := func(d literal.Duration) Policy { return Policy{Limits: Limits{Latency: &LatencyPolicy{Max: d}}} }
	runCases(t, []gateCase{
		{name: "p99 within", change: against(5000, 1, 1000), policy: p99(QuantileLimit{Max: ms(3)}), want: Pass},
		{name: "p99 above", change: against(5000, 1, 1000), policy: p99(QuantileLimit{Max: ms(1)}), want: Fail, rule: "latency"},
		{name: "p50 too near", change: against(300, 1, 1000), policy: p50(QuantileLimit{Max: literal.Duration(1500 * time.Microsecond)}), want: Unverified, rule: "latency"},
		{name: "slowest within", change: against(10, 1, 1000), policy: slowest(ms(2)), want: Pass},
		{name: "slowest above", change: against(10, 1, 1500), policy: slowest(ms(2)), want: Fail, rule: "latency"},
		{name: "slowest: no answer", policy: slowest(ms(2)), want: Unverified, rule: "latency"},
		{name: "slowest in the limit's bucket", want: Unverified, policy: slowest(literal.Duration(1001 * time.Microsecond)), change: func(s *comparison.Summary) {
			s.Subjects[0].OldLatency, s.Subjects[0].NewLatency = latencies(1, 1000), latencies(1, 1000)
		}},
	})
}

func TestLatencyPolicyIsChecked(t *testing.T) {
	for want, p := range map[string]*LatencyPolicy{
		"want a limit":          {},
		"p50: want max_ratio":   {P50: &QuantileLimit{MinCount: 3}},
		"p99: max_ratio":        {P99: &QuantileLimit{MaxRatio: ratio("0")}},
		"p90: min_count":        {P90: &QuantileLimit{MaxRatio: ratio("1"), MinCount: -1}},
		"p95: confidence: 100%": {P95: &QuantileLimit{MaxRatio: ratio("1"), Confidence: ratio("100%")}},
		"confidence: 49%":       {P95: &QuantileLimit{MaxRatio: ratio("1"), Confidence: ratio("49%")}},
	} {
		policy := Policy{Limits: Limits{Latency: p}}
		if err := policy.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// TestLatencyTexts: what a person reads names the base, the numbers, the interval
// and how the limit lies to it.
func TestLatencyTexts(t *testing.T) {
	s := clean(1000, "GET /a")
	controlled(5000, 9000, 1000, 1400)(s)
	got := Evaluate(s, p99(QuantileLimit{MaxRatio: ratio("1.2")}), nil, today).Reasons
	want := []Check{{
		Rule: "latency", Verdict: Fail, Limit: "p99 ≤ 1.2 ×", Actual: "1.389 × to 1.412 ×",
		Text: "latency p99 is 1.406 × that of the control (2799 µs against 1991 µs), with 95% confidence 1.389 × to 1.412 ×: more than 1.2 ×",
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
