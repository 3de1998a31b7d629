package gate

import (
	"testing"

	"parallax/diff/comparison"
	"pgregory.net/rapid"
)

// drawSummary makes a comparison whose counters add up.
func drawSummary(t *rapid.T) *comparison.Summary {
	s := clean(0)
	s.Ledgers = []comparison.NamedLedger{{Name: "old"}}
	for _, name := range []string{"GET /a", "GET /b", "POST /c"}[:rapid.IntRange(1, 3).Draw(t, "routes")] {
		count := func(label string, most int64) int64 { return rapid.Int64Range(0, most).Draw(t, label) }
		u := comparison.Subject{
			Name: name, Equal: count("equal", 50), UnderRules: count("rules", 5), NoiseOnly: count("noise", 5),
			NotCompared: count("not compared", 2), Incomplete: count("incomplete", 3), Filtered: count("filtered", 3),
			Blocked: count("blocked", 3), NotReached: count("not reached", 1),
		}
		for _, pattern := range []string{"/x", "/y"} {
			n := count(pattern, 3)
			u.Equal += n
			if n > 0 {
				differ(&u, n, pattern)
			}
		}
		u.Partly = count("partly", u.Different)
		u.Failed = map[string]int64{"reset": count("reset", 1), "refused": count("refused", 2)}
		u.Recorded = u.Compared() + u.NotCompared + u.Incomplete + u.Filtered + u.Blocked + u.NotReached
		s.Subjects = append(s.Subjects, u)
	}
	return s
}

func drawPolicy(t *rapid.T) Policy {
	share := func(label string) *Ratio {
		return rapid.SampledFrom([]*Ratio{nil, ratio("0"), ratio("1%"), ratio("0.1"), ratio("1/3"), ratio("100%")}).Draw(t, label)
	}
	p := Policy{
		Limits:           Limits{MaxMismatchShare: share("mismatch"), MinCoverage: share("coverage"), MaxUnverifiedShare: share("unverified"), MaxErrorShare: share("errors")},
		MinRouteCoverage: share("route coverage"), AllowNotReached: rapid.Bool().Draw(t, "allow not reached"),
	}
	if rapid.Bool().Draw(t, "own") {
		p.Routes = map[string]Limits{"GET /a": {MaxMismatchShare: share("own mismatch")}}
	}
	return p
}

func drawWaivers(t *rapid.T) []Waiver {
	if !rapid.Bool().Draw(t, "waived") {
		return nil
	}
	return []Waiver{{Owner: "o", Reason: "r", Route: "*", Pattern: "/x", MaxCount: rapid.Int64Range(1, 9).Draw(t, "cap"), Expires: "2030-01-01"}}
}

// Turning an equal record into a different one never makes the verdict better.
func TestAMismatchNeverHelps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p, w := drawSummary(t), drawPolicy(t), drawWaivers(t)
		before := Evaluate(s, p, w, today)
		u := &s.Subjects[rapid.IntRange(0, len(s.Subjects)-1).Draw(t, "route")]
		if u.Equal == 0 {
			return
		}
		differ(u, 1, rapid.SampledFrom([]string{"/x", "/y", "/z"}).Draw(t, "pattern"))
		after := Evaluate(s, p, w, today)
		if after.Verdict.weight() < before.Verdict.weight() {
			t.Fatalf("%s becomes %s", before.Verdict, after.Verdict)
		}
	})
}

// Whatever the policy, a pass has compared something, and a pass under the
// default policy has no mismatch and nothing left out.
func TestWhatAPassMeans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, p, w := drawSummary(t), drawPolicy(t), drawWaivers(t)
		if r := Evaluate(s, p, w, today); r.Verdict == Pass && compared(s) == 0 {
			t.Fatalf("a pass of nothing under %+v", p)
		}
		if Evaluate(s, Policy{}, nil, today).Verdict != Pass {
			return
		}
		for _, u := range s.Subjects {
			if u.Mismatched()+u.NotCompared+u.Filtered+u.Blocked+u.NotReached != 0 {
				t.Fatalf("a pass of %+v", u)
			}
		}
	})
}

// Each route is as bad as the whole at the most: no form shows a failure where the
// verdict is another.
func TestNoRouteIsWorseThanTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := Evaluate(drawSummary(t), drawPolicy(t), drawWaivers(t), today)
		for _, route := range r.Routes {
			if route.Verdict.weight() > r.Verdict.weight() {
				t.Fatalf("%s: %s, and %s in all: %+v", route.Subject, route.Verdict, r.Verdict, r.Reasons)
			}
		}
	})
}

func compared(s *comparison.Summary) (n int64) {
	for i := range s.Subjects {
		n += s.Subjects[i].Compared()
	}
	return n
}
