package tables

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"

	"parallax/capture/snapshot"
)

// span is a range of one side's rows.
type span struct{ first, rows int64 }

// stretch is a range of keys at whose end both sides end a block, or their tables.
type stretch struct {
	old, new  span
	keysAlike bool           // as many rows, and one sum over the keys
	differ    []bool         // by pair compared by checksum: the sums differ
	oldSums   []snapshot.Sum // by the same
	newSums   []snapshot.Sum
	lastKey   []byte // valid until the next stretch
}

// equal reports whether all checksums agree.
func (s *stretch) equal() bool { return s.keysAlike && !slices.Contains(s.differ, true) }

func (s *stretch) compareSums() {
	s.differ = s.differ[:0]
	for i := range s.oldSums {
		s.differ = append(s.differ, s.oldSums[i] != s.newSums[i])
	}
}

// walker walks two indexes together.
type walker struct {
	plan     *plan
	checked  []*pair // those compared by checksum, key columns included
	old, new lane
	s        stretch
}

// lane is one index on its way.
type lane struct {
	next func() (*snapshot.Block, error, bool)
	at   *snapshot.Block // the block to be taken next; nil: none is left

	span    span // of the stretch being gathered
	keys    snapshot.Sum
	columns []snapshot.Sum
	row     int64
	last    []byte
}

var errStop = errors.New("stop")

// blocksOf turns the callback of a table into a sequence.
func blocksOf(t Table) iter.Seq2[*snapshot.Block, error] {
	return func(yield func(*snapshot.Block, error) bool) {
		err := t.Blocks(func(b *snapshot.Block) error {
			if !yield(b, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

// stretches yields what two indexes have in common; the stretch is reused. The sums
// of whole columns are in the pairs once it has ended.
func (p *plan) stretches() iter.Seq2[*stretch, error] {
	return func(yield func(*stretch, error) bool) {
		w := &walker{plan: p}
		for _, q := range p.pairs {
			if q.oldSum, q.newSum = (snapshot.Sum{}), (snapshot.Sum{}); q.mode == byChecksum {
				w.checked = append(w.checked, q)
			}
		}
		var stopOld, stopNew func()
		w.old.next, stopOld = iter.Pull2(blocksOf(p.old.rows))
		defer stopOld()
		w.new.next, stopNew = iter.Pull2(blocksOf(p.new.rows))
		defer stopNew()
		w.old.columns, w.new.columns = make([]snapshot.Sum, len(p.old.schema.Columns)), make([]snapshot.Sum, len(p.new.schema.Columns))
		if err := w.walk(yield); err != nil {
			yield(nil, err)
		}
	}
}

func (w *walker) walk(yield func(*stretch, error) bool) error {
	if err := errors.Join(w.old.advance("old"), w.new.advance("new")); err != nil {
		return err
	}
	for w.old.at != nil || w.new.at != nil {
		ended, err := w.step()
		if err != nil {
			return err
		}
		if ended && !yield(w.end(), nil) {
			return nil
		}
	}
	if w.old.span.rows+w.new.span.rows > 0 {
		yield(w.end(), nil)
	}
	return nil
}

// step takes the block, or the two blocks, whose last key is the smaller, and
// reports whether a stretch ends there.
func (w *walker) step() (ended bool, err error) {
	order := 0
	switch {
	case w.new.at == nil:
		order = -1
	case w.old.at == nil:
		order = 1
	default:
		order = bytes.Compare(w.old.at.LastKey, w.new.at.LastKey)
	}
	if order <= 0 {
		if err := w.old.take("old"); err != nil {
			return false, err
		}
	}
	if order >= 0 {
		if err := w.new.take("new"); err != nil {
			return false, err
		}
	}
	return order == 0, nil
}

// take adds the lane's block to the stretch and goes to the next.
func (l *lane) take(side string) error {
	b := l.at
	if b.First != l.row || len(b.Columns) != len(l.columns) {
		return fmt.Errorf("%s: index: block at row %d with %d columns, want row %d and %d columns: %w",
			side, b.First, len(b.Columns), l.row, len(l.columns), snapshot.ErrDamaged)
	}
	l.span.rows += b.Rows
	l.row += b.Rows
	l.keys.Add(b.Keys)
	for i := range b.Columns {
		l.columns[i].Add(b.Columns[i])
	}
	l.last = append(l.last[:0], b.LastKey...)
	return l.advance(side)
}

func (l *lane) advance(side string) error {
	b, err, ok := l.next()
	if err != nil {
		return fmt.Errorf("%s: %w", side, err)
	}
	l.at = b
	if !ok {
		l.at = nil
		return nil
	}
	if l.row > 0 && bytes.Compare(l.last, b.LastKey) >= 0 {
		return fmt.Errorf("%s: index: block that ends at key %x after one that ends at %x: %w", side, b.LastKey, l.last, ErrOrder)
	}
	return nil
}

// end closes the stretch and begins the next.
func (w *walker) end() *stretch {
	s := &w.s
	s.old, s.new = w.old.span, w.new.span
	s.keysAlike = w.old.keys == w.new.keys && s.old.rows == s.new.rows
	s.oldSums, s.newSums = s.oldSums[:0], s.newSums[:0]
	for _, q := range w.checked {
		a, b := w.old.columns[q.old], w.new.columns[q.new]
		s.oldSums, s.newSums = append(s.oldSums, a), append(s.newSums, b)
		q.oldSum.Add(a)
		q.newSum.Add(b)
	}
	s.compareSums()
	s.lastKey = append(s.lastKey[:0], w.old.last...)
	w.old.begin()
	w.new.begin()
	return s
}

func (l *lane) begin() {
	l.span, l.keys = span{first: l.row}, snapshot.Sum{}
	clear(l.columns)
}
