package snapshot

import (
	"errors"
	"fmt"
	"slices"

	"parallax/internal/store"
)

// sorter puts rows in order in bounded memory: they wait as records; when too
// many wait they go, sorted, to a run on disk.
type sorter struct {
	folder *store.Folder
	dir    string
	limit  int64

	arena   []byte
	entries []entry
	runs    []*run
	made    int // runs made, for names
}

// entry is a record in the arena.
type entry struct {
	prefix uint64
	at     int
}

const entryBytes = 16

func newSorter(folder *store.Folder, dir string, limit int64) *sorter {
	return &sorter{folder: folder, dir: dir, limit: limit}
}

// add takes a batch's rows from from on.
func (s *sorter) add(b *Batch, k *rowKeys, from int) error {
	columns := newCells(b, nil)
	for i := range columns {
		columns[i].skip(from)
	}
	for row := from; row < b.Rows; row++ {
		s.arena = room(s.arena, 1<<10) // most rows are smaller
		s.entries = append(s.entries, entry{prefixOf(k.at(row)), len(s.arena)})
		s.arena = appendRecord(s.arena, k.at(row), row, columns)
		if int64(len(s.arena)+entryBytes*len(s.entries)) >= s.limit {
			if err := s.spill(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *sorter) sort() {
	slices.SortFunc(s.entries, func(a, b entry) int {
		if a.prefix != b.prefix {
			if a.prefix < b.prefix {
				return -1
			}
			return 1
		}
		ra, _ := s.record(a)
		rb, _ := s.record(b)
		return ra.compare(&rb)
	})
}

// record returns a record of the arena and its encoded form. It is well formed,
// since this sorter made it.
func (s *sorter) record(e entry) (record, []byte) {
	r, rest, err := cutRecord(s.arena[e.at:])
	if err != nil {
		panic(err)
	}
	return r, s.arena[e.at : len(s.arena)-len(rest)]
}

// spill writes what waits to a run.
func (s *sorter) spill() error {
	s.sort()
	r, err := s.newRun(0)
	if err != nil {
		return err
	}
	for _, e := range s.entries {
		_, encoded := s.record(e)
		if err := r.append(encoded); err != nil {
			return err
		}
	}
	if err := r.seal(); err != nil {
		return err
	}
	if int64(cap(s.arena)) > 2*s.limit { // a very large row
		s.arena = nil
	}
	s.arena, s.entries = s.arena[:0], s.entries[:0]
	return s.compact(0)
}

// fanIn is the number of runs of one level that are merged into one of the next:
// every row is written again once a level, and few files are open.
const fanIn = 16

func (s *sorter) newRun(level int) (*run, error) {
	r := &run{level: level, name: fmt.Sprintf("%s/run-%06d", s.dir, s.made), limit: s.frameBytes()}
	s.made++
	file, err := s.folder.Scratch(r.name)
	if err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	r.file = file
	s.runs = append(s.runs, r)
	return r, nil
}

// frameBytes keeps the frames of a merge within the limit.
func (s *sorter) frameBytes() int { return int(min(max(s.limit/(4*fanIn), 4<<10), 256<<10)) }

// compact merges the runs of a level where there are enough of them.
func (s *sorter) compact(level int) error {
	var same []source
	var old, others []*run
	for _, r := range s.runs {
		if r.level == level {
			same, old = append(same, r), append(old, r)
		} else {
			others = append(others, r)
		}
	}
	if len(same) < fanIn {
		return nil
	}
	to, err := s.newRun(level + 1)
	if err != nil {
		return err
	}
	if err := mergeInto(same, to); err != nil {
		return err
	}
	s.runs = append(others, to)
	if err := s.remove(old); err != nil {
		return err
	}
	return s.compact(level + 1)
}

func mergeInto(from []source, to *run) error {
	m, err := newMerger(from)
	if err != nil {
		return err
	}
	var encoded []byte
	if err := m.each(func(r *record) error {
		encoded = r.appendEncoded(encoded[:0])
		return to.append(encoded)
	}); err != nil {
		return err
	}
	return to.seal()
}

func (s *sorter) remove(runs []*run) error {
	var errs []error
	for _, r := range runs {
		errs = append(errs, r.file.Close(), s.folder.RemoveScratch(r.name))
	}
	return errors.Join(errs...)
}

// drop removes the runs.
func (s *sorter) drop() error {
	err := s.remove(s.runs)
	s.runs = nil
	return err
}

// waiting hands out the rows in memory; sort was called.
type waiting struct {
	s  *sorter
	at int
}

func (w *waiting) next() (record, bool, error) {
	if w.at == len(w.s.entries) {
		return record{}, false, nil
	}
	r, _ := w.s.record(w.s.entries[w.at])
	w.at++
	return r, true, nil
}

// merged hands on everything in order, with the rows of more.
func (s *sorter) merged(more source, f func(*record) error) error {
	s.sort()
	sources := []source{&waiting{s: s}}
	for _, r := range s.runs {
		sources = append(sources, r)
	}
	if more != nil {
		sources = append(sources, more)
	}
	m, err := newMerger(sources)
	if err != nil {
		return err
	}
	return m.each(f)
}
