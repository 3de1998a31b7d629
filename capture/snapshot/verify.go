package snapshot

import (
	"bytes"
	"errors"
	"fmt"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// Verify reads everything in dir and compares it with what was written: sizes
// and digests of files and chunks, the order of keys, the ends and the checksums
// of blocks, computed anew from the rows, the counts, the ledger, files that the
// manifest does not list. The error joins what was found, one line each.
func Verify(dir string) error {
	folder, err := store.OpenFolder(dir, nil)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	r, err := open(folder, OpenOptions{})
	if err != nil {
		return fmt.Errorf("verify %s: %w", dir, err)
	}
	defer r.Close()
	var found []error
	for i := range r.manifest.Tables {
		found = append(found, r.verifyTable(i))
	}
	found = append(found, verifyListed(folder, r.manifest), verifyLedger(&r.manifest.Ledger))
	return errors.Join(found...)
}

func (r *Reader) verifyTable(i int) error {
	e := &r.manifest.Tables[i]
	var found []error
	for _, p := range append(e.Files[:len(e.Files):len(e.Files)], e.Index) {
		found = append(found, sealed.Verify(r.folder, sealed.File(p.File), sealed.File(p.Chunks), p.chunkBytes()))
	}
	if err := errors.Join(found...); err != nil { // rows of files known to be damaged say nothing new
		return fmt.Errorf("table %s: %w", e.FullName(), err)
	}
	t, err := r.Table(i)
	if err != nil {
		return err
	}
	if err := t.verifyRows(r.manifest.BlockRows); err != nil {
		return fmt.Errorf("table %s: %w", e.FullName(), err)
	}
	return nil
}

// verifyListed names files that the manifest does not know: a query over the
// folder would take them in. A manifest.partial.json beside the manifest is what
// a kill in the last moment leaves; nobody reads it.
func verifyListed(s store.Store, m *Manifest) error {
	known := filesOf(m.Tables)
	list, err := s.List("")
	if err != nil {
		return err
	}
	var found []error
	for _, e := range list {
		if !known[e.Name] && e.Name != ManifestName && e.Name != PartialName {
			found = append(found, fmt.Errorf("%s: %w: the manifest does not list it", e.Name, ErrDamaged))
		}
	}
	return errors.Join(found...)
}

func verifyLedger(l *Ledger) error {
	var found []error
	for i := range l.Accounts {
		if a := &l.Accounts[i]; a.Residual() != 0 {
			found = append(found, fmt.Errorf("account %q: %w: total %d, %d unexplained", a.Name, ErrLedger, a.Total, a.Residual()))
		}
	}
	return errors.Join(found...)
}

// verifier walks the rows once, beside the index.
type verifier struct {
	table  *TableReader
	target int
	key    []int
	rows   *scan
	keys   rowKeys
	batch  *Batch
	at     int // the next row of the batch

	row        int64
	last       []byte
	lastRow    []byte
	lastEnds   bool
	duplicates int64
}

func (t *TableReader) verifyRows(target int) (err error) {
	key, err := t.entry.KeyIndexes()
	if err != nil {
		return err
	}
	v := &verifier{table: t, target: target, key: key, rows: newScan(t.r.folder, t.entry, &t.r.codec)}
	defer func() { err = errors.Join(err, v.rows.close()) }()
	if err := t.Blocks(v.block); err != nil {
		return err
	}
	if v.duplicates != t.entry.DuplicateKeys {
		return fmt.Errorf("%w: %d rows have the key of another, the manifest says %d", ErrDamaged, v.duplicates, t.entry.DuplicateKeys)
	}
	return nil
}

// block reads a block's rows and compares what they add up to.
func (v *verifier) block(b *Block) error {
	got := Block{Columns: make([]Sum, len(b.Columns))}
	for got.Rows < b.Rows {
		n, err := v.some(&got, b.Rows-got.Rows)
		if err != nil {
			return err
		}
		got.Rows += n
	}
	place := fmt.Sprintf("block of rows %d to %d", b.First, b.First+b.Rows-1)
	if got.Keys != b.Keys || !bytes.Equal(v.last, b.LastKey) {
		return fmt.Errorf("%s: %w: its keys are not those of the index", place, ErrDamaged)
	}
	for i := range b.Columns {
		if got.Columns[i] != b.Columns[i] {
			return fmt.Errorf("%s: column %q: %w: its checksum is not the index's", place, v.table.entry.Columns[i].Name, ErrDamaged)
		}
	}
	if !v.lastEnds && b.First+b.Rows < v.table.entry.Rows {
		return fmt.Errorf("%s: %w: it ends where no block ends", place, ErrDamaged)
	}
	return nil
}

// some adds at most n rows of the batch at hand.
func (v *verifier) some(got *Block, n int64) (int64, error) {
	if v.batch == nil || v.at == v.batch.Rows {
		if err := v.load(); err != nil {
			return 0, err
		}
	}
	to := int(min(int64(v.at)+n, int64(v.batch.Rows)))
	for row := v.at; row < to; row++ {
		if err := v.order(row, got.Rows == 0 && row == v.at); err != nil {
			return 0, err
		}
		got.Keys.Add(KeySum(v.keys.at(row)))
	}
	for i := range got.Columns {
		got.Columns[i].Add(columnSum(&v.batch.Columns[i], v.keys.hashes, v.at, to))
	}
	taken := int64(to - v.at)
	v.at = to
	return taken, nil
}

func (v *verifier) load() (err error) {
	if v.batch, err = v.rows.next(); err != nil {
		return err
	}
	if v.batch == nil {
		return fmt.Errorf("%w: fewer rows than the index has", ErrDamaged)
	}
	v.at = 0
	v.keys.of(v.batch, v.key)
	return nil
}

// order checks a row against the one before; begins says that it is the first
// of its block.
func (v *verifier) order(row int, begins bool) error {
	key := v.keys.at(row)
	if c := bytes.Compare(v.last, key); v.row > 0 && c >= 0 {
		before := v.lastRow
		v.lastRow = v.batch.AppendRowKey(nil, nil, row)
		if c > 0 || bytes.Compare(before, v.lastRow) > 0 {
			return fmt.Errorf("%w: %w", ErrDamaged, orderError(v.row, v.last, key))
		}
		if begins {
			return fmt.Errorf("row %d: %w: rows of one key stand in two blocks", v.row, ErrDamaged)
		}
		v.duplicates++
	} else if v.row > 0 && v.lastEnds && !begins {
		return fmt.Errorf("row %d: %w: a block goes on where it should end", v.row, ErrDamaged)
	}
	v.row++
	v.last = append(v.last[:0], key...)
	v.lastEnds = EndsBlock(v.keys.hashes[row], v.target)
	v.keep(row)
	return nil
}

// keep holds the whole row where the next one may have the same key: only then
// it is needed.
func (v *verifier) keep(row int) {
	if row+1 < v.batch.Rows && !bytes.Equal(v.keys.at(row+1), v.last) {
		return
	}
	v.lastRow = v.batch.AppendRowKey(v.lastRow[:0], nil, row)
}
