package jsondiff

import (
	"parallax/diff/rules"
	"parallax/internal/align"
)

// arrays compares two arrays: as the rule says, by position where they are of
// one length, and aligned where they are not.
func (w *walker) arrays(a, b value, n *rules.Node) {
	_, unordered := n.Unordered()
	_, _, keyed := n.Keyed()
	if w.old.boxes[a.box].count == w.new.boxes[b.box].count && !unordered && !keyed {
		w.byPosition(a, b, n)
		return
	}
	if w.work.mode == undecided {
		w.decide()
	}
	switch {
	case w.work.mode == coarse:
		w.coarsely(a, b, n)
	case !w.spend(2 * (a.to - a.from + b.to - b.from)):
	case unordered:
		w.asBag(a, b, n)
	case keyed:
		w.byElementKey(a, b, n)
	default:
		w.aligned(a, b, n)
	}
}

// byPosition pairs the first with the first; what one side has more is missing
// on the other.
func (w *walker) byPosition(a, b value, n *rules.Node) {
	x, y := w.old.cursor(a), w.new.cursor(b)
	for i := 0; ; i++ {
		_, valueX, okX := x.next()
		_, valueY, okY := y.next()
		switch {
		case okX && okY:
			w.element(i, valueX, valueY, n)
		case okX:
			w.onlyOld(i, valueX, n)
		case okY:
			w.onlyNew(i, valueY, n)
		default:
			return
		}
	}
}

func (w *walker) element(i int, x, y value, n *rules.Node) {
	w.place.pushIndex(i)
	w.pair(x, y, n.Index(i))
	w.place.pop()
}

func (w *walker) onlyOld(i int, v value, n *rules.Node) {
	w.place.pushIndex(i)
	w.missing(w.oldValue(v), Value{}, n.Index(i), "")
	w.place.pop()
}

func (w *walker) onlyNew(i int, v value, n *rules.Node) {
	w.place.pushIndex(i)
	w.missing(Value{}, w.newValue(v), n.Index(i), "")
	w.place.pop()
}

// elements lists the elements of an array.
func elements(d *document, v value) []value {
	list := make([]value, 0, d.boxes[v.box].count)
	for c := d.cursor(v); ; {
		_, element, ok := c.next()
		if !ok {
			return list
		}
		list = append(list, element)
	}
}

// hashed lists the elements of both arrays with their hashes.
func (w *walker) hashed(a, b value, n *rules.Node) *sides {
	x, y := elements(w.old, a), elements(w.new, b)
	return newSides(x, y, w.hashAll(w.old, x, n), w.hashAll(w.new, y, n))
}

func (w *walker) hashAll(d *document, list []value, n *rules.Node) []uint64 {
	w.hashes.renamed = d == w.new
	sums := make([]uint64, len(list))
	for i, v := range list {
		sums[i] = w.hashes.value(d, v, n.Index(i))
	}
	return sums
}

// report compares what is paired and reports what is not, in the order of the
// old elements and then of the new.
func (w *walker) report(s *sides, n *rules.Node) {
	for i, v := range s.x {
		if j := s.xPaired[i]; j >= 0 {
			w.element(i, v, s.y[j], n)
		} else {
			w.onlyOld(i, v, n)
		}
	}
	for j, v := range s.y {
		if s.yPaired[j] < 0 {
			w.onlyNew(j, v, n)
		}
	}
}

// aligned pairs equal elements in order, and between them what was replaced.
func (w *walker) aligned(a, b value, n *rules.Node) {
	s := w.hashed(a, b, n)
	runs, steps, rough := align.Counted(s.xHash, s.yHash, align.Bounds{})
	if !w.spend(steps) {
		return
	}
	s.eachGap(runs, func(i, endI, j, endJ int) {
		if !w.joinGap(s, i, endI, j, endJ, n) {
			rough = true
		}
	})
	w.finish(s, n, rough)
}

// finish reports what was paired, roughly where some of it was.
func (w *walker) finish(s *sides, n *rules.Node, rough bool) {
	switch {
	case w.work.over: // the rehearsal has ended
	case rough:
		w.roughly(func() { w.report(s, n) })
	default:
		w.report(s, n)
	}
}

// asBag pairs equal elements wherever they stand, then those that rules make
// equal or that differ least, and counts a use of the rule where that moved any.
func (w *walker) asBag(a, b value, n *rules.Node) {
	s := w.hashed(a, b, n)
	s.joinEqual()
	exact := w.joinNearest(s, n)
	w.countOrder(a, b, s, n)
	w.finish(s, n, !exact)
}

// byHashes pairs elements by their hashes alone, and all others in order.
func (w *walker) byHashes(a, b value, n *rules.Node) {
	_, unordered := n.Unordered()
	if _, _, keyed := n.Keyed(); keyed {
		w.byElementKey(a, b, n)
		return
	}
	s := w.hashed(a, b, n)
	if unordered {
		s.joinEqual()
		s.joinInOrder(unpaired(s.xPaired), unpaired(s.yPaired))
		w.countOrder(a, b, s, n)
		w.report(s, n)
		return
	}
	runs, _ := align.Align(s.xHash, s.yHash, align.Bounds{Work: 1})
	s.eachGap(runs, s.joinFrom)
	w.report(s, n)
}

func (w *walker) countOrder(a, b value, s *sides, n *rules.Node) {
	rule, ok := n.Unordered()
	if !ok {
		_, rule, _ = n.Keyed()
	}
	if s.outOfPlace {
		w.equal(rule, w.oldValue(a), w.newValue(b))
	}
}
