package snapshot

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"sync"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
	"parallax/internal/store"
)

// Writer makes a snapshot. Its methods may be called from several goroutines.
type Writer struct {
	opts   Options
	folder *store.Folder
	lock   *store.Lock
	codec  pagefile.Codec
	gate   chan struct{}

	mu     sync.Mutex
	tables []*tablePlace // in the order of the calls of Table
	kept   []TableEntry
	made   int // folders of tables made, for names
	// unlisted counts the whole tables that manifest.partial.json does not list yet.
	unlisted int
	ended    bool
}

// tablePlace is a table's place in the manifest.
type tablePlace struct {
	id    [2]string
	entry *TableEntry // once it is whole
	gone  bool
}

var errEnded = errors.New("snapshot: the writer has ended")

// Create starts a snapshot in dir, which it makes where it is missing. What an
// interrupted capture left there is removed (with Options.Resume: but for its
// whole tables); anything else is refused with ErrExists. The folder is locked
// until Close or Abort.
func Create(dir string, o Options) (*Writer, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	folder, err := store.MakeFolder(dir, o.files)
	if err != nil {
		return nil, fmt.Errorf("snapshot folder: %w", err)
	}
	lock, err := folder.Lock()
	if err != nil {
		return nil, fmt.Errorf("snapshot folder: %w", err)
	}
	w := &Writer{opts: o, folder: folder, lock: lock, gate: make(chan struct{}, o.Encoders)}
	if err := w.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("create snapshot in %s: %w", dir, err), lock.Unlock())
	}
	return w, nil
}

// start clears what may be cleared and says that a snapshot is being made.
func (w *Writer) start() error {
	if _, err := w.folder.Stat(ManifestName); err == nil {
		return fmt.Errorf("%s: %w\nchoose another folder", ManifestName, ErrExists)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if w.opts.Resume {
		if err := w.takeUp(); err != nil {
			return err
		}
	}
	if err := w.clear(); err != nil {
		return err
	}
	return w.writePartial()
}

// clear removes the files of a capture that did not end, but for those kept.
// Without its manifest.partial.json, files are not known to be such.
func (w *Writer) clear() error {
	list, err := w.folder.List("tables/")
	if err != nil {
		return err
	}
	if _, err := w.folder.Stat(PartialName); errors.Is(err, fs.ErrNotExist) && len(list) > 0 {
		return fmt.Errorf("%s: %w without a manifest\nchoose another folder", list[0].Name, ErrExists)
	}
	known := filesOf(w.kept)
	for _, e := range list {
		if known[e.Name] || !strings.HasSuffix(e.Name, ".parquet") && !strings.HasSuffix(e.Name, ".chunks") {
			continue
		}
		if err := w.folder.Remove(e.Name); err != nil {
			return err
		}
	}
	return w.folder.Sweep()
}

// filesOf returns the names of all files of the tables.
func filesOf(tables []TableEntry) map[string]bool {
	known := map[string]bool{}
	for i := range tables {
		for _, p := range append(tables[i].Files[:len(tables[i].Files):len(tables[i].Files)], tables[i].Index) {
			known[p.Name], known[p.Chunks.Name] = true, true
		}
	}
	return known
}

// takeUp takes over the whole tables of an unfinished snapshot.
func (w *Writer) takeUp() error {
	b, err := store.ReadFile(w.folder, PartialName, sealed.MaxSmall)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := parseManifest(b)
	if err != nil {
		return fmt.Errorf("%s: %w", PartialName, err)
	}
	if err := w.sameMaking(m); err != nil {
		return fmt.Errorf("%s: %w", PartialName, err)
	}
	for i := range m.Tables {
		e := &m.Tables[i]
		w.made = max(w.made, tableNumber(e.Index.Name))
		if w.wholeTable(e) == nil {
			w.kept = append(w.kept, *e)
			w.tables = append(w.tables, &tablePlace{id: e.ID(), entry: e})
		}
	}
	return nil
}

// sameMaking refuses to mix tables that were made in another way.
func (w *Writer) sameMaking(m *Manifest) error {
	s, o := m.Source, w.opts.Source
	switch {
	case s.Engine != o.Engine || s.Detail != o.Detail:
		return fmt.Errorf("it is of %s %s, not of %s %s", s.Engine, s.Detail, o.Engine, o.Detail)
	case m.BlockRows != w.opts.BlockRows:
		return fmt.Errorf("its blocks have %d rows, not %d", m.BlockRows, w.opts.BlockRows)
	case m.Redaction.Profile != w.opts.Redaction.Profile || m.Redaction.KeyID != w.opts.Redaction.KeyID:
		return fmt.Errorf("its redaction is profile %q with key %q, not %q with %q",
			m.Redaction.Profile, m.Redaction.KeyID, w.opts.Redaction.Profile, w.opts.Redaction.KeyID)
	}
	return nil
}

// wholeTable reads a table's files whole: they were written before a crash.
func (w *Writer) wholeTable(e *TableEntry) error {
	var errs []error
	for _, p := range append(e.Files[:len(e.Files):len(e.Files)], e.Index) {
		errs = append(errs, sealed.Verify(w.folder, sealed.File(p.File), sealed.File(p.Chunks), p.chunkBytes()))
	}
	return errors.Join(errs...)
}

func tableNumber(name string) int {
	var n int
	if _, err := fmt.Sscanf(name, "tables/t-%d/", &n); err != nil {
		return 0
	}
	return n
}

// Kept returns the tables that Options.Resume took over.
func (w *Writer) Kept() []TableEntry { return w.kept }

// Table begins a table. Several tables may be written at once, each by one
// goroutine.
func (w *Writer) Table(table Table) (*TableWriter, error) {
	if err := table.check(); err != nil {
		return nil, fmt.Errorf("table %s: %w", table.FullName(), err)
	}
	key, err := table.KeyIndexes()
	if err != nil {
		return nil, err
	}
	place, dir, err := w.placeFor(&table)
	if err != nil {
		return nil, err
	}
	t, err := newTableWriter(w, place, dir, table, key)
	if err != nil {
		w.mu.Lock()
		w.tables[place].gone = true
		w.mu.Unlock()
		return nil, fmt.Errorf("table %s: %w", table.FullName(), err)
	}
	return t, nil
}

func (w *Writer) placeFor(table *Table) (place int, dir string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return 0, "", errEnded
	}
	for _, p := range w.tables {
		if p.id == table.ID() && !p.gone {
			return 0, "", fmt.Errorf("table %s: %w in this snapshot", table.FullName(), ErrExists)
		}
	}
	w.made++
	w.tables = append(w.tables, &tablePlace{id: table.ID()})
	return len(w.tables) - 1, fmt.Sprintf("tables/t-%04d", w.made), nil
}

