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
	if err := t.settleDocuments(); err != nil {
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

// settleDocuments: without a key documents are part of what rows are found by, so that
// they need one form; not where the sides hold the same rows as they stand, by their
// sums, nor where only such rows count.
func (t *tableRun) settleDocuments() error {
	p := t.plan
	documents := p.documentsOfWholeRows()
	if len(documents) == 0 {
		return nil
	}
	same := t.opts.Strict
	if !same {
		old, err := sumOfKeys(p.old.rows)
		if err != nil {
			return fmt.Errorf("%s: %w", p.old.name, err)
		}
		new, err := sumOfKeys(p.new.rows)
		if err != nil {
			return fmt.Errorf("%s: %w", p.new.name, err)
		}
		same = old == new && old != snapshot.Sum{} && p.old.entry.Rows == p.new.entry.Rows
	}
	if !same {
		return nil
	}
	for _, q := range documents {
		q.mode = byChecksum
	}
	return nil
}

// documentsOfWholeRows are the pairs without which whole rows were keys that mean the
// same on both sides.
func (p *plan) documentsOfWholeRows() (out []*pair) {
	if len(p.keys)+len(p.old.entry.Key)+len(p.new.entry.Key)+len(p.lones)+len(p.computed) > 0 {
		return nil
	}
	for i, q := range p.pairs {
		switch {
		case q.old != i || q.new != i:
			return nil
		case q.mode == byChecksum:
		case q.mode == byValue && areDocuments(q.oldColumn, q.newColumn) && q.oldColumn.Class == q.newColumn.Class:
			out = append(out, q)
		default:
			return nil
		}
	}
	return out
}

func sumOfKeys(rows Table) (sum snapshot.Sum, err error) {
	err = rows.Blocks(func(b *snapshot.Block) error {
		sum.Add(b.Keys)
		return nil
	})
	return sum, err
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
		if t.opts.Strict && q.mode != always {
			f, ok = forms{}, true
		}
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
	batch := snapshot.NewBatch(schema.Columns)
	rows, err := t.writeScratch(schema, func(emit func(*snapshot.Batch) error) error {
		for b, err := range s.rows.Batches(columns) {
			if err != nil {
				return err
			}
			reshape(batch, b, columns, converts)
			if err := emit(batch); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("sorting %s anew: %w", s.name, err)
	}
	s.close = append(s.close, rows.close)
	if rows.entry.Rows != s.entry.Rows {
		return fmt.Errorf("%s: %d rows, the manifest says %d: %w", s.name, rows.entry.Rows, s.entry.Rows, snapshot.ErrDamaged)
	}
	s.rows, s.schema, s.total, s.dups = rows.table, &rows.entry.Table, rows.entry.Rows, rows.entry.DuplicateKeys
	s.key, err = s.schema.KeyIndexes()
	return err
}

// scratchTable is a table in a snapshot of its own.
type scratchTable struct {
	entry *snapshot.TableEntry
	table *snapshot.TableReader
	close func() error
}

// writeScratch writes the rows that fill emits, sorted, and opens them.
func (r *run) writeScratch(schema *snapshot.Table, fill func(emit func(*snapshot.Batch) error) error) (*scratchTable, error) {
	scratch, err := r.out.ScratchDir()
	if err != nil {
		return nil, err
	}
	r.scratch++
	dir := filepath.Join(scratch, fmt.Sprintf("table-%d", r.scratch))
	if err := r.copyRows(dir, schema, fill); err != nil {
		return nil, err
	}
	s, err := snapshot.Open(dir, snapshot.OpenOptions{})
	if err != nil {
		return nil, err
	}
	rows, err := s.Table(0)
	if err != nil {
		return nil, err
	}
	return &scratchTable{entry: &s.Manifest().Tables[0], table: rows, close: func() error { return errors.Join(rows.Close(), s.Close()) }}, nil
}

func (r *run) copyRows(dir string, schema *snapshot.Table, fill func(emit func(*snapshot.Batch) error) error) (err error) {
	w, err := snapshot.Create(dir, snapshot.Options{Tool: r.opts.Tool, BlockRows: r.old.Manifest.BlockRows, BufferBytes: 16 << 20, Encoders: 1})
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
	err = fill(func(b *snapshot.Batch) error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		return table.Write(b)
	})
	if err != nil {
		return errors.Join(err, table.Abort())
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
