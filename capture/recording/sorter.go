package recording

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"parallax/internal/store"
)

// ErrLate: an exchange is older than the watermark that its source gave; it is
// not taken, and the writer goes on.
var ErrLate = errors.New("exchange comes after its time was closed")

// sorter puts rows in order in bounded memory: rows wait until the watermark
// passes them; when too many wait, they go to a sorted segment on disk.
type sorter struct {
	folder *store.Folder
	limit  int64
	out    func(timedRow) error

	waiting []timedRow
	bytes   int64
	trigger int64 // look at what can be released when this many bytes wait
	// water is what Advance said, closed up to where rows were released.
	water, closed uint64

	segments []*segment
	made     int // segments made, for names
}

// timedRow is an exchange with what is found out of it once.
type timedRow struct {
	at   uint64
	ex   *Exchange
	size int64
	// replaced: it has a text that is not UTF-8, see column exact. Known once its
	// row group is encoded.
	replaced bool
}

func timed(ex *Exchange) (timedRow, error) {
	t, err := ex.Origin().Time()
	return timedRow{at: uint64(t), ex: ex, size: ex.size()}, err
}

func newSorter(folder *store.Folder, limit int64, out func(timedRow) error) *sorter {
	return &sorter{folder: folder, limit: limit, out: out, trigger: limit / releases}
}

func (s *sorter) add(ex *Exchange) error {
	row, err := timed(ex)
	if err != nil {
		return err
	}
	if row.at < s.closed {
		return fmt.Errorf("exchange %s: %w", ex.ID, ErrLate)
	}
	s.waiting = append(s.waiting, row)
	s.bytes += row.size
	if s.bytes < s.trigger {
		return nil
	}
	return s.relieve()
}

func (s *sorter) advance(t int64) { s.water = max(s.water, uint64(max(t, 0))) }

// releases is how often the buffer is looked at while it fills: often enough
// that rows which need not wait leave while the processor's caches hold them,
// seldom enough that those which must are not gone through for every new one.
const releases = 32

// relieve releases what the watermark allows and spills where that is not
// enough.
func (s *sorter) relieve() error {
	if err := s.release(s.water); err != nil {
		return err
	}
	if s.bytes > s.limit*7/8 {
		if err := s.spill(); err != nil {
			return err
		}
	}
	s.trigger = s.bytes + s.limit/releases
	return nil
}

// release hands on all rows earlier than until, in order.
func (s *sorter) release(until uint64) error {
	if until <= s.closed {
		return nil
	}
	ready := s.take(func(r timedRow) bool { return r.at < until })
	s.closed = until
	return s.merge(&segment{rows: ready}, until)
}

// finish hands on everything and removes the segments.
func (s *sorter) finish() error {
	ready := s.take(func(timedRow) bool { return true })
	err := s.merge(&segment{rows: ready}, 0)
	return errors.Join(err, s.removeSegments())
}

// take removes the rows that fit from those that wait and returns them sorted.
func (s *sorter) take(fits func(timedRow) bool) []timedRow {
	var ready []timedRow
	kept := s.waiting[:0]
	for _, r := range s.waiting {
		if fits(r) {
			ready = append(ready, r)
			s.bytes -= r.size
		} else {
			kept = append(kept, r)
		}
	}
	clear(s.waiting[len(kept):])
	s.waiting = kept
	slices.SortFunc(ready, func(a, b timedRow) int {
		if a.at != b.at { // IDs begin with the time
			return cmp.Compare(a.at, b.at)
		}
		return compareRows(a.ex, b.ex)
	})
	return ready
}

// merge hands on the rows of memory and of all segments in order, up to until
// (0: all).
func (s *sorter) merge(memory *segment, until uint64) error {
	sources := append([]*segment{memory}, s.segments...)
	for {
		var least *segment
		for _, src := range sources {
			head, err := src.head()
			if err != nil {
				return err
			}
			if head == nil || until != 0 && head.at >= until {
				continue
			}
			if least == nil || compareRows(head.ex, least.first.ex) < 0 {
				least = src
			}
		}
		if least == nil {
			return nil
		}
		if err := s.out(least.pop()); err != nil {
			return err
		}
	}
}

// fanIn is the number of segments of one level that are merged into one of the
// next: every row is written again once a level, and few files are open.
const fanIn = 16

func (s *sorter) spill() error {
	rows := s.take(func(timedRow) bool { return true })
	if len(rows) == 0 {
		return nil
	}
	seg, err := s.newSegment(0)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := seg.append(r); err != nil {
			return err
		}
	}
	if err := seg.seal(); err != nil {
		return err
	}
	return s.compact(0)
}

// compact merges the segments of a level where there are enough of them.
func (s *sorter) compact(level int) error {
	var same, others []*segment
	for _, seg := range s.segments {
		if seg.level == level {
			same = append(same, seg)
		} else {
			others = append(others, seg)
		}
	}
	if len(same) < fanIn {
		return nil
	}
	s.segments = others
	seg, err := s.newSegment(level + 1)
	if err != nil {
		return err
	}
	part := &sorter{segments: same, folder: s.folder, out: seg.append}
	if err := errors.Join(part.merge(&segment{}, 0), part.removeSegments()); err != nil {
		return err
	}
	if err := seg.seal(); err != nil {
		return err
	}
	return s.compact(level + 1)
}

func (s *sorter) newSegment(level int) (*segment, error) {
	seg := &segment{level: level, name: fmt.Sprintf("spill-%06d", s.made)}
	s.made++
	file, err := s.folder.Scratch(seg.name)
	if err != nil {
		return nil, fmt.Errorf("spill: %w", err)
	}
	seg.file = file
	s.segments = append(s.segments, seg)
	return seg, nil
}

func (s *sorter) removeSegments() error {
	var errs []error
	for _, seg := range s.segments {
		errs = append(errs, seg.file.Close(), s.folder.RemoveScratch(seg.name))
	}
	s.segments = nil
	return errors.Join(errs...)
}
