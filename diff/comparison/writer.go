package comparison

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// Writer builds a comparison's folder out of sight. Exactly one of Close and
// Abort ends it.
type Writer struct {
	dir, temp string
	folder    *store.Folder
	disk      store.Files
	lock      *store.Lock
	err       error // the first; nothing is written after it

	part  *partWriter
	file  store.Pending
	into  *bufio.Writer
	sum   hash.Hash
	size  int64
	files map[string]File
	total int64
	parts int
}

// Create begins a comparison that will stand at dir, which must not exist or be
// empty. Until Close it grows in a hidden folder beside it, which is locked.
func Create(dir string) (*Writer, error) { return create(dir, store.OS{}) }

// create is Create on a disk that tests can fail.
func create(dir string, disk store.Files) (*Writer, error) {
	dir = filepath.Clean(dir)
	if err := free(dir); err != nil {
		return nil, err
	}
	temp := filepath.Join(filepath.Dir(dir), "."+filepath.Base(dir)+".unfinished")
	folder, err := store.MakeFolder(temp, disk)
	if err != nil {
		return nil, fmt.Errorf("create comparison: %w", err)
	}
	lock, err := folder.Lock()
	if err != nil {
		return nil, fmt.Errorf("create comparison %s: %w", dir, err)
	}
	w := &Writer{dir: dir, temp: temp, folder: folder, disk: disk, lock: lock, files: map[string]File{}}
	if err := w.sweep(); err != nil {
		return nil, errors.Join(fmt.Errorf("create comparison %s: %w", dir, err), lock.Unlock())
	}
	return w, nil
}

func free(dir string) error {
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("comparison %s: %w\nchoose another folder", dir, ErrExists)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("create comparison: %w", err)
	}
	return nil
}

