package recording

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync"

	"parallax/internal/store"
)

// Reader reads a recording. Its methods may be called from several goroutines,
// and several iterations may run at once.
type Reader struct {
	opts     OpenOptions
	folder   store.Store
	manifest *Manifest
	digest   string
	cols     []column

	// The part that Get used last stays open.
	mu       sync.Mutex
	recent   *part
	recentAt int
	// The keys of the row group of it that Find looked into last.
	keys   []ID
	keysAt int
}

// Open opens the recording in dir. It reads the manifest; parts are opened, and
// checked chunk by chunk, as they are read.
func Open(dir string, o OpenOptions) (*Reader, error) {
	folder, err := store.OpenFolder(dir, nil)
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	r, err := open(folder, o)
	if err != nil {
		return nil, fmt.Errorf("open recording %s: %w", dir, err)
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
	return &Reader{
		opts: o, folder: folder, manifest: m, digest: hex.EncodeToString(sum[:]),
		cols: columns(),
	}, nil
}

func findManifest(folder store.Store, partial bool) (string, []byte, error) {
	b, err := store.ReadFile(folder, ManifestName, maxSmallFile)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return ManifestName, b, err
	}
	missing := err
	if _, err := folder.Stat(PartialName); err != nil {
		return "", nil, fmt.Errorf("not a recording: %w", missing)
	}
	if !partial {
		hint := "it was interrupted: make it again, or read what is there with --partial"
		if _, err := folder.Stat(JournalName); err == nil {
			hint = "it is being written or was interrupted: wait, or recover it from its journal"
		}
		return "", nil, fmt.Errorf("%s: %w\n%s", PartialName, ErrPartial, hint)
	}
	b, err = store.ReadFile(folder, PartialName, maxSmallFile)
	return PartialName, b, err
}

// Manifest returns the manifest, which the caller must not change.
func (r *Reader) Manifest() *Manifest { return r.manifest }

// Digest returns the hex SHA-256 of the manifest's bytes: the name by which a
// run knows its baseline.
func (r *Reader) Digest() string { return r.digest }

// Close frees what the reader holds. No iteration may be running.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.recent == nil {
		return nil
	}
	p := r.recent
	r.recent, r.keys = nil, nil
	return p.bytes.Close()
}

// Exchanges yields the chosen exchanges in order. An error comes once, last,
// with a nil Exchange. Each Exchange is the caller's to keep, unless the reader
// was opened with ReuseBuffers: then it, its request and response, and its
// bodies are valid until the next one; its texts and headers stay valid.
func (r *Reader) Exchanges(f Filter) iter.Seq2[*Exchange, error] {
	return func(yield func(*Exchange, error) bool) {
		it := iteration{reader: r, filter: f, memory: &rowMemory{reuse: r.opts.ReuseBuffers, share: f.ToSend}}
		if err := it.run(yield); err != nil {
			yield(nil, err)
		}
	}
}

// iteration is one pass over the rows.
type iteration struct {
	reader *Reader
	filter Filter
	memory *rowMemory
	last   Exchange // identity of the last row
	rows   int64
	done   bool // the consumer wants no more
}

func (it *iteration) run(yield func(*Exchange, error) bool) error {
	cols := it.wanted()
	for i := range it.reader.manifest.Files {
		if it.outside(&it.reader.manifest.Files[i]) {
			continue
		}
		if err := it.part(i, cols, yield); err != nil || it.done {
			return err
		}
	}
	return nil
}

func (it *iteration) part(i int, cols []column, yield func(*Exchange, error) bool) (err error) {
	p, err := it.reader.openPart(i)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.bytes.Close()) }()
	for group := range p.file.RowGroups() {
		if err := it.group(p, group, cols, yield); err != nil || it.done {
			return err
		}
	}
	return nil
}

func (it *iteration) wanted() []column {
	var cols []column
	for _, c := range it.reader.cols {
		if it.filter.NoBodies && c.name == requestBodyColumn ||
			(it.filter.NoBodies || it.filter.NoAnswerBodies) && c.name == responseBodyColumn {
			continue
		}
		if it.filter.ToSend && !neededToSend(c.name) {
			continue
		}
		cols = append(cols, c)
	}
	return cols
}

// neededToSend reports whether Filter.ToSend keeps a column.
func neededToSend(name string) bool {
	switch name {
	case "client", "response_reason", "response_version", "response_trailers", "response_interim",
		"response_first_at_ns":
		return false
	}
	return columnPart(name) != ofOutcome
}

// outside reports whether the time window leaves out the whole part.
func (it *iteration) outside(p *Part) bool {
	first, err1 := p.First.Time()
	last, err2 := p.Last.Time()
	if err1 != nil || err2 != nil {
		return false
	}
	return last < it.filter.From || it.filter.Until != 0 && first >= it.filter.Until
}

func (it *iteration) group(p *part, group int, cols []column, yield func(*Exchange, error) bool) (err error) {
	rows, err := openRows(p, group, cols, it.memory)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.close()) }()
	for {
		ex, err := rows.next()
		if err != nil || ex == nil {
			return err
		}
		if err := it.order(rows.place, ex); err != nil {
			return err
		}
		if it.filter.Keeps(ex) && !yield(ex, nil) {
			it.done = true
			return nil
		}
	}
}

// order checks that a row comes after the one before it and names both
// otherwise.
func (it *iteration) order(place string, ex *Exchange) error {
	if it.rows > 0 && compareRows(&it.last, ex) >= 0 {
		return fmt.Errorf("%s: %w: exchange %s stands after %s", place, ErrDamaged, rowName(ex), rowName(&it.last))
	}
	it.last.ID, it.last.Replays = ex.ID, ex.Replays
	it.rows++
	return nil
}
