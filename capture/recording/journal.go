package recording

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"parallax/internal/store"
)

// The journal is a magic and a sequence of frames; the first byte of a payload
// says what the record is.
const journalMagic = "parallax journal 1\n"

const (
	recordOptions  = 'O' // JSON of journalOptions, the first record, once
	recordExchange = 'X' // an exchange in compact form
	recordIntent   = 'I' // varint of the time in nanoseconds, then the ID
)

// journalOptions is what a manifest needs and only the options know.
type journalOptions struct {
	Kind      Kind              `json:"kind"`
	Tool      string            `json:"tool"`
	Source    Source            `json:"source"`
	Redaction Redaction         `json:"redaction"`
	Baseline  string            `json:"baseline"`
	Target    string            `json:"target"`
	Info      map[string]string `json:"info"`
	Shard     *Shard            `json:"shard,omitempty"`
}

func journalStart(o *Options) ([]byte, error) {
	text, err := json.Marshal(journalOptions{Kind: o.Kind, Tool: o.Tool, Source: o.Source,
		Redaction: o.Redaction, Baseline: o.Baseline, Target: o.Target, Info: o.Info, Shard: o.Shard})
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	b := []byte(journalMagic)
	start := len(b)
	b = append(beginFrame(b), recordOptions)
	return endFrame(append(b, text...), start), nil
}

func appendExchangeRecord(dst []byte, ex *Exchange) []byte {
	start := len(dst)
	return endFrame(appendExchange(append(beginFrame(dst), recordExchange), ex), start)
}

func appendIntentRecord(dst []byte, id ID, at int64) []byte {
	start := len(dst)
	dst = binary.AppendVarint(append(beginFrame(dst), recordIntent), at)
	return endFrame(append(dst, id...), start)
}

// journalVisitor is told of each record in order; the exchange is its to keep, and
// its record begins at an offset of the file.
type journalVisitor struct {
	exchange func(ex *Exchange, at int64) error
	intent   func(id ID, at int64) error
}

// journalScan is what was found by reading a journal to its end.
type journalScan struct {
	options Options
	good    int64 // offset behind the last good record
	lost    int64 // bytes before it that are damaged and were stepped over
	rows    int   // exchanges that were read
	torn    error // what is wrong first, nil where nothing is
	decoder decoder
}

// scanJournal reads a journal. That it ends in the middle of a record is no
// error: it is in the result; so is damage that whole records follow, which is
// stepped over. A record that is whole and senseless is an error.
func scanJournal(r io.ReaderAt, size int64, v journalVisitor) (journalScan, error) {
	scan := journalScan{}
	magic := make([]byte, len(journalMagic))
	if n, err := r.ReadAt(magic, 0); n < len(magic) || string(magic) != journalMagic {
		if err != nil && !errors.Is(err, io.EOF) {
			return scan, err
		}
		return scan, fmt.Errorf("%s: %w: it does not begin like a journal", JournalName, ErrDamaged)
	}
	frames := newFrameReader(r, int64(len(journalMagic)), size)
	for first := true; ; first = false {
		at := frames.good
		payload, err := frames.next()
		scan.good = frames.good
		if err == io.EOF && !first {
			return scan, nil
		}
		if errors.Is(err, errTorn) && !first {
			if scan.torn == nil {
				scan.torn = err
			}
			next, ferr := nextFrame(r, frames.good+1, size)
			if ferr != nil || next < 0 {
				return scan, ferr
			}
			scan.lost += next - frames.good
			frames = newFrameReader(r, next, size)
			continue
		}
		if err == nil {
			err = scan.record(payload, at, first, v)
		}
		if err != nil {
			return scan, fmt.Errorf("%s: offset %d: %w", JournalName, frames.good, err)
		}
	}
}

func (s *journalScan) record(payload []byte, at int64, first bool, v journalVisitor) error {
	kind, rest := payload[0], payload[1:]
	switch {
	case first != (kind == recordOptions):
		return fmt.Errorf("record %q is out of place: %w", kind, ErrDamaged)
	case kind == recordOptions:
		return s.readOptions(rest)
	case kind == recordExchange:
		ex, err := s.decoder.exchange(rest)
		if err == nil {
			err = ex.check(s.options.Kind)
		}
		if err != nil {
			return err
		}
		s.rows++
		return v.exchange(ex, at)
	case kind == recordIntent:
		began, n := binary.Varint(rest)
		if n <= 0 {
			return fmt.Errorf("intent without a time: %w", ErrDamaged)
		}
		id := ID(rest[n:])
		if _, err := id.Time(); err != nil {
			return err
		}
		return v.intent(id, began)
	}
	return fmt.Errorf("record of unknown kind %q: %w", kind, ErrDamaged)
}

func (s *journalScan) readOptions(b []byte) error {
	var o journalOptions
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	s.options = Options{Kind: o.Kind, Tool: o.Tool, Source: o.Source, Redaction: o.Redaction,
		Baseline: o.Baseline, Target: o.Target, Info: o.Info, Shard: o.Shard}
	return s.options.normalise()
}

// scanFile scans the journal of a folder.
func scanFile(folder *store.Folder, v journalVisitor) (journalScan, int64, error) {
	f, err := folder.Open(JournalName)
	if err != nil {
		return journalScan{}, 0, err
	}
	defer f.Close()
	scan, err := scanJournal(f, f.Size(), v)
	return scan, f.Size(), err
}

// leastTimes tells how far a journal's rows have advanced without their being
// kept: the least time of each stretch of records.
type leastTimes struct {
	least []uint64
	n     int
}

// stretch is the number of records that share one least time.
const stretch = 256

func (l *leastTimes) add(ex *Exchange) error {
	t, err := ex.Origin().Time()
	if err != nil {
		return err
	}
	if l.n%stretch == 0 {
		l.least = append(l.least, uint64(t))
	} else {
		last := &l.least[len(l.least)-1]
		*last = min(*last, uint64(t))
	}
	l.n++
	return nil
}

// watermarks turns the least times into: nothing earlier comes from here on.
func (l *leastTimes) watermarks() []uint64 {
	for i := len(l.least) - 2; i >= 0; i-- {
		l.least[i] = min(l.least[i], l.least[i+1])
	}
	return l.least
}

// pour writes the journal's rows to w. Rows are released as the least times of
// what is still to come allow, so that a journal nearly in order needs no
// spilling.
func pour(folder *store.Folder, w *Writer, times *leastTimes) (journalScan, int64, error) {
	marks, n := times.watermarks(), 0
	return scanFile(folder, journalVisitor{
		intent: func(ID, int64) error { return nil },
		exchange: func(ex *Exchange, _ int64) error {
			if n%stretch == 0 && n/stretch < len(marks) {
				if err := w.Advance(int64(marks[n/stretch])); err != nil {
					return err
				}
			}
			n++
			return w.Write(ex)
		},
	})
}