// sweep removes what a killed process left.
func (w *Writer) sweep() error {
	entries, err := os.ReadDir(w.temp)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".lock") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(w.temp, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// ExamplesDir is where the caller may write the recordings of the exchanges
// shown, before Close.
func (w *Writer) ExamplesDir() string { return filepath.Join(w.temp, ExamplesName) }

// ScratchDir is a folder for the caller's temporary files; it is gone at Close.
func (w *Writer) ScratchDir() (string, error) {
	dir := filepath.Join(w.temp, scratchName)
	return dir, os.MkdirAll(dir, 0o700)
}

const scratchName = "scratch"

// Write adds one difference. Differences of one record follow each other.
func (w *Writer) Write(d *Difference) error {
	if w.err == nil {
		w.err = w.write(d)
	}
	return w.err
}

func (w *Writer) write(d *Difference) error {
	if w.part != nil && w.part.rows >= partRows {
		if err := w.endPart(); err != nil {
			return err
		}
	}
	if w.part == nil {
		if err := w.beginPart(); err != nil {
			return err
		}
	}
	if err := w.part.write(d); err != nil {
		return fmt.Errorf("comparison %s: %s: row %d: %w", w.dir, w.partName(), w.part.rows, err)
	}
	w.total++
	return nil
}

func (w *Writer) partName() string { return fmt.Sprintf("differences-%05d.parquet", w.parts) }

func (w *Writer) beginPart() (err error) {
	if w.file, err = w.folder.Create(w.partName()); err != nil {
		return fmt.Errorf("comparison %s: %w", w.dir, err)
	}
	w.sum, w.size = sha256.New(), 0
	w.into = bufio.NewWriterSize(countTo{w}, 256<<10)
	w.part = newPartWriter(w.into)
	return nil
}

// countTo hashes and counts what goes to the open part.
type countTo struct{ w *Writer }

func (c countTo) Write(p []byte) (int, error) {
	n, err := c.w.file.Write(p)
	c.w.sum.Write(p[:n])
	c.w.size += int64(n)
	return n, err
}

func (w *Writer) endPart() error {
	name := w.partName()
	if err := errors.Join(w.part.out.Close(), w.into.Flush()); err != nil {
		return fmt.Errorf("comparison %s: %s: %w", w.dir, name, err)
	}
	if err := w.file.Commit(); err != nil {
		return fmt.Errorf("comparison %s: %s: %w", w.dir, name, err)
	}
	w.files[name] = File{Name: name, Size: w.size, SHA256: hex.EncodeToString(w.sum.Sum(nil))}
	w.part, w.file, w.parts = nil, nil, w.parts+1
	return nil
}

// Close writes the summary and the manifest and makes the folder visible. After
// an error nothing stands at the folder's name.
func (w *Writer) Close(s *Summary) error {
	if w.err == nil {
		w.err = w.finish(s)
	}
	if w.err != nil {
		return errors.Join(w.err, w.Abort())
	}
	return nil
}

func (w *Writer) finish(s *Summary) error {
	if w.part == nil && w.parts == 0 { // a file without rows, so that queries find one
		if err := w.beginPart(); err != nil {
			return err
		}
	}
	if w.part != nil {
		if err := w.endPart(); err != nil {
			return err
		}
	}
	if err := os.RemoveAll(filepath.Join(w.temp, scratchName)); err != nil {
		return err
	}
	if err := w.writeJSON(SummaryName, s); err != nil {
		return err
	}
	m, err := w.manifest(s)
	if err != nil {
		return err
	}
	if err := w.writeJSON(ManifestName, m); err != nil {
		return err
	}
	return w.show()
}

func (w *Writer) writeJSON(name string, v any) error {
	b, err := encode(v)
	if name == ManifestName {
		b = sealed.SealDocument(b)
	}
	if err == nil {
		err = store.WriteFile(w.folder, name, b)
	}
	if err != nil {
		return fmt.Errorf("comparison %s: %s: %w", w.dir, name, err)
	}
	return nil
}

func (w *Writer) manifest(s *Summary) (*Manifest, error) {
	m := &Manifest{
		Format: FormatName, Version: Version{FormatMajor, FormatMinor}, Tool: s.Tool,
		Old: s.Old.Manifest, New: s.New.Manifest, RulesDigest: s.RulesDigest, RoutesDigest: s.RoutesDigest, Differences: w.total,
	}
	for _, c := range s.Controls {
		m.Controls = append(m.Controls, c.Manifest)
	}
	entries, err := w.folder.List("")
	if err != nil {
		return nil, fmt.Errorf("comparison %s: %w", w.dir, err)
	}
	for _, e := range entries {
		f, known := w.files[e.Name]
		if !known {
			if f, err = hashFile(w.folder, e.Name); err != nil {
				return nil, fmt.Errorf("comparison %s: %w", w.dir, err)
			}
		}
		m.Files = append(m.Files, f)
	}
	return m, nil
}

func hashFile(s store.Store, name string) (File, error) {
	blob, err := s.Open(name)
	if err != nil {
		return File{}, err
	}
	defer blob.Close()
	h := sha256.New()
	n, err := io.Copy(h, io.NewSectionReader(blob, 0, blob.Size()))
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", name, err)
	}
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// show gives the folder its name: rename(2) replaces at most an empty folder. The
// lock is held until then, so that nobody clears away what is about to be shown.
func (w *Writer) show() error {
	if err := w.disk.Rename(w.temp, w.dir); err != nil {
		if free(w.dir) != nil {
			err = errors.Join(ErrExists, err)
		}
		return fmt.Errorf("comparison %s: %w", w.dir, err)
	}
	w.lock.Moved(w.dir)
	lock := w.lock
	w.lock = nil
	return errors.Join(lock.Unlock(), w.disk.SyncDir(filepath.Dir(w.dir)))
}

// Abort removes what was written. After a good Close it does nothing.
func (w *Writer) Abort() error {
	if w.file != nil {
		w.err = errors.Join(w.err, w.file.Discard())
		w.file = nil
	}
	if w.lock == nil {
		return nil
	}
	lock := w.lock
	w.lock = nil
	return errors.Join(os.RemoveAll(w.temp), ignoreMissing(lock.Unlock()))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
