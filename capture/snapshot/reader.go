package snapshot

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
	"parallax/internal/store"
)

// Reader reads a snapshot. Its methods may be called from several goroutines.
type Reader struct {
	folder   store.Store
	manifest *Manifest
	digest   string
	codec    pagefile.Codec

	mu     sync.Mutex
	opened []*TableReader
}

// Open opens the snapshot in dir. It reads the manifest; files are opened, and
// checked chunk by chunk, as they are read.
func Open(dir string, o OpenOptions) (*Reader, error) {
	folder, err := store.OpenFolder(dir, nil)
	if err != nil {
		return nil, fmt.Errorf("open snapshot: %w", err)
	}
	r, err := open(folder, o)
	if err != nil {
		return nil, fmt.Errorf("open snapshot %s: %w", dir, err)
	}
	return r, nil
}

func open(folder store.Store, o OpenOptions) (*Reader, error) {
	name, b, err := findManifest(folder, o.Partial)
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

func findManifest(folder store.Store, partial bool) (string, []byte, error) {
	b, err := store.ReadFile(folder, ManifestName, sealed.MaxSmall)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return ManifestName, b, err
	}
	missing := err
	if _, err := folder.Stat(PartialName); err != nil {
		return "", nil, fmt.Errorf("not a snapshot: %w", missing)
	}
	if !partial {
		return "", nil, fmt.Errorf("%s: %w\nit is being written or was interrupted: wait, resume it, or read what is there with --partial", PartialName, ErrPartial)
	}
	b, err = store.ReadFile(folder, PartialName, sealed.MaxSmall)
	return PartialName, b, err
}

// Manifest returns the manifest, which the caller must not change.
func (r *Reader) Manifest() *Manifest { return r.manifest }

// Digest returns the hex SHA-256 of the manifest's bytes.
func (r *Reader) Digest() string { return r.digest }

// Table returns a reader of the i-th table of the manifest. Each call returns
// another one, so that each goroutine has its own.
func (r *Reader) Table(i int) (*TableReader, error) {
	if i < 0 || i >= len(r.manifest.Tables) {
		return nil, fmt.Errorf("table %d of %d", i, len(r.manifest.Tables))
	}
	t := &TableReader{r: r, entry: &r.manifest.Tables[i]}
	t.parts = newParts(r.folder, t.entry, &r.codec)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened = append(r.opened, t)
	return t, nil
}

// Close frees what the reader and its tables hold; none may be in use.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, t := range r.opened {
		errs = append(errs, t.Close())
	}
	r.opened = nil
	return errors.Join(errs...)
}
