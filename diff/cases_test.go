package diff

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"sort"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// answer is one side of a case.
type answer struct {
	Method, Target    string
	Status            int
	Headers, Trailers [][2]string
	Body              string
}

// case_ is one entry of testdata/cases.json.
type case_ struct {
	Name, Reason string
	Old, New     answer
	Rules        []rules.Rule
	Expect       []string // part field kind [class]: old | new
	Hidden       []string // rule at part pattern
	Counter      string
}

var (
	oldClock = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).UnixNano()
	newClock = time.Date(2026, 1, 1, 13, 0, 0, 0, time.UTC).UnixNano()
)

func (a answer) exchange(id recording.ID, at int64) *recording.Exchange {
	method, target, status := a.Method, a.Target, a.Status
	if method == "" {
		method = "GET"
	}
	if target == "" {
		target = "/x"
	}
	if status == 0 {
		status = 200
	}
	return &recording.Exchange{
		ID: id, Session: "0123456789abcdef", Protocol: "http/1.1",
		Request: &recording.Request{Method: method, Target: target, Version: "1.1", FirstAt: at, LastAt: at + 1},
		Response: &recording.Response{
			Status: status, Version: "1.1", Headers: headerList(a.Headers), Trailers: headerList(a.Trailers),
			Body: recording.StoredBody([]byte(a.Body)), FirstAt: at + 2, LastAt: at + 1_000_000,
		},
	}
}

func headerList(pairs [][2]string) []recording.Header {
	var out []recording.Header
	for _, p := range pairs {
		out = append(out, recording.Header{Name: p[0], Value: p[1]})
	}
	return out
}

// memory is an input that stands in memory.
func memory(name string, kind recording.Kind, list []*recording.Exchange) Input {
	m := &recording.Manifest{Kind: kind, Redaction: recording.Redaction{Profile: "off"}, Exchanges: int64(len(list))}
	if kind == recording.KindRun {
		m.Baseline = "old"
	}
	return Input{Name: name, Manifest: m, Digest: name, Exchanges: func(f recording.Filter) iter.Seq2[*recording.Exchange, error] {
		return func(yield func(*recording.Exchange, error) bool) {
			for _, ex := range list {
				if f.Keeps(ex) && !yield(ex, nil) {
					return
				}
			}
		}
	}}
}

// answering makes ex a run's row that answers to id.
func answering(ex *recording.Exchange, id recording.ID) *recording.Exchange {
	ex.Replays = id
	ex.Outcome = &recording.Outcome{End: recording.Answered, SentAt: ex.Request.FirstAt, DoneAt: ex.Response.LastAt}
	return ex
}

// kept collects what Compare writes.
type kept struct {
	t    testing.TB
	list []comparison.Difference
}

func (k *kept) Write(d *comparison.Difference) error { k.list = append(k.list, *d); return nil }

func (k *kept) ScratchDir() (string, error) { return k.t.TempDir(), nil }

func compareAll(t testing.TB, old, new Input, controls []Input, list []rules.Rule) (*comparison.Summary, []comparison.Difference) {
	t.Helper()
	set, err := rules.Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	out := &kept{t: t}
	s, err := Compare(context.Background(), old, new, controls, Options{Rules: set}, out)
	if err != nil {
		t.Fatal(err)
	}
	closes(t, s)
	return s, out.list
}

// closes checks that every account of the comparison's own adds up.
func closes(t testing.TB, s *comparison.Summary) {
	t.Helper()
	own := s.Ledgers[len(s.Ledgers)-1]
	for _, a := range own.Accounts {
		if a.Residual() != 0 {
			t.Errorf("account %q has a residual of %d: %+v", a.Name, a.Residual(), a)
		}
	}
	for i := range s.Subjects {
		var sum comparison.Subject
		addCounts(&sum, &s.Subjects[i])
		if got := sum.Compared() + sum.NotCompared + sum.Incomplete + sum.Filtered + sum.Blocked + sum.NotReached; got != s.Subjects[i].Recorded {
			t.Errorf("subject %q: %d recorded, %d counted", s.Subjects[i].Name, s.Subjects[i].Recorded, got)
		}
	}
}

func text(v comparison.Value) string {
	if v.Type == "" {
		return "-"
	}
	return v.Text
}

func shown(list []comparison.Difference) []string {
	var out []string
	for _, d := range list {
		class := ""
		if d.Class != "" {
			class = " [" + d.Class + "]"
		}
		out = append(out, fmt.Sprintf("%s %s %s%s: %s | %s", d.Part, d.Field, d.Kind, class, text(d.Old), text(d.New)))
	}
	sort.Strings(out)
	return out
}

func hiddenBy(s *comparison.Summary) []string {
	var out []string
	for _, r := range s.Rules {
		out = append(out, fmt.Sprintf("%s at %s %s", r.Rule, r.Part, r.Pattern))
	}
	sort.Strings(out)
	return out
}

func counter(s *comparison.Subject) string {
	for name, n := range map[string]int64{
		"equal": s.Equal, "under rules": s.UnderRules, "noise": s.NoiseOnly, "different": s.Different,
		"missing in new": s.MissingNew, "missing in old": s.MissingOld, "not compared": s.NotCompared,
		"incomplete": s.Incomplete, "filtered": s.Filtered, "blocked": s.Blocked, "not reached": s.NotReached,
	} {
		if n == 1 {
			return name
		}
	}
	return "none"
}

func readCases(t *testing.T) []case_ {
	b, err := os.ReadFile("testdata/cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []case_
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("no cases")
	}
	return cases
}

func TestCases(t *testing.T) {
	for _, c := range readCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			id := recording.MakeID(oldClock, "0123456789abcdef", 1)
			old := c.Old.exchange(id, oldClock)
			new := answering(c.New.exchange(recording.MakeID(newClock, "0123456789abcdef", 1), newClock), id)
			s, found := compareAll(t,
				memory("old", recording.KindRecording, []*recording.Exchange{old}),
				memory("new", recording.KindRun, []*recording.Exchange{new}), nil, c.Rules)
			if diff := cmp.Diff(c.Expect, shown(found)); diff != "" {
				t.Errorf("differences (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.Hidden, hiddenBy(s)); diff != "" {
				t.Errorf("hidden (-want +got):\n%s", diff)
			}
			if got := counter(&s.Subjects[0]); got != c.Counter {
				t.Errorf("counted as %q, want %q", got, c.Counter)
			}
		})
	}
}
