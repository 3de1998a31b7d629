package tables

import (
	"bytes"
	"fmt"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// rows merges a stretch of both sides, row by row.
func (c *comparer) rows(old, new span, active []int, keysEqual bool) error {
	readOld, readNew := c.toFetch(active, keysEqual)
	a := newCursor("old", c.tableOld, c.old, c.keyOld, readOld, old)
	b := newCursor("new", c.tableNew, c.new, c.keyNew, readNew, new)
	defer func() {
		c.proof.RowsRead += a.read + b.read
		c.proof.CellsRead += a.read*int64(widthOf(readOld, c.old)) + b.read*int64(widthOf(readNew, c.new))
	}()
	moreA, err := a.advance()
	if err != nil {
		return err
	}
	moreB, err := b.advance()
	if err != nil {
		return err
	}
	for moreA || moreB {
		order := 0
		switch {
		case !moreA:
			order = 1
		case !moreB:
			order = -1
		default:
			order = bytes.Compare(a.current(), b.current())
		}
		if moreA, moreB, err = c.step(a, b, order, moreA, moreB, active); err != nil {
			return err
		}
	}
	return nil
}

func widthOf(columns []int, t *snapshot.TableEntry) int {
	if columns == nil {
		return len(t.Columns)
	}
	return len(columns)
}

// toFetch lists the columns to read: all of them where rows may be missing, since
// a missing row is shown whole.
func (c *comparer) toFetch(active []int, keysEqual bool) (old, new []int) {
	if !keysEqual || len(c.keyOld) == 0 || len(c.computed) > 0 {
		return nil, nil
	}
	old, new = append([]int{}, c.keyOld...), append([]int{}, c.keyNew...)
	for _, i := range active {
		old, new = append(old, c.columns[i].old), append(new, c.columns[i].new)
	}
	return old, new
}

// step deals with the least key of both sides and moves behind it.
func (c *comparer) step(a, b *cursor, order int, moreA, moreB bool, active []int) (bool, bool, error) {
	duplicates := len(c.keyOld) == 0 || c.proof.Duplicates > 0
	var err error
	switch {
	case duplicates:
		return c.group(a, b, order, moreA, moreB, active)
	case order < 0:
		if err = c.lonely(a, &c.old.Table, comparison.MissingInNew, 1); err == nil {
			moreA, err = a.advance()
		}
	case order > 0:
		if err = c.lonely(b, &c.new.Table, comparison.MissingInOld, 1); err == nil {
			moreB, err = b.advance()
		}
	default:
		if err = c.paired(a, b, active); err == nil {
			moreA, err = a.advance()
		}
		if err == nil {
			moreB, err = b.advance()
		}
	}
	return moreA, moreB, err
}

// lonely writes a row that only one side has.
func (c *comparer) lonely(x *cursor, t *snapshot.Table, kind comparison.Kind, times int64) error {
	d := &comparison.Difference{
		Subject: c.pair.name, Record: string(snapshot.AppendKeyJSON(nil, t, x.batch, x.row)), Part: comparison.Row, Kind: kind, Severity: comparison.Error,
	}
	value := comparison.MakeValue("object", string(snapshot.AppendCellsJSON(nil, t, x.batch, x.row)))
	c.subject.Recorded += times
	if kind == comparison.MissingInNew {
		d.Old = value
		c.subject.MissingNew += times
		c.r.counted[0] += times
	} else {
		d.New = value
		c.subject.MissingOld += times
		c.r.counted[1] += times
	}
	c.sampleRow(times, true)
	return c.write(d)
}

func (c *comparer) sampleRow(times int64, different bool) {
	if !c.sampling {
		return
	}
	c.proof.SampleRows += times
	if different {
		c.proof.SampleDifferent += times
	}
}

func (c *comparer) write(d *comparison.Difference) error {
	c.r.tally.Difference(d, 0)
	return c.r.out.Write(d)
}

// group deals with all rows of one key on both sides: as a multiset. Without a
// key, rows of one key are equal, and only counted.
func (c *comparer) group(a, b *cursor, order int, moreA, moreB bool, active []int) (bool, bool, error) {
	var left, right []*cursor
	var err error
	if order <= 0 {
		if left, moreA, err = c.take(a); err != nil {
			return false, false, err
		}
	}
	if order >= 0 {
		if right, moreB, err = c.take(b); err != nil {
			return false, false, err
		}
	}
	return moreA, moreB, c.multiset(left, right, active)
}

// maxGroup bounds the rows of one key that are kept at once.
const maxGroup = 10_000

// take copies the rows of the current key, and moves behind them.
func (c *comparer) take(x *cursor) (rows []*cursor, more bool, err error) {
	key := bytes.Clone(x.current())
	for more = true; more && bytes.Equal(x.current(), key); {
		if len(rows) == maxGroup && len(c.keyOld) > 0 {
			return nil, false, fmt.Errorf("more than %d rows of one key: they cannot be compared as a multiset", maxGroup)
		}
		if len(c.keyOld) > 0 || len(rows) == 0 {
			rows = append(rows, x.copyRow())
		} else {
			rows = append(rows, rows[0]) // without a key they are all alike
		}
		if more, err = x.advance(); err != nil {
			return nil, false, err
		}
	}
	return rows, more, nil
}

// copyRow is a cursor at a copy of the current row.
func (c *cursor) copyRow() *cursor {
	one := &cursor{side: c.side, key: c.key, batch: &snapshot.Batch{Rows: 1, Columns: make([]snapshot.Vector, len(c.batch.Columns))}}
	for i := range c.batch.Columns {
		v := &c.batch.Columns[i]
		one.batch.Columns[i].Class = v.Class
		if v.Len() > 0 {
			class, cell := v.Cell(c.row)
			one.batch.Columns[i].Append(class, cell)
		}
	}
	return one
}

// multiset pairs equal rows of one key first, then the others in their order; what
// is left over on one side is missing on the other.
func (c *comparer) multiset(left, right []*cursor, active []int) error {
	if len(c.keyOld) == 0 {
		return c.counts(left, right)
	}
	left, right, equal := c.dropEqual(left, right)
	for range equal {
		if err := c.same(); err != nil {
			return err
		}
	}
	n := min(len(left), len(right))
	for i := range n {
		if err := c.paired(left[i], right[i], active); err != nil {
			return err
		}
	}
	for _, x := range left[n:] {
		if err := c.lonely(x, &c.old.Table, comparison.MissingInNew, 1); err != nil {
			return err
		}
	}
	for _, x := range right[n:] {
		if err := c.lonely(x, &c.new.Table, comparison.MissingInOld, 1); err != nil {
			return err
		}
	}
	return nil
}

// counts compares how often a row stands on each side.
func (c *comparer) counts(left, right []*cursor) error {
	n := min(len(left), len(right))
	for range n {
		if err := c.same(); err != nil {
			return err
		}
	}
	switch {
	case len(left) > n:
		return c.lonely(left[0], &c.old.Table, comparison.MissingInNew, int64(len(left)-n))
	case len(right) > n:
		return c.lonely(right[0], &c.new.Table, comparison.MissingInOld, int64(len(right)-n))
	}
	return nil
}

// same counts a pair of rows that are equal.
func (c *comparer) same() error {
	c.subject.Recorded++
	c.subject.Equal++
	c.r.counted[0]++
	c.r.counted[1]++
	c.sampleRow(1, false)
	return nil
}

// dropEqual takes rows that are the same cell by cell out of both lists.
func (c *comparer) dropEqual(left, right []*cursor) (restLeft, restRight []*cursor, equal int) {
	used := make([]bool, len(right))
	for _, x := range left {
		found := false
		for j, y := range right {
			if !used[j] && c.identical(x, y) {
				used[j], found = true, true
				equal++
				break
			}
		}
		if !found {
			restLeft = append(restLeft, x)
		}
	}
	for j, y := range right {
		if !used[j] {
			restRight = append(restRight, y)
		}
	}
	return restLeft, restRight, equal
}

func (c *comparer) identical(x, y *cursor) bool {
	for i := range c.columns {
		p := &c.columns[i]
		if p.old < 0 || p.new < 0 || p.ignored >= 0 || x.batch.Columns[p.old].Len() == 0 {
			continue
		}
		ca, a := x.cell(p.old)
		cb, b := y.cell(p.new)
		if ca != cb || !bytes.Equal(a, b) || c.byValue(p) {
			return false
		}
	}
	return len(c.computed) == 0
}
