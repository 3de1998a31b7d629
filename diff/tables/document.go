package tables

import (
	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
)

// documents compares two JSON documents by their places.
func (t *tableRun) documents(q *pair, c *cells) error {
	return t.byPaths(q, c, noRule, func(old, new []byte, sink jsondiff.Sink) error {
		return t.json.Compare(old, new, t.documentRules, sink, jsondiff.Limits{})
	})
}

// noRule: what makes values within a document equal is counted by its own name.
const noRule = -1

// byPaths counts what compare finds within a cell: differences by their path, what
// rules made equal, and a form that alone differs. A mapping's entry has rules of its
// own, which are counted as the entry.
func (t *tableRun) byPaths(q *pair, c *cells, rule int, compare func(old, new []byte, sink jsondiff.Sink) error) error {
	s := &documentSink{t: t, q: q, rule: rule}
	if err := compare(c.a, c.b, s); err != nil { // one is no JSON, and nothing was reported
		v := changed(ClassNotJSON)
		if c.oldClass != c.newClass {
			v.kind = comparison.TypeChanged
		}
		return t.differs(q, c, v)
	}
	if s.differences > 0 {
		q.differences++
	} else if !s.byRule {
		form := jsonForm
		if c.oldClass == snapshot.List || c.newClass == snapshot.List {
			form = listForm
		}
		t.normal(q, c, form)
	}
	return s.err
}

// documentSink takes what is found within one pair of cells.
type documentSink struct {
	t           *tableRun
	q           *pair
	rule        int
	differences int
	byRule      bool
	err         error
}

// Difference implements jsondiff.Sink.
func (s *documentSink) Difference(at *jsondiff.Place, d jsondiff.Difference) {
	s.differences++
	if s.err != nil {
		return
	}
	out := &comparison.Difference{
		Part: comparison.Column, Field: s.q.name() + string(at.AppendPointer(nil)), Pattern: s.q.name() + string(at.AppendPattern(nil)),
		Kind: d.Kind, Class: d.Class, Severity: comparison.Error, Old: jsonValue(d.Old), New: jsonValue(d.New),
	}
	switch {
	case d.Class == jsondiff.DuplicateKey:
		out.Class, out.Severity = ClassDuplicateKeys, comparison.Warning
	case d.Old.Type == "null" && d.New.Type == "" || d.Old.Type == "" && d.New.Type == "null":
		out.Class, out.Severity = ClassJSONNull, comparison.Warning
	}
	s.err = s.t.found(out)
}

func jsonValue(v jsondiff.Value) comparison.Value {
	if v.Type == "" {
		return comparison.Value{}
	}
	return comparison.MakeValue(v.Type, string(v.Text))
}

// Equal implements jsondiff.Sink.
func (s *documentSink) Equal(at *jsondiff.Place, e jsondiff.Equality) {
	s.byRule = true
	t := s.t
	t.row.raise(resultUnderRules)
	pattern := s.q.name() + string(at.AppendPattern(nil))
	rule := e.Rule
	if s.rule != noRule {
		rule = s.rule
	}
	t.hide(rule, t.plan.subject, comparison.Column, pattern, t.row.key, func() comparison.Sample {
		return comparison.SampleOf(&comparison.Difference{
			Record: t.record(), Field: s.q.name() + string(at.AppendPointer(nil)), Old: jsonValue(e.Old), New: jsonValue(e.New),
		})
	})
}
