package jsondiff

import (
	"cmp"
	"slices"

	"parallax/diff/rules"
)

// maxNearest bounds the elements on each side that are tried against each other.
const maxNearest = 100

// trial is what would differ if element i and element j were a pair.
type trial struct{ i, j, differences int }

// joinNearest pairs the elements that have no equal: those that differ least
// first, and the rest in order. It reports false where there are too many of them
// to try. The result does not depend on which side is called old.
func (w *walker) joinNearest(s *sides, n *rules.Node) (exact bool) {
	x, y := unpaired(s.xPaired), unpaired(s.yPaired)
	all, exact := w.trials(s, x, y, n)
	for _, t := range all {
		if s.xPaired[t.i] < 0 && s.yPaired[t.j] < 0 {
			s.join(t.i, t.j)
		}
	}
	s.joinInOrder(unpaired(s.xPaired), unpaired(s.yPaired))
	return exact
}

func unpaired(paired []int) []int {
	var free []int
	for i, j := range paired {
		if j < 0 {
			free = append(free, i)
		}
	}
	return free
}

// trials compares each of x with each of y, and returns the pairs by the number
// of their differences. Ties go by the distance and the sum of the positions,
// which are the same seen from either side, and then by position.
func (w *walker) trials(s *sides, x, y []int, n *rules.Node) (all []trial, ok bool) {
	if len(x) > maxNearest || len(y) > maxNearest {
		return nil, len(x) == 0 || len(y) == 0
	}
	for _, i := range x {
		for _, j := range y {
			size := s.x[i].to - s.x[i].from + s.y[j].to - s.y[j].from
			if !w.spend(size) {
				return nil, false
			}
			all = append(all, trial{i, j, w.try(i, s.x[i], s.y[j], n)})
		}
	}
	slices.SortFunc(all, func(a, b trial) int {
		return cmp.Or(cmp.Compare(a.differences, b.differences), cmp.Compare(distance(a), distance(b)),
			cmp.Compare(a.i+a.j, b.i+b.j), cmp.Compare(a.i, b.i))
	})
	return all, true
}

func distance(t trial) int { return max(t.i-t.j, t.j-t.i) }

// try counts the differences between two elements and reports nothing.
func (w *walker) try(i int, x, y value, n *rules.Node) int {
	count := &counter{}
	sink := w.sink
	w.sink = count
	w.work.trying++
	w.element(i, x, y, n)
	w.work.trying--
	w.sink = sink
	return count.differences
}

// counter is a Sink that only counts.
type counter struct{ differences int }

func (c *counter) Difference(*Place, Difference) { c.differences++ }

func (c *counter) Equal(*Place, Equality) {}
