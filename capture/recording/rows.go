package recording

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// rowReader reads the rows of one row group in order.
type rowReader struct {
	place  string // file and row group, for errors
	left   int64
	cols   []column
	cells  []cell
	exact  *cell
	memory *rowMemory

	// See steady.go. Rows begin as the template, active cells are read for each;
	// that holds for steady more of the rows settled.
	template        *exchangeMemory
	active          []int
	certain         [4]bool // by partOf: whether it is there is known
	steady, settled int64
}

// openRows opens the columns that are wanted, which the schema check has shown
// to be there or to be newer than the file.
func openRows(p *part, group int, cols []column, memory *rowMemory) (r *rowReader, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%s: row group %d: %w: the Parquet reader failed: %v", p.name, group, ErrDamaged, v)
		}
	}()
	rg := p.file.RowGroups()[group]
	r = &rowReader{
		place: fmt.Sprintf("%s: row group %d", p.name, group), left: rg.NumRows(), memory: memory,
		cells: make([]cell, 0, len(cols)), template: new(exchangeMemory),
	}
	chunks := rg.ColumnChunks()
	for _, col := range cols {
		if col.read == nil || p.leaves[col.name] == nil {
			continue
		}
		c := cell{kind: col.kind, row: memory, needed: strings.HasSuffix(col.name, bodyStateColumn),
			part: columnPart(col.name), shared: mayPark(&col)}
		c.first = tellsPart(col.name)
		for _, index := range p.leaves[col.name] {
			c.leaves = append(c.leaves, &leafReader{
				path: col.name, repeated: col.kind == textsColumn || col.kind == headersColumn,
				pages: chunks[index].Pages(),
			})
		}
		r.cols = append(r.cols, col)
		r.cells = append(r.cells, c)
		if col.name == exactColumn {
			r.exact = &r.cells[len(r.cells)-1]
		}
	}
	return r, nil
}

// next reads one row, or returns nil at the end of the row group. A panic in
// the Parquet library becomes an error: the bytes are those that were written,
// but who wrote them is not known.
func (r *rowReader) next() (ex *Exchange, err error) {
	defer func() {
		if p := recover(); p != nil {
			ex, err = nil, fmt.Errorf("%s: %w: the Parquet reader failed: %v", r.place, ErrDamaged, p)
		}
	}()
	if r.left == 0 {
		return nil, nil
	}
	if r.steady == 0 {
		if err := r.settle(); err != nil {
			return nil, err
		}
	}
	r.left--
	r.steady--
	ex = r.memory.begin(r.template)
	for _, i := range r.active {
		if err := r.readCell(i, ex); err != nil {
			return nil, r.fault(i, err)
		}
	}
	if r.exact != nil && !r.exact.null {
		return r.readExact(ex)
	}
	return ex, nil
}

func (r *rowReader) readCell(i int, ex *Exchange) error {
	c := &r.cells[i]
	if err := c.next(); err != nil || c.null && !c.needed {
		return err
	}
	if err := r.cols[i].read(ex, c); err != nil {
		return err
	}
	c.skip()
	return nil
}

// readExact takes everything but the bodies from the column "exact".
func (r *rowReader) readExact(shown *Exchange) (*Exchange, error) {
	var d decoder
	ex, _, _, err := d.head(bytes.Clone(r.exact.bytes()))
	if err == nil && (ex.ID != shown.ID || (ex.Request == nil) != (shown.Request == nil) || (ex.Response == nil) != (shown.Response == nil)) {
		err = fmt.Errorf("it is of another exchange, %s", ex.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: exchange %s: field %q: %w", r.place, shown.ID, exactColumn, err)
	}
	from, to := bodiesOf(shown), bodiesOf(ex)
	for i := range to {
		if to[i] != nil {
			to[i].Bytes = from[i].Bytes
		}
	}
	return ex, nil
}

// seek moves to a row of the group.
func (r *rowReader) seek(row int64) error {
	for i := range r.cells {
		for _, l := range r.cells[i].leaves {
			if err := l.pages.SeekToRow(row); err != nil {
				return fmt.Errorf("%s: field %q: row %d: %w", r.place, l.path, row, err)
			}
		}
	}
	r.left -= row
	return nil
}

func (r *rowReader) close() error {
	var errs []error
	for i := range r.cells {
		for _, l := range r.cells[i].leaves {
			errs = append(errs, l.close())
		}
	}
	return errors.Join(errs...)
}
