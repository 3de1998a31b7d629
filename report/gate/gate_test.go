package gate

import (
	"slices"
	"strings"
	"testing"
	"time"

	"parallax/diff/comparison"
	"parallax/internal/ledger"
)

var today = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// clean is a comparison that the default policy passes: n equal records on each
// of the routes.
func clean(n int64, routes ...string) *comparison.Summary {
	s := &comparison.Summary{Ledgers: []comparison.NamedLedger{{
		Name:     "old",
		Accounts: []comparison.Account{{Name: "exchanges", Total: n, Buckets: []comparison.Bucket{{Name: "whole", Count: n, Class: "fine"}}}},
	}}}
	for _, r := range routes {
		s.Subjects = append(s.Subjects, comparison.Subject{Name: r, Recorded: n, Equal: n})
	}
	return s
}

// differ turns n of the subject's equal records into different ones.
func differ(s *comparison.Subject, n int64, pattern string) {
	s.Equal -= n
	s.Different += n
	s.Groups = append(s.Groups, comparison.Group{
		Part: comparison.Body, Pattern: pattern, Kind: comparison.Changed,
		Severity: comparison.Error, Records: n, Count: n,
	})
}

func ratio(text string) *Ratio { r := MustRatio(text); return &r }

func latencies(n int, micros int64) comparison.Histogram {
	var h comparison.Histogram
	for range n {
		h.Add(micros * 1000)
	}
	return h
}

// gateCase is a change to a clean comparison of 1,000 records on each of two
// routes, a policy, and what must come out.
type gateCase struct {
	name   string
	change func(*comparison.Summary)
	policy Policy
	want   Verdict
	rule   string // of the first reason
}

func (c gateCase) run(t *testing.T) {
	t.Helper()
	s := clean(1000, "GET /a", "GET /b")
	if c.change != nil {
		c.change(s)
	}
	if err := c.policy.Validate(); err != nil {
		t.Fatal(err)
	}
	got := Evaluate(s, c.policy, nil, today)
	if got.Verdict != c.want || got.ExitCode != c.want.ExitCode() {
		t.Errorf("verdict %q, exit %d, want %q\nreasons %+v", got.Verdict, got.ExitCode, c.want, got.Reasons)
	}
	if c.rule != "" && (len(got.Reasons) == 0 || got.Reasons[0].Rule != c.rule) {
		t.Errorf("reasons %+v, want %s first", got.Reasons, c.rule)
	}
	if (c.want == Pass) != (len(got.Reasons) == 0) {
		t.Errorf("%s with the reasons %+v", got.Verdict, got.Reasons)
	}
}

func runCases(t *testing.T, cases []gateCase) {
	for _, c := range cases {
		t.Run(c.name, c.run)
	}
}

// of moves n of route a's equal records to another counter.
func of(n int64, counter func(*comparison.Subject) *int64) func(*comparison.Summary) {
	return func(s *comparison.Summary) {
		s.Subjects[0].Equal -= n
		*counter(&s.Subjects[0]) += n
	}
}

func notCompared(s *comparison.Subject) *int64 { return &s.NotCompared }
func filtered(s *comparison.Subject) *int64    { return &s.Filtered }
func blocked(s *comparison.Subject) *int64     { return &s.Blocked }
func incomplete(s *comparison.Subject) *int64  { return &s.Incomplete }
func notReached(s *comparison.Subject) *int64  { return &s.NotReached }
func missingNew(s *comparison.Subject) *int64  { return &s.MissingNew }
func missingOld(s *comparison.Subject) *int64  { return &s.MissingOld }

func mismatches(n int64) func(*comparison.Summary) {
	return func(s *comparison.Summary) { differ(&s.Subjects[0], n, "/x") }
}

