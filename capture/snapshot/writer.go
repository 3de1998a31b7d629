package snapshot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sort"
	"sync"

	"parallax/internal/sealed"
	"parallax/internal/store"
)

// Writer writes a snapshot. Table may be called, and TableWriters used, from
// several goroutines.
type Writer struct {
	folder *store.Folder
	lock   *store.Lock
	o      Options
	kept   []TableEntry

	mu       sync.Mutex
	next     int
	opened   map[[2]string]bool
	finished []numbered
}

// numbered is a finished table with the place in which it was opened: the order of
// the manifest.
type numbered struct {
	n     int
	entry TableEntry
}

// Create begins a snapshot in dir, which must hold none. With Options.Resume the
// finished tables of an interrupted one are kept.
func Create(dir string, o Options) (*Writer, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	folder, err := store.MakeFolder(dir, o.files)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	lock, err := folder.Lock()
	if err != nil {
		return nil, err
	}
	w := &Writer{folder: folder, lock: lock, o: o, opened: map[[2]string]bool{}}
	if err := w.begin(); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return w, nil
}

func (w *Writer) begin() error {
	if _, err := w.folder.Stat(ManifestName); err == nil {
		return fmt.Errorf("%s: %w: a snapshot", w.folder.Dir(), ErrExists)
	}
	if err := w.keep(); err != nil {
		return err
	}
	return w.sweep()
}

// keep takes the finished tables from the partial manifest.
func (w *Writer) keep() error {
	b, err := store.ReadFile(w.folder, PartialName, sealed.MaxSmall)
	if store.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !w.o.Resume {
		return fmt.Errorf("%s: %w: an unfinished snapshot", w.folder.Dir(), ErrExists)
	}
	m, err := parseManifest(b)
	if err != nil {
		return fmt.Errorf("%s: %w", PartialName, err)
	}
	if m.Source.Engine != w.o.Source.Engine || m.Redaction.KeyID != w.o.Redaction.KeyID || m.BlockRows != w.o.BlockRows {
		return fmt.Errorf("%s: %w: of another store, redaction key or block size: it cannot be gone on with", w.folder.Dir(), ErrExists)
	}
	w.kept = m.Tables
	for i := range m.Tables {
		w.finished = append(w.finished, numbered{i, m.Tables[i]})
		w.opened[m.Tables[i].ID()] = true
		var n int
		if _, err := fmt.Sscanf(m.Tables[i].Index.Name, "tables/t-%d/", &n); err == nil {
			w.next = max(w.next, n)
		}
	}
	return nil
}

// sweep removes what no finished table owns.
func (w *Writer) sweep() error {
	owned := map[string]bool{}
	for i := range w.kept {
		for _, f := range w.kept[i].parts() {
			owned[f.Name], owned[f.Chunks.Name] = true, true
		}
	}
	list, err := w.folder.List("tables/")
	if err != nil {
		return err
	}
	for _, e := range list {
		if !owned[e.Name] {
			if err := w.folder.Remove(e.Name); err != nil {
				return err
			}
		}
	}
	return w.folder.Sweep()
}

// parts are all files of a table, the index last.
func (t *TableEntry) parts() []Part { return append(append([]Part{}, t.Files...), t.Index) }

// Kept are the tables that an interrupted writer had finished.
func (w *Writer) Kept() []TableEntry { return w.kept }

// Table begins a table. Its rows become visible at the TableWriter's Close.
func (w *Writer) Table(t Table) (*TableWriter, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.opened[t.ID()] {
		return nil, fmt.Errorf("table %s: %w in this snapshot", t.FullName(), ErrExists)
	}
	w.next++
	tw, err := newTableWriter(w, w.next, t)
	if err != nil {
		return nil, err
	}
	w.opened[t.ID()] = true
	return tw, nil
}

// done takes a finished table over and notes it durably.
func (w *Writer) done(n int, e TableEntry) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished = append(w.finished, numbered{n, e})
	return w.note()
}

// note replaces the partial manifest, which says what is finished.
func (w *Writer) note() error {
	if _, err := w.folder.Stat(PartialName); err == nil {
		if err := w.folder.Remove(PartialName); err != nil {
			return err
		}
	}
	b, err := w.manifest(Closing{Interrupted: "not finished"}).encode()
	if err != nil {
		return err
	}
	return store.WriteFile(w.folder, PartialName, b)
}