// finished enters a whole table; once it is listed an interruption leaves it.
func (w *Writer) finished(t *TableWriter) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return errEnded
	}
	w.tables[t.place].entry = &t.entry
	if w.unlisted++; w.unlisted <= len(w.tables)/tablesUnlisted {
		return nil
	}
	if err := w.writePartial(); err != nil {
		w.tables[t.place].entry = nil
		return err
	}
	return nil
}

// tablesUnlisted: one in so many tables may be whole and not yet listed, since
// listing them writes the entries of all.
const tablesUnlisted = 32

// abandoned removes what a table left behind.
func (w *Writer) abandoned(t *TableWriter) error {
	w.mu.Lock()
	w.tables[t.place].gone = true
	w.mu.Unlock()
	list, err := w.folder.List(t.dir + "/")
	errs := []error{err}
	for _, e := range list {
		errs = append(errs, w.folder.Remove(e.Name))
	}
	return errors.Join(errs...)
}

// Close writes manifest.json and unlocks the folder. Tables that were neither
// closed nor aborted are an error. Where it fails there is no manifest.json, and
// the snapshot does not open.
func (w *Writer) Close(c Closing) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return errEnded
	}
	if err := w.finish(c); err != nil {
		return errors.Join(err, w.abort())
	}
	w.ended = true
	return w.lock.Unlock()
}

func (w *Writer) finish(c Closing) error {
	for _, p := range w.tables {
		if p.entry == nil && !p.gone {
			return fmt.Errorf("snapshot: table %v is still being written", p.id)
		}
	}
	b, err := w.manifest(c).encode()
	if err != nil {
		return err
	}
	if err := store.WriteFile(w.folder, ManifestName, b); err != nil {
		return err
	}
	if err := w.folder.Remove(PartialName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Abort ends the snapshot early. The tables that are whole stay, listed in
// manifest.partial.json. Tables that are being written are aborted before.
func (w *Writer) Abort() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return nil
	}
	return w.abort()
}

func (w *Writer) abort() error {
	w.ended = true
	var err error
	if _, missing := w.folder.Stat(ManifestName); errors.Is(missing, fs.ErrNotExist) {
		err = w.writePartial()
	}
	return errors.Join(err, w.lock.Unlock())
}

func (w *Writer) writePartial() error {
	b, err := w.manifest(Closing{Interrupted: "not finished"}).encode()
	if err != nil {
		return err
	}
	if err := w.folder.Replace(PartialName, b); err != nil {
		return err
	}
	w.unlisted = 0
	return nil
}

// manifest describes what has been written so far.
func (w *Writer) manifest(c Closing) *Manifest {
	m := &Manifest{
		Format: FormatName, Version: Version{FormatMajor, FormatMinor},
		Tool: w.opts.Tool, Source: w.opts.Source, Point: c.Point, Redaction: w.opts.Redaction, BlockRows: w.opts.BlockRows,
		Ledger: c.Ledger, Interrupted: c.Interrupted, Notes: c.Notes, Info: merged(w.opts.Info, c.Info),
	}
	if c.RedactionCounts != nil {
		m.Redaction.Counts = c.RedactionCounts
	}
	for _, p := range w.tables {
		if p.entry != nil {
			m.Tables = append(m.Tables, *p.entry)
		}
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
