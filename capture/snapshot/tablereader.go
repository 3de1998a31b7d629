package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"

	"parallax/internal/pagefile"
)

// TableReader reads one table. It is used by one goroutine; Blocks, Read and
// Batches may run within each other.
type TableReader struct {
	r     *Reader
	entry *TableEntry
	parts *parts // of Read: what it decoded last stays at hand
}

// Entry is the table in the manifest, which the caller must not change.
func (t *TableReader) Entry() *TableEntry { return t.entry }

// Close frees what Read holds. The reader can be used again.
func (t *TableReader) Close() error { return t.parts.close() }

func (t *TableReader) place(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("table %s: %w", t.entry.FullName(), err)
}

// Read fills into, which is emptied first, with the rows from first on; only the
// columns asked for, by index (nil: all), are filled. It reads only the pages
// that hold them; rows next to those of the call before cost no page twice, so
// that neighbouring blocks can be read one by one or all at once.
func (t *TableReader) Read(first, rows int64, columns []int, into *Batch) error {
	into.Reset()
	columns, err := t.columns(columns)
	if err != nil {
		return t.place(err)
	}
	if len(into.Columns) != len(t.entry.Columns) {
		return t.place(fmt.Errorf("a batch of %d columns for a table of %d", len(into.Columns), len(t.entry.Columns)))
	}
	if err := t.checkRange(first, rows); err != nil {
		return t.place(err)
	}
	for _, c := range columns {
		into.Columns[c].Class = t.entry.Columns[c].Class
	}
	return t.place(t.parts.read(into, columns, first, first+rows))
}

func (t *TableReader) checkRange(first, rows int64) error {
	if first < 0 || rows < 0 || first > t.entry.Rows-rows {
		return fmt.Errorf("rows %d to %d of %d", first, first+rows-1, t.entry.Rows)
	}
	return nil
}

func (t *TableReader) columns(list []int) ([]int, error) {
	if list == nil {
		return allColumns(len(t.entry.Columns)), nil
	}
	for i, c := range list {
		if c < 0 || c >= len(t.entry.Columns) || slices.Contains(list[:i], c) {
			return nil, fmt.Errorf("column %d of %d, or twice", c, len(t.entry.Columns))
		}
	}
	return list, nil
}

// Batches yields all rows in order, with the columns asked for (nil: all). The
// batch is used again. An error comes once, last.
func (t *TableReader) Batches(columns []int) iter.Seq2[*Batch, error] {
	return t.Range(0, t.entry.Rows, columns)
}

// Range is Batches for a stretch of rows.
func (t *TableReader) Range(first, rows int64, columns []int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		if err := t.scan(first, rows, columns, yield); err != nil {
			yield(nil, t.place(err))
		}
	}
}

func (t *TableReader) scan(first, rows int64, columns []int, yield func(*Batch, error) bool) (err error) {
	if err := t.checkRange(first, rows); err != nil {
		return err
	}
	s := newScan(t.r.folder, t.entry, &t.r.codec)
	if s.columns, err = t.columns(columns); err != nil {
		return err
	}
	s.at, s.last = first, first+rows
	defer func() { err = errors.Join(err, s.close()) }()
	for {
		b, err := s.next()
		if err != nil || b == nil || !yield(b, nil) {
			return err
		}
	}
}

// Blocks calls f with each block in order; the block is used again. It checks
// that the blocks follow each other and that their keys ascend.
func (t *TableReader) Blocks(f func(*Block) error) (err error) {
	index, err := openPart(t.r.folder, &t.entry.Index, indexLeaves(t.entry.Columns), &t.r.codec)
	if err != nil {
		return t.place(err)
	}
	defer func() { err = errors.Join(err, index.bytes.Close()) }()
	b := newBlocks(index.pages, len(t.entry.Columns), t.entry.Rows)
	for i := range t.entry.Blocks {
		if err := b.next(i); err != nil {
			return t.place(fmt.Errorf("%s: block %d: %w", t.entry.Index.Name, i, err))
		}
		if err := f(&b.block); err != nil {
			return err
		}
	}
	if b.rows != t.entry.Rows {
		return t.place(fmt.Errorf("%s: %w: its blocks have %d rows, the table %d", t.entry.Index.Name, ErrDamaged, b.rows, t.entry.Rows))
	}
	return nil
}

// blocks walks the index.
type blocks struct {
	leaves []*pagefile.Column
	block  Block
	rows   int64 // of the blocks so far
	total  int64 // of the table
}

func newBlocks(file *pagefile.Reader, columns int, rows int64) *blocks {
	b := &blocks{total: rows, block: Block{Columns: make([]Sum, columns)}}
	for i := range indexSums + columns {
		b.leaves = append(b.leaves, file.Column(i))
	}
	return b
}

func (b *blocks) next(i int64) error {
	for _, l := range b.leaves {
		if err := l.Load(i); err != nil {
			return err
		}
	}
	k := &b.block
	k.First, k.Rows = b.count(indexFirst, i), b.count(indexRows, i)
	if k.First != b.rows || k.Rows < 1 || k.Rows > b.total-b.rows {
		return fmt.Errorf("%w: %d rows from row %d on, behind %d rows", ErrDamaged, k.Rows, k.First, b.rows)
	}
	b.rows += k.Rows
	key := b.key(i)
	if i > 0 && bytes.Compare(key, k.LastKey) <= 0 {
		return fmt.Errorf("%w: key %.64x stands after %.64x", ErrDamaged, key, k.LastKey)
	}
	k.LastKey = append(k.LastKey[:0], key...)
	k.Keys = b.sum(indexKeys, i)
	for c := range k.Columns {
		k.Columns[c] = b.sum(indexSums+c, i)
	}
	return nil
}

func (b *blocks) count(leaf int, i int64) int64 { return b.leaves[leaf].Int64[i-b.leaves[leaf].First] }

func (b *blocks) sum(leaf int, i int64) Sum {
	return sumOf(b.leaves[leaf].Bytes[sumBytes*(i-b.leaves[leaf].First):])
}

func (b *blocks) key(i int64) []byte {
	keys := b.leaves[indexLastKey]
	at := i - keys.First
	return keys.Bytes[keys.Offsets[at]:keys.Offsets[at+1]]
}
