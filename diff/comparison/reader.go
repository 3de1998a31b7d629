package comparison

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"strings"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// Reader reads a comparison's folder.
type Reader struct {
	dir      string
	folder   *store.Folder
	manifest *Manifest
	digest   string
	summary  *Summary
}

// The bounds of the files that are read at once.
const (
	maxManifest = 16 << 20
	maxSummary  = 1 << 30
)

var errStopped = errors.New("stopped by the caller")

// Open reads and checks the manifest and the summary.
func Open(dir string) (*Reader, error) {
	r, err := open(dir)
	if err != nil {
		return nil, fmt.Errorf("comparison %s: %w", dir, err)
	}
	return r, nil
}

func open(dir string) (*Reader, error) {
	folder, err := store.OpenFolder(dir, nil)
	if err != nil {
		return nil, err
	}
	text, err := store.ReadFile(folder, ManifestName, maxManifest)
	if err != nil {
		return nil, err
	}
	r := &Reader{dir: dir, folder: folder}
	if r.manifest, err = parseManifest(text); err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestName, err)
	}
	sum := sha256.Sum256(text)
	r.digest = hex.EncodeToString(sum[:])
	return r, r.readSummary()
}

func (r *Reader) readSummary() error {
	if err := r.checkFile(SummaryName); err != nil {
		return err
	}
	text, err := store.ReadFile(r.folder, SummaryName, maxSummary)
	if err != nil {
		return err
	}
	r.summary = &Summary{}
	if err := json.Unmarshal(text, r.summary); err != nil {
		return fmt.Errorf("%s: %w: %w", SummaryName, ErrDamaged, err)
	}
	if r.summary.Format != SummaryFormat || r.summary.Version != 1 {
		return fmt.Errorf("%s: format %q version %d: %w", SummaryName, r.summary.Format, r.summary.Version, ErrVersion)
	}
	return nil
}

// Manifest returns the manifest; it is not to be changed.
func (r *Reader) Manifest() *Manifest { return r.manifest }

// Digest is the hex SHA-256 of manifest.json.
func (r *Reader) Digest() string { return r.digest }

// Summary returns the summary; it is not to be changed.
func (r *Reader) Summary() *Summary { return r.summary }

// ExamplesDir holds the recordings "old" and "new" of the exchanges shown.
func (r *Reader) ExamplesDir() string { return filepath.Join(r.dir, ExamplesName) }

// checkFile compares a file with what the manifest says of it.
func (r *Reader) checkFile(name string) error {
	for _, want := range r.manifest.Files {
		if want.Name != name {
			continue
		}
		return r.compareFile(want)
	}
	return fmt.Errorf("%s: not in the manifest: %w", name, ErrDamaged)
}

func (r *Reader) compareFile(want File) error {
	got, err := hashFile(r.folder, want.Name)
	switch {
	case err != nil:
		return sealed.Listed(want.Name, err)
	case got.Size < want.Size:
		return fmt.Errorf("%s: truncated: %d of %d bytes: %w", want.Name, got.Size, want.Size, ErrDamaged)
	case got.Size > want.Size:
		return fmt.Errorf("%s: %d bytes after its end: %w", want.Name, got.Size-want.Size, ErrDamaged)
	case got.SHA256 != want.SHA256:
		return fmt.Errorf("%s: the bytes are not those that were written: %w", want.Name, ErrDamaged)
	}
	return nil
}

// Verify checks every file against the manifest and reads every row.
func (r *Reader) Verify() error {
	for _, f := range r.manifest.Files {
		if err := r.compareFile(f); err != nil {
			return fmt.Errorf("comparison %s: %w", r.dir, err)
		}
	}
	for _, err := range r.Differences() {
		if err != nil {
			return err
		}
	}
	return nil
}

// Differences streams all differences in the order written. An error comes once,
// last, with a nil difference. Nothing is reused.
func (r *Reader) Differences() iter.Seq2[*Difference, error] {
	return func(yield func(*Difference, error) bool) {
		var total int64
		for _, f := range r.manifest.Files {
			if !isPart(f.Name) {
				continue
			}
			n, err := r.part(f, func(d *Difference) bool { return yield(d, nil) })
			if errors.Is(err, errStopped) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("comparison %s: %s: %w", r.dir, f.Name, err))
				return
			}
			total += n
		}
		if total != r.manifest.Differences {
			yield(nil, fmt.Errorf("comparison %s: %d differences, the manifest has %d: %w", r.dir, total, r.manifest.Differences, ErrDamaged))
		}
	}
}

func isPart(name string) bool {
	return strings.HasPrefix(name, "differences-") && strings.HasSuffix(name, ".parquet")
}

func (r *Reader) part(f File, yield func(*Difference) bool) (int64, error) {
	if err := r.compareFile(f); err != nil {
		return 0, err
	}
	blob, err := r.folder.Open(f.Name)
	if err != nil {
		return 0, err
	}
	defer blob.Close()
	return readPart(blob, blob.Size(), yield)
}
