package diff

import (
	"math"

	"parallax/diff/comparison"
)

// maxPlaces bounds the table of places. Differences at a place beyond it are never
// noise.
const maxPlaces = 200_000

// place is what noise goes by.
type place struct {
	subject, pattern string
	part             comparison.Part
	kind             comparison.Kind
}

func placeOf(d *comparison.Difference) place {
	return place{subject: d.Subject, pattern: d.Pattern, part: d.Part, kind: d.Kind}
}

// canBeNoise excludes what is no property of a field: a missing answer, and what
// could not be compared.
func canBeNoise(d *comparison.Difference) bool {
	return d.Part != comparison.Whole && d.Kind != comparison.NotCompared
}

// evidence counts, for one place, the records in which old system and candidate
// differ from the baseline.
type evidence struct {
	// both: the candidate and at least one control differ.
	both int64
	// candidate: the candidate alone differs, and all controls answered.
	candidate int64
	// one: exactly one control differs, the candidate does not, and all controls
	// answered.
	one int64
	// controls: records in which at least one control differs.
	controls int64
	// uncontrolled: the candidate differs where a control has no answer.
	uncontrolled int64
}

// noiseTable gathers evidence and then decides.
type noiseTable struct {
	controls int
	rate     float64
	places   map[place]*evidence
	overflow int64
	noisy    int // places that a control showed and the candidate alone, too
	// current record
	seen map[place]uint8 // number of controls that differ
}

func newNoiseTable(controls int, rate float64) *noiseTable {
	return &noiseTable{
		controls: controls, rate: rate,
		places: map[place]*evidence{}, seen: map[place]uint8{},
	}
}

func (t *noiseTable) evidence(p place) *evidence {
	if e, ok := t.places[p]; ok {
		return e
	}
	if len(t.places) >= maxPlaces {
		t.overflow++
		return nil
	}
	e := &evidence{}
	t.places[p] = e
	return e
}

// control takes what one control shows of the current record.
func (t *noiseTable) control(differences []comparison.Difference) {
	mine := map[place]bool{}
	for i := range differences {
		if p := placeOf(&differences[i]); canBeNoise(&differences[i]) && !mine[p] {
			mine[p] = true
			t.seen[p]++
		}
	}
}

// candidate takes what the candidate shows of the current record, of which
// answered controls have an answer, and marks what a control shows, too.
func (t *noiseTable) candidate(differences []comparison.Difference, answered int) {
	counted := map[place]bool{}
	for i := range differences {
		d := &differences[i]
		if !canBeNoise(d) {
			continue
		}
		p := placeOf(d)
		d.Noise = t.seen[p] > 0
		if !counted[p] {
			counted[p] = true
			t.countCandidate(p, answered)
		}
	}
	for p, n := range t.seen {
		if !counted[p] {
			t.countControls(p, n, answered)
		}
	}
	clear(t.seen)
}

func (t *noiseTable) countCandidate(p place, answered int) {
	e := t.evidence(p)
	if e == nil {
		return
	}
	switch {
	case t.seen[p] > 0:
		e.both++
		e.controls++
	case answered == t.controls:
		e.candidate++
	default:
		e.uncontrolled++
	}
}

func (t *noiseTable) countControls(p place, n uint8, answered int) {
	e := t.evidence(p)
	if e == nil {
		return
	}
	e.controls++
	if n == 1 && answered == t.controls {
		e.one++
	}
}

// settle ends the gathering: from then on isNoise may be asked.
func (t *noiseTable) settle() {
	for _, e := range t.places {
		if e.controls > 0 && e.candidate > 0 {
			t.noisy++
		}
	}
}

// isNoise decides on a difference that only the candidate shows in its record.
func (t *noiseTable) isNoise(p place) bool {
	e := t.places[p]
	return e != nil && e.controls > 0 && !t.excess(e)
}

// excess reports whether the candidate differs alone more often than chance
// explains. Were it no worse than the old system, each record in which exactly one
// of candidate and controls differs would have the candidate as that one with
// probability 1/(controls+1): an exact one-sided binomial test, which is the sign
// test for one control. The rate is shared among all places tested (Bonferroni).
func (t *noiseTable) excess(e *evidence) bool {
	p := 1 / float64(t.controls+1)
	return upperTail(e.candidate, e.candidate+e.one, p) < t.rate/float64(max(t.noisy, 1))
}

// upperTail is P(X >= k) of a binomial distribution of n trials.
func upperTail(k, n int64, p float64) float64 {
	if k <= 0 {
		return 1
	}
	if float64(k) <= float64(n)*p {
		return 1 // above every level that is asked for
	}
	term := math.Exp(logChoose(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	sum := term
	for i := k; i < n && term > sum*1e-17; i++ {
		term *= float64(n-i) / float64(i+1) * p / (1 - p)
		sum += term
	}
	return min(sum, 1)
}

func logChoose(n, k int64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}
