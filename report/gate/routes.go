package gate

import (
	"fmt"
	"strings"

	"parallax/diff/comparison"
)

// everyRoute is the name under which Routes has the limits of each route by
// itself.
const everyRoute = "*"

// namedRoutes checks the limits that the policy has for single routes.
func (j *judge) namedRoutes() {
	found := map[string]bool{everyRoute: true}
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		limits := j.limitsOf(s.Name)
		found[s.Name] = true
		var t tally
		t.add(s, j.counted[i], j.policy)
		j.routeLimits(s, t, limits)
	}
	for _, name := range j.policy.routeNames() {
		if !found[name] {
			j.check("routes", name, false, Unverified, "recorded", "absent", name+": the policy names this "+j.words.subject+" and the comparison does not have it")
		}
	}
}

// limitsOf lays a route's own limits over those of every route.
func (j *judge) limitsOf(name string) Limits {
	l, own := j.policy.Routes[everyRoute], j.policy.Routes[name]
	l.MaxMismatchShare = either(own.MaxMismatchShare, l.MaxMismatchShare)
	l.MaxErrorShare = either(own.MaxErrorShare, l.MaxErrorShare)
	l.MaxLatencyRatio = either(own.MaxLatencyRatio, l.MaxLatencyRatio)
	l.Latency = either(own.Latency, l.Latency)
	l.MinCompared = either(own.MinCompared, l.MinCompared)
	l.MinCoverage = either(own.MinCoverage, l.MinCoverage)
	l.MaxUnverifiedShare = either(own.MaxUnverifiedShare, l.MaxUnverifiedShare)
	return l
}

func either[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

func (j *judge) routeLimits(s *comparison.Subject, t tally, l Limits) {
	if l.MinCompared != nil {
		j.minCompared(s.Name, t, max(1, *l.MinCompared))
	}
	if l.MinCoverage != nil {
		j.minCoverage(s.Name, t, *l.MinCoverage)
	}
	if l.MaxUnverifiedShare != nil {
		j.maxUnverified(s.Name, t, *l.MaxUnverifiedShare)
	}
	if l.MaxMismatchShare != nil {
		j.maxMismatch(s.Name, t, *l.MaxMismatchShare)
	}
	if l.MaxErrorShare != nil {
		j.maxErrors(s.Name, t, *l.MaxErrorShare)
	}
	if l.MaxLatencyRatio != nil {
		own := j.policy.Routes[s.Name].MaxLatencyRatio != nil
		j.latency(s.Name, &s.OldLatency, &s.NewLatency, l.MaxLatencyRatio, own)
	}
	if l.Latency != nil {
		j.latencies(s.Name, s, l.Latency)
	}
}

func (j *judge) overallLatency(l *LatencyLimit) {
	var before, after comparison.Histogram
	var routes int
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		if j.policy.Routes[s.Name].MaxLatencyRatio != nil {
			continue
		}
		routes++
		before.Merge(s.OldLatency)
		after.Merge(s.NewLatency)
	}
	if routes > 0 {
		j.latency("", &before, &after, l, true)
	}
}

// latency checks one pair of histograms. Where there are too few answers the
// limit cannot be verified, unless it only came with "*": then it is noted.
func (j *judge) latency(subject string, before, after *comparison.Histogram, l *LatencyLimit, demanded bool) {
	name, q := l.quantile()
	fewest := min(before.Count(), after.Count())
	if fewest < l.minCount() {
		text := fmt.Sprintf("%slatency: %d answers, at least %d wanted to judge %s", prefix(subject), fewest, l.minCount(), name)
		if !demanded {
			j.notes = append(j.notes, text)
			return
		}
		j.check("max_latency_ratio", subject, false, Unverified, fmt.Sprintf("≥ %d answers", l.minCount()), fmt.Sprint(fewest), text)
		return
	}
	old, now := max(1, before.Quantile(q)), after.Quantile(q)
	word := "within"
	if l.Ratio.Exceeded(now, old) {
		word = "more than"
	}
	actual := fmt.Sprintf("%d µs against %d µs", now, old)
	text := fmt.Sprintf("%slatency %s is %d µs against the old side's %d µs, %s %s ×", prefix(subject), name, now, old, word, l.Ratio)
	j.check("max_latency_ratio", subject, !l.Ratio.Exceeded(now, old), Fail, fmt.Sprintf("%s ≤ %s ×", name, l.Ratio), actual, text)
}

