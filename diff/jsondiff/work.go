package jsondiff

import "parallax/diff/rules"

// Arrays that do not pair by position are paired by what is in them, which costs
// more than reading them: elements are hashed, aligned, and tried against each
// other, arrays within arrays again and again. The work is counted in steps (a byte
// read again, an element aligned, a cell of a table) against one budget for the two
// documents.
//
// What is over the budget is not cut off where it runs out, since that would depend
// on which document is called old. At the first array that needs pairing everything
// is gone through once, without a report; if that stays within the budget, the
// comparison is exact, otherwise it is coarse for all such arrays: equal elements
// that occur once stay together, everything between them pairs by position, and
// arrays too deep within others to be hashed pair by position as a whole.

// mode says how arrays are paired.
type mode uint8

const (
	undecided mode = iota
	exact
	coarse
)

// work is what pairing has cost, and may.
type work struct {
	mode   mode
	budget int // steps of the whole comparison
	size   int // bytes of both documents
	left   int // steps, in the rehearsal
	// rehearsing: nothing is reported, and over says that the budget was too small.
	rehearsing, over bool
	// trying is above 0 while elements are tried against each other, and in the
	// rehearsal.
	trying int
	// around is the number of arrays around the place that were paired coarsely.
	around int
	// changes is what transforms may still take, in bytes.
	changes int
	// rough: something that was reported was paired coarsely.
	rough bool
	// steps counts what was done, for those who ask.
	steps int
}

// spend counts n steps, and reports whether to go on. Only a rehearsal is ever
// stopped: what it allows needs no more than it did.
func (w *walker) spend(n int) bool {
	w.work.steps += n
	if !w.work.rehearsing {
		return true
	}
	if w.work.left -= n; w.work.left < 0 {
		w.work.over = true
	}
	return !w.work.over
}

// spendChange takes what a transform costs from the budget for pairing while
// elements are tried, and from one of its own for what is reported.
func (w *walker) spendChange(n int) bool {
	if w.work.trying > 0 {
		return w.spend(n)
	}
	w.work.steps += n
	w.work.changes -= n
	return w.work.changes >= 0
}

// stepsPerByte is more than pairing can take for each byte of documents whose
// arrays are not nested: their elements are hashed, aligned with at most 1,000
// edits and tried against at most 100 others.
const stepsPerByte = 750

// decide rehearses the comparison where pairing could cost more than the budget.
func (w *walker) decide() {
	if stepsPerByte*w.work.size <= w.work.budget && w.topOld.flat() && w.topNew.flat() && !w.root.Transforms() {
		w.work.mode = exact
		return
	}
	before := *w
	*w = walker{
		old: before.topOld, new: before.topNew, topOld: before.topOld, topNew: before.topNew,
		rules: before.rules, root: before.root, sink: &counter{}, hashes: before.hashes, work: before.work,
	}
	w.work.mode, w.work.rehearsing, w.work.trying, w.work.left = exact, true, 1, w.work.budget
	w.pair(w.old.top(), w.new.top(), w.root)
	over, steps := w.work.over, w.work.steps
	*w = before
	w.work.mode, w.work.steps = exact, steps
	if over {
		w.work.mode = coarse
	}
}

// flat reports whether no array stands within an array.
func (d *document) flat() bool {
	end := int32(0) // the first box behind the array that was met last
	for i := range d.boxes {
		switch b := &d.boxes[i]; {
		case d.text[b.end-1] != ']':
		case int32(i) < end:
			return false
		default:
			end = b.next
		}
	}
	return true
}

// affords reports whether an array's elements may be hashed in a coarse comparison.
// Of d arrays in each other all are, if the budget holds so many documents; the
// answer depends on nothing else, so that it is the same for either direction.
func (w *walker) affords() bool {
	d := w.work.around
	return (d+1)*(d+2) <= w.work.budget/max(1, w.work.size)
}

// roughly calls do for what is paired coarsely.
func (w *walker) roughly(do func()) {
	w.coarse++
	w.work.rough = w.work.rough || w.work.trying == 0
	do()
	w.coarse--
}

// coarsely compares two arrays without trying anything.
func (w *walker) coarsely(a, b value, n *rules.Node) {
	w.roughly(func() {
		affords := w.affords()
		w.work.around++
		if affords {
			w.work.steps += a.to - a.from + b.to - b.from
			w.byHashes(a, b, n)
		} else {
			w.byPosition(a, b, n)
		}
		w.work.around--
	})
}
