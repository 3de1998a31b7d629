package recording

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"

	"parallax/internal/store"
)

// fileSystem is what tests replace to make writes fail.
type fileSystem = store.Files

// Writer makes a recording from an offline conversion. It is used by one
// goroutine. The first error that loses rows sticks: all later calls return it,
// and only Abort is of use.
type Writer struct {
	opts   Options
	folder *store.Folder
	lock   *store.Lock
	sorter *sorter
	parts  *partSet
	err    error
	ended  bool
}

var errEnded = errors.New("recording: the writer has ended")

// Create starts a recording in dir, which it makes where it is missing. What an
// interrupted conversion left there is removed; anything else is refused with
// ErrExists. The folder is locked until Close or Abort.
func Create(dir string, o Options) (*Writer, error) {
	w, err := openWriter(dir, o)
	if err != nil {
		return nil, err
	}
	if err := w.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("create recording in %s: %w", dir, err), w.lock.Unlock())
	}
	return w, nil
}

// openWriter makes a Writer on a locked folder and writes nothing yet.
func openWriter(dir string, o Options) (*Writer, error) {
	folder, lock, err := openLocked(dir, &o)
	if err != nil {
		return nil, err
	}
	return newWriter(folder, lock, o), nil
}

func openLocked(dir string, o *Options) (*store.Folder, *store.Lock, error) {
	if err := o.normalise(); err != nil {
		return nil, nil, err
	}
	folder, err := store.MakeFolder(dir, o.files)
	if err != nil {
		return nil, nil, fmt.Errorf("recording folder: %w", err)
	}
	lock, err := folder.Lock()
	if err != nil {
		return nil, nil, fmt.Errorf("recording folder: %w", err)
	}
	return folder, lock, nil
}

func newWriter(folder *store.Folder, lock *store.Lock, o Options) *Writer {
	w := &Writer{opts: o, folder: folder, lock: lock}
	w.parts = &partSet{store: folder, opts: &w.opts, cols: columns()}
	w.sorter = newSorter(folder, o.BufferBytes, w.parts.add)
	return w
}

// start clears what may be cleared and says that a recording is being made.
func (w *Writer) start() error {
	if err := refuseFinished(w.folder); err != nil {
		return err
	}
	if err := clearUnfinished(w.folder); err != nil {
		return err
	}
	return writeManifest(w.folder, PartialName, w.manifest(Closing{Interrupted: "not finished"}))
}