func TestDefaultPolicyIsStrict(t *testing.T) {
	runCases(t, []gateCase{
		{name: "all equal", want: Pass},
		{name: "one mismatch", change: mismatches(1), want: Fail, rule: "max_mismatch_share"},
		{name: "one missing in new", change: of(1, missingNew), want: Fail, rule: "max_mismatch_share"},
		{name: "one missing in old", change: of(1, missingOld), want: Fail, rule: "max_mismatch_share"},
		{name: "noise is no mismatch", change: of(5, func(s *comparison.Subject) *int64 { return &s.NoiseOnly }), want: Pass},
		{name: "one not compared", change: of(1, notCompared), want: Unverified},
		{name: "one filtered", change: of(1, filtered), want: Unverified, rule: "min_coverage"},
		{name: "one blocked", change: of(1, blocked), want: Unverified, rule: "min_coverage"},
		{name: "one not reached", change: of(1, notReached), want: Unverified},
		{name: "edges are allowed", change: of(900, incomplete), want: Pass},
		{name: "no ledger", change: func(s *comparison.Summary) { s.Ledgers = nil }, want: Unverified, rule: "ledger_closed"},
		{name: "counters that do not add up", change: func(s *comparison.Summary) { s.Subjects[0].Recorded++ }, want: Unverified, rule: "ledger_closed"},
		{name: "a negative residual", change: func(s *comparison.Summary) { s.Subjects[0].Equal++ }, want: Unverified, rule: "ledger_closed"},
		{name: "a ledger with a residual", change: func(s *comparison.Summary) { s.Ledgers[0].Accounts[0].Total++ }, want: Unverified, rule: "ledger_closed"},
		{name: "a lost packet", change: bucket("lost", 1), want: Unverified, rule: "max_unverified_share"},
		{name: "a bucket of an unknown class", change: bucket("odd", 1), want: Unverified, rule: "max_unverified_share"},
		{name: "an edge bucket", change: bucket("edge", 1), want: Pass},
		{name: "a fine bucket", change: bucket("fine", 1), want: Pass},
		{name: "nothing recorded", change: func(s *comparison.Summary) { s.Subjects = nil }, want: Unverified, rule: "min_compared"},
		{name: "nothing compared", change: func(s *comparison.Summary) { of(1000, blocked)(s); s.Subjects = s.Subjects[:1] }, want: Unverified, rule: "min_compared"},
		{name: "all edges", change: func(s *comparison.Summary) { of(1000, incomplete)(s); s.Subjects = s.Subjects[:1] }, want: Unverified, rule: "min_compared"},
		{name: "an interrupted recording", change: func(s *comparison.Summary) { s.Old.Interrupted = "killed" }, want: Unverified, rule: "allow_interrupted"},
		{name: "an interrupted run", change: func(s *comparison.Summary) { s.New.Interrupted = "killed" }, want: Unverified, rule: "allow_interrupted"},
		{name: "an interrupted control", change: func(s *comparison.Summary) { s.Controls = []comparison.Side{{Interrupted: "killed"}} }, want: Unverified, rule: "allow_interrupted"},
		{name: "interruptions allowed", change: func(s *comparison.Summary) { s.Old.Interrupted = "killed" }, policy: Policy{AllowInterrupted: true}, want: Pass},
		{name: "a warning", change: warning("cut"), want: Fail},
		{name: "a proven failure wins", change: func(s *comparison.Summary) { of(500, blocked)(s); mismatches(1)(s); bucket("lost", 3)(s) }, want: Fail, rule: "max_mismatch_share"},
	})
}

func bucket(class ledger.Class, n int64) func(*comparison.Summary) {
	return func(s *comparison.Summary) {
		a := &s.Ledgers[0].Accounts[0]
		a.Total += n
		a.Buckets = append(a.Buckets, comparison.Bucket{Name: "other", Count: n, Class: class})
	}
}

func warning(class string) func(*comparison.Summary) {
	return func(s *comparison.Summary) {
		differ(&s.Subjects[0], 1, "/w")
		g := &s.Subjects[0].Groups[len(s.Subjects[0].Groups)-1]
		g.Severity, g.Class = comparison.Warning, class
	}
}

