package gate

import (
	"errors"
	"fmt"
	"time"

	"parallax/diff/comparison"
	"parallax/internal/literal"
)

// LatencyPolicy bounds the new side's latency. Each limit is held against an
// interval, not against a number: it fails where the whole interval is above it,
// passes where the whole interval is within it, and could not be verified otherwise.
type LatencyPolicy struct {
	P50 *QuantileLimit `yaml:"p50,omitempty" json:"p50,omitempty"`
	P90 *QuantileLimit `yaml:"p90,omitempty" json:"p90,omitempty"`
	P95 *QuantileLimit `yaml:"p95,omitempty" json:"p95,omitempty"`
	P99 *QuantileLimit `yaml:"p99,omitempty" json:"p99,omitempty"`
	// Max bounds every single answer; 0 is no limit.
	Max literal.Duration `yaml:"max,omitempty" json:"max,omitempty"`
}

// QuantileLimit bounds one quantile by the base's (a control's, else the old
// side's), absolutely, or both.
type QuantileLimit struct {
	MaxRatio *Ratio           `yaml:"max_ratio,omitempty" json:"max_ratio,omitempty"`
	Max      literal.Duration `yaml:"max,omitempty" json:"max,omitempty"`
	// MinCount is the number of answers wanted; 0 is 200.
	MinCount int64 `yaml:"min_count,omitempty" json:"min_count,omitempty"`
	// Confidence of the interval; nil is 95 %.
	Confidence *Ratio `yaml:"confidence,omitempty" json:"confidence,omitempty"`
	// AllowFew notes what has fewer answers than MinCount, and judges it not.
	AllowFew bool `yaml:"allow_few,omitempty" json:"allow_few,omitempty"`
}

const defaultQuantileCount = 200

func (l *QuantileLimit) minCount() int64 {
	if l.MinCount == 0 {
		return defaultQuantileCount
	}
	return l.MinCount
}

func (l *QuantileLimit) confidence() (text string, share float64) {
	if l.Confidence == nil {
		return "95%", 0.95
	}
	return l.Confidence.String(), float64(l.Confidence.num) / float64(l.Confidence.den)
}

// namedLimit is a quantile's limit with its name and level in thousandths.
type namedLimit struct {
	name  string
	level int64
	*QuantileLimit
}

func (p *LatencyPolicy) quantiles() []namedLimit {
	all := []namedLimit{{"p50", 500, p.P50}, {"p90", 900, p.P90}, {"p95", 950, p.P95}, {"p99", 990, p.P99}}
	wanted := all[:0]
	for _, l := range all {
		if l.QuantileLimit != nil {
			wanted = append(wanted, l)
		}
	}
	return wanted
}

func (p *LatencyPolicy) validate() error {
	if p == nil {
		return nil
	}
	limits := p.quantiles()
	if len(limits) == 0 && p.Max == 0 {
		return errors.New("latency: want a limit: p50, p90, p95, p99 or max")
	}
	for _, l := range limits {
		if err := l.validate(); err != nil {
			return fmt.Errorf("latency: %s: %w", l.name, err)
		}
	}
	return nil
}

func (l *QuantileLimit) validate() error {
	switch {
	case l.MaxRatio == nil && l.Max == 0:
		return errors.New("want max_ratio or max")
	case l.MaxRatio != nil && l.MaxRatio.num == 0:
		return errors.New("max_ratio: want a number above 0, for example 1.2")
	case l.MinCount < 0:
		return fmt.Errorf("min_count: %d: want 0 or more", l.MinCount)
	case l.Confidence != nil && (l.Confidence.compare(1, 2) > 0 || l.Confidence.compare(9999, 10000) < 0):
		return fmt.Errorf("confidence: %s: want 50%% to 99.99%%", l.Confidence)
	}
	return nil
}

// overallLatencies checks the overall limits over all routes without limits of
// their own.
func (j *judge) overallLatencies(p *LatencyPolicy) {
	var all comparison.Subject
	routes := 0
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		if j.policy.Routes[s.Name].Latency != nil {
			continue
		}
		routes++
		all.MergeLatencies(s)
	}
	if routes > 0 {
		j.latencies("", &all, p)
	}
}

// latencies checks one route, or all of them together where subject is empty.
func (j *judge) latencies(subject string, s *comparison.Subject, p *LatencyPolicy) {
	base := j.summary.LatencyBase()
	before, after := s.Latencies(base)
	j.withoutControl(subject, s, p)
	for _, l := range p.quantiles() {
		if l.MaxRatio != nil && j.enoughAnswers(subject, l, before) {
			j.latencyRatio(subject, l, base, before, after)
		}
		if l.Max != 0 && j.enoughAnswers(subject, l, &s.NewLatency) {
			j.latencyMax(subject, l, &s.NewLatency)
		}
	}
	if p.Max != 0 {
		j.longest(subject, &s.NewLatency, p.Max)
	}
}