// refuseFinished fails where the folder holds something worth keeping.
func refuseFinished(folder *store.Folder) error {
	for _, name := range []string{ManifestName, JournalName} {
		if _, err := folder.Stat(name); err == nil {
			if name == JournalName && !journalBegun(folder) {
				continue
			}
			hint := "choose another folder"
			if name == JournalName {
				hint = "it is the journal of an interrupted recording: recover or resume it, or choose another folder"
			}
			return fmt.Errorf("%s: %w\n%s", name, ErrExists, hint)
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// clearUnfinished removes the files of a conversion that did not end. Without
// its manifest.partial.json, parts are not known to be such files.
func clearUnfinished(folder *store.Folder) error {
	list, err := folder.List("exchanges/part-")
	if err != nil {
		return err
	}
	if _, err := folder.Stat(PartialName); errors.Is(err, fs.ErrNotExist) && len(list) > 0 {
		return fmt.Errorf("%s: %w without a manifest\nchoose another folder", list[0].Name, ErrExists)
	}
	for _, e := range list {
		if !strings.HasSuffix(e.Name, ".parquet") && !strings.HasSuffix(e.Name, ".chunks") {
			continue
		}
		if err := folder.Remove(e.Name); err != nil {
			return err
		}
	}
	return errors.Join(folder.Sweep(), removeIfThere(folder, JournalName), removeIfThere(folder, PartialName))
}

// journalBegun reports whether a journal may hold anything: a process that was
// killed before its first sync leaves one that does not even say of what it is.
func journalBegun(folder *store.Folder) bool {
	ignore := journalVisitor{
		exchange: func(*Exchange, int64) error { return nil },
		intent:   func(ID, int64) error { return nil },
	}
	_, size, err := scanFile(folder, ignore)
	return size >= int64(len(journalMagic))+frameHead && !errors.Is(err, errTorn)
}

func removeIfThere(folder *store.Folder, name string) error {
	if err := folder.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Write takes ex over: the caller no longer touches it. Exchanges come in any
// order that keeps to the watermark; one that does not, or that could not be
// read back, is refused with an error that does not end the writer.
func (w *Writer) Write(ex *Exchange) error {
	if w.err != nil {
		return w.err
	}
	if err := ex.check(w.opts.Kind); err != nil {
		return err
	}
	err := w.sorter.add(ex)
	if err != nil && !errors.Is(err, ErrLate) {
		w.err = err
	}
	return err
}

// Advance says that no exchange earlier than t (nanoseconds since 1970, by the
// order key) will come, so that what waits before it can be written.
func (w *Writer) Advance(t int64) error {
	if w.err == nil {
		w.sorter.advance(t)
	}
	return w.err
}

// Close writes what is left, then manifest.json, and unlocks the folder. Where
// it fails there is no manifest.json, and the recording does not open.
func (w *Writer) Close(c Closing) error {
	if w.ended {
		return w.err
	}
	if w.err != nil {
		return errors.Join(w.err, w.Abort())
	}
	if err := w.finish(c); err != nil {
		w.err = err
		return errors.Join(err, w.Abort())
	}
	w.ended, w.err = true, errEnded
	return w.lock.Unlock()
}

func (w *Writer) finish(c Closing) error {
	if err := w.sorter.finish(); err != nil {
		return err
	}
	if err := w.parts.finish(); err != nil {
		return err
	}
	if err := writeManifest(w.folder, ManifestName, w.manifest(c)); err != nil {
		return err
	}
	return removeIfThere(w.folder, PartialName)
}

// Abort ends the recording early. The parts that are whole stay, listed in
// manifest.partial.json; rows that waited are not in them.
func (w *Writer) Abort() error {
	if w.ended {
		return nil
	}
	w.ended = true
	var errs []error
	if w.err == nil {
		w.err = errEnded
		errs = append(errs, w.parts.finish())
	} else {
		errs = append(errs, w.parts.drop())
	}
	errs = append(errs, w.sorter.removeSegments())
	if _, err := w.folder.Stat(ManifestName); errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, removeIfThere(w.folder, PartialName),
			writeManifest(w.folder, PartialName, w.manifest(Closing{Interrupted: "not finished"})))
	}
	return errors.Join(append(errs, w.lock.Unlock())...)
}

// manifest describes what has been written so far.
func (w *Writer) manifest(c Closing) *Manifest {
	m := &Manifest{
		Format: FormatName, Version: Version{FormatMajor, FormatMinor},
		Tool: w.opts.Tool, Kind: w.opts.Kind, Source: w.opts.Source,
		Baseline: w.opts.Baseline, Target: w.opts.Target, Redaction: w.opts.Redaction,
		FirstAt: w.parts.facts.firstAt, LastAt: w.parts.facts.lastAt, Files: w.parts.parts,
		Ledger: c.Ledger, Interrupted: c.Interrupted, Notes: c.Notes,
		Info: merged(w.opts.Info, c.Info), Shard: w.opts.Shard,
	}
	if m.Redaction.Profile == "" {
		m.Redaction.Profile = "off"
	}
	if c.RedactionCounts != nil {
		m.Redaction.Counts = c.RedactionCounts
	}
	for i := range m.Files {
		m.Exchanges += m.Files[i].Rows
	}
	return m
}

func merged(a, b map[string]string) map[string]string {
	if len(a)+len(b) == 0 {
		return nil
	}
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

func writeManifest(folder *store.Folder, name string, m *Manifest) error {
	b, err := m.encode()
	if err != nil {
		return err
	}
	return store.WriteFile(folder, name, b)
}