// Two routes of 1,000 records: 2,000 in all.
func TestEachLimitAtBelowAndAbove(t *testing.T) {
	yes, no := true, false
	thousand, thousandOne := int64(2000), int64(2001)
	lenient := Limits{MinCoverage: ratio("0")}
	runCases(t, []gateCase{
		{name: "mismatch below", change: mismatches(1), policy: Policy{Limits: Limits{MaxMismatchShare: ratio("0.1%")}}, want: Pass},
		{name: "mismatch at", change: mismatches(2), policy: Policy{Limits: Limits{MaxMismatchShare: ratio("0.1%")}}, want: Pass},
		{name: "mismatch above", change: mismatches(3), policy: Policy{Limits: Limits{MaxMismatchShare: ratio("0.1%")}}, want: Fail, rule: "max_mismatch_share"},
		{name: "mismatch above by a hair", change: mismatches(2), policy: Policy{Limits: Limits{MaxMismatchShare: ratio("0.00099999999999")}}, want: Fail, rule: "max_mismatch_share"},
		{name: "compared at", policy: Policy{Limits: Limits{MinCompared: &thousand}}, want: Pass},
		{name: "compared below", policy: Policy{Limits: Limits{MinCompared: &thousandOne}}, want: Unverified, rule: "min_compared"},
		{name: "coverage above", change: of(199, filtered), policy: Policy{Limits: Limits{MinCoverage: ratio("90%")}}, want: Pass},
		{name: "coverage at", change: of(200, filtered), policy: Policy{Limits: Limits{MinCoverage: ratio("0.9")}}, want: Pass},
		{name: "coverage below", change: of(201, blocked), policy: Policy{Limits: Limits{MinCoverage: ratio("9/10")}}, want: Unverified, rule: "min_coverage"},
		{name: "route coverage at", change: of(1000, blocked), policy: Policy{Limits: lenient, MinRouteCoverage: ratio("50%")}, want: Pass},
		{name: "route coverage below", change: of(1000, blocked), policy: Policy{Limits: lenient, MinRouteCoverage: ratio("50.1%")}, want: Unverified, rule: "min_route_coverage"},
		{name: "a route with one is covered", change: of(999, blocked), policy: Policy{Limits: lenient}, want: Pass},
		{name: "unverified at", change: of(2, notCompared), policy: Policy{Limits: Limits{MinCoverage: ratio("0"), MaxUnverifiedShare: ratio("1/1000")}}, want: Pass},
		{name: "unverified above", change: of(3, notCompared), policy: Policy{Limits: Limits{MinCoverage: ratio("0"), MaxUnverifiedShare: ratio("1/1000")}}, want: Unverified, rule: "max_unverified_share"},
		{name: "lost at", change: bucket("lost", 250), policy: Policy{Limits: Limits{MaxUnverifiedShare: ratio("20%")}}, want: Pass},
		{name: "lost above", change: bucket("lost", 251), policy: Policy{Limits: Limits{MaxUnverifiedShare: ratio("20%")}}, want: Unverified, rule: "max_unverified_share"},
		{name: "not reached allowed", change: of(1, notReached), policy: Policy{AllowNotReached: true}, want: Pass},
		{name: "edges not allowed: exchanges", change: of(1, incomplete), policy: Policy{AllowEdges: &no}, want: Unverified, rule: "min_coverage"},
		{name: "edges not allowed: ledger", change: bucket("edge", 1), policy: Policy{AllowEdges: &no}, want: Unverified, rule: "max_unverified_share"},
		{name: "edges allowed in words", change: of(1, incomplete), policy: Policy{AllowEdges: &yes}, want: Pass},
		{name: "ledger left open", change: func(s *comparison.Summary) { s.Ledgers[0].Accounts[0].Total++ }, policy: Policy{LedgerClosed: &no}, want: Pass},
		{name: "warning allowed", change: warning("cut"), policy: Policy{AllowWarnings: []string{"cut"}}, want: Pass},
		{name: "another warning allowed", change: warning("cut"), policy: Policy{AllowWarnings: []string{"other"}}, want: Fail},
	})
}

func failing(end string, n int64) func(*comparison.Summary) {
	return func(s *comparison.Summary) {
		s.Subjects[0].Failed = map[string]int64{end: n}
	}
}

func TestErrorShare(t *testing.T) {
	onePercent := Policy{Limits: Limits{MaxErrorShare: ratio("1%")}}
	runCases(t, []gateCase{
		{name: "sent, default", change: failing("reset", 1), want: Fail, rule: "max_error_share"},
		{name: "not sent proves nothing", change: failing("refused", 1), want: Unverified, rule: "max_error_share"},
		{name: "unknown proves nothing", change: failing("unknown", 1), want: Unverified, rule: "max_error_share"},
		{name: "at", change: failing("reset", 20), policy: onePercent, want: Pass},
		{name: "above", change: failing("reset", 21), policy: onePercent, want: Fail, rule: "max_error_share"},
		{name: "refused above", change: failing("refused", 21), policy: onePercent, want: Unverified, rule: "max_error_share"},
		{name: "the target is down", change: func(s *comparison.Summary) {
			for i := range s.Subjects {
				s.Subjects[i].Equal, s.Subjects[i].NotCompared = 0, 1000
				s.Subjects[i].Failed = map[string]int64{"refused": 1000}
			}
		}, want: Unverified},
	})
}

