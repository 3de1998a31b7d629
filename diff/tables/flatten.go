package tables

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/tables/mapping"
)

// flatten adds the tables that the mapping makes of documents to the side that
// holds the documents.
func (r *run) flatten() error {
	if r.opts.Mapping == nil {
		return nil
	}
	for _, f := range r.opts.Mapping.Flattens() {
		in, other := &r.old, &r.new
		if !makes(in, f) {
			in, other = other, in
		}
		if !makes(in, f) {
			return fmt.Errorf("%w: mapping: flatten: no side has table %s and lacks table %s", ErrPairing, f.From(), f.Into())
		}
		if err := r.flattenInto(in, other, f); err != nil {
			return fmt.Errorf("mapping: flatten of %s into %s: %w", f.From(), f.Into(), err)
		}
	}
	return nil
}

// makes reports whether a side holds the documents, and not the table that they make.
func makes(in *Input, f *mapping.Flattener) bool {
	return tableNamed(in, f.From()) >= 0 && tableNamed(in, f.Into()) < 0
}

func tableNamed(in *Input, name string) int {
	return slices.IndexFunc(in.Manifest.Tables, func(e snapshot.TableEntry) bool { return mapping.Names(name, &e.Table) })
}

func (r *run) flattenInto(in, other *Input, f *mapping.Flattener) error {
	from := tableNamed(in, f.From())
	source := &in.Manifest.Tables[from]
	var target *snapshot.Table
	if i := tableNamed(other, f.Into()); i >= 0 {
		target = &other.Manifest.Tables[i].Table
	}
	schema, err := f.Table(&source.Table, target)
	if err != nil {
		return err
	}
	var found mapping.Flattened
	s := &side{index: from, entry: source}
	if err := s.open(in); err != nil {
		return err
	}
	rows, err := r.writeScratch(&schema, func(emit func(*snapshot.Batch) error) error {
		var err error
		found, err = f.Flatten(&source.Table, &schema, s.rows.Batches(nil), emit)
		return err
	})
	if err := errors.Join(err, s.release()); err != nil {
		return err
	}
	r.closers = append(r.closers, rows.close)
	entry := *rows.entry
	if entry.Invalid = source.Invalid; found.Invalid > 0 {
		entry.Invalid = fmt.Sprintf("%d of %d documents could not be flattened: %s", found.Invalid, found.Documents, strings.Join(found.Examples, "; "))
	}
	in.add(entry, rows.table)
	r.remark("table %s of %s: %d rows flattened from %d documents of %s, %d without the array",
		f.Into(), in.Name, found.Rows, found.Documents, f.From(), found.Without)
	return nil
}

// add puts another table at the end of an input's; what the caller gave is not
// changed.
func (in *Input) add(entry snapshot.TableEntry, t Table) {
	m, tables, last := *in.Manifest, in.Table, len(in.Manifest.Tables)
	m.Tables = append(slices.Clone(m.Tables), entry)
	in.Manifest = &m
	in.Table = func(i int) (Table, error) {
		if i == last {
			return kept{t}, nil
		}
		return tables(i)
	}
}

// kept is a table that its user does not close.
type kept struct{ Table }
