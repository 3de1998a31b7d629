// Package pairing finds which element of an old list belongs to which of a new one.
//
// # Terms
//
// Elements are hashes: equal hashes mean elements that compare as equal, as far as
// this package can tell; the caller compares what it pairs. The cost of a pair is
// about what would be reported of it.
//
// # Steps
//
// In order pairs the first with the first. Aligned keeps equal elements together in
// order (package align) and pairs what stands between them so that it costs least.
// Bag pairs equal elements wherever they stand, then those that cost least, then the
// rest in order.
//
// # Limits
//
// Up to 64 elements on each side are tried against each other, and as long as the
// cost says so; beyond that what is left pairs in order, and the result is called
// coarse. Pairing new with old gives the same pairs.
package pairing

import (
	"cmp"
	"slices"

	"parallax/internal/align"
)

// Cost tells what pairs would cost. A nil Cost knows nothing: what has no equal
// pairs in order.
type Cost interface {
	// Pair is the cost of old element i with new element j, at least 0. It reports
	// false where the work that is left does not suffice to tell.
	Pair(i, j int) (cost int, ok bool)
	// Old and New are the costs of an element that is missing on the other side.
	Old(i int) int
	New(j int) int
}

// maxTried bounds the elements on each side that are tried against each other.
const maxTried = 64

// Pairs is a pairing.
type Pairs struct {
	// Old holds for each old element the new one's index, or -1; New the reverse.
	Old, New []int
	// Coarse: a bound was reached; the pairs are possible, perhaps not the best.
	Coarse bool
}

// None pairs nothing of n and m.
func None(n, m int) *Pairs {
	p := &Pairs{Old: make([]int, n), New: make([]int, m)}
	for i := range p.Old {
		p.Old[i] = -1
	}
	for j := range p.New {
		p.New[j] = -1
	}
	return p
}

// Join pairs old element i with new element j.
func (p *Pairs) Join(i, j int) { p.Old[i], p.New[j] = j, i }

// InOrder pairs the first of n with the first of m.
func InOrder(n, m int) *Pairs {
	p := None(n, m)
	for i := range min(n, m) {
		p.Join(i, i)
	}
	return p
}

// Aligned pairs in order.
func Aligned(old, new []uint64, c Cost) *Pairs {
	p := None(len(old), len(new))
	runs, coarse := align.Align(old, new, align.Bounds{})
	p.Coarse = coarse
	i, j := 0, 0
	for _, r := range append(runs, align.Run{A: len(old), B: len(new)}) {
		p.gap(i, r.A, j, r.B, c)
		for k := range r.N {
			p.Join(r.A+k, r.B+k)
		}
		i, j = r.A+r.N, r.B+r.N
	}
	return p
}

// gap pairs old[i:endI] with new[j:endJ], none of which has an equal at its place:
// in order where they are as many.
func (p *Pairs) gap(i, endI, j, endJ int, c Cost) {
	n, m := endI-i, endJ-j
	if n == m || n == 0 || m == 0 || c == nil {
		p.rest(i, endI, j, endJ)
		return
	}
	g := &gap{cost: c, i: i, j: j, rows: n, columns: m, flipped: n > m}
	if g.flipped {
		g.rows, g.columns = m, n
	}
	if n > maxTried || m > maxTried || !g.fill() {
		p.Coarse = true
		p.rest(i, endI, j, endJ)
		return
	}
	g.join(p)
}

func (p *Pairs) rest(i, endI, j, endJ int) {
	for ; i < endI && j < endJ; i, j = i+1, j+1 {
		p.Join(i, j)
	}
}

// Bag pairs in any order.
func Bag(old, new []uint64, c Cost) *Pairs {
	p := None(len(old), len(new))
	p.equal(old, new)
	x, y := free(p.Old), free(p.New)
	if c != nil && len(x) > 0 && len(y) > 0 {
		p.nearest(x, y, c)
		x, y = free(p.Old), free(p.New)
	}
	for k := range min(len(x), len(y)) {
		p.Join(x[k], y[k])
	}
	return p
}

// Keyed pairs the elements of one hash only: the first with the first.
func Keyed(old, new []uint64) *Pairs {
	p := None(len(old), len(new))
	p.equal(old, new)
	return p
}

func (p *Pairs) equal(old, new []uint64) {
	places := make(map[uint64][]int, len(new))
	for j, h := range new {
		places[h] = append(places[h], j)
	}
	for i, h := range old {
		if list := places[h]; len(list) > 0 {
			p.Join(i, list[0])
			places[h] = list[1:]
		}
	}
}

func free(paired []int) (list []int) {
	for i, j := range paired {
		if j < 0 {
			list = append(list, i)
		}
	}
	return list
}

type trial struct{ i, j, cost int }

// nearest pairs those that cost least first. Ties go by distance and sum of the
// positions, which are the same seen from either side.
func (p *Pairs) nearest(x, y []int, c Cost) {
	if len(x) > maxTried || len(y) > maxTried {
		p.Coarse = true
		return
	}
	var all []trial
	for _, i := range x {
		for _, j := range y {
			cost, ok := c.Pair(i, j)
			if !ok {
				p.Coarse = true
				return
			}
			all = append(all, trial{i, j, cost})
		}
	}
	slices.SortFunc(all, func(a, b trial) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(abs(a.i-a.j), abs(b.i-b.j)),
			cmp.Compare(a.i+a.j, b.i+b.j), cmp.Compare(a.i, b.i))
	})
	for _, t := range all {
		if p.Old[t.i] < 0 && p.New[t.j] < 0 {
			p.Join(t.i, t.j)
		}
	}
}

func abs(n int) int { return max(n, -n) }

// Moved reports whether a pair stands out of the order of the others.
func (p *Pairs) Moved() bool {
	last := -1
	for _, j := range p.Old {
		if j < 0 {
			continue
		}
		if j < last {
			return true
		}
		last = j
	}
	return false
}
