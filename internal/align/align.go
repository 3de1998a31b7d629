// Package align finds which elements of two sequences belong together.
//
// # Terms
//
// Elements are hashes: equal hashes mean equal elements, as far as this package
// can tell; the caller compares what it pairs. A run is a stretch of elements
// that stand side by side on both sides.
//
// # Steps
//
// Equal beginnings and ends are cut off. What is left is aligned by Myers'
// shortest edit script while that stays within a bound on its work. Beyond it
// the elements that occur exactly once on each side are anchors, the longest
// increasing chain of them is kept and grown, and the result is called coarse:
// true, but perhaps not the shortest.
//
// # Limits
//
// Time is O((n+m)·D) with D bounded so that the product stays under the bound,
// then O(n log n); memory is O(n+m+D²) with D at most 1,000. The result is
// symmetric: aligning b with a gives the same pairs.
package align

import "slices"

// Run says that a[A+i] and b[B+i] belong together, for i < N.
type Run struct{ A, B, N int }

// Bounds limit the exact method. The zero value is the default.
type Bounds struct {
	// Edits is the largest number of insertions and deletions: 1,000 at most
	// and by default.
	Edits int
	// Work bounds edits times elements: 20,000,000 by default.
	Work int
}

const maxEdits = 1000

func (b Bounds) edits(elements int) int {
	if b.Edits <= 0 || b.Edits > maxEdits {
		b.Edits = maxEdits
	}
	if b.Work <= 0 {
		b.Work = 20_000_000
	}
	return min(b.Edits, b.Work/max(1, elements))
}

// Align returns the runs in order, and whether the bounds made them coarse.
func Align(a, b []uint64, bounds Bounds) (runs []Run, coarse bool) {
	runs, _, coarse = Counted(a, b, bounds)
	return runs, coarse
}

// Counted is Align that also returns the steps it took: elements, as often as they
// were looked at, at most. They are the same for b and a.
func Counted(a, b []uint64, bounds Bounds) (runs []Run, steps int, coarse bool) {
	// The method breaks ties by its first argument; ordering the arguments makes
	// the result symmetric.
	if swapped := compare(a, b) > 0; swapped {
		runs, steps, coarse = align(b, a, bounds)
		for i, r := range runs {
			runs[i] = Run{A: r.B, B: r.A, N: r.N}
		}
		return runs, steps, coarse
	}
	return align(a, b, bounds)
}

func compare(a, b []uint64) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return slices.Compare(a, b)
}

func align(a, b []uint64, bounds Bounds) (runs []Run, steps int, coarse bool) {
	head := commonPrefix(a, b)
	a, b = a[head:], b[head:]
	tail := commonSuffix(a, b)
	midA, midB := a[:len(a)-tail], b[:len(b)-tail]
	runs = add(runs, Run{0, 0, head})
	middle, edits, exact := myers(midA, midB, bounds.edits(len(midA)+len(midB)))
	steps = len(a) + len(b) + edits*(len(midA)+len(midB))
	if !exact {
		middle = anchors(midA, midB)
	}
	for _, r := range middle {
		runs = add(runs, Run{r.A + head, r.B + head, r.N})
	}
	return add(runs, Run{len(midA) + head, len(midB) + head, tail}), steps, !exact
}

// add appends r, joined to the last run where they touch.
func add(runs []Run, r Run) []Run {
	if r.N == 0 {
		return runs
	}
	if n := len(runs); n > 0 {
		if last := &runs[n-1]; last.A+last.N == r.A && last.B+last.N == r.B {
			last.N += r.N
			return runs
		}
	}
	return append(runs, r)
}

func commonPrefix(a, b []uint64) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func commonSuffix(a, b []uint64) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[len(a)-1-i] != b[len(b)-1-i] {
			return i
		}
	}
	return n
}
