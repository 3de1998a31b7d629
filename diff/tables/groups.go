package tables

import (
	"bytes"
	"fmt"
	"slices"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// groups reads the rows of one key at a time.
type groups struct {
	c     *cursor
	most  int64
	key   []byte
	count int64
	// view holds the group's rows, at most as many as may be held.
	view cursor
	done bool
}

func newGroups(c *cursor, most int) *groups {
	return &groups{c: c, most: int64(most), view: cursor{keys: &keyList{}, side: c.side, label: c.label, batch: snapshot.NewBatch(c.side.schema.Columns)}}
}

// next reads the next group.
func (g *groups) next() error {
	if err := g.c.fill(); err != nil {
		return err
	}
	g.count = 0
	g.view.batch.Reset()
	if g.done = g.c.ended(); g.done {
		return nil
	}
	g.key = append(g.key[:0], g.c.keys.at(g.c.at)...)
	for !g.c.ended() && bytes.Equal(g.key, g.c.keys.at(g.c.at)) {
		if g.count < g.most {
			appendRow(g.view.batch, g.c.batch, g.c.at)
		}
		g.count++
		g.c.at++
		if err := g.c.fill(); err != nil {
			return err
		}
	}
	g.view.keys.of(g.view.batch, g.c.side.key)
	return nil
}

func appendRow(into, from *snapshot.Batch, row int) {
	for i := range from.Columns {
		if v := &from.Columns[i]; v.Len() > row {
			class, c := v.Cell(row)
			into.Columns[i].Append(class, c)
		}
	}
	into.Rows++
}

// eachGroup calls both with the groups of one key, and one with those that only
// one side has.
func (t *tableRun) eachGroup(a, b *groups, both func() error, one func(*groups) error) error {
	if err := a.next(); err != nil {
		return err
	}
	if err := b.next(); err != nil {
		return err
	}
	for !a.done || !b.done {
		if err := t.ctx.Err(); err != nil {
			return fmt.Errorf("after %d rows: %w", t.proof.RowsRead, err)
		}
		order := bytes.Compare(a.key, b.key)
		if a.done {
			order = 1
		} else if b.done {
			order = -1
		}
		if err := t.group(order, a, b, both, one); err != nil {
			return err
		}
	}
	return nil
}

func (t *tableRun) group(order int, a, b *groups, both func() error, one func(*groups) error) error {
	do := both
	switch {
	case order < 0:
		do = func() error { return one(a) }
	case order > 0:
		do = func() error { return one(b) }
	}
	if err := do(); err != nil {
		return err
	}
	if order <= 0 {
		if err := a.next(); err != nil {
			return err
		}
	}
	if order >= 0 {
		return b.next()
	}
	return nil
}

// mergeCounts compares tables without a key: whole rows, counted.
func (t *tableRun) mergeCounts(x, y *cursor) error {
	a, b := newGroups(x, 1), newGroups(y, 1)
	return t.eachGroup(a, b, func() error {
		return t.counts(a, a.count, b.count)
	}, func(g *groups) error {
		if g == a {
			return t.counts(g, g.count, 0)
		}
		return t.counts(g, 0, g.count)
	})
}

// counts reports a row that the sides hold a different number of times.
func (t *tableRun) counts(g *groups, old, new int64) error {
	if t.opts.SampleOnly && !t.chosen(g.key) {
		t.rows.filtered += old
		t.left += new
		return nil
	}
	t.rows.equal += min(old, new)
	t.rows.missing += max(old-new, 0)
	t.extra += max(new-old, 0)
	if t.sampleAt > 0 && t.chosen(g.key) {
		t.proof.SampleRows += max(old, new)
		t.proof.SampleDifferent += max(old, new) - min(old, new)
	}
	if old == new {
		return nil
	}
	t.begin(&g.view, 0)
	d := &comparison.Difference{
		Subject: t.plan.subject, Record: t.record(), Part: comparison.Row, Kind: comparison.MissingInNew, Severity: comparison.Error,
	}
	if new > old {
		d.Kind = comparison.MissingInOld
	}
	if old+new > 1 {
		d.Class = ClassCount
		d.Old, d.New = comparison.MakeValue("number", fmt.Sprint(old)), comparison.MakeValue("number", fmt.Sprint(new))
		return t.write(d)
	}
	whole := comparison.MakeValue("object", string(snapshot.AppendCellsJSON(nil, g.view.side.schema, g.view.batch, 0)))
	if old > new {
		d.Old = whole
	} else {
		d.New = whole
	}
	return t.write(d)
}

// mergeGroups compares tables in which rows share keys: the rows of one key are a
// multiset. Equal ones pair, then the others in the order of their cells.
func (t *tableRun) mergeGroups(x, y *cursor, read []*pair) error {
	a, b := newGroups(x, t.opts.GroupRows), newGroups(y, t.opts.GroupRows)
	return t.eachGroup(a, b, func() error {
		if a.count > a.most || b.count > b.most {
			return t.tooMany(a, a.count, b.count)
		}
		return t.multisets(a, b, read)
	}, func(g *groups) error {
		if g.count > g.most {
			old, new := g.count, int64(0)
			if g == b {
				old, new = new, old
			}
			return t.tooMany(g, old, new)
		}
		t.countOverlong(g.view.batch, 0, g.view.batch.Rows)
		return t.missingRows(g, rowsOf(g.view.batch))
	})
}

func (t *tableRun) tooMany(g *groups, old, new int64) error {
	t.rows.notCompared += old
	t.lost += new
	t.begin(&g.view, 0)
	return t.write(&comparison.Difference{
		Subject: t.plan.subject, Record: t.record(), Part: comparison.Row, Kind: comparison.NotCompared,
		Class: ClassTooManyOfOneKey, Severity: comparison.Error,
		Old: comparison.MakeValue("number", fmt.Sprint(old)), New: comparison.MakeValue("number", fmt.Sprint(new)),
	})
}

func (t *tableRun) missingRows(g *groups, rows []int) error {
	for _, row := range rows {
		if err := t.missing(&g.view, row); err != nil {
			return err
		}
	}
	return nil
}

func rowsOf(b *snapshot.Batch) []int {
	rows := make([]int, b.Rows)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func (t *tableRun) multisets(a, b *groups, read []*pair) error {
	t.countOverlong(a.view.batch, 0, a.view.batch.Rows)
	old, new := rowsOf(a.view.batch), rowsOf(b.view.batch)
	if len(old)+len(new) > 2 {
		t.pairEqual(a.view.batch, b.view.batch, &old, &new, read)
	}
	n := min(len(old), len(new))
	for i := range n {
		if err := t.groupPair(a, old[i], b, new[i], read); err != nil {
			return err
		}
	}
	if err := t.missingRows(a, old[n:]); err != nil {
		return err
	}
	return t.missingRows(b, new[n:])
}

// pairEqual counts the rows that are equal as they stand and leaves the others,
// each side's in the order of their cells.
func (t *tableRun) pairEqual(a, b *snapshot.Batch, old, new *[]int, read []*pair) {
	slices.SortStableFunc(*old, func(x, y int) int { return compareRows(a, x, a, y, read, oldCell, oldCell) })
	slices.SortStableFunc(*new, func(x, y int) int { return compareRows(b, x, b, y, read, newCell, newCell) })
	var restOld, restNew []int
	i, j := 0, 0
	for i < len(*old) && j < len(*new) {
		switch order := t.compareGroupRows(a, (*old)[i], b, (*new)[j], read); {
		case order == 0:
			t.rows.equal++
			i, j = i+1, j+1
		case order < 0:
			restOld, i = append(restOld, (*old)[i]), i+1
		default:
			restNew, j = append(restNew, (*new)[j]), j+1
		}
	}
	*old, *new = append(restOld, (*old)[i:]...), append(restNew, (*new)[j:]...)
}

// compareGroupRows never calls rows equal that the mapping has to be asked about.
func (t *tableRun) compareGroupRows(a *snapshot.Batch, i int, b *snapshot.Batch, j int, read []*pair) int {
	order := compareRows(a, i, b, j, read, oldCell, newCell)
	if order == 0 && len(t.plan.computed) > 0 || order == 0 && slices.ContainsFunc(read, func(q *pair) bool { return q.mode == always }) {
		return -1
	}
	return order
}

func oldCell(q *pair) int { return q.old }
func newCell(q *pair) int { return q.new }

func compareRows(a *snapshot.Batch, i int, b *snapshot.Batch, j int, read []*pair, of, and func(*pair) int) int {
	for _, q := range read {
		ac, x := a.Columns[of(q)].Cell(i)
		bc, y := b.Columns[and(q)].Cell(j)
		if ac != bc {
			return int(ac) - int(bc)
		}
		if order := bytes.Compare(x, y); order != 0 {
			return order
		}
	}
	return 0
}

// groupPair compares two rows of one key.
func (t *tableRun) groupPair(a *groups, old int, b *groups, new int, read []*pair) error {
	if t.opts.SampleOnly && !t.chosen(a.key) {
		t.rows.filtered++
		t.left++
		return nil
	}
	t.begin(&a.view, old)
	for _, q := range read {
		if c := cellsOf(q, a.view.batch, old, b.view.batch, new); q.mode == always || !sameCell(&c) {
			if err := t.cell(q, a.view.batch, old, b.view.batch, new); err != nil {
				return err
			}
		}
	}
	if err := t.computedCells(a.view.batch, old, b.view.batch, new); err != nil {
		return err
	}
	if t.sampleAt > 0 && t.chosen(a.key) {
		t.proof.SampleRows++
		if t.row.final >= resultNotCompared {
			t.proof.SampleDifferent++
		}
	}
	return t.end()
}
