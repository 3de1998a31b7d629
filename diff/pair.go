package diff

import (
	"fmt"
	"iter"

	"parallax/capture/recording"
)

// lane is one input, read in step with the others.
type lane struct {
	name string
	next func() (*recording.Exchange, error, bool)
	stop func()

	current *recording.Exchange // nil at the end
	id      recording.ID        // what it pairs by
	rows    int64
}

func newLane(in *Input, f recording.Filter) *lane {
	l := &lane{name: in.Name}
	l.next, l.stop = iter.Pull2(in.Exchanges(f))
	return l
}

// advance moves to the next exchange and checks that what it pairs by is the greater.
func (l *lane) advance() error {
	ex, err, ok := l.next()
	if err != nil {
		return fmt.Errorf("%s: %w", l.name, err)
	}
	l.current = ex
	if !ok {
		l.current = nil
		return nil
	}
	before := l.id
	l.id = ex.Origin()
	l.rows++
	if l.rows > 1 && l.id <= before {
		return fmt.Errorf("%s: row %d: %w: exchange %s follows %s", l.name, l.rows, ErrOrder, l.id, before)
	}
	return nil
}

// merge pairs lanes with the first of them. Exchanges of another lane that the
// first does not have are counted and stepped over.
type merge struct {
	lanes []*lane
	// found[i] is lane i's exchange for the current one of lane 0, or nil.
	found []*recording.Exchange
	// surplus[i] counts the exchanges of lane i that lane 0 does not have,
	// paired[i] those that it has.
	surplus, paired []int64
	taken           []bool
}

func newMerge(lanes []*lane) *merge {
	n := len(lanes)
	return &merge{
		lanes: lanes, found: make([]*recording.Exchange, n),
		surplus: make([]int64, n), paired: make([]int64, n), taken: make([]bool, n),
	}
}

func (m *merge) stop() {
	for _, l := range m.lanes {
		l.stop()
	}
}

// start reads the first exchange of every lane but the first.
func (m *merge) start() error {
	for _, l := range m.lanes[1:] {
		if err := l.advance(); err != nil {
			return err
		}
	}
	return nil
}

// step moves to the next exchange of the first lane and finds its partners. It
// reports false at the end, when every lane has been read to its end.
func (m *merge) step() (bool, error) {
	first := m.lanes[0]
	if err := first.advance(); err != nil {
		return false, err
	}
	m.found[0] = first.current
	for i := 1; i < len(m.lanes); i++ {
		if err := m.catchUp(i, first); err != nil {
			return false, err
		}
	}
	return first.current != nil, nil
}

// catchUp moves lane i up to where the first lane is. A reader may reuse what it
// yields, so a partner is left only when the next one is asked for.
func (m *merge) catchUp(i int, first *lane) error {
	l := m.lanes[i]
	m.found[i] = nil
	for l.current != nil && (m.taken[i] || first.current == nil || l.id < first.id) {
		if !m.taken[i] {
			m.surplus[i]++
		}
		m.taken[i] = false
		if err := l.advance(); err != nil {
			return err
		}
	}
	if l.current != nil && l.id == first.id {
		m.found[i], m.taken[i] = l.current, true
		m.paired[i]++
	}
	return nil
}
