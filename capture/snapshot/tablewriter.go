package snapshot

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// TableWriter takes one table's rows. It is used by one goroutine. The first
// error sticks: all later calls return it, and only Abort is of use.
type TableWriter struct {
	w     *Writer
	place int // among the writer's tables
	dir   string
	entry TableEntry
	key   []int

	layout *layout
	parts  *partSet
	rows   *ordered
	// sorter is there from the first row on that comes out of order, and early
	// holds the parts of the rows before it.
	sorter *sorter
	early  []Part

	keys  rowKeys
	err   error
	ended bool
}

var errTableEnded = errors.New("the table has ended")

func newTableWriter(w *Writer, place int, dir string, table Table, key []int) (*TableWriter, error) {
	t := &TableWriter{w: w, place: place, dir: dir, entry: TableEntry{Table: table}, key: key}
	t.entry.Columns = slices.Clone(table.Columns) // the caller may change its own
	t.layout = newLayout(t.entry.Columns)
	return t, t.begin(0)
}

// begin makes the writer of rows in order; made counts the parts there are.
func (t *TableWriter) begin(made int) error {
	index, err := newIndexWriter(t.w.folder, t.dir, t.entry.Columns, &t.w.codec)
	if err != nil {
		return err
	}
	t.parts = &partSet{store: t.w.folder, dir: t.dir, limit: t.w.opts.PartBytes, layout: t.layout, codec: &t.w.codec, made: made, index: index}
	t.rows = newOrdered(&t.w.opts, t.w.gate, t.layout, t.parts)
	return nil
}

// Write takes a batch, of which it keeps nothing. Rows may come in any order;
// those that come by ascending key are not sorted again.
func (t *TableWriter) Write(b *Batch) error {
	if t.err != nil {
		return t.err
	}
	if err := t.write(b); err != nil {
		t.err = t.failed(err)
	}
	return t.err
}

func (t *TableWriter) failed(err error) error {
	return fmt.Errorf("table %s: %w", t.entry.FullName(), err)
}

func (t *TableWriter) write(b *Batch) error {
	if err := b.check(t.entry.Columns); err != nil {
		return err
	}
	t.keys.of(b, t.key)
	taken := 0
	if t.sorter == nil {
		var err error
		if taken, err = t.rows.write(b, &t.keys); err != nil || taken == b.Rows {
			return err
		}
		if err := t.beginSort(); err != nil {
			return err
		}
		t.keys.of(b, t.key) // beginSort used them
	}
	return t.sorter.add(b, &t.keys, taken)
}

// beginSort gives the rows taken so far to the sorter: those that are on disk
// already, which are in order, stay there as one more run.
func (t *TableWriter) beginSort() error {
	t.sorter = newSorter(t.w.folder, t.dir, t.w.opts.BufferBytes)
	if b, ok := t.rows.untouched(); ok {
		t.keys.of(b, t.key)
		if err := t.sorter.add(b, &t.keys, 0); err != nil {
			return err
		}
	} else if err := errors.Join(t.rows.flush(), t.parts.endPart()); err != nil {
		return err
	}
	t.early = t.parts.parts
	if err := t.parts.drop(); err != nil {
		return err
	}
	return t.begin(t.parts.made)
}

// Close writes what is left and ends the table; it is in the snapshot from then
// on.
func (t *TableWriter) Close(c TableClosing) error {
	if t.ended {
		return t.err
	}
	if t.err == nil {
		if err := t.finish(c); err != nil {
			t.err = t.failed(err)
		}
	}
	if t.err != nil {
		return errors.Join(t.err, t.Abort())
	}
	t.ended, t.err = true, errTableEnded
	return nil
}

func (t *TableWriter) finish(c TableClosing) error {
	if t.sorter != nil {
		if err := t.merge(); err != nil {
			return err
		}
	}
	if err := t.rows.finish(); err != nil {
		return err
	}
	if err := t.parts.endPart(); err != nil {
		return err
	}
	e := &t.entry
	e.Blocks = t.parts.index.blocks
	index, err := t.parts.index.finish()
	if err != nil {
		return err
	}
	e.Index, e.Files, e.Rows, e.DuplicateKeys = index, t.parts.parts, t.rows.rows, t.rows.duplicates
	t.closing(c)
	return t.w.finished(t)
}

func (t *TableWriter) closing(c TableClosing) {
	t.entry.Invalid, t.entry.Point = c.Invalid, c.Point
	if c.Sequences != nil {
		t.entry.Sequences = c.Sequences
	}
	if len(c.Notes) > 0 {
		notes := maps.Clone(t.entry.Notes)
		if notes == nil {
			notes = map[string]int64{}
		}
		for name, n := range c.Notes {
			notes[name] += n
		}
		t.entry.Notes = notes
	}
}

// merge writes all rows in order and removes what they were sorted from.
func (t *TableWriter) merge() error {
	var early source
	if len(t.early) > 0 {
		rows := newScan(t.w.folder, &TableEntry{Table: t.entry.Table, Files: t.early}, &t.w.codec)
		defer rows.close()
		early = &scanned{rows: rows, key: t.key}
	}
	into := &batching{t: t, batch: NewBatch(t.entry.Columns)}
	if err := t.sorter.merged(early, into.add); err != nil {
		return err
	}
	if err := into.flush(); err != nil {
		return err
	}
	return errors.Join(t.sorter.drop(), t.removeEarly())
}

func (t *TableWriter) removeEarly() error {
	var errs []error
	for i := range t.early {
		errs = append(errs, t.w.folder.Remove(t.early[i].Name), t.w.folder.Remove(t.early[i].Chunks.Name))
	}
	t.early = nil
	return errors.Join(errs...)
}

// batching makes batches of records in order.
type batching struct {
	t     *TableWriter
	batch *Batch
	keys  rowKeys
	bytes int
}

// The rows and the bytes of a batch that this package makes.
const (
	batchRows  = 1024
	batchBytes = 1 << 20
)

func (b *batching) add(r *record) error {
	if err := r.appendTo(b.batch); err != nil {
		return err
	}
	b.keys.add(r.key)
	b.bytes += len(r.cells)
	if b.batch.Rows < batchRows && b.bytes < batchBytes {
		return nil
	}
	return b.flush()
}

func (b *batching) flush() error {
	taken, err := b.t.rows.write(b.batch, &b.keys)
	if err == nil && taken < b.batch.Rows {
		err = orderError(b.t.rows.rows, b.t.rows.lastKey, b.keys.at(taken))
	}
	b.batch.Reset()
	b.keys.reset()
	b.bytes = 0
	return err
}

// Abort gives the table up: it is not in the snapshot.
func (t *TableWriter) Abort() error {
	if t.ended {
		return nil
	}
	t.ended = true
	if t.err == nil {
		t.err = errTableEnded
	}
	t.rows.wait()
	errs := []error{t.parts.drop()}
	if t.sorter != nil {
		errs = append(errs, t.sorter.drop())
	}
	return errors.Join(append(errs, t.w.abandoned(t))...)
}
