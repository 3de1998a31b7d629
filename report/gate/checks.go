package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parallax/diff/comparison"
	"parallax/internal/ledger"
)

// ledgers checks that everything is accounted for and that little was lost.
func (j *judge) ledgers() {
	if len(j.summary.Ledgers) == 0 {
		j.check("ledger_closed", "", false, Unverified, "a ledger", "none", "the comparison has no ledger: what was lost is not known")
	}
	before := len(j.checks)
	for _, l := range j.summary.Ledgers {
		for i := range l.Accounts {
			j.account(l.Name, &l.Accounts[i])
		}
	}
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		j.residual(s.Name, residual(s), "records of the "+j.words.subject+" are in no counter")
	}
	if len(j.checks) == before && len(j.summary.Ledgers) > 0 {
		j.check("ledger_closed", "", true, Unverified, "no residual", "none", "every ledger closes and nothing was lost")
	}
}

// interrupted checks that every input was recorded to its end: no ledger can
// count what came after.
func (j *judge) interrupted() {
	sides := append([]comparison.Side{j.summary.Old, j.summary.New}, j.summary.Controls...)
	for _, side := range sides {
		if side.Interrupted != "" {
			text := fmt.Sprintf("%s was interrupted (%s): how much is missing is not known", side.Name, side.Interrupted)
			j.check("allow_interrupted", side.Name, j.policy.AllowInterrupted, Unverified, "recorded to the end", "interrupted", text)
		}
	}
}

func (j *judge) account(side string, a *comparison.Account) {
	name := side + " / " + a.Name
	j.residual(name, a.Residual(), "of the account are in no bucket")
	var lost int64
	var ends []comparison.Bucket
	for _, b := range a.Buckets {
		if b.Count != 0 && !j.forgives(side, &b) {
			lost += b.Count
			ends = append(ends, b)
		}
	}
	if lost == 0 {
		return
	}
	limit := orZero(j.policy.MaxUnverifiedShare)
	text := fmt.Sprintf("%s: %s lost: %s", name, share(lost, a.Total), endsText(ends))
	j.check("max_unverified_share", name, !limit.Exceeded(lost, a.Total), Unverified, "≤ "+limit.String(), share(lost, a.Total), text)
}

// forgives reports whether what ended in b is no loss under the policy, or judged as
// the routes' records. A class that this version does not know is no pass.
func (j *judge) forgives(side string, b *comparison.Bucket) bool {
	switch {
	case b.Class == ledger.Fine, b.Name == comparison.NotComparedBucket && side == comparison.OwnLedger:
		return true
	case b.Class == ledger.Edge:
		return allowed(j.policy.AllowEdges)
	}
	return b.Name == "not reached" && j.policy.AllowNotReached
}

// maxEnds bounds the ends that a reason names.
const maxEnds = 3

// endsText names the ends of the most, each with its count.
func endsText(ends []comparison.Bucket) string {
	slices.SortStableFunc(ends, func(a, b comparison.Bucket) int { return cmp.Compare(b.Count, a.Count) })
	var parts []string
	for _, b := range ends[:min(len(ends), maxEnds)] {
		part := fmt.Sprintf("%d %s", b.Count, b.Name)
		if b.Class == ledger.Edge {
			part += " (at the capture's edges)"
		}
		parts = append(parts, part)
	}
	if more := len(ends) - maxEnds; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d ends more", more))
	}
	return strings.Join(parts, ", ")
}

func (j *judge) residual(subject string, n int64, text string) {
	if n == 0 {
		return
	}
	text = fmt.Sprintf("%s: %d %s", subject, n, text)
	if !allowed(j.policy.LedgerClosed) {
		j.notes = append(j.notes, "ledger_closed is off: "+text)
		return
	}
	j.check("ledger_closed", subject, false, Unverified, "residual 0", strconv.FormatInt(n, 10), text)
}

// amounts checks the overall limits.
func (j *judge) amounts() {
	l := &j.policy.Limits
	all := j.over(func(Limits) bool { return false })
	j.minCompared("", all, max(1, orInt(l.MinCompared, 1)))
	j.minCoverage("", j.over(func(l Limits) bool { return l.MinCoverage != nil }), orAll(l.MinCoverage))
	j.routeCoverage()
	j.notReached(all)
	j.maxUnverified("", j.over(func(l Limits) bool { return l.MaxUnverifiedShare != nil }), orZero(l.MaxUnverifiedShare))
	j.maxMismatch("", j.over(func(l Limits) bool { return l.MaxMismatchShare != nil }), orZero(l.MaxMismatchShare))
	j.maxErrors("", j.over(func(l Limits) bool { return l.MaxErrorShare != nil }), orZero(l.MaxErrorShare))
	if l.MaxLatencyRatio != nil {
		j.overallLatency(l.MaxLatencyRatio)
	}
	if l.Latency != nil {
		j.overallLatencies(l.Latency)
	}
}

func (j *judge) minCompared(subject string, t tally, limit int64) {
	text := fmt.Sprintf("%s%d compared, at least %d wanted", prefix(subject), t.compared, limit)
	if t.compared == 0 {
		text = prefix(subject) + "nothing was compared"
	}
	j.check("min_compared", subject, t.compared >= limit, Unverified, "≥ "+strconv.FormatInt(limit, 10), strconv.FormatInt(t.compared, 10), text)
}

