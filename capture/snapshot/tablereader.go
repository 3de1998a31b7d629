package snapshot

import (
	"errors"
	"fmt"
	"iter"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// TableReader reads one table's rows. It is for one goroutine.
type TableReader struct {
	folder    *store.Folder
	entry     *TableEntry
	cols      []physical
	key       []int
	blockRows int
	starts    []int64 // the first row of each part
	part      int     // which one is open, -1: none
	bytes     *sealed.Reader
	file      *parquet.File
}

func openTable(folder *store.Folder, e *TableEntry, blockRows int) (*TableReader, error) {
	cols, err := layoutOf(&e.Table)
	if err != nil {
		return nil, err
	}
	t := &TableReader{folder: folder, entry: e, cols: cols, blockRows: blockRows, part: -1}
	if t.key, err = e.KeyIndexes(); err != nil {
		return nil, err
	}
	var row int64
	for i := range e.Files {
		t.starts = append(t.starts, row)
		row += e.Files[i].Rows
	}
	return t, nil
}

// Close closes what is open.
func (t *TableReader) Close() error {
	if t.bytes == nil {
		return nil
	}
	err := t.bytes.Close()
	t.bytes, t.part = nil, -1
	return err
}

// damageOf turns a panic of the Parquet reader, and errors without a place, into
// damage of the file called name.
func damageOf(name string, err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("%s: %w: the Parquet reader failed: %v", name, ErrDamaged, v)
	}
}

// openParquet opens a sealed file and compares what it says with the manifest.
func openParquet(r *sealed.Reader, p *Part, leaves int) (*parquet.File, error) {
	f, err := parquet.OpenFile(r, p.Size, parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", p.Name, ErrDamaged, err)
	}
	var rows int64
	for _, g := range f.Metadata().RowGroups {
		rows += g.NumRows
		if len(g.Columns) != leaves {
			return nil, fmt.Errorf("%s: %d columns, want %d: %w", p.Name, len(g.Columns), leaves, ErrDamaged)
		}
		for i := range g.Columns {
			if c := g.Columns[i].MetaData.Codec; c != format.Zstd && c != format.Uncompressed {
				return nil, fmt.Errorf("%s: codec %s is not part of the format: %w", p.Name, c, ErrDamaged)
			}
		}
	}
	if rows != p.Rows || f.NumRows() != p.Rows {
		return nil, fmt.Errorf("%s: %d rows, its footer says %d and the manifest %d: %w", p.Name, rows, f.NumRows(), p.Rows, ErrDamaged)
	}
	return f, nil
}

func (t *TableReader) open(part int) (err error) {
	if t.part == part {
		return nil
	}
	defer damageOf(t.entry.Files[part].Name, &err)
	if err := t.Close(); err != nil {
		return err
	}
	p := &t.entry.Files[part]
	if t.bytes, err = sealed.Open(t.folder, p.File, p.Chunks); err != nil {
		return err
	}
	leaves := 0
	for i := range t.cols {
		if leaves++; t.cols[i].other.Name != "" {
			leaves++
		}
	}
	t.file, err = openParquet(t.bytes, p, leaves)
	if err == nil {
		t.part = part
	}
	return err
}

// Read fills into with rows, counted from the table's first; of other columns than
// those asked for (nil: all) the vectors are left empty.
func (t *TableReader) Read(first, rows int64, columns []int, into *Batch) error {
	into.Reset()
	if len(into.Columns) != len(t.cols) {
		*into = *NewBatch(t.entry.Columns)
	}
	if first < 0 || rows < 0 || first+rows > t.entry.Rows {
		return fmt.Errorf("table %s: rows %d to %d of %d", t.entry.FullName(), first, first+rows, t.entry.Rows)
	}
	for part := range t.entry.Files {
		start, end := t.starts[part], t.starts[part]+t.entry.Files[part].Rows
		if first >= end || first+rows <= start {
			continue
		}
		if err := t.open(part); err != nil {
			return err
		}
		if err := t.readPart(part, max(first-start, 0), min(first+rows, end)-start, columns, into); err != nil {
			return err
		}
	}
	into.Rows = int(rows)
	return nil
}

func (t *TableReader) readPart(part int, from, to int64, columns []int, into *Batch) (err error) {
	name := t.entry.Files[part].Name
	defer damageOf(name, &err)
	var start int64
	for n, g := range t.file.RowGroups() {
		end := start + g.NumRows()
		if from < end && to > start {
			if err := t.readGroup(n, g, max(from-start, 0), min(to, end)-start, columns, into); err != nil {
				return fmt.Errorf("%s: row group %d: %w", name, n, err)
			}
		}
		start = end
	}
	return nil
}

func (t *TableReader) readGroup(n int, g parquet.RowGroup, from, to int64, columns []int, into *Batch) error {
	chunks, leaf := g.ColumnChunks(), 0
	meta := t.file.Metadata().RowGroups[n].Columns
	wanted := map[int]bool{}
	for _, i := range columns {
		wanted[i] = true
	}
	for i := range t.cols {
		c := &t.cols[i]
		at := leaf
		if leaf++; c.other.Name != "" {
			leaf++
		}
		if columns != nil && !wanted[i] {
			continue
		}
		var main, other values
		if err := main.read(chunks[at], from, to); err != nil {
			return fmt.Errorf("column %q: %w", c.column.Name, err)
		}
		hasOther := c.other.Name != "" && meta[at+1].MetaData.Statistics.NullCount < meta[at+1].MetaData.NumValues
		if hasOther {
			if err := other.read(chunks[at+1], from, to); err != nil {
				return fmt.Errorf("column %q: %w", c.other.Name, err)
			}
		}
		if err := c.decode(&into.Columns[i], &main, &other, hasOther); err != nil {
			return fmt.Errorf("column %q: %w", c.column.Name, err)
		}
	}
	return nil
}

// batchRows is the size of the batches of Batches.
const batchRows = 4096

// Batches yields all rows in key order; the batch is reused. Only the vectors of
// columns are filled (nil: all). An error comes once, last.
func (t *TableReader) Batches(columns []int) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		b := NewBatch(t.entry.Columns)
		for first := int64(0); first < t.entry.Rows; first += batchRows {
			if err := t.Read(first, min(batchRows, t.entry.Rows-first), columns, b); err != nil {
				yield(nil, err)
				return
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

var errShort = errors.New("fewer values than rows")
