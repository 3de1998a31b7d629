package tables

import (
	"bytes"
	"errors"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/tables/mapping"
)

// ClassMore is the class of the difference that says that its record has more.
const ClassMore = "more differences"

// ClassMapping is the class of cells that are not what the mapping makes of the
// old ones.
const ClassMapping = "mapping"

// result says what became of a pair of rows.
type result uint8

const (
	resultEqual result = iota
	resultUnderRules
	resultNotCompared
	resultDifferent
)

// rowState is the pair of rows being looked at.
type rowState struct {
	c      *cursor // of the side that names it
	row    int
	key    []byte
	record string // "" until it is asked for
	count  int
	final  result
	partly bool // something in it could not be compared
}

func (r *rowState) raise(to result) { r.final = max(r.final, to) }

// begin starts a pair of rows; the old side's cursor names it.
func (t *tableRun) begin(c *cursor, row int) {
	t.row = rowState{c: c, row: row, key: c.keys.at(row)}
}

// end counts the pair in one place.
func (t *tableRun) end() error {
	switch t.row.final {
	case resultEqual:
		t.rows.equal++
	case resultUnderRules:
		t.rows.underRules++
	case resultNotCompared:
		t.rows.notCompared++
		t.lost++
	case resultDifferent:
		t.rows.different++
		if t.row.partly {
			t.rows.partly++
		}
	}
	return nil
}

func (t *tableRun) record() string {
	if t.row.record == "" {
		t.row.record = string(snapshot.AppendKeyJSON(nil, t.row.c.side.schema, t.row.c.batch, t.row.row))
	}
	return t.row.record
}

// cell judges two cells that differ, or that the mapping has to be asked about.
func (t *tableRun) cell(q *pair, a *snapshot.Batch, old int, b *snapshot.Batch, new int) error {
	c := cellsOf(q, a, old, b, new)
	if q.mode == always {
		return t.mapped(q, &c)
	}
	v := judge(&c, t.opts.Strict)
	if !v.equal && q.judge != nil {
		return t.judged(q, &c, v)
	}
	return t.verdict(q, &c, v)
}

// verdict counts what was found of two cells.
func (t *tableRun) verdict(q *pair, c *cells, v verdict) error {
	switch {
	case v.document:
		return t.documents(q, c)
	case v.equal && v.norm == asIs:
		return nil
	case v.equal:
		t.normal(q, c, v.norm)
		return nil
	}
	return t.differs(q, c, v)
}

// normal counts a normalisation.
func (t *tableRun) normal(q *pair, c *cells, n norm) {
	t.row.raise(resultUnderRules)
	if q.uses[n] == nil {
		q.uses[n] = t.hiddenAt(t.names.ofNorm(n), t.plan.subject, comparison.Column, q.name())
	}
	q.uses[n].add(t.row.key, func() comparison.Sample { return t.sample(q, c) })
}

func (t *tableRun) sample(q *pair, c *cells) comparison.Sample {
	return comparison.SampleOf(&comparison.Difference{
		Record: t.record(), Field: q.name(), Old: valueOf(c.oldClass, c.a), New: valueOf(c.newClass, c.b),
	})
}

// judged asks the mapping about cells that are not equal as they stand.
func (t *tableRun) judged(q *pair, c *cells, v verdict) error {
	if q.judge.JSON() {
		return t.byPaths(q, c, t.names.ofMapping(q.judge.Rule()), q.judge.Paths)
	}
	equal, err := q.judge.Equal(c.oldClass, c.a, c.newClass, c.b)
	switch {
	case err != nil:
		return t.notCompared(q, c, err)
	case equal:
		t.byMapping(q, c)
		return nil
	}
	return t.verdict(q, c, v)
}

// mapped asks a mapping that changes values.
func (t *tableRun) mapped(q *pair, c *cells) error {
	equal, err := q.judge.Equal(c.oldClass, c.a, c.newClass, c.b)
	switch {
	case err != nil:
		return t.notCompared(q, c, err)
	case !equal:
		return t.differs(q, c, verdict{kind: comparison.Changed, class: ClassMapping, severity: comparison.Error})
	case !sameCell(c):
		t.byMapping(q, c)
	}
	return nil
}