// routeResults says of each route what the checks mean for it.
func (j *judge) routeResults() []RouteResult {
	breached := map[string]Verdict{} // by rule, where its overall limit was not met
	for _, c := range j.checks {
		if c.Verdict != Pass && c.Subject == "" {
			breached[c.Rule] = c.Verdict
		}
	}
	results := make([]RouteResult, len(j.summary.Subjects))
	for i := range j.summary.Subjects {
		results[i] = j.routeResult(&j.summary.Subjects[i], j.counted[i], breached)
	}
	return results
}

func (j *judge) routeResult(s *comparison.Subject, counted int64, breached map[string]Verdict) RouteResult {
	r := RouteResult{Subject: s.Name, Verdict: Pass, Counted: counted}
	var texts []string
	worsen := func(v Verdict, text string) {
		if v.weight() > r.Verdict.weight() {
			r.Verdict = v
		}
		texts = append(texts, text)
	}
	j.share(s, counted, breached, worsen)
	j.ownChecks(s.Name, worsen)
	if r.Verdict == Pass && s.Compared() == 0 {
		r.Verdict, texts = RuledOut, []string{whyRuledOut(s)}
	}
	if r.Verdict == Pass && s.Mismatched() > 0 {
		texts = append(texts, tolerated(s, counted))
	}
	r.Text = strings.Join(texts, "; ")
	return r
}

// tolerated says why a route with differences passes.
func tolerated(s *comparison.Subject, counted int64) string {
	if counted == 0 {
		return "every difference is accepted"
	}
	return fmt.Sprintf("%s of the compared differ, within the limits", share(counted, s.Compared()))
}

// share adds what the route has part in: an overall limit that was not met, and
// that the route has no limit of its own for.
func (j *judge) share(s *comparison.Subject, counted int64, breached map[string]Verdict, worsen func(Verdict, string)) {
	own := j.policy.Routes[s.Name]
	if counted > 0 && own.MaxMismatchShare == nil && breached["max_mismatch_share"] != "" {
		worsen(Fail, fmt.Sprintf("%s of the compared differ", share(counted, s.Compared())))
	}
	if n := j.warned(s); n > 0 {
		worsen(Fail, fmt.Sprintf("%d warnings", n))
	}
	if all, sent := failures(s); all > 0 && own.MaxErrorShare == nil && breached["max_error_share"] != "" {
		worsen(failureVerdict(breached["max_error_share"], sent), fmt.Sprintf("%d answers failed", all))
	}
	if n := s.NotCompared + uncovered(s, counted); n > 0 && own.MaxUnverifiedShare == nil && breached["max_unverified_share"] != "" {
		worsen(Unverified, fmt.Sprintf("%d could not be compared", n))
	}
	if s.NotReached > 0 && !j.policy.AllowNotReached {
		worsen(Unverified, fmt.Sprintf("%d were not reached", s.NotReached))
	}
}

// warned counts the route's warnings that nothing accepts.
func (j *judge) warned(s *comparison.Subject) int64 {
	var n int64
	for i := range s.Groups {
		if g := &s.Groups[i]; g.Severity == comparison.Warning && !g.Noise && !j.accepted(s.Name, g) {
			n += g.Count
		}
	}
	return n
}

// ownChecks adds the failed checks that are about this route alone.
func (j *judge) ownChecks(name string, worsen func(Verdict, string)) {
	for _, c := range j.checks {
		if c.Subject == name && c.Verdict != Pass {
			worsen(c.Verdict, strings.TrimPrefix(c.Text, name+": "))
		}
	}
}

// failureVerdict is what a route's failed answers have part in: where the limit was
// breached for sure, those that were sent prove it.
func failureVerdict(overall Verdict, sent int64) Verdict {
	if overall == Fail && sent > 0 {
		return Fail
	}
	return Unverified
}

func whyRuledOut(s *comparison.Subject) string {
	var parts []string
	for _, p := range []struct {
		n    int64
		text string
	}{
		{s.Incomplete, "cut at the capture's edge"}, {s.Filtered, "filtered"}, {s.Blocked, "blocked by a safety policy"},
		{s.NotReached, "not reached"}, {s.NotCompared, "could not be compared"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
		}
	}
	if len(parts) == 0 {
		return "nothing recorded"
	}
	return "nothing compared: " + strings.Join(parts, ", ")
}
