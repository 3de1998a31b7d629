package lag

import (
	"fmt"
	"iter"

	"parallax/diff/comparison"
)

// Classify is Classifier.Classify with the default bounds.
func Classify(first, second iter.Seq2[*comparison.Difference, error],
	emit func(Kind, *comparison.Difference) error,
) (Counts, error) {
	return Classifier{}.Classify(first, second, emit)
}

// Classifier holds the bounds; the zero value has the defaults.
type Classifier struct {
	// MaxPlaces is the number of the first comparison's places in memory.
	MaxPlaces int
}

// Classify gives each difference of the two comparisons its kind. The sequences
// are read several times and must give the same each time, as comparison.Reader's
// do. In each part come the second comparison's differences, then the first one's
// that went away.
func (c Classifier) Classify(first, second iter.Seq2[*comparison.Difference, error],
	emit func(Kind, *comparison.Difference) error,
) (Counts, error) {
	if c.MaxPlaces <= 0 {
		c.MaxPlaces = MaxPlaces
	}
	r := run{first: first, second: second, emit: emit, tally: tally{tables: map[string]*Table{}}}
	n, err := size(first)
	if err != nil {
		return Counts{}, fmt.Errorf("first comparison: %w", err)
	}
	r.size = n
	r.parts = uint64(max(n-1, 0))/uint64(c.MaxPlaces) + 1
	for r.part = range r.parts {
		if err := r.onePart(); err != nil {
			return r.tally.counts(), err
		}
	}
	return r.tally.counts(), nil
}

func size(seq iter.Seq2[*comparison.Difference, error]) (n int64, err error) {
	for _, err := range seq {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// run is one classification.
type run struct {
	first, second iter.Seq2[*comparison.Difference, error]
	emit          func(Kind, *comparison.Difference) error
	tally         tally
	size          int64 // of first
	part, parts   uint64
	buffer        []byte

	records map[hash]record // of the first comparison, in this part
	places  map[hash]place
}

// record is a record of the first comparison: what each of them says of it.
type record struct{ firstWhole, second, secondWhole bool }

// place is a place of the first comparison. One place may differ several times,
// where rows have no key.
type place struct{ first, second, gone int32 }

func (r *run) onePart() error {
	r.records, r.places = map[hash]record{}, map[hash]place{}
	if err := r.each(r.first, "first comparison", r.load); err != nil {
		return err
	}
	if err := r.each(r.second, "second comparison", r.look); err != nil {
		return err
	}
	return r.each(r.first, "first comparison", r.leave)
}

// each calls do with the differences of this part.
func (r *run) each(seq iter.Seq2[*comparison.Difference, error], name string,
	do func(rec, at hash, d *comparison.Difference) error,
) error {
	n := int64(0)
	for d, err := range seq {
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		n++
		rec := r.record(d)
		if rec.part(r.parts) != r.part {
			continue
		}
		if err := do(rec, r.place(rec, d), d); err != nil {
			return err
		}
	}
	if name == "first comparison" && n != r.size {
		return fmt.Errorf("%s: %d differences, and %d when it was read before", name, n, r.size)
	}
	return nil
}

// load notes a difference of the first comparison.
func (r *run) load(rec, at hash, d *comparison.Difference) error {
	k := r.records[rec]
	k.firstWhole = k.firstWhole || whole(d)
	r.records[rec] = k
	p := r.places[at]
	p.first++
	r.places[at] = p
	return nil
}

// look gives a difference of the second comparison its kind.
func (r *run) look(rec, at hash, d *comparison.Difference) error {
	k, known := r.records[rec]
	if !known {
		return r.tell(New, d)
	}
	k.second, k.secondWhole = true, k.secondWhole || whole(d)
	r.records[rec] = k
	p, differed := r.places[at]
	if differed && p.second < p.first {
		p.second++
		r.places[at] = p
		return r.tell(Divergence, d)
	}
	if !differed && (whole(d) || k.firstWhole) { // the record differed, elsewhere or as a whole
		return r.tell(Divergence, d)
	}
	return r.tell(New, d)
}

// leave tells of a difference of the first comparison that went away. Of several
// at one place, the last are said to have gone.
func (r *run) leave(rec, at hash, d *comparison.Difference) error {
	p, k := r.places[at], r.records[rec]
	p.gone++
	r.places[at] = p
	covered := p.second == 0 && (k.secondWhole || whole(d) && k.second)
	if p.gone <= p.second || covered {
		return nil
	}
	return r.tell(Lag, d)
}

func (r *run) tell(k Kind, d *comparison.Difference) error {
	r.tally.add(k, d.Subject)
	return r.emit(k, d)
}

// whole reports whether the difference is of the whole record.
func whole(d *comparison.Difference) bool { return d.Field == "" }
