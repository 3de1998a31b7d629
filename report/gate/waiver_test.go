package gate

import (
	"strings"
	"testing"
	"time"

	"parallax/diff/comparison"
)

func waiver(change func(*Waiver)) Waiver {
	w := Waiver{Owner: "ada", Reason: "agreed", Route: "GET /a", Part: comparison.Body, Pattern: "/x", Kind: comparison.Changed, MaxCount: 10, Expires: "2026-12-31"}
	if change != nil {
		change(&w)
	}
	return w
}

func TestWaivers(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Waiver)
		counts map[string]int64 // pattern to mismatches
		now    time.Time
		want   Verdict
		note   string
	}{
		{name: "accepts", counts: map[string]int64{"/x": 9}, want: Pass},
		{name: "at its cap", counts: map[string]int64{"/x": 10}, want: Pass},
		{name: "over its cap", counts: map[string]int64{"/x": 11}, want: Fail},
		{name: "not what it names", counts: map[string]int64{"/y": 1}, want: Fail, note: "not used"},
		{name: "not all", counts: map[string]int64{"/x": 1, "/y": 1}, want: Fail},
		{name: "another kind", counts: map[string]int64{"/x": 1}, change: func(w *Waiver) { w.Kind = comparison.TypeChanged }, want: Fail},
		{name: "another part", counts: map[string]int64{"/x": 1}, change: func(w *Waiver) { w.Part = comparison.Headers }, want: Fail},
		{name: "another route", counts: map[string]int64{"/x": 1}, change: func(w *Waiver) { w.Route = "GET /b" }, want: Fail},
		{name: "any route, part, pattern, kind", counts: map[string]int64{"/x": 1, "/y": 2}, change: func(w *Waiver) { *w = Waiver{Owner: "a", Reason: "b", Route: "*", MaxCount: 3, Expires: w.Expires} }, want: Pass},
		{name: "unused", want: Pass, note: "not used"},
		{name: "on its last day", counts: map[string]int64{"/x": 1}, now: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), want: Pass},
		{name: "the day after", counts: map[string]int64{"/x": 1}, now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), want: Fail},
		{name: "expired and not used", now: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), want: Fail},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := clean(1000, "GET /a")
			for pattern, n := range c.counts {
				differ(&s.Subjects[0], n, pattern)
			}
			if c.now.IsZero() {
				c.now = today
			}
			got := Evaluate(s, Policy{}, []Waiver{waiver(c.change)}, c.now)
			if got.Verdict != c.want {
				t.Errorf("verdict %q, want %q; reasons %+v", got.Verdict, c.want, got.Reasons)
			}
			if notes := strings.Join(got.Notes, "\n"); !strings.Contains(notes, c.note) {
				t.Errorf("notes %q, want %q", notes, c.note)
			}
		})
	}
}

func TestWaiversDoNotCoverTheUncomparable(t *testing.T) {
	s := clean(10, "GET /a")
	of(1, notCompared)(s)
	s.Subjects[0].Groups = []comparison.Group{{Part: comparison.Body, Kind: comparison.NotCompared, Records: 1, Count: 1}}
	w := Waiver{Owner: "a", Reason: "b", Route: "*", MaxCount: 3, Expires: "2030-01-01"}
	if got := Evaluate(s, Policy{}, []Waiver{w}, today); got.Verdict != Unverified || got.Waivers[0].Count != 0 {
		t.Errorf("verdict %q, covers %d", got.Verdict, got.Waivers[0].Count)
	}
}

// Where a record's difference is waived, what else of it could not be compared is
// left to be judged.
func TestWaivedRecordsThatWereComparedInPart(t *testing.T) {
	for _, c := range []struct {
		name          string
		partly, other int64
		policy        Policy
		want          Verdict
		actual        string
	}{
		{name: "compared", want: Pass, actual: "0 of 10 (0%)"},
		{name: "in part", partly: 1, want: Unverified, actual: "1 of 10 (10%)"},
		{name: "in part, allowed", partly: 1, policy: Policy{Limits: Limits{MaxUnverifiedShare: ratio("10%")}}, want: Pass, actual: "1 of 10 (10%)"},
		{name: "in part, beside others", partly: 3, other: 2, want: Fail, actual: "2 of 10 (20%)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := clean(10, "GET /a")
			differ(&s.Subjects[0], 2, "/x")
			if c.other > 0 {
				differ(&s.Subjects[0], c.other, "/y")
			}
			s.Subjects[0].Partly = c.partly
			got := Evaluate(s, c.policy, []Waiver{waiver(nil)}, today)
			if got.Verdict != c.want || got.Routes[0].Verdict != c.want {
				t.Errorf("verdict %q, want %q: %+v, %+v", got.Verdict, c.want, got.Reasons, got.Routes)
			}
			for _, check := range got.Checks {
				if check.Rule == "max_unverified_share" && check.Actual != c.actual {
					t.Errorf("%s, want %s", check.Actual, c.actual)
				}
			}
		})
	}
}

func TestNoiseUsesNoWaiver(t *testing.T) {
	s := clean(10, "GET /a")
	s.Subjects[0].Groups = []comparison.Group{{Part: comparison.Body, Pattern: "/x", Kind: comparison.Changed, Noise: true, Records: 5, Count: 50}}
	got := Evaluate(s, Policy{}, []Waiver{waiver(nil)}, today)
	if got.Verdict != Pass || got.Waivers[0].Count != 0 || len(got.Notes) != 1 {
		t.Errorf("verdict %q, covers %d, notes %q", got.Verdict, got.Waivers[0].Count, got.Notes)
	}
}

// A record may show a waived and another difference: then it still counts, and
// what is in no group counts too.
func TestPartWaivedCountsFromAbove(t *testing.T) {
	for _, c := range []struct {
		name                         string
		different, x, y, want, extra int64
	}{
		{name: "overlapping", different: 10, x: 10, y: 4, want: 4},
		{name: "apart", different: 10, x: 6, y: 4, want: 4},
		{name: "in no group", different: 10, x: 6, y: 0, want: 4},
		{name: "all waived", different: 6, x: 6, y: 0, want: 0},
		{name: "no more than differ", different: 3, x: 3, y: 5, want: 3},
	} {
		s := comparison.Subject{Different: c.different, Groups: []comparison.Group{
			{Pattern: "/x", Records: c.x}, {Pattern: "/y", Records: c.y},
			{Pattern: "/noise", Records: 50, Noise: true},
		}}
		got := countMismatches(&s, func(g *comparison.Group) bool { return g.Pattern == "/x" })
		if got != c.want {
			t.Errorf("%s: counted %d, want %d", c.name, got, c.want)
		}
	}
}

func TestWaiverValidate(t *testing.T) {
	for _, c := range []struct {
		change func(*Waiver)
		want   string
	}{
		{nil, ""},
		{func(w *Waiver) { w.Owner = "" }, "owner is missing"},
		{func(w *Waiver) { w.Owner = " \t" }, "owner is missing"},
		{func(w *Waiver) { w.Reason = "" }, "reason is missing"},
		{func(w *Waiver) { w.Route = "" }, "route is missing"},
		{func(w *Waiver) { w.Expires = "" }, "expires is missing"},
		{func(w *Waiver) { w.Expires = "31.12.2026" }, "want a date"},
		{func(w *Waiver) { w.MaxCount = 0 }, "max_count"},
		{func(w *Waiver) { w.Part = "bodies" }, "part"},
		{func(w *Waiver) { w.Kind = comparison.NotCompared }, "kind"},
	} {
		w := waiver(c.change)
		err := w.Validate()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", w, err, c.want)
		}
	}
}