// withoutControl notes the answers that no control can be held against: a control
// sends safe methods only.
func (j *judge) withoutControl(subject string, s *comparison.Subject, p *LatencyPolicy) {
	all, missing := s.NewLatency.Count(), s.NewLatency.Count()-s.NewWithControl.Count()
	if j.summary.LatencyBase() != comparison.BaseControl || missing <= 0 {
		return
	}
	for _, l := range p.quantiles() {
		if l.MaxRatio != nil {
			j.notes = append(j.notes, fmt.Sprintf("%slatency: %s answers of the new side have none of a control, and their ratio is not judged", prefix(subject), share(missing, all)))
			return
		}
	}
}

const latencyRule = "latency"

// enoughAnswers makes a check of too few, unless the policy allows them. Both sides
// have as many.
func (j *judge) enoughAnswers(subject string, l namedLimit, h *comparison.Histogram) bool {
	n := h.Count()
	if n >= l.minCount() {
		return true
	}
	text := fmt.Sprintf("%slatency: %d answers on both sides, at least %d wanted to judge %s", prefix(subject), n, l.minCount(), l.name)
	if l.AllowFew {
		j.notes = append(j.notes, text)
		return false
	}
	j.check(latencyRule, subject, false, Unverified, fmt.Sprintf("≥ %d answers", l.minCount()), fmt.Sprint(n), text)
	return false
}

func (j *judge) latencyRatio(subject string, l namedLimit, base comparison.LatencyBase, before, after *comparison.Histogram) {
	confidence, share := l.confidence()
	r := comparison.CompareLatencies(before, after, l.level, share)
	verdict := Unverified
	switch {
	case l.MaxRatio.Exceeded(r.Low, 1000):
		verdict = Fail
	case !r.Unbounded && !l.MaxRatio.Exceeded(r.High, 1000):
		verdict = Pass
	}
	interval := ratioInterval(&r)
	text := fmt.Sprintf("%slatency %s is %s that of %s (%d µs against %d µs), with %s confidence %s: %s %s ×",
		prefix(subject), l.name, times(r.Ratio), baseText(base), r.After, r.Before, confidence, interval, decided(verdict), l.MaxRatio)
	j.interval(subject, verdict, fmt.Sprintf("%s ≤ %s ×", l.name, l.MaxRatio), interval, text)
}

func (j *judge) latencyMax(subject string, l namedLimit, after *comparison.Histogram) {
	confidence, share := l.confidence()
	i := after.Interval(l.level, share)
	verdict := Unverified
	switch {
	case i.Low > microseconds(l.Max):
		verdict = Fail
	case !i.Unbounded && i.High <= microseconds(l.Max):
		verdict = Pass
	}
	interval := fmt.Sprintf("%d µs to %d µs", i.Low, i.High)
	if i.Unbounded {
		interval = fmt.Sprintf("%d µs or more", i.Low)
	}
	text := fmt.Sprintf("%slatency %s of the new side is, with %s confidence, %s: %s %s",
		prefix(subject), l.name, confidence, interval, decided(verdict), l.Max)
	j.interval(subject, verdict, fmt.Sprintf("%s ≤ %s", l.name, l.Max), interval, text)
}

// longest holds the slowest answer against the limit.
func (j *judge) longest(subject string, h *comparison.Histogram, limit literal.Duration) {
	lower, upper := h.Longest()
	verdict := Unverified
	switch {
	case h.Count() == 0:
	case lower > microseconds(limit):
		verdict = Fail
	case upper < microseconds(limit):
		verdict = Pass
	}
	actual := fmt.Sprintf("%d µs to %d µs", lower, upper+1)
	text := fmt.Sprintf("%sthe slowest answer of the new side took %s: %s %s", prefix(subject), actual, decided(verdict), limit)
	if h.Count() == 0 {
		actual, text = "none", fmt.Sprintf("%slatency: no answer on both sides to hold against %s", prefix(subject), limit)
	}
	j.interval(subject, verdict, "slowest ≤ "+limit.String(), actual, text)
}

// interval adds a check with a verdict of its own.
func (j *judge) interval(subject string, v Verdict, limit, actual, text string) {
	j.check(latencyRule, subject, v == Pass, v, limit, actual, text)
}

// decided is how the interval lies to the limit that follows.
func decided(v Verdict) string {
	switch v {
	case Pass:
		return "within"
	case Fail:
		return "more than"
	}
	return "too uncertain to tell from"
}

func baseText(base comparison.LatencyBase) string {
	if base == comparison.BaseControl {
		return "the control"
	}
	return "the old side"
}

func ratioInterval(r *comparison.LatencyRatio) string {
	if r.Unbounded {
		return times(r.Low) + " or more"
	}
	return times(r.Low) + " to " + times(r.High)
}

// times is thousandths as a factor.
func times(thousandths int64) string {
	return fmt.Sprintf("%d.%03d ×", thousandths/1000, thousandths%1000)
}

func microseconds(d literal.Duration) int64 { return time.Duration(d).Microseconds() }
