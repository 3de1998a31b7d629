package tables

import (
	"fmt"
	"slices"
)

// need says what of a stretch is read.
type need struct {
	all bool
	// lonely: there are rows that only one side has, and they are read by
	// themselves.
	lonely bool
	pairs  []bool // by position in plan.pairs
}

func (n *need) any() bool { return n.all || n.lonely || slices.Contains(n.pairs, true) }

func (n *need) equal(o *need) bool {
	if n.all || o.all {
		return n.all && o.all
	}
	return n.lonely == o.lonely && slices.Equal(n.pairs, o.pairs)
}

// needOf decides what is read of a stretch.
func (t *tableRun) needOf(s *stretch) (need, error) {
	n := need{pairs: make([]bool, len(t.plan.pairs))}
	if !s.keysAlike {
		settled, err := t.settle(s)
		if n.lonely = settled; err != nil {
			return n, err
		}
	}
	if !s.keysAlike && !n.lonely || t.opts.SampleOnly || len(t.plan.computed) > 0 {
		n.all = true
		return n, nil
	}
	checked := 0
	for i, q := range t.plan.pairs {
		switch q.mode {
		case byChecksum:
			n.pairs[i] = s.differ[checked]
			checked++
		case byValue, always:
			n.pairs[i] = !q.key
		}
	}
	if len(t.plan.keys) == 0 { // a key is all of its row
		n.all = n.any()
	}
	if t.sampleAt == 0 || n.all {
		return n, nil
	}
	sampled, err := t.sampled(&t.plan.old, s.old)
	n.all = sampled
	return n, err
}

// gathering is a run of stretches of which the same is read.
type gathering struct {
	old, new span
	need     need
}

func (g *gathering) empty() bool { return g.old.rows+g.new.rows == 0 }

func (g *gathering) add(s *stretch, n need) {
	if g.empty() {
		*g = gathering{old: span{first: s.old.first}, new: span{first: s.new.first}, need: n}
	}
	g.old.rows += s.old.rows
	g.new.rows += s.new.rows
}

// blocks compares by checksum first.
func (t *tableRun) blocks() error {
	var open gathering
	for s, err := range t.plan.stretches() {
		if err != nil {
			return err
		}
		n, err := t.stretch(s)
		if err != nil {
			return err
		}
		if !n.equal(&open.need) {
			if err := t.readGathered(&open); err != nil {
				return err
			}
		}
		if n.any() {
			open.add(s, n)
		} else {
			t.unread(s)
		}
	}
	return t.readGathered(&open)
}

func (t *tableRun) readGathered(g *gathering) error {
	if g.empty() {
		return nil
	}
	err := t.readRange(g.old, g.new, &g.need)
	*g = gathering{}
	return err
}

// stretch counts a stretch and says what is read of it.
func (t *tableRun) stretch(s *stretch) (need, error) {
	if err := t.ctx.Err(); err != nil {
		return need{}, fmt.Errorf("after %d rows: %w", s.old.first, err)
	}
	t.proof.Blocks++
	if s.equal() {
		t.candidates.offer(s)
	}
	return t.needOf(s)
}

// unread counts a stretch that is equal by its checksums alone.
func (t *tableRun) unread(s *stretch) {
	t.proof.BlocksEqual++
	t.rows.equal += s.old.rows
}

// columnsOf lists the columns to be read of the old or the new side; nil: all.
func (p *plan) columnsOf(n *need, old bool) []int {
	if n.all {
		return nil
	}
	out := []int{}
	for i, q := range p.pairs {
		if at := q.new; n.pairs[i] || q.key {
			if old {
				at = q.old
			}
			out = append(out, at)
		}
	}
	return out
}

// readRange compares the rows of two spans, in full where need says so.
func (t *tableRun) readRange(old, new span, n *need) error {
	a, b := t.cursors(old, new, n)
	var read []*pair
	for i, q := range t.plan.pairs {
		if (n.all || n.pairs[i]) && q.mode != ignored && !q.key {
			read = append(read, q)
		}
	}
	t.merger.lonely = n.lonely && !n.all
	return t.merge(a, b, read)
}

// cursors returns one over a span of each side.
func (t *tableRun) cursors(old, new span, n *need) (a, b *cursor) {
	ofOld, ofNew := t.plan.columnsOf(n, true), t.plan.columnsOf(n, false)
	a, b = t.cursor(&t.plan.old, "old", ofOld), t.cursor(&t.plan.new, "new", ofNew)
	a.next, b.next = rangeReader(a.side, old, ofOld), rangeReader(b.side, new, ofNew)
	a.following, b.following = old.first, new.first
	return a, b
}
