package files

import (
	"errors"
	"fmt"
	"io"

	pq "github.com/parquet-go/parquet-go/format"

	"parallax/capture/snapshot"
	"parallax/internal/pageguard"
)

// columnReader reads one column, chunk by chunk and page by page.
type columnReader struct {
	leaf  *leaf
	pages *pageguard.Column

	row   int // the page's next slot, which is a row where there are no lists
	value int // its next value that is not null
	// cells are the chunk's dictionary.
	cells snapshot.Vector
	// Of lists: the page's values, canonical, and the next one.
	elements    snapshot.Vector
	nextElement int
}

func newColumnReader(l *leaf, pages *pageguard.Column) *columnReader {
	r := &columnReader{leaf: l, pages: pages}
	r.cells.Class, r.elements.Class = l.column.Class, l.element
	if l.repDef > 0 {
		r.cells.Class = l.element
	}
	return r
}

// open begins a chunk.
func (r *columnReader) open(m *pq.ColumnMetaData) {
	r.pages.Open(m)
	r.row, r.pages.Slots = 0, 0
}

// next goes to the next page that has slots; io.EOF after the last.
func (r *columnReader) next() error {
	for {
		r.row, r.value = 0, 0
		if err := r.pages.Next(); err != nil {
			r.pages.Slots = 0
			return err
		}
		switch {
		case r.pages.Dictionary:
			if err := r.dictionary(); err != nil {
				return fmt.Errorf("dictionary: %w", err)
			}
		case r.pages.Slots > 0 && r.leaf.repDef > 0:
			return r.beginList()
		case r.pages.Slots > 0:
			return nil
		}
	}
}

// dictionary makes it canonical once for its chunk.
func (r *columnReader) dictionary() error {
	r.cells.Reset()
	return r.leaf.convert(&r.cells, r.pages.Values, 0, r.pages.Count)
}

// read appends rows to a vector.
func (r *columnReader) read(v *snapshot.Vector, rows int) error {
	if r.leaf.repDef > 0 {
		return r.readLists(v, rows)
	}
	for rows > 0 {
		if r.row == r.pages.Slots {
			if err := r.more(); err != nil {
				return err
			}
		}
		n := min(rows, r.pages.Slots-r.row)
		if err := r.slots(v, n); err != nil {
			return err
		}
		if err := checkVector(v); err != nil {
			return err
		}
		rows -= n
	}
	return nil
}

// more is next where there must be one.
func (r *columnReader) more() error {
	err := r.next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: fewer values than the footer says", snapshot.ErrDamaged)
	}
	return err
}

// slots appends n rows of a page: runs of values, and nulls.
func (r *columnReader) slots(v *snapshot.Vector, n int) error {
	def := r.pages.Def
	if def != nil {
		def = def[r.row : r.row+n]
	}
	r.row += n
	if def == nil {
		return r.run(v, n)
	}
	present := byte(r.leaf.maxDef)
	for len(def) > 0 {
		k := 0
		for k < len(def) && def[k] == present {
			k++
		}
		if k > 0 {
			if err := r.run(v, k); err != nil {
				return err
			}
		}
		def, k = def[k:], 0
		for k < len(def) && def[k] != present {
			k++
		}
		v.AppendNulls(k)
		def = def[k:]
	}
	return nil
}

// run appends the next n values.
func (r *columnReader) run(v *snapshot.Vector, n int) error {
	from := r.value
	r.value += n
	if r.pages.Indexes == nil {
		return r.leaf.convert(v, r.pages.Values, from, from+n)
	}
	indexes := r.pages.Indexes[from : from+n]
	if len(r.cells.Others) > 0 {
		return r.runMixed(v, indexes)
	}
	data, ends := v.Data, v.Ends
	for _, i := range indexes {
		data = append(data, r.cells.Bytes(int(i))...)
		ends = append(ends, uint32(len(data)))
		if len(data) > maxVector {
			break
		}
	}
	v.Data, v.Ends = data, ends
	return checkVector(v)
}

// runMixed is run for a dictionary that holds texts that are not UTF-8.
func (r *columnReader) runMixed(v *snapshot.Vector, indexes []int32) error {
	for _, i := range indexes {
		class, c := r.cells.Cell(int(i))
		v.Append(class, c)
		if len(v.Data) > maxVector {
			break
		}
	}
	return checkVector(v)
}
