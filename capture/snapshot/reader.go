package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// OpenOptions says how a snapshot is opened.
type OpenOptions struct {
	// Partial reads the finished tables of an unfinished snapshot.
	Partial bool
}

// Reader reads a snapshot. It is safe for concurrent use; TableReaders are not.
type Reader struct {
	folder   *store.Folder
	manifest *Manifest
	digest   string
}

// Open reads the manifest of the snapshot in dir.
func Open(dir string, o OpenOptions) (*Reader, error) {
	folder, err := store.OpenFolder(dir, nil)
	if err != nil {
		return nil, err
	}
	name := ManifestName
	b, err := store.ReadFile(folder, name, sealed.MaxSmall)
	if store.IsNotExist(err) {
		if _, statErr := folder.Stat(PartialName); statErr == nil && !o.Partial {
			return nil, fmt.Errorf("%w\nhint: --partial reads the tables that are finished", ErrPartial)
		}
		name = PartialName
		b, err = store.ReadFile(folder, name, sealed.MaxSmall)
	}
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sum := sha256.Sum256(b)
	return &Reader{folder: folder, manifest: m, digest: hex.EncodeToString(sum[:])}, nil
}

// Manifest describes the snapshot; it is the reader's own.
func (r *Reader) Manifest() *Manifest { return r.manifest }

// Digest is the hex SHA-256 of the manifest.
func (r *Reader) Digest() string { return r.digest }

// Close releases nothing at present; tables are closed by themselves.
func (r *Reader) Close() error { return nil }

// Table opens a table by its position in the manifest.
func (r *Reader) Table(i int) (*TableReader, error) {
	if i < 0 || i >= len(r.manifest.Tables) {
		return nil, fmt.Errorf("table %d of %d", i, len(r.manifest.Tables))
	}
	return openTable(r.folder, &r.manifest.Tables[i], r.manifest.BlockRows)
}

// Verify reads everything in dir and compares it with what was written: digests,
// order, blocks, checksums, counts. The error joins what was found.
func Verify(dir string) error {
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		return err
	}
	found := []error{verifyListed(r.folder, r.manifest)}
	for i := range r.manifest.Tables {
		found = append(found, r.verifyTable(i))
	}
	for i := range r.manifest.Ledger.Accounts {
		if a := &r.manifest.Ledger.Accounts[i]; a.Residual() != 0 {
			found = append(found, fmt.Errorf("account %q: total %d, %d unexplained: %w", a.Name, a.Total, a.Residual(), ErrDamaged))
		}
	}
	return errors.Join(found...)
}

func verifyListed(s store.Store, m *Manifest) error {
	known := map[string]bool{}
	for i := range m.Tables {
		for _, p := range m.Tables[i].parts() {
			known[p.Name], known[p.Chunks.Name] = true, true
		}
	}
	list, err := s.List("tables/")
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

func (r *Reader) verifyTable(i int) error {
	e := &r.manifest.Tables[i]
	var found []error
	for _, p := range e.parts() {
		found = append(found, sealed.VerifyWhole(r.folder, p.File, p.Chunks))
	}
	if err := errors.Join(found...); err != nil {
		return err // rows of files known to be damaged say nothing new
	}
	t, err := r.Table(i)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := t.verifyRows(); err != nil {
		return fmt.Errorf("table %s: %w", e.FullName(), err)
	}
	return nil
}

// verifyRows cuts the rows again and compares blocks and counts with the index.
func (t *TableReader) verifyRows() error {
	c := newCutter(nil, &t.entry.Table, t.key, t.blockRows)
	for b, err := range t.Batches(nil) {
		if err == nil {
			err = c.add(b)
		}
		if err != nil {
			return err
		}
	}
	if err := c.close(); err != nil {
		return err
	}
	if c.rows != t.entry.Rows || c.duplicates != t.entry.DuplicateKeys {
		return fmt.Errorf("%d rows and %d of a key seen before, the manifest says %d and %d: %w",
			c.rows, c.duplicates, t.entry.Rows, t.entry.DuplicateKeys, ErrDamaged)
	}
	n := 0
	return t.Blocks(func(b *Block) error {
		if n++; n > len(c.blocks) || !equalBlocks(b, &c.blocks[n-1]) {
			return fmt.Errorf("block %d: the index does not say what the rows are: %w", n-1, ErrDamaged)
		}
		return nil
	})
}

func equalBlocks(a, b *Block) bool {
	if a.First != b.First || a.Rows != b.Rows || string(a.LastKey) != string(b.LastKey) || a.Keys != b.Keys {
		return false
	}
	for i := range a.Columns {
		if a.Columns[i] != b.Columns[i] {
			return false
		}
	}
	return true
}
