package tables

import (
	"errors"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
)

// isDocument: at least one side is declared as JSON, and both hold text of it.
func isDocument(old, new cell) bool {
	texts := func(c cell) bool { return c.class == snapshot.JSON || c.class == snapshot.Text }
	return texts(old) && texts(new) && (old.class == snapshot.JSON || new.class == snapshot.JSON)
}

// documents compares two JSON columns by path.
func (c *comparer) documents(i int, old, new cell, s *rowState, compare func(a, b []byte, sink jsondiff.Sink) error) error {
	sink := &documentSink{c: c, column: old.column.Name}
	if err := compare(old.bytes, new.bytes, sink); err != nil {
		return c.differ(i, old.column.Name, old, new, changed("not json"), s) // one of them is none
	}
	switch {
	case sink.err != nil:
		return sink.err
	case sink.differences > 0:
		s.differs = true
		c.differences[i]++
	default:
		s.underRule = true
		if sink.equalities == 0 {
			c.hidden(int(jsonForm), comparison.Column, old.column.Name, text(old), text(new))
		}
	}
	return nil
}

// documentSink writes what differs within a column: its field is the column's name
// and the pointer.
type documentSink struct {
	c           *comparer
	column      string
	differences int
	equalities  int
	err         error
}

func (s *documentSink) Difference(at *jsondiff.Place, d jsondiff.Difference) {
	s.differences++
	severity := comparison.Error
	if d.Class == jsondiff.DuplicateKey {
		severity = comparison.Warning
	}
	field, pattern := string(at.AppendPointer([]byte(s.column))), string(at.AppendPattern([]byte(s.column)))
	s.err = errors.Join(s.err, s.c.place(field, pattern, d.Kind, d.Class, severity, jsonValue(d.Old), jsonValue(d.New)))
}

func (s *documentSink) Equal(at *jsondiff.Place, e jsondiff.Equality) {
	s.equalities++
	kept := s.c.r.tally.HiddenAt(s.c.r.names.ofRules(e.Rule), s.c.pair.name, comparison.Column, at.AppendPattern([]byte(s.column)), string(s.c.record))
	if kept != nil {
		*kept = comparison.SampleOf(&comparison.Difference{Record: string(s.c.record), Field: string(at.AppendPointer([]byte(s.column))), Old: jsonValue(e.Old), New: jsonValue(e.New)})
	}
}

func jsonValue(v jsondiff.Value) comparison.Value {
	if v.Type == "" {
		return comparison.Value{}
	}
	return comparison.MakeValue(v.Type, string(v.Text))
}
