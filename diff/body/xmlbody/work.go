package xmlbody

import "parallax/diff/body/field"

// Children that do not pair by position are paired by what is in them: they are hashed,
// aligned and tried against each other, lists within lists again and again. The work is
// counted in steps (a byte that is read again; 64 for each node) against one budget. What is over the budget is
// not cut off where it runs out, since that would depend on which document is called
// old: at the first list that needs pairing everything is gone through once, without a
// report; if that stays within the budget, the comparison is exact, and otherwise it is
// coarse for all such lists: children of one hash stay together, the others pair by
// position.

// Limits bound a comparison. The zero value is the default.
type Limits struct {
	// Work bounds what is read again to pair children, in steps: 8 for each byte of the
	// documents, and 64 Mi.
	Work int
}

// mode says how children are paired.
type mode uint8

const (
	undecided mode = iota
	exact
	coarse
)

// work is what pairing may cost.
type work struct {
	mode   mode
	budget int
	// root is the place of the documents.
	root *field.Walk
	left int // in the rehearsal
	// rehearsing: nothing is reported, and over says that the budget was too small.
	rehearsing, over bool
	// around is the number of lists around that were paired coarsely.
	around int
}

func (l Limits) begin(w *field.Walk, size int) work {
	if l.Work <= 0 {
		l.Work = 8*size + 64<<20
	}
	return work{budget: l.Work, root: w.Copy(nil)}
}

// spend reports whether to go on. Only a rehearsal is ever stopped: what it allows
// needs no more than it did.
func (c *comparer) spend(n int) bool {
	if !c.work.rehearsing {
		return true
	}
	if c.work.left -= n; c.work.left < 0 {
		c.work.over = true
	}
	return !c.work.over
}

// decide rehearses the comparison.
func (c *comparer) decide() {
	if c.work.mode != undecided {
		return
	}
	r := &comparer{w: c.work.root.Copy(&counter{}), old: c.old, new: c.new, names: c.names, alike: c.alike}
	r.work = work{mode: exact, left: c.work.budget, rehearsing: true}
	r.again = c.work.budget
	r.children(0, 0)
	c.work.mode = exact
	if r.work.over {
		c.work.mode = coarse
	}
}

// maxAround bounds the lists in each other whose children are hashed in a coarse
// comparison, each of which reads them again.
const maxAround = 8
