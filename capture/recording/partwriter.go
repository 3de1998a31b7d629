package recording

import (
	"errors"
	"fmt"

	"parallax/internal/pagefile"
	"parallax/internal/sealed"
	"parallax/internal/store"
)

// partSet writes rows in order into part files.
type partSet struct {
	store store.Store
	opts  *Options
	cols  []column
	// What all parts share, made with the first.
	layout *layout
	codec  pagefile.Codec

	open  *partWriter
	parts []Part
	facts facts
	last  Exchange // identity of the last row, for the order check
	// lastAt is the time of its order key.
	lastAt uint64
}

// facts are what a manifest says of all rows.
type facts struct {
	rows            int64
	firstAt, lastAt int64
}

func (f *facts) add(ex *Exchange) {
	f.rows++
	for _, t := range times(ex) {
		if t == 0 {
			continue
		}
		if f.firstAt == 0 || t < f.firstAt {
			f.firstAt = t
		}
		f.lastAt = max(f.lastAt, t)
	}
}

func times(ex *Exchange) [6]int64 {
	var t [6]int64
	if q := ex.Request; q != nil {
		t[0], t[1] = q.FirstAt, q.LastAt
	}
	if p := ex.Response; p != nil {
		t[2], t[3] = p.FirstAt, p.LastAt
	}
	if o := ex.Outcome; o != nil {
		t[4], t[5] = o.SentAt, o.DoneAt
	}
	return t
}

// add takes the next row; it must come after the last one.
func (s *partSet) add(row timedRow) error {
	ex := row.ex
	// Of other times, the later comes later: IDs begin with theirs.
	if s.facts.rows > 0 && row.at <= s.lastAt && (row.at < s.lastAt || compareRows(&s.last, ex) >= 0) {
		return fmt.Errorf("exchange %s does not come after %s", rowName(ex), rowName(&s.last))
	}
	if s.open == nil {
		p, err := s.begin()
		if err != nil {
			return err
		}
		s.open = p
	}
	if err := s.open.add(row); err != nil {
		return err
	}
	s.facts.add(ex)
	s.last.ID, s.last.Replays, s.lastAt = ex.ID, ex.Replays, row.at
	if s.open.bytes < s.opts.PartBytes {
		return nil
	}
	return s.finish()
}

// compareRows is the order of rows.
func compareRows(a, b *Exchange) int {
	if ka, kb := a.Origin(), b.Origin(); ka != kb {
		if ka < kb {
			return -1
		}
		return 1
	}
	switch {
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	return 0
}

func rowName(ex *Exchange) string {
	if ex.Replays == "" {
		return string(ex.ID)
	}
	return fmt.Sprintf("%s (replays %s)", ex.ID, ex.Replays)
}

func (s *partSet) begin() (*partWriter, error) {
	if s.layout == nil {
		l, err := newLayout(s.cols)
		if err != nil {
			return nil, err
		}
		s.layout = l
	}
	base := fmt.Sprintf("exchanges/part-%05d", len(s.parts))
	out, err := sealed.Create(s.store, base+".parquet", base+".chunks", chunkBytes)
	if err != nil {
		return nil, err
	}
	return &partWriter{out: out, groups: groupEncoder{limit: s.opts.RowGroupBytes, parallel: s.opts.Encoders, layout: s.layout,
		codec: &s.codec, out: pagefile.NewWriterOf(out, *s.layout.footer)}}, nil
}

// finish commits the open part and its sidecar.
func (s *partSet) finish() error {
	if s.open == nil {
		return nil
	}
	w := s.open
	s.open = nil
	p, err := w.finish()
	if err != nil {
		return fmt.Errorf("%s: %w", w.out.Name(), err)
	}
	s.parts = append(s.parts, p)
	return nil
}

// drop gives up the open part.
func (s *partSet) drop() error {
	if s.open == nil {
		return nil
	}
	w := s.open
	s.open = nil
	_ = w.groups.wait() // what failed is given up, too
	return w.out.Discard()
}

// partWriter is one part file.
type partWriter struct {
	out    *sealed.Writer
	groups groupEncoder

	rows        int64
	bytes       int64 // before compression
	first, last ID
}

func (w *partWriter) add(row timedRow) error {
	if w.rows == 0 {
		w.first = row.ex.Origin()
	}
	w.last = row.ex.Origin()
	w.rows++
	w.bytes += row.size
	return w.groups.add(row)
}

func (w *partWriter) finish() (Part, error) {
	err := w.groups.finish()
	if err == nil {
		err = w.groups.out.Finish()
	}
	if err != nil {
		return Part{}, errors.Join(err, w.out.Discard())
	}
	file, chunks, err := w.out.Commit()
	return Part{File: File(file), Rows: w.rows, First: w.first, Last: w.last, Chunks: File(chunks)}, err
}
