package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
)

// TableWriter takes one table's rows, in any order, from one goroutine. Either
// Close or Abort ends it.
type TableWriter struct {
	w     *Writer
	n     int
	table Table
	key   []int
	parts *partSet
	cut   *cutter
	// sorter is nil while all rows came in order.
	sorter *sorter
	last   []byte // the key of the last row while all are in order
	next   []byte
	err    error
}

func newTableWriter(w *Writer, n int, t Table) (*TableWriter, error) {
	key, err := t.KeyIndexes()
	if err != nil {
		return nil, err
	}
	if len(t.Columns) == 0 {
		return nil, fmt.Errorf("table %s has no columns", t.FullName())
	}
	tw := &TableWriter{w: w, n: n, table: t, key: key}
	if tw.parts, err = newPartSet(w.folder, fmt.Sprintf("tables/t-%04d/", n), &tw.table, &w.o); err != nil {
		return nil, fmt.Errorf("table %s: %w", t.FullName(), err)
	}
	tw.cut = newCutter(tw.parts, &tw.table, key, w.o.BlockRows)
	return tw, nil
}

// Write adds rows; it keeps nothing of b. After an error only Abort is of use.
func (t *TableWriter) Write(b *Batch) error {
	if t.err == nil {
		t.err = t.write(b)
	}
	return t.err
}

func (t *TableWriter) write(b *Batch) error {
	if err := t.check(b); err != nil {
		return err
	}
	if t.sorter == nil {
		ordered, err := t.inOrder(b)
		if err != nil || ordered {
			return err
		}
		if err := t.turnToSorting(); err != nil {
			return err
		}
	}
	return t.sorter.add(b)
}

func (t *TableWriter) check(b *Batch) error {
	if len(b.Columns) != len(t.table.Columns) {
		return fmt.Errorf("table %s: a batch of %d columns, want %d", t.table.FullName(), len(b.Columns), len(t.table.Columns))
	}
	for i := range b.Columns {
		if b.Columns[i].Len() != b.Rows {
			return fmt.Errorf("table %s: column %q has %d cells of %d", t.table.FullName(), t.table.Columns[i].Name, b.Columns[i].Len(), b.Rows)
		}
	}
	return nil
}

// inOrder passes a batch on where all its keys are above those before.
func (t *TableWriter) inOrder(b *Batch) (bool, error) {
	keys := &t.cut.keys
	keys.of(b, t.key)
	last := t.last
	for row := range b.Rows {
		k := keys.at(row)
		if (row > 0 || t.cut.rows > 0) && bytes.Compare(last, k) >= 0 {
			return false, nil // equal keys are put in order by the sorter
		}
		last = k
	}
	t.last = append(t.last[:0], last...)
	return true, t.cut.add(b)
}

// turnToSorting gives the rows written so far, which are in order, to a sorter.
func (t *TableWriter) turnToSorting() error {
	t.sorter = newSorter(t.w.folder, fmt.Sprintf("spill-%04d", t.n), &t.table, t.key, t.w.o.BufferBytes)
	if t.cut.rows == 0 {
		return nil
	}
	entry, err := t.finish()
	if err != nil {
		return err
	}
	if err := t.sortAgain(&entry); err != nil {
		return err
	}
	t.cut = newCutter(t.parts, &t.table, t.key, t.w.o.BlockRows)
	return nil
}

// sortAgain reads a finished run of rows into the sorter and removes its files.
func (t *TableWriter) sortAgain(e *TableEntry) error {
	r, err := openTable(t.w.folder, e, t.w.o.BlockRows)
	if err != nil {
		return err
	}
	for b, err := range r.Batches(nil) {
		if err == nil {
			err = t.sorter.add(b)
		}
		if err != nil {
			return errors.Join(err, r.Close())
		}
	}
	if err := r.Close(); err != nil {
		return err
	}
	return t.remove(e)
}

func (t *TableWriter) remove(e *TableEntry) error {
	for _, p := range e.parts() {
		if err := errors.Join(t.w.folder.Remove(p.Name), t.w.folder.Remove(p.Chunks.Name)); err != nil {
			return err
		}
	}
	return nil
}

// Close sorts, writes what is left, and makes the table part of the snapshot.
func (t *TableWriter) Close(c TableClosing) error {
	if t.err != nil {
		return errors.Join(t.err, t.Abort())
	}
	if t.sorter != nil {
		if err := t.sorter.sorted(t.cut.add); err != nil {
			return errors.Join(err, t.Abort())
		}
	}
	entry, err := t.finish()
	if err != nil {
		return errors.Join(err, t.Abort())
	}
	entry.Invalid, entry.Point = c.Invalid, c.Point
	if c.Sequences != nil {
		entry.Sequences = c.Sequences
	}
	if len(c.Notes) > 0 {
		notes := maps.Clone(c.Notes)
		maps.Copy(notes, entry.Notes)
		entry.Notes = notes
	}
	if t.sorter != nil {
		if err := t.sorter.close(); err != nil {
			return err
		}
	}
	return t.w.done(t.n, entry)
}

// finish ends blocks, parts and index.
func (t *TableWriter) finish() (TableEntry, error) {
	if err := t.cut.close(); err != nil {
		return TableEntry{}, err
	}
	files, err := t.parts.close()
	if err != nil {
		return TableEntry{}, err
	}
	index, err := writeIndex(t.w.folder, t.parts.folder+"index.parquet", t.cut.blocks, len(t.table.Columns))
	return TableEntry{
		Table: t.table, Rows: t.cut.rows, DuplicateKeys: t.cut.duplicates, Blocks: int64(len(t.cut.blocks)), Index: index, Files: files,
	}, err
}

// Abort drops the rows.
func (t *TableWriter) Abort() error {
	t.err = errors.New("the table was given up")
	t.w.dropped(&t.table)
	err := t.parts.discard()
	if t.sorter != nil {
		err = errors.Join(err, t.sorter.close())
	}
	return err
}