func TestLatency(t *testing.T) {
	slower := func(n int, old, now int64) func(*comparison.Summary) {
		return func(s *comparison.Summary) {
			s.Subjects[0].OldLatency, s.Subjects[0].NewLatency = latencies(n, old), latencies(n, now)
		}
	}
	limit := func(l LatencyLimit) Policy { return Policy{Limits: Limits{MaxLatencyRatio: &l}} }
	// 1,000 µs lies in the bucket up to 1,023, 2,000 in the one up to 2,047.
	runCases(t, []gateCase{
		{name: "no limit", change: slower(200, 1, 1000000), want: Pass},
		{name: "at", change: slower(200, 7, 14), policy: limit(LatencyLimit{Ratio: MustRatio("2")}), want: Pass},
		{name: "below", change: slower(200, 1000, 2000), policy: limit(LatencyLimit{Ratio: MustRatio("2.01")}), want: Pass},
		{name: "above", change: slower(200, 1000, 2000), policy: limit(LatencyLimit{Ratio: MustRatio("1.99")}), want: Fail, rule: "max_latency_ratio"},
		{name: "p50", change: slower(200, 1000, 2000), policy: limit(LatencyLimit{Quantile: "p50", Ratio: MustRatio("1")}), want: Fail},
		{name: "enough answers", change: slower(100, 1, 1), policy: limit(LatencyLimit{Quantile: "p99", Ratio: MustRatio("1")}), want: Pass},
		{name: "too few answers", change: slower(99, 1, 1), policy: limit(LatencyLimit{Ratio: MustRatio("1")}), want: Unverified, rule: "max_latency_ratio"},
		{name: "fewer wanted", change: slower(5, 1, 1), policy: limit(LatencyLimit{Ratio: MustRatio("1"), MinCount: 5}), want: Pass},
		{name: "each route: one is slow", change: slower(200, 1000, 2000),
			policy: Policy{Routes: map[string]Limits{"*": {MaxLatencyRatio: &LatencyLimit{Ratio: MustRatio("1.5")}}}}, want: Fail},
		{name: "a named route: too few", change: slower(9, 1, 1),
			policy: Policy{Routes: map[string]Limits{"GET /a": {MaxLatencyRatio: &LatencyLimit{Ratio: MustRatio("1.5")}}}}, want: Unverified},
	})
}

// lostOn leaves n records of a route uncompared, as a comparison's own ledger has it.
func lostOn(route int, n int64) func(*comparison.Summary) {
	return func(s *comparison.Summary) {
		u := &s.Subjects[route]
		u.Equal, u.NotCompared = u.Equal-n, n
		s.Ledgers = append(s.Ledgers, comparison.NamedLedger{Name: comparison.OwnLedger, Accounts: []comparison.Account{{
			Name: "exchanges of old", Total: 2000, Buckets: []comparison.Bucket{
				{Name: "could not be compared", Count: n, Class: "lost"}, {Name: "equal", Count: 2000 - n, Class: "fine"},
			},
		}}})
	}
}

func TestRoutesOfTheirOwn(t *testing.T) {
	ten := func(share string) Policy {
		return Policy{Routes: map[string]Limits{"GET /a": {MaxMismatchShare: ratio(share)}}}
	}
	five := int64(5)
	unverified := Policy{Routes: map[string]Limits{"GET /a": {MaxUnverifiedShare: ratio("1%"), MinCoverage: ratio("99%")}}}
	runCases(t, []gateCase{
		{name: "within its own limit, and not in the overall one", change: mismatches(10), policy: ten("1%"), want: Pass},
		{name: "above its own limit", change: mismatches(11), policy: ten("1%"), want: Fail, rule: "max_mismatch_share"},
		{name: "the other route is still strict", change: func(s *comparison.Summary) { differ(&s.Subjects[1], 1, "/x") }, policy: ten("1%"), want: Fail},
		{name: "every route by itself", change: mismatches(11), policy: Policy{
			Limits: Limits{MaxMismatchShare: ratio("50%")}, Routes: map[string]Limits{"*": {MaxMismatchShare: ratio("1%")}}}, want: Fail},
		{name: "a named route overrides every route", change: mismatches(11), policy: Policy{
			Limits: Limits{MaxMismatchShare: ratio("50%")},
			Routes: map[string]Limits{"*": {MaxMismatchShare: ratio("1%")}, "GET /a": {MaxMismatchShare: ratio("2%")}}}, want: Pass},
		{name: "unverified within its own limit", change: lostOn(0, 10), policy: unverified, want: Pass},
		{name: "unverified above its own limit", change: lostOn(0, 11), policy: unverified, want: Unverified},
		{name: "unverified on the other route", change: lostOn(1, 1), policy: unverified, want: Unverified, rule: "min_coverage"},
		{name: "a route that is not there", policy: Policy{Routes: map[string]Limits{"GET /c": {}}}, want: Unverified, rule: "routes"},
		{name: "too few on a route", change: of(996, incomplete), policy: Policy{Routes: map[string]Limits{"*": {MinCompared: &five}}}, want: Unverified, rule: "min_compared"},
		{name: "enough on a route", change: of(995, incomplete), policy: Policy{Routes: map[string]Limits{"*": {MinCompared: &five}}}, want: Pass},
	})
}

func TestRouteResults(t *testing.T) {
	s := clean(100, "GET /bad", "GET /blocked", "GET /good")
	differ(&s.Subjects[0], 3, "/x")
	s.Subjects[1].Equal, s.Subjects[1].Blocked = 0, 100
	var got []string
	for _, r := range Evaluate(s, Policy{}, nil, today).Routes {
		got = append(got, r.Subject+": "+string(r.Verdict)+": "+r.Text)
	}
	want := []string{
		"GET /bad: fail: 3 of 100 (3%) of the compared differ",
		"GET /blocked: ruled out: nothing compared: 100 blocked by a safety policy",
		"GET /good: pass: ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