func (w *Writer) dropped(t *Table) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.opened, t.ID())
}

func (w *Writer) manifest(c Closing) *Manifest {
	sort.Slice(w.finished, func(i, j int) bool { return w.finished[i].n < w.finished[j].n })
	m := &Manifest{
		Format: FormatName, Version: Version{FormatMajor, FormatMinor}, Tool: w.o.Tool, Source: w.o.Source, Point: c.Point,
		Redaction: w.o.Redaction, BlockRows: w.o.BlockRows, Tables: []TableEntry{}, Ledger: c.Ledger,
		Interrupted: c.Interrupted, Notes: c.Notes, Info: w.o.Info,
	}
	m.Redaction.Counts = maps.Clone(c.RedactionCounts)
	for _, t := range w.finished {
		m.Tables = append(m.Tables, t.entry)
	}
	return m
}

// Close writes the manifest: from then on the folder is a snapshot.
func (w *Writer) Close(c Closing) (err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { err = errors.Join(err, w.lock.Unlock()) }()
	b, err := w.manifest(c).encode()
	if err != nil {
		return err
	}
	if err := store.WriteFile(w.folder, ManifestName, b); err != nil {
		return err
	}
	if _, err := w.folder.Stat(PartialName); err == nil {
		return w.folder.Remove(PartialName)
	}
	return nil
}

// Abort leaves the finished tables, and the partial manifest that names them. Where
// no table was finished nothing is left but the folder.
func (w *Writer) Abort() error { return w.lock.Unlock() }

func (m *Manifest) encode() ([]byte, error) {
	if m.Ledger.Accounts == nil {
		m.Ledger.Accounts = []Account{}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return nil, fmt.Errorf("encode manifest: %w", err)
	}
	return b.Bytes(), nil
}

// parseManifest reads a manifest from outside and checks what the rest of the
// package relies on.
func parseManifest(b []byte) (*Manifest, error) {
	var head struct {
		Format  string  `json:"format"`
		Version Version `json:"version"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return nil, fmt.Errorf("not a manifest: %w: %w", ErrDamaged, err)
	}
	if head.Format != FormatName {
		return nil, fmt.Errorf("format %q, want %q: %w", head.Format, FormatName, ErrDamaged)
	}
	if head.Version.Major != FormatMajor {
		return nil, fmt.Errorf("%w: format version %d.%d, this program reads %d.x\nuse a newer version of the program",
			ErrVersion, head.Version.Major, head.Version.Minor, FormatMajor)
	}
	m := &Manifest{}
	if err := json.Unmarshal(b, m); err != nil {
		return nil, fmt.Errorf("manifest: %w: %w", ErrDamaged, err)
	}
	return m, m.check()
}

func (m *Manifest) check() error {
	if m.BlockRows < 1 {
		return fmt.Errorf("field \"block_rows\": %d: %w", m.BlockRows, ErrDamaged)
	}
	for i := range m.Tables {
		if err := m.Tables[i].check(); err != nil {
			return fmt.Errorf("table %d, %q: %w", i, m.Tables[i].Name, err)
		}
	}
	return nil
}

func (t *TableEntry) check() error {
	var rows int64
	for i, p := range t.parts() {
		for _, f := range []File{p.File, p.Chunks} {
			if err := store.CheckName(f.Name); err != nil {
				return fmt.Errorf("%w: %w", ErrDamaged, err)
			}
			if f.Size < 0 || len(f.SHA256) != 64 {
				return fmt.Errorf("%s: size %d, %d digits of SHA-256: %w", f.Name, f.Size, len(f.SHA256), ErrDamaged)
			}
		}
		if p.Rows < 0 || p.Rows > 1<<48 {
			return fmt.Errorf("%s: %d rows: %w", p.Name, p.Rows, ErrDamaged)
		}
		if i < len(t.Files) {
			rows += p.Rows
		}
	}
	if rows != t.Rows || t.Index.Rows != t.Blocks {
		return fmt.Errorf("%d rows and %d blocks, but the files have %d and %d: %w", t.Rows, t.Blocks, rows, t.Index.Rows, ErrDamaged)
	}
	_, err := t.KeyIndexes()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}
