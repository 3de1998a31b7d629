package diff

import (
	"sync"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// Fate says in a word what became of one pair of exchanges.
type Fate string

// The fates. Equal and UnderRules match; MissingNew was sent and got no whole
// answer.
const (
	Equal       Fate = "equal"
	UnderRules  Fate = "under rules"
	Different   Fate = "different"
	MissingOld  Fate = "missing in old"
	MissingNew  Fate = "missing in new"
	NotCompared Fate = "not compared"
	Incomplete  Fate = "incomplete"
	Filtered    Fate = "filtered"
	Blocked     Fate = "blocked"
	NotReached  Fate = "not reached"
)

// Live compares pairs while they come, by what Compare does with a record of a
// baseline and its run. It knows no controls, so that noise is different here,
// and it keeps no difference: a count while a mirror runs, never a verdict. It
// is safe for concurrent use.
type Live struct {
	rules  *rules.Set
	routes Routes
	idle   sync.Pool // of *comparer
}

// NewLive compares under set (nil: no rules). markerLine is the header that the
// run's requests have, as InfoMarker holds it, or "".
func NewLive(set *rules.Set, markerLine string) (*Live, error) {
	o := Options{Rules: set}
	if err := o.normalise(); err != nil {
		return nil, err
	}
	m := markerOf(&recording.Manifest{Info: map[string]string{InfoMarker: markerLine}})
	l := &Live{rules: o.Rules}
	l.idle.New = func() any { return &comparer{max: o.MaxPerRecord, sameBaseline: true, markers: markers{new: m}} }
	return l, nil
}

// Routed names routes by r from now on, before the first pair.
func (l *Live) Routed(r Routes) *Live {
	l.routes = r
	return l
}

// Pair returns the exchange's route and what became of it. row is the run's; both
// are redacted under one key. Neither is kept.
func (l *Live) Pair(recorded, row *recording.Exchange) (route string, f Fate) {
	route, _ = subjectOf(recorded, l.routes)
	if f, ended := fateOf(judge(recorded, row, true).fate); ended {
		return route, f
	}
	c := l.idle.Get().(*comparer)
	defer l.idle.Put(c)
	c.begin(route, recorded.ID, l.rules.For(route), recorded, row)
	defer c.begin("", "", nil, nil, nil) // the pool holds nobody's bodies
	c.answers()
	if len(c.differences) > 0 && len(askedWithout(recorded, row, true)) > 0 {
		return route, NotCompared
	}
	return route, c.fate()
}

// fate weighs the differences of a record as a whole comparison does.
func (c *comparer) fate() Fate {
	notCompared := false
	for i := range c.differences {
		if c.differences[i].Kind != comparison.NotCompared {
			return Different
		}
		notCompared = true
	}
	switch {
	case notCompared:
		return NotCompared
	case c.underRules:
		return UnderRules
	}
	return Equal
}

// fateOf names a fate that was settled without looking at answers.
func fateOf(f fate) (Fate, bool) {
	name, settled := map[fate]Fate{
		fateEqual: Equal, fateDifferent: Different, fateIncomplete: Incomplete, fateFiltered: Filtered,
		fateBlocked: Blocked, fateNotReached: NotReached, fateMissingOld: MissingOld, fateMissingNew: MissingNew,
		fateNotCompared: NotCompared,
	}[f]
	return name, settled
}