func (j *judge) minCoverage(subject string, t tally, limit Ratio) {
	if t.whole == 0 {
		return // min_compared speaks for an empty comparison
	}
	actual := share(t.compared, t.whole)
	text := fmt.Sprintf("%s%s of the whole %ss were compared, at least %s wanted", prefix(subject), actual, j.words.record, limit)
	j.check("min_coverage", subject, limit.Reached(t.compared, t.whole), Unverified, "≥ "+limit.String(), actual, text)
}

func (j *judge) routeCoverage() {
	var routes, compared int64
	var first string
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		if whole(s, j.policy) == 0 {
			continue
		}
		routes++
		if s.Compared() > 0 {
			compared++
		} else if first == "" {
			first = s.Name
		}
	}
	if routes == 0 {
		return
	}
	if name := j.summary.Subjects[0].Name; name == comparison.OtherSubjects { // sorts first
		j.notes = append(j.notes, fmt.Sprintf("more than %d routes: the others are judged together as %q", comparison.MaxSubjects, name))
	}
	limit := orAll(j.policy.MinRouteCoverage)
	text := fmt.Sprintf("%s of the %ss have a record compared, at least %s wanted", share(compared, routes), j.words.subject, limit)
	if first != "" {
		text += fmt.Sprintf("; the first without is %s", first)
	}
	j.check("min_route_coverage", "", limit.Reached(compared, routes), Unverified, "≥ "+limit.String(), share(compared, routes), text)
}

func (j *judge) notReached(t tally) {
	if t.notReached == 0 {
		return
	}
	text := fmt.Sprintf("%d exchanges were not reached by the replay", t.notReached)
	j.check("allow_not_reached", "", j.policy.AllowNotReached, Unverified, strconv.FormatBool(j.policy.AllowNotReached), strconv.FormatInt(t.notReached, 10), text)
}

func (j *judge) maxUnverified(subject string, t tally, limit Ratio) {
	actual := share(t.notCompared, t.attempted)
	text := fmt.Sprintf("%s%s could not be compared, at most %s allowed", prefix(subject), actual, limit)
	j.check("max_unverified_share", subject, !limit.Exceeded(t.notCompared, t.attempted), Unverified, "≤ "+limit.String(), actual, text)
}

func (j *judge) maxMismatch(subject string, t tally, limit Ratio) {
	actual := share(t.counted, t.compared)
	text := fmt.Sprintf("%s%s of the compared differ, at most %s allowed", prefix(subject), actual, limit)
	j.check("max_mismatch_share", subject, !limit.Exceeded(t.counted, t.compared), Fail, "≤ "+limit.String(), actual, text)
}

// maxErrors tells failures of the new system, which are proven, from requests
// that never reached it.
func (j *judge) maxErrors(subject string, t tally, limit Ratio) {
	n, otherwise := t.failedSent, Fail
	what := "were sent and not answered"
	if !limit.Exceeded(n, t.attempted) {
		n, otherwise, what = t.failed, Unverified, "were not answered, sent or not"
	}
	actual := share(n, t.attempted)
	text := fmt.Sprintf("%s%s %s, at most %s allowed", prefix(subject), actual, what, limit)
	j.check("max_error_share", subject, !limit.Exceeded(n, t.attempted), otherwise, "≤ "+limit.String(), actual, text)
}

func (j *judge) waivers() {
	for i := range j.uses {
		u := &j.uses[i]
		if u.Expired {
			j.check("waivers", u.String(), false, Fail, "until "+u.Expires, "expired", fmt.Sprintf("the waiver of %s for %s expired on %s", u.Owner, u, u.Expires))
		}
		if u.Over {
			j.check("waivers", u.String(), false, Fail, fmt.Sprintf("≤ %d", u.MaxCount), strconv.FormatInt(u.Count, 10), fmt.Sprintf("the waiver of %s for %s covers %d differences, at most %d allowed", u.Owner, u, u.Count, u.MaxCount))
		}
		if u.Count == 0 && !u.Expired {
			j.notes = append(j.notes, fmt.Sprintf("the waiver of %s for %s is not used", u.Owner, u))
		}
	}
}

// warnings fails for each class that is neither allowed nor waived.
func (j *judge) warnings() {
	counts := map[string]int64{}
	var classes []string
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		for k := range s.Groups {
			g := &s.Groups[k]
			if g.Severity != comparison.Warning || g.Noise || j.accepted(s.Name, g) {
				continue
			}
			if _, seen := counts[g.Class]; !seen {
				classes = append(classes, g.Class)
			}
			counts[g.Class] += g.Count
		}
	}
	for _, class := range classes {
		n := strconv.FormatInt(counts[class], 10)
		j.check("allow_warnings", class, false, Fail, "0", n, fmt.Sprintf("%s warnings of class %q, which allow_warnings does not name", n, class))
	}
}

func prefix(subject string) string {
	if subject == "" {
		return ""
	}
	return subject + ": "
}

func orZero(r *Ratio) Ratio {
	if r == nil {
		return Ratio{}
	}
	return *r
}

func orAll(r *Ratio) Ratio {
	if r == nil {
		return Ratio{text: "100%", num: 1, den: 1}
	}
	return *r
}

func orInt(n *int64, otherwise int64) int64 {
	if n == nil {
		return otherwise
	}
	return *n
}
