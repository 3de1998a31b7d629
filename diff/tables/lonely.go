package tables

import "parallax/capture/snapshot"

// A row too many or too few changes the sums of all columns of its stretch. It is
// found by the keys alone; its cells are taken out of its side's sums, and what
// differs then are the columns in which other rows differ.

// lonelyShare is the largest share of a stretch's rows for which that is worth it:
// a lonely row costs a page of each column.
const lonelyShare = 8

// lonelyRows are the places of rows that only one side has.
type lonelyRows struct{ old, new []int64 }

func (l *lonelyRows) count() int64 { return int64(len(l.old) + len(l.new)) }

// canSettle reports whether sums of rows can be taken apart here: not where one key
// has several rows or all of a row is asked for.
func (t *tableRun) canSettle(s *stretch) bool {
	return len(t.plan.keys) > 0 && t.plan.old.dups+t.plan.new.dups == 0 && !t.opts.SampleOnly &&
		len(t.plan.computed) == 0 && max(s.old.rows, s.new.rows) <= mostRows
}

// settle leaves in the stretch which columns differ in rows that both sides have,
// and reports whether it could.
func (t *tableRun) settle(s *stretch) (bool, error) {
	if !t.canSettle(s) {
		return false, nil
	}
	var lonely lonelyRows
	if err := t.findLonely(s, &lonely); err != nil {
		return false, err
	}
	if lonely.count() > max(s.old.rows, s.new.rows)/lonelyShare+1 {
		return false, nil
	}
	if err := t.takeOut(&t.plan.old, "old", lonely.old, s.oldSums); err != nil {
		return false, err
	}
	if err := t.takeOut(&t.plan.new, "new", lonely.new, s.newSums); err != nil {
		return false, err
	}
	s.compareSums()
	return true, nil
}

// findLonely pairs the keys of a stretch.
func (t *tableRun) findLonely(s *stretch, out *lonelyRows) error {
	n := need{pairs: make([]bool, len(t.plan.pairs))}
	m := &t.merger
	m.t = t
	m.a, m.b = t.cursors(s.old, s.new, &n)
	m.a.rowsRead, m.b.rowsRead = new(int64), new(int64) // they are counted when they are compared
	return m.walk(func(e event) error {
		switch e.kind {
		case oldOnly:
			out.old = m.a.places(out.old, e.old, e.rows)
		case newOnly:
			out.new = m.b.places(out.new, e.new, e.rows)
		}
		return nil
	})
}

// places appends where rows of the batch stand.
func (c *cursor) places(to []int64, from, rows int) []int64 {
	for row := from; row < from+rows; row++ {
		to = append(to, c.place(row))
	}
	return to
}

// place is where a row of the batch stands in its table.
func (c *cursor) place(row int) int64 { return c.following - int64(c.batch.Rows-row) }

// takeOut subtracts the cells of rows from the sums of the columns that are
// compared by checksum.
func (t *tableRun) takeOut(s *side, label string, places []int64, sums []snapshot.Sum) error {
	for _, at := range places {
		c, err := t.alone(s, label, at)
		if err != nil {
			return err
		}
		hash, i := snapshot.KeyHash(c.keys.at(0)), 0
		for _, q := range t.plan.pairs {
			if q.mode != byChecksum {
				continue
			}
			class, cell := c.batch.Columns[q.at(s == &t.plan.old)].Cell(0)
			sums[i].Sub(snapshot.CellSum(hash, class, cell))
			i++
		}
	}
	return nil
}

// at is the column of one of the sides.
func (p *pair) at(ofOld bool) int {
	if ofOld {
		return p.old
	}
	return p.new
}

// alone reads one row with all of its cells.
func (t *tableRun) alone(s *side, label string, at int64) (*cursor, error) {
	if s.single == nil {
		s.single, s.singleKey = snapshot.NewBatch(s.schema.Columns), &keyList{}
	}
	c := t.cursor(s, label, nil)
	c.keys, c.rowsRead = s.singleKey, new(int64)
	c.next = func() (*snapshot.Batch, error) {
		err := s.rows.Read(at, 1, nil, s.single)
		s.single.Rows = 1
		return s.single, err
	}
	return c, c.fill()
}
