package files

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"

	"parallax/capture/snapshot"
)

// columnReader reads one column chunk, page by page.
type columnReader struct {
	leaf  *leaf
	pages parquet.Pages

	page parquet.Page
	// rep and def are the page's levels, one a slot; n counts the slots, which are
	// rows where there are no lists.
	rep, def []byte
	n        int
	row      int // the next slot
	value    int // the next value that is not null
	values   encoding.Values
	// Where the page refers to a dictionary, values are indexes of cells.
	dictionary parquet.Dictionary
	cells      snapshot.Vector
	indexed    bool
	// Of lists: the page's values, canonical, and the next one.
	elements    snapshot.Vector
	nextElement int
}

func newColumnReader(l *leaf, chunk parquet.ColumnChunk) *columnReader {
	r := &columnReader{leaf: l, pages: chunk.Pages()}
	r.cells.Class, r.elements.Class = l.column.Class, l.element
	if l.repDef > 0 {
		r.cells.Class = l.element
	}
	return r
}

func (r *columnReader) close() {
	if r == nil {
		return
	}
	r.release()
	r.pages.Close() // it reads only: an error would have come earlier
}

func (r *columnReader) release() {
	if r.page != nil {
		parquet.Release(r.page)
		r.page = nil
	}
}

// next goes to the next page that has slots; io.EOF after the last.
func (r *columnReader) next() (err error) {
	for {
		r.release()
		r.row, r.n, r.value = 0, 0, 0
		if r.page, err = r.pages.ReadPage(); err != nil {
			r.page = nil
			return err
		}
		if r.n = int(r.page.NumValues()); r.n > 0 {
			return r.begin()
		}
	}
}

// begin prepares a page. A dictionary is made canonical once for its chunk.
func (r *columnReader) begin() error {
	r.rep, r.def, r.values = r.page.RepetitionLevels(), r.page.DefinitionLevels(), r.page.Data()
	dictionary := r.page.Dictionary()
	r.indexed = dictionary != nil
	if r.indexed && dictionary != r.dictionary {
		r.dictionary = dictionary
		r.cells.Reset()
		if err := r.leaf.convert(&r.cells, dictionary.Page().Data(), 0, dictionary.Len()); err != nil {
			return fmt.Errorf("dictionary: %w", err)
		}
	}
	if (r.leaf.maxDef > 0) != (len(r.def) == r.n) || r.leaf.maxDef == 0 && len(r.def) > 0 {
		return fmt.Errorf("%w: %d values and %d definition levels", snapshot.ErrDamaged, r.n, len(r.def))
	}
	if r.leaf.repDef == 0 {
		return nil
	}
	return r.beginList()
}

// read appends rows to a vector.
func (r *columnReader) read(v *snapshot.Vector, rows int) error {
	if r.leaf.repDef > 0 {
		return r.readLists(v, rows)
	}
	for rows > 0 {
		if r.row == r.n {
			if err := r.more(); err != nil {
				return err
			}
		}
		n := min(rows, r.n-r.row)
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
	def := r.def
	if def != nil {
		def = def[r.row : r.row+n]
	}
	r.row += n
	if def == nil {
		return r.run(v, n)
	}
	for len(def) > 0 {
		k := 0
		for k < len(def) && int(def[k]) == r.leaf.maxDef {
			k++
		}
		if err := r.run(v, k); err != nil {
			return err
		}
		for def = def[k:]; len(def) > 0 && int(def[0]) != r.leaf.maxDef; def = def[1:] {
			v.AppendNull()
		}
	}
	return nil
}

// run appends the next n values.
func (r *columnReader) run(v *snapshot.Vector, n int) error {
	from := r.value
	r.value += n
	if !r.indexed {
		return r.leaf.convert(v, r.values, from, from+n)
	}
	indexes := r.values.Int32()[from : from+n]
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
