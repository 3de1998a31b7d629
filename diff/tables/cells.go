package tables

import (
	"bytes"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/tables/mapping"
)

// rowState is what became of a pair of rows.
type rowState struct {
	differs, underRule, unknown bool
}

// paired compares two rows of one key.
func (c *comparer) paired(a, b *cursor, active []int) error {
	c.record, c.written = c.record[:0], 0
	var s rowState
	for _, i := range active {
		p := &c.columns[i]
		classA, cellA := a.cell(p.old)
		classB, cellB := b.cell(p.new)
		if classA == classB && bytes.Equal(cellA, cellB) && (p.judge == nil || !p.judge.Transforms()) {
			continue
		}
		if len(c.record) == 0 {
			c.record = snapshot.AppendKeyJSON(c.record, &c.old.Table, a.batch, a.row)
		}
		if err := c.cells(i, cell{classA, cellA, &c.old.Columns[p.old]}, cell{classB, cellB, &c.new.Columns[p.new]}, &s); err != nil {
			return err
		}
	}
	for _, k := range c.computed {
		if err := c.compute(k, a, b, &s); err != nil {
			return err
		}
	}
	c.count(s)
	return nil
}

// count puts the pair into one counter.
func (c *comparer) count(s rowState) {
	c.subject.Recorded++
	c.r.counted[0]++
	c.r.counted[1]++
	switch {
	case s.differs:
		c.subject.Different++
	case s.unknown:
		c.subject.NotCompared++
	case s.underRule:
		c.subject.UnderRules++
	default:
		c.subject.Equal++
	}
	c.sampleRow(1, s.differs || s.unknown)
}

// cells judges two cells that are not the same.
func (c *comparer) cells(i int, old, new cell, s *rowState) error {
	p := &c.columns[i]
	c.readByValue[i] = true
	name := old.column.Name
	if p.judge != nil {
		if p.judge.JSON() && old.class != snapshot.Null && new.class != snapshot.Null {
			return c.documents(i, old, new, s, p.judge.Paths)
		}
		return c.judged(i, p.judge, old, new, s)
	}
	if !c.r.o.Strict {
		if isDocument(old, new) {
			return c.documents(i, old, new, s, c.byRules)
		}
		v := judge(old, new)
		if v.equal {
			s.underRule = true
			c.hidden(int(v.rule), comparison.Column, name, text(old), text(new))
			return nil
		}
		return c.differ(i, name, old, new, v, s)
	}
	v := changed("")
	if old.class != new.class {
		v = typeChanged("")
	}
	return c.differ(i, name, old, new, v, s)
}

// byRules compares two documents under the rules of answers.
func (c *comparer) byRules(a, b []byte, sink jsondiff.Sink) error {
	return jsondiff.Compare(a, b, c.jsonRule, sink, jsondiff.Limits{})
}

// judged asks the mapping.
func (c *comparer) judged(i int, j *mapping.Judge, old, new cell, s *rowState) error {
	equal, err := j.Equal(old.class, old.bytes, new.class, new.bytes)
	switch {
	case err != nil:
		return c.unknown(old.column.Name, old, new, err, s)
	case equal:
		s.underRule = true
		c.hidden(c.r.names.ofMapping(j.Rule()), comparison.Column, old.column.Name, text(old), text(new))
		return nil
	}
	v := changed("")
	if old.class != new.class && old.class != snapshot.Null && new.class != snapshot.Null && !j.Transforms() {
		v = typeChanged("")
	}
	return c.differ(i, old.column.Name, old, new, v, s)
}

// compute compares a column with what the mapping makes of the other side's row.
func (c *comparer) compute(k *mapping.Computed, a, b *cursor, s *rowState) error {
	from, to, fromTable, toTable := a, b, &c.old.Table, &c.new.Table
	if k.Of != mapping.Old {
		from, to, fromTable, toTable = b, a, toTable, fromTable
	}
	at, ok := columnAt(toTable, k.Column)
	if !ok {
		return nil // the pairing has said that it is missing
	}
	if len(c.record) == 0 {
		c.record = snapshot.AppendKeyJSON(c.record, &c.old.Table, a.batch, a.row)
	}
	class, bytes := to.cell(at)
	actual := cell{class, bytes, &toTable.Columns[at]}
	made, value, err := k.Value(func(name string) (snapshot.Class, []byte) {
		i, ok := columnAt(fromTable, name)
		if !ok {
			return snapshot.Null, nil
		}
		return from.cell(i)
	})
	expected := cell{made, value, &snapshot.Column{Name: k.Column, Class: made}}
	if err != nil {
		return c.unknown(k.Column, expected, actual, err, s)
	}
	equal, err := k.Equal(made, value, class, bytes)
	switch {
	case err != nil:
		return c.unknown(k.Column, expected, actual, err, s)
	case equal:
		s.underRule = true
		c.hidden(c.r.names.ofMapping(k.Rule), comparison.Column, k.Column, text(expected), text(actual))
		return nil
	}
	if k.Of != mapping.Old {
		expected, actual = actual, expected
	}
	return c.differ(-1, k.Column, expected, actual, changed(""), s)
}

func columnAt(t *snapshot.Table, name string) (int, bool) {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return i, true
		}
	}
	return 0, false
}

// differ writes a difference; i is the column pair's, or -1.
func (c *comparer) differ(i int, name string, old, new cell, v verdict, s *rowState) error {
	s.differs = true
	if i >= 0 {
		c.differences[i]++
	}
	return c.place(name, name, v.kind, v.class, v.severity, valueOf(old), valueOf(new))
}

// unknown writes what could not be compared.
func (c *comparer) unknown(name string, old, new cell, err error, s *rowState) error {
	s.unknown = true
	return c.place(name, name, comparison.NotCompared, shortError(err), comparison.Error, valueOf(old), valueOf(new))
}

// shortError is an error as a class: groups are made of it, so it must not hold
// values.
func shortError(err error) string {
	const most = 80
	text := err.Error()
	if len(text) > most {
		text = text[:most]
	}
	return text
}

func (c *comparer) place(field, pattern string, kind comparison.Kind, class string, severity comparison.Severity, old, new comparison.Value) error {
	if c.written++; c.written > c.r.o.MaxPerRecord {
		return nil
	}
	d := &comparison.Difference{
		Subject: c.pair.name, Record: string(c.record), Part: comparison.Column, Field: field, Pattern: pattern,
		Kind: kind, Class: class, Severity: severity, Old: old, New: new,
	}
	if c.written == c.r.o.MaxPerRecord {
		d.Class = "more of this row"
	}
	return c.write(d)
}

func text(c cell) string { return string(snapshot.AppendText(nil, c.class, c.bytes)) }

func valueOf(c cell) comparison.Value {
	typ := "text"
	switch c.class {
	case snapshot.Null:
		typ = "null"
	case snapshot.Bool:
		typ = "bool"
	case snapshot.Number, snapshot.Float:
		typ = "number"
	case snapshot.Bytes:
		typ = "bytes"
	}
	return comparison.MakeValue(typ, text(c))
}
