package jsondiff

import (
	"cmp"
	"slices"

	"parallax/internal/align"
)

// sides are the elements of two arrays that are being paired.
type sides struct {
	x, y       []value
	xHash      []uint64
	yHash      []uint64
	xPaired    []int // index in y, or -1
	yPaired    []int
	outOfPlace bool // two were paired whose positions differ
}

func newSides(x, y []value, xHash, yHash []uint64) *sides {
	s := &sides{x: x, y: y, xHash: xHash, yHash: yHash, xPaired: make([]int, len(x)), yPaired: make([]int, len(y))}
	for i := range s.xPaired {
		s.xPaired[i] = -1
	}
	for i := range s.yPaired {
		s.yPaired[i] = -1
	}
	return s
}

// joinInOrder joins the first of x with the first of y, and so on.
func (s *sides) joinInOrder(x, y []int) {
	for k := range min(len(x), len(y)) {
		s.join(x[k], y[k])
	}
}

// joinFrom joins the elements of a gap in order.
func (s *sides) joinFrom(i, endI, j, endJ int) {
	for ; i < endI && j < endJ; i, j = i+1, j+1 {
		s.join(i, j)
	}
}

func (s *sides) join(i, j int) {
	s.xPaired[i], s.yPaired[j] = j, i
	s.outOfPlace = s.outOfPlace || i != j
}

// joinEqual pairs elements of one hash, the first with the first.
func (s *sides) joinEqual() {
	x, y := byHash(s.xHash), byHash(s.yHash)
	for len(x) > 0 && len(y) > 0 {
		switch c := cmp.Compare(s.xHash[x[0]], s.yHash[y[0]]); {
		case c < 0:
			x = x[1:]
		case c > 0:
			y = y[1:]
		default:
			s.join(x[0], y[0])
			x, y = x[1:], y[1:]
		}
	}
}

func byHash(sums []uint64) []int {
	index := make([]int, len(sums))
	for i := range index {
		index[i] = i
	}
	slices.SortStableFunc(index, func(i, j int) int { return cmp.Compare(sums[i], sums[j]) })
	return index
}

// eachGap joins the runs' elements and calls gap for what stands before each and
// after the last.
func (s *sides) eachGap(runs []align.Run, gap func(i, endI, j, endJ int)) {
	i, j := 0, 0
	for _, r := range append(runs, align.Run{A: len(s.x), B: len(s.y)}) {
		gap(i, r.A, j, r.B)
		for k := range r.N {
			s.join(r.A+k, r.B+k)
		}
		i, j = r.A+r.N, r.B+r.N
	}
}
