package tables

import (
	"bytes"
	"fmt"

	"parallax/capture/snapshot"
)

// event is a stretch of rows within two batches: paired ones, or those of one
// side.
type event struct {
	kind     eventKind
	old, new int
	rows     int
}

type eventKind uint8

const (
	paired eventKind = iota
	oldOnly
	newOnly
)

// merge pairs the rows of two cursors by key and compares the pairs' cells.
func (t *tableRun) merge(a, b *cursor, read []*pair) error {
	if len(t.plan.keys) == 0 {
		return t.mergeCounts(a, b)
	}
	if t.plan.old.dups+t.plan.new.dups > 0 {
		return t.mergeGroups(a, b, read)
	}
	m := &t.merger
	m.t, m.a, m.b, m.pairs = t, a, b, read
	return m.walk(m.event)
}

// walk pairs all rows and hands on what it finds, while the rows are in the batches.
func (m *merger) walk(each func(event) error) error {
	for {
		if err := m.t.ctx.Err(); err != nil {
			return fmt.Errorf("after %d rows: %w", m.t.proof.RowsRead, err)
		}
		if err := m.a.fill(); err != nil {
			return err
		}
		if err := m.b.fill(); err != nil {
			return err
		}
		if m.a.ended() && m.b.ended() {
			return nil
		}
		if err := m.step(each); err != nil {
			return err
		}
	}
}

// merger compares rows whose keys are unique.
type merger struct {
	t      *tableRun
	a, b   *cursor
	pairs  []*pair
	events []event
	lonely bool // the batches hold but some cells of rows without a partner

	rows  []int32 // that differ in one column
	heads []int32 // by row of an event: its first cell, -1: none
	cells []cell
}

// differs marks, among heads, a row that has been found to differ.
const differs = -2

// cell is one that differs: its pair, and the row's next one.
type cell struct{ pair, next int32 }

// step pairs what the current batches hold, until one is used up.
func (m *merger) step(each func(event) error) error {
	m.events = m.events[:0]
	m.pairRows()
	for _, e := range m.events {
		if err := each(e); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) pairRows() {
	a, b := m.a, m.b
	switch {
	case a.ended():
		m.add(newOnly, b.batch.Rows-b.at)
		return
	case b.ended():
		m.add(oldOnly, a.batch.Rows-a.at)
		return
	}
	if n := min(a.batch.Rows-a.at, b.batch.Rows-b.at); sameKeys(a.keys, a.at, b.keys, b.at, n) {
		m.add(paired, n)
		return
	}
	for a.at < a.batch.Rows && b.at < b.batch.Rows {
		switch order := bytes.Compare(a.keys.at(a.at), b.keys.at(b.at)); {
		case order == 0:
			m.add(paired, 1)
		case order < 0:
			m.add(oldOnly, 1)
		default:
			m.add(newOnly, 1)
		}
	}
}

// sameKeys compares the keys of consecutive rows at once.
func sameKeys(a *keyList, i int, b *keyList, j, rows int) bool {
	x, y := keyStart(a, i), keyStart(b, j)
	return bytes.Equal(a.data[x:a.ends[i+rows-1]], b.data[y:b.ends[j+rows-1]]) &&
		sameEnds(a.ends[i:i+rows], b.ends[j:j+rows], y-x)
}

func keyStart(k *keyList, row int) uint32 {
	if row == 0 {
		return 0
	}
	return k.ends[row-1]
}

// add takes rows from the cursors and joins them to the event before.
func (m *merger) add(kind eventKind, rows int) {
	n := len(m.events)
	if n > 0 && m.events[n-1].kind == kind {
		m.events[n-1].rows += rows
	} else {
		m.events = append(m.events, event{kind: kind, old: m.a.at, new: m.b.at, rows: rows})
	}
	if kind != newOnly {
		m.a.at += rows
	}
	if kind != oldOnly {
		m.b.at += rows
	}
}

func (m *merger) event(e event) error {
	t := m.t
	if e.kind != newOnly {
		t.countOverlong(m.a.batch, e.old, e.rows)
	}
	switch e.kind {
	case oldOnly:
		return m.missing(m.a, e.old, e.rows)
	case newOnly:
		return m.missing(m.b, e.new, e.rows)
	}
	if t.opts.SampleOnly {
		return m.onlySampled(e)
	}
	return m.compare(e)
}

// missing writes rows that only one side has.
func (m *merger) missing(c *cursor, from, rows int) error {
	for row := from; row < from+rows; row++ {
		whole, at := c, row
		if m.lonely {
			var err error
			if whole, err = m.t.alone(c.side, c.label, c.place(row)); err != nil {
				return err
			}
			at = 0
		}
		if err := m.t.missing(whole, at); err != nil {
			return err
		}
	}
	return nil
}

// compare compares rows that are paired, column by column, and then looks at the
// rows in which a cell differs.
func (m *merger) compare(e event) error {
	m.gather(e)
	t := m.t
	everyRow := len(t.plan.computed) > 0
	if len(m.cells) == 0 && !everyRow {
		t.rows.equal += int64(e.rows)
		t.countSample(m.a, e, nil)
		return nil
	}
	touched := int64(0)
	for row := range e.rows {
		if m.heads[row] < 0 && !everyRow {
			continue
		}
		touched++
		if err := m.row(e.old+row, e.new+row, m.heads[row]); err != nil {
			return err
		}
		if t.row.final >= resultNotCompared {
			m.heads[row] = differs // the sample asks for it
		}
	}
	t.rows.equal += int64(e.rows) - touched
	t.countSample(m.a, e, m.heads)
	return nil
}

// gather lists for each row of the event the cells that differ, in the order of
// the columns.
func (m *merger) gather(e event) {
	m.cells = m.cells[:0]
	if len(m.t.plan.computed) > 0 {
		m.noCells(e.rows)
	}
	for i := len(m.pairs) - 1; i >= 0; i-- {
		q := m.pairs[i]
		m.rows = m.differing(q, e)
		if len(m.rows) > 0 && len(m.cells) == 0 {
			m.noCells(e.rows)
		}
		for _, row := range m.rows {
			m.cells = append(m.cells, cell{int32(i), m.heads[row]})
			m.heads[row] = int32(len(m.cells) - 1)
		}
	}
}

func (m *merger) noCells(rows int) {
	m.heads = m.heads[:0]
	for range rows {
		m.heads = append(m.heads, -1)
	}
}

func (m *merger) differing(q *pair, e event) []int32 {
	rows := m.rows[:0]
	if q.mode == always {
		for row := range e.rows {
			rows = append(rows, int32(row))
		}
		return rows
	}
	return differing(&m.a.batch.Columns[q.old], e.old, &m.b.batch.Columns[q.new], e.new, e.rows, rows)
}

// row judges the cells of one pair of rows.
func (m *merger) row(old, new int, at int32) error {
	t := m.t
	t.begin(m.a, old)
	for at >= 0 {
		c := m.cells[at]
		if err := t.cell(m.pairs[c.pair], m.a.batch, old, m.b.batch, new); err != nil {
			return err
		}
		at = c.next
	}
	if err := t.computedCells(m.a.batch, old, m.b.batch, new); err != nil {
		return err
	}
	return t.end()
}

// cellsOf returns a pair's two cells.
func cellsOf(q *pair, a *snapshot.Batch, old int, b *snapshot.Batch, new int) cells {
	c := cells{old: q.oldColumn, new: q.newColumn}
	c.oldClass, c.a = a.Columns[q.old].Cell(old)
	c.newClass, c.b = b.Columns[q.new].Cell(new)
	return c
}
