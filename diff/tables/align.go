package tables

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"parallax/capture/snapshot"
)

// align opens both sides. A side whose order is not the plan's is written anew,
// its keys in the form that both sides share, into a snapshot of its own: sorted
// within bounded memory, and with blocks again.
func (t *tableRun) align() error {
	p := t.plan
	if err := errors.Join(p.old.open(&t.old), p.new.open(&t.new)); err != nil {
		return err
	}
	oldFits, newFits := p.inOrder()
	if oldFits && newFits {
		return nil
	}
	if len(p.keys) == 0 && len(p.computed) > 0 {
		p.notComparable("no key, and column %s is computed of whole rows", p.computed[0].column.name())
		return nil
	}
	if len(p.keys) == 0 {
		return t.alignRows()
	}
	return t.alignKeys()
}

// convert brings a cell into the form that both sides share.
type convert func(class snapshot.Class, c []byte) (snapshot.Class, []byte)

func (t *tableRun) alignKeys() error {
	p := t.plan
	schemas := [2]snapshot.Table{p.old.entry.Table, p.new.entry.Table}
	converts := [2]map[int]convert{{}, {}}
	for i := range schemas {
		schemas[i].Columns, schemas[i].Key = slices.Clone(schemas[i].Columns), nil
	}
	for _, q := range p.keys {
		f, ok := formsOf(q)
		if !ok {
			p.notComparable("key column %s: %s and %s have no form in common", q.name(), q.oldColumn.Class, q.newColumn.Class)
			return nil
		}
		for i, at := range []int{q.old, q.new} {
			c := &schemas[i].Columns[at]
			schemas[i].Key = append(schemas[i].Key, c.Name)
			if f.of[i] != nil && t.opts.Strict {
				p.notComparable("key column %s: %s and %s are two forms, and comparison is strict", q.name(), q.oldColumn.Declared, q.newColumn.Declared)
				return nil
			}
			if f.of[i] != nil {
				converts[i][at], q.converted = f.of[i], true
				*c = snapshot.Column{Name: c.Name, Declared: c.Declared, Class: f.class, Mixed: true}
			}
		}
	}
	for i, s := range []*side{&p.old, &p.new} {
		if len(converts[i]) == 0 && sameNames(s.entry.Key, p.keys, i == 0) {
			continue
		}
		if err := t.writeAnew(s, &schemas[i], nil, converts[i]); err != nil {
			return err
		}
	}
	return nil
}

// alignRows writes both sides anew with the paired columns alone, so that whole
// rows are keys.
func (t *tableRun) alignRows() error {
	p := t.plan
	var schemas [2]snapshot.Table
	var columns [2][]int
	converts := [2]map[int]convert{{}, {}}
	for i, s := range []*side{&p.old, &p.new} {
		schemas[i] = s.entry.Table
		schemas[i].Columns, schemas[i].Key, schemas[i].ForeignKeys = nil, nil, nil
	}
	var kept []*pair
	for _, q := range p.pairs {
		if q.mode == ignored {
			continue
		}
		f, ok := formsOf(q)
		if !ok {
			p.notComparable("no key, and column %s: %s and %s have no form in common", q.name(), q.oldColumn.Class, q.newColumn.Class)
			return nil
		}
		for i, c := range []*snapshot.Column{q.oldColumn, q.newColumn} {
			column := *c
			if f.of[i] != nil {
				converts[i][len(schemas[i].Columns)], q.converted = f.of[i], true
				column = snapshot.Column{Name: c.Name, Declared: c.Declared, Class: f.class, Mixed: true}
			}
			schemas[i].Columns = append(schemas[i].Columns, column)
			columns[i] = append(columns[i], []int{q.old, q.new}[i])
		}
		kept = append(kept, q)
	}
	for i, s := range []*side{&p.old, &p.new} {
		if err := t.writeAnew(s, &schemas[i], columns[i], converts[i]); err != nil {
			return err
		}
	}
	for i, q := range kept {
		q.old, q.new = i, i
	}
	return nil
}

// writeAnew replaces a side's rows by those of a snapshot of their own. columns are
// those taken, in order; nil: all.
func (t *tableRun) writeAnew(s *side, schema *snapshot.Table, columns []int, converts map[int]convert) error {
	scratch, err := t.out.ScratchDir()
	if err != nil {
		return err
	}
	t.scratch++
	dir := filepath.Join(scratch, fmt.Sprintf("table-%d", t.scratch))
	if err := t.copyRows(dir, s, schema, columns, converts); err != nil {
		return fmt.Errorf("sorting %s anew: %w", s.name, err)
	}
	r, err := snapshot.Open(dir, snapshot.OpenOptions{})
	if err != nil {
		return err
	}
	rows, err := r.Table(0)
	if err != nil {
		return err
	}
	entry := &r.Manifest().Tables[0]
	if entry.Rows != s.entry.Rows {
		return fmt.Errorf("%s: %d rows, the manifest says %d: %w", s.name, entry.Rows, s.entry.Rows, snapshot.ErrDamaged)
	}
	s.close = append(s.close, rows.Close, r.Close)
	s.rows, s.schema, s.total, s.dups, s.anew = rows, &entry.Table, entry.Rows, entry.DuplicateKeys, true
	s.key, err = s.schema.KeyIndexes()
	return err
}

func (t *tableRun) copyRows(dir string, s *side, schema *snapshot.Table, columns []int, converts map[int]convert) (err error) {
	w, err := snapshot.Create(dir, snapshot.Options{Tool: t.opts.Tool, BlockRows: t.old.Manifest.BlockRows, BufferBytes: 16 << 20, Encoders: 1})
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Abort())
		}
	}()
	table, err := w.Table(*schema)
	if err != nil {
		return err
	}
	batch := snapshot.NewBatch(schema.Columns)
	for b, err := range s.rows.Batches(columns) {
		if err == nil {
			err = t.ctx.Err()
		}
		if err == nil {
			reshape(batch, b, columns, converts)
			err = table.Write(batch)
		}
		if err != nil {
			return errors.Join(err, table.Abort())
		}
	}
	if err := table.Close(snapshot.TableClosing{}); err != nil {
		return err
	}
	return w.Close(snapshot.Closing{})
}

// reshape fills into with the columns of b, converted.
func reshape(into, b *snapshot.Batch, columns []int, converts map[int]convert) {
	into.Reset()
	into.Rows = b.Rows
	for i := range into.Columns {
		at := i
		if columns != nil {
			at = columns[i]
		}
		v, f := &b.Columns[at], converts[i]
		kinds := classesOf(v, 0, b.Rows)
		for row := range b.Rows {
			class, c := kinds.next(row), v.Bytes(row)
			if f != nil && class != snapshot.Null {
				class, c = f(class, c)
			}
			into.Columns[i].Append(class, c)
		}
	}
}

func digestOf(texts ...string) string {
	h := sha256.New()
	for _, s := range texts {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil))
}