func sameCell(c *cells) bool { return c.oldClass == c.newClass && string(c.a) == string(c.b) }

func (t *tableRun) byMapping(q *pair, c *cells) {
	t.row.raise(resultUnderRules)
	t.hide(t.names.ofMapping(q.judge.Rule()), t.plan.subject, comparison.Column, q.name(), t.row.key,
		func() comparison.Sample { return t.sample(q, c) })
}

func (t *tableRun) notCompared(q *pair, c *cells, err error) error {
	class := ClassMapping
	if errors.Is(err, mapping.ErrNoValue) {
		class = mapping.ErrNoValue.Error()
	}
	return t.differs(q, c, verdict{kind: comparison.NotCompared, class: class, severity: comparison.Error})
}

// differs writes one difference of the pair of rows.
func (t *tableRun) differs(q *pair, c *cells, v verdict) error {
	d := &comparison.Difference{
		Part: comparison.Column, Field: q.name(), Pattern: q.name(), Kind: v.kind, Class: v.class, Severity: v.severity,
		Old: valueOf(c.oldClass, c.a), New: valueOf(c.newClass, c.b),
	}
	if d.Class == "" && q.oldColumn.Generated+q.newColumn.Generated != "" {
		d.Class = ClassGenerated
	}
	q.differences++
	return t.found(d)
}

// found writes a difference of the current record, within the bound.
func (t *tableRun) found(d *comparison.Difference) error {
	d.Subject, d.Record = t.plan.subject, t.record()
	if d.Kind == comparison.NotCompared {
		t.row.raise(resultNotCompared)
		t.row.partly = true
	} else {
		t.row.raise(resultDifferent)
	}
	switch t.row.count++; {
	case t.row.count == t.opts.MaxPerRecord+1:
		t.row.partly = true
		return t.write(&comparison.Difference{
			Subject: d.Subject, Record: d.Record, Part: comparison.Row, Kind: comparison.NotCompared,
			Class: ClassMore, Severity: comparison.Error,
		})
	case t.row.count > t.opts.MaxPerRecord:
		return nil
	}
	return t.write(d)
}

// missing writes a row that only the cursor's side has.
func (t *tableRun) missing(c *cursor, row int) error {
	if t.filtered(c, row) {
		return nil
	}
	t.begin(c, row)
	t.text = snapshot.AppendCellsJSON(t.text[:0], c.side.schema, c.batch, row)
	d := &comparison.Difference{Subject: t.plan.subject, Record: t.record(), Part: comparison.Row, Severity: comparison.Error}
	whole := comparison.MakeValue("object", string(t.text))
	if c.side == &t.plan.old {
		d.Kind, d.Old = comparison.MissingInNew, whole
		t.rows.missing++
	} else {
		d.Kind, d.New = comparison.MissingInOld, whole
		t.extra++
	}
	t.countSampleMissing(c, row)
	if t.collapse.may(t, c, row, d) {
		return nil
	}
	return t.write(d)
}

// valueOf is a cell as a difference shows it.
func valueOf(class snapshot.Class, c []byte) comparison.Value {
	return comparison.MakeValue(typeOf(class, c), string(snapshot.AppendText(nil, class, c)))
}

func typeOf(class snapshot.Class, c []byte) string {
	switch class {
	case snapshot.Null:
		return "null"
	case snapshot.Bool:
		return "bool"
	case snapshot.Number, snapshot.Float:
		return "number"
	case snapshot.Bytes:
		return "bytes"
	case snapshot.JSON, snapshot.List:
		return documentType(c)
	}
	return "text"
}

// documentType goes by how a document begins; one that is none is text.
func documentType(c []byte) string {
	c = bytes.TrimLeft(c, " \t\r\n")
	if len(c) == 0 || !bytes.ContainsRune([]byte("{[\"tfn-0123456789"), rune(c[0])) {
		return "text"
	}
	return jsondiff.TypeOf(c[0])
}
