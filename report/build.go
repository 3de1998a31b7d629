package report

import (
	"fmt"
	"sort"

	"parallax/diff/comparison"
	"parallax/report/gate"
)

// Build makes the report of a comparison's summary and the gate's answer to it.
// It keeps parts of both; the caller no longer changes them.
func Build(s *comparison.Summary, g gate.Result) *Report {
	r := &Report{
		Format: Format, Version: Version, Tool: s.Tool,
		Verdict: g.Verdict, ExitCode: g.ExitCode, Gate: g,
		Inputs: Inputs{Old: s.Old, New: s.New, Controls: s.Controls, RulesDigest: s.RulesDigest, PolicyDigest: g.PolicyDigest},
		Routes: []Row{}, Groups: []Group{}, Accepted: []Group{}, Uncompared: []Group{}, Noise: []Group{},
		Intended: sortedRules(s.Rules, true), Rules: sortedRules(s.Rules, false), Ledgers: buildLedgers(s.Ledgers),
		Words: wordsOf(s), Tables: buildTables(s), SchemaNotes: s.SchemaNotes, Invariants: s.Invariants,
		Notes: append(append([]string{}, s.Notes...), g.Notes...),
	}
	if !r.Words.OfTables() {
		r.Latency = buildLatency(s)
	}
	r.addRoutes(s)
	r.Headline = headline(r)
	if r.Words.OfTables() {
		r.Proves, r.Unproven = provesTables(r), unprovenTables(r)
	} else {
		r.Proves, r.Unproven = proves(r), unproven(r)
	}
	return r
}

func (r *Report) addRoutes(s *comparison.Summary) {
	verdicts := map[string]gate.RouteResult{}
	for _, v := range r.Gate.Routes {
		verdicts[v.Subject] = v
	}
	total := comparison.Subject{Name: "all " + r.Words.Subject + "s"}
	for i := range s.Subjects {
		u := &s.Subjects[i]
		row := buildRow(u)
		row.Ratios = ratiosOf(u, s.LatencyBase())
		row.Verdict, row.Text = verdicts[u.Name].Verdict, verdicts[u.Name].Text
		r.Routes = append(r.Routes, row)
		r.addGroups(u)
		addSubject(&total, u)
	}
	r.Total = buildRow(&total)
	r.Total.Ratios = ratiosOf(&total, s.LatencyBase())
	r.Total.Verdict = r.Verdict
	sort.SliceStable(r.Routes, func(a, b int) bool { return r.Routes[a].Route < r.Routes[b].Route })
	for _, groups := range [][]Group{r.Groups, r.Accepted, r.Uncompared, r.Noise} {
		sortGroups(groups)
	}
}

func (r *Report) addGroups(u *comparison.Subject) {
	for i := range u.Groups {
		g := Group{Route: u.Name, Group: u.Groups[i], Acceptance: r.Gate.Accepted(u.Name, &u.Groups[i])}
		switch {
		case g.Noise:
			r.Noise = append(r.Noise, g)
		case g.Kind == comparison.NotCompared:
			r.Uncompared = append(r.Uncompared, g)
		case g.Acceptance != "":
			r.Accepted = append(r.Accepted, g)
		default:
			r.Groups = append(r.Groups, g)
		}
	}
}

func sortGroups(groups []Group) {
	sort.SliceStable(groups, func(i, k int) bool {
		a, b := &groups[i], &groups[k]
		switch {
		case a.Route != b.Route:
			return a.Route < b.Route
		case a.Records != b.Records:
			return a.Records > b.Records
		case a.Part != b.Part:
			return a.Part < b.Part
		case a.Pattern != b.Pattern:
			return a.Pattern < b.Pattern
		}
		return a.Kind < b.Kind
	})
}

func buildRow(u *comparison.Subject) Row {
	row := Row{
		Route: u.Name, Recorded: u.Recorded, Compared: u.Compared(),
		Counts: Counts{
			Equal: u.Equal, UnderRules: u.UnderRules, Noise: u.NoiseOnly, Different: u.Different,
			MissingNew: u.MissingNew, MissingOld: u.MissingOld, NotCompared: u.NotCompared,
			Incomplete: u.Incomplete, Filtered: u.Filtered, Blocked: u.Blocked, NotReached: u.NotReached,
		},
		OldLatency: latencyOf(&u.OldLatency), NewLatency: latencyOf(&u.NewLatency),
	}
	for end, n := range u.Failed {
		row.Failed += n
		row.FailedBy = append(row.FailedBy, Count{Name: end, Count: n})
	}
	sort.Slice(row.FailedBy, func(i, k int) bool { return row.FailedBy[i].Name < row.FailedBy[k].Name })
	return row
}

func addSubject(total, u *comparison.Subject) {
	for _, c := range []struct {
		sum *int64
		n   int64
	}{
		{&total.Recorded, u.Recorded}, {&total.Equal, u.Equal}, {&total.UnderRules, u.UnderRules},
		{&total.NoiseOnly, u.NoiseOnly}, {&total.Different, u.Different}, {&total.MissingNew, u.MissingNew},
		{&total.MissingOld, u.MissingOld}, {&total.NotCompared, u.NotCompared}, {&total.Incomplete, u.Incomplete},
		{&total.Filtered, u.Filtered}, {&total.Blocked, u.Blocked}, {&total.NotReached, u.NotReached},
	} {
		*c.sum += c.n
	}
	for end, n := range u.Failed {
		if total.Failed == nil {
			total.Failed = map[string]int64{}
		}
		total.Failed[end] += n
	}
	total.MergeLatencies(u)
}

func latencyOf(h *comparison.Histogram) Latency {
	return Latency{Count: h.Count(), P50: h.Quantile(0.50), P95: h.Quantile(0.95), P99: h.Quantile(0.99)}
}

// sortedRules takes the changes made on purpose, or all others.
func sortedRules(rules []comparison.RuleCount, intended bool) []comparison.RuleCount {
	sorted := []comparison.RuleCount{}
	for i := range rules {
		if rules[i].Intended == intended {
			sorted = append(sorted, rules[i])
		}
	}
	sort.SliceStable(sorted, func(i, k int) bool {
		a, b := &sorted[i], &sorted[k]
		switch {
		case a.Builtin != b.Builtin:
			return b.Builtin
		case a.Rule != b.Rule:
			return a.Rule < b.Rule
		case a.Subject != b.Subject:
			return a.Subject < b.Subject
		case a.Part != b.Part:
			return a.Part < b.Part
		}
		return a.Pattern < b.Pattern
	})
	return sorted
}

func buildLedgers(ledgers []comparison.NamedLedger) []Ledger {
	built := []Ledger{}
	for _, l := range ledgers {
		accounts := []Account{}
		for _, a := range l.Accounts {
			accounts = append(accounts, buildAccount(a))
		}
		built = append(built, Ledger{Name: l.Name, Accounts: accounts})
	}
	return built
}

func buildAccount(a comparison.Account) Account {
	built := Account{Account: a, Residual: a.Residual()}
	for _, b := range a.Buckets {
		switch b.Class {
		case "fine":
		case "edge":
			built.Edge += b.Count
		default:
			built.Lost += b.Count
		}
	}
	return built
}

func headline(r *Report) string {
	if len(r.Gate.Reasons) == 0 {
		return fmt.Sprintf("%s on %s compared, and every limit is met.", plural(r.Total.Compared, r.Words.Record), plural(int64(len(r.Routes)), r.Words.Subject))
	}
	text := r.Gate.Reasons[0].Text
	if more := len(r.Gate.Reasons) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}
