package recording

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// ErrLedger: an account's buckets do not add up to its total.
var ErrLedger = errors.New("the ledger does not close")

// Verify reads everything in dir and compares it with what was written: sizes
// and digests of the files, digests of their chunks, every row, the order of
// rows, the digests of the bodies kept, the facts in the manifest, the ledger.
// The error joins what was found, one line each.
func Verify(dir string) error {
	folder, err := store.OpenFolder(dir, nil)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	r, err := open(folder, OpenOptions{ReuseBuffers: true})
	if err != nil {
		return fmt.Errorf("verify %s: %w", dir, err)
	}
	defer r.Close()
	var found []error
	for i := range r.manifest.Files {
		found = append(found, verifyFile(folder, &r.manifest.Files[i]))
	}
	found = append(found, verifyListed(folder, r.manifest))
	if errors.Join(found...) == nil { // rows of files known to be damaged say nothing new
		found = append(found, r.verifyRows())
	}
	found = append(found, verifyLedger(&r.manifest.Ledger))
	return errors.Join(found...)
}

// verifyFile hashes a whole file and its chunks, in one pass.
func verifyFile(s store.Store, p *Part) error {
	return sealed.Verify(s, sealed.File(p.File), sealed.File(p.Chunks), chunkBytes)
}

// verifyListed names files that the manifest does not know: a query over the
// folder would take them in.
func verifyListed(s store.Store, m *Manifest) error {
	known := map[string]bool{}
	for i := range m.Files {
		known[m.Files[i].Name], known[m.Files[i].Chunks.Name] = true, true
	}
	list, err := s.List("exchanges/")
	if err != nil {
		return err
	}
	var found []error
	for _, e := range list {
		if !known[e.Name] {
			found = append(found, fmt.Errorf("%s: %w: the manifest does not list it", e.Name, ErrDamaged))
		}
	}
	return errors.Join(found...)
}

func (r *Reader) verifyRows() error {
	var f facts
	for ex, err := range r.Exchanges(Filter{}) {
		if err != nil {
			return err
		}
		if err := verifyRow(ex, r.manifest.Kind); err != nil {
			return err
		}
		f.add(ex)
	}
	m := r.manifest
	if f.rows != m.Exchanges || f.firstAt != m.FirstAt || f.lastAt != m.LastAt {
		return fmt.Errorf("%w: the manifest says %d exchanges from %d to %d, the rows are %d from %d to %d",
			ErrDamaged, m.Exchanges, m.FirstAt, m.LastAt, f.rows, f.firstAt, f.lastAt)
	}
	return nil
}

func verifyRow(ex *Exchange, kind Kind) error {
	if err := ex.check(kind); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for i, b := range bodiesOf(ex) {
		if b != nil && b.State == BodyStored && sha256.Sum256(b.Bytes) != b.SHA256 {
			return fmt.Errorf("exchange %s: %s body: %w: its SHA-256 is not the one recorded", ex.ID, sides[i], ErrDamaged)
		}
	}
	return nil
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
