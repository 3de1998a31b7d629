package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"parallax/capture/snapshot"
	"parallax/internal/jsoncut"
)

// Flattened counts what became of the documents. Where Invalid is not 0 the new
// table is not whole, and nothing of it is a pass.
type Flattened struct {
	Documents int64 // rows of the source
	Without   int64 // of these, null, or without the array
	Invalid   int64 // of these, not readable: no JSON, no array at the path, a key twice
	Rows      int64 // that came of them
	// Examples say of the first invalid ones what is wrong, by row.
	Examples []string
}

// The sizes of what is handed on, and of what is told.
const (
	flatRows     = 1024
	flatBytes    = 4 << 20
	flatExamples = 3
)

// Flatten reads the source's batches and emits the new table's rows, described by
// Table, in the order of the documents. The batch that emit gets is reused.
// Source is the table whose columns the batches have, all or Needs of them filled.
func (f *Flattener) Flatten(source *snapshot.Table, into *snapshot.Table,
	batches iter.Seq2[*snapshot.Batch, error], emit func(*snapshot.Batch) error,
) (Flattened, error) {
	r, err := f.run(source, into, emit)
	if err != nil {
		return Flattened{}, err
	}
	for b, err := range batches {
		if err != nil {
			return r.counts, fmt.Errorf("flatten %s: %w", f.spec.From, err)
		}
		if err := r.batch(b); err != nil {
			return r.counts, err
		}
	}
	return r.counts, r.flush()
}

// flattening is one run.
type flattening struct {
	*Flattener
	column  int
	rows    []int // of each cell: the source's column, or -1
	classes []snapshot.Class
	emit    func(*snapshot.Batch) error
	counts  Flattened
	out     *snapshot.Batch
	scratch []byte
}

func (f *Flattener) run(source, into *snapshot.Table, emit func(*snapshot.Batch) error) (*flattening, error) {
	if len(into.Columns) != len(f.cells) {
		return nil, fmt.Errorf("flatten into %s: the table has %d columns, the entry %d", f.spec.Into, len(into.Columns), len(f.cells))
	}
	r := &flattening{Flattener: f, emit: emit, out: snapshot.NewBatch(into.Columns)}
	var err error
	if r.column, err = columnIndex(source, f.spec.Column); err != nil {
		return nil, err
	}
	for i, c := range f.cells {
		at := -1
		if c.row != "" {
			if at, err = columnIndex(source, c.row); err != nil {
				return nil, err
			}
		}
		r.rows, r.classes = append(r.rows, at), append(r.classes, into.Columns[i].Class)
	}
	return r, nil
}

func (r *flattening) batch(b *snapshot.Batch) error {
	for row := range b.Rows {
		r.counts.Documents++
		if err := r.document(b, row); err != nil {
			return err
		}
	}
	return nil
}

// document makes the rows of one document, all or none: it is checked before the
// first of them is written.
func (r *flattening) document(b *snapshot.Batch, row int) error {
	list, err := r.list(b.Columns[r.column].Cell(row))
	if err == nil && list != nil {
		err = r.check(list)
	}
	switch {
	case err != nil:
		r.invalid(err)
		return nil
	case list == nil:
		r.counts.Without++
		return nil
	}
	index := int64(0)
	return jsoncut.Elements(list, func(value []byte) error {
		r.row(b, row, index, value)
		index++
		if r.out.Rows < flatRows && r.out.Bytes() < flatBytes {
			return nil
		}
		return r.flush()
	})
}

// list returns the array at the path, or nil where there is none.
func (r *flattening) list(class snapshot.Class, c []byte) ([]byte, error) {
	switch class {
	case snapshot.Null:
		return nil, nil
	case snapshot.JSON, snapshot.Text, snapshot.List:
	default:
		return nil, fmt.Errorf("%s is no document", class)
	}
	if !json.Valid(c) {
		return nil, errors.New("no JSON")
	}
	value, err := r.path.in(c)
	if err != nil || value == nil || value[0] == 'n' {
		return nil, err
	}
	if value[0] != '[' {
		return nil, fmt.Errorf("%.40q at %q is no array", value, r.spec.Path)
	}
	return value, nil
}

// check finds what would stop the document half way.
func (r *flattening) check(list []byte) error {
	return jsoncut.Elements(list, func(value []byte) error {
		for _, c := range r.cells {
			if c.pointer == nil {
				continue
			}
			v, err := c.pointer.in(value)
			if err == nil && v != nil {
				_, _, err = fromJSON(r.scratch[:0], v)
			}
			if err != nil {
				return fmt.Errorf("column %s: %w", c.name, err)
			}
		}
		return nil
	})
}

func (r *flattening) invalid(err error) {
	r.counts.Invalid++
	if len(r.counts.Examples) < flatExamples {
		r.counts.Examples = append(r.counts.Examples, fmt.Sprintf("row %d: %v", r.counts.Documents, err))
	}
}

func (r *flattening) row(b *snapshot.Batch, row int, index int64, value []byte) {
	for i, c := range r.cells {
		v := &r.out.Columns[i]
		switch {
		case c.index:
			r.scratch = snapshot.AppendInt(r.scratch[:0], index)
			v.Append(snapshot.Number, r.scratch)
		case c.row != "":
			class, cell := b.Columns[r.rows[i]].Cell(row)
			v.Append(class, cell)
		default:
			r.value(v, r.classes[i], c.pointer, value)
		}
	}
	r.out.Rows++
	r.counts.Rows++
}

// value appends what a pointer finds in an element; check has passed it.
func (r *flattening) value(v *snapshot.Vector, want snapshot.Class, p pointer, element []byte) {
	found, _ := p.in(element)
	if found == nil {
		v.AppendNull()
		return
	}
	class, cell, _ := fromJSON(r.scratch[:0], found)
	switch class {
	case snapshot.Text:
		class, cell = spelled(want, cell)
	case snapshot.Number:
		class, cell = asDouble(want, cell)
	}
	if want == snapshot.JSON && class != snapshot.Null {
		class, cell = snapshot.JSON, found
	}
	v.Append(class, cell)
}

func (r *flattening) flush() error {
	if r.out.Rows == 0 {
		return nil
	}
	err := r.emit(r.out)
	r.out.Reset()
	return err
}
