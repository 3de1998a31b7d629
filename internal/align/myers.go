package align

import "slices"

// myers aligns by the shortest edit script, and gives up beyond edits. It returns
// how many it has tried.
// The furthest points of every number of edits are kept for walking back.
func myers(a, b []uint64, edits int) (runs []Run, tried int, ok bool) {
	if len(a) == 0 || len(b) == 0 {
		return nil, 0, true
	}
	edits = min(edits, len(a)+len(b))
	furthest := make([]int32, 2*edits+3)
	var trace [][]int32
	for d := 0; d <= edits; d++ {
		done := advance(a, b, furthest, edits+1, d)
		trace = append(trace, slices.Clone(furthest[edits+1-d:edits+2+d]))
		if done {
			return walkBack(a, b, trace), d, true
		}
	}
	return nil, edits, false
}

// advance extends every diagonal of d edits and reports whether one has
// reached the end. v[zero+k] is the furthest position in a on diagonal k.
func advance(a, b []uint64, v []int32, zero, d int) bool {
	for k := -d; k <= d; k += 2 {
		x := start(v, zero+k, k, d)
		y := x - k
		if x < 0 || y < 0 || x > len(a) || y > len(b) {
			v[zero+k] = int32(x)
			continue
		}
		for x < len(a) && y < len(b) && a[x] == b[y] {
			x, y = x+1, y+1
		}
		v[zero+k] = int32(x)
		if x == len(a) && y == len(b) {
			return true
		}
	}
	return false
}

// start is where diagonal k begins with d edits: down from k+1 or right from
// k-1. at is the index of k in v.
func start(v []int32, at, k, d int) int {
	if d == 0 {
		return 0
	}
	if k == -d || (k != d && v[at-1] < v[at+1]) {
		return int(v[at+1])
	}
	return int(v[at-1]) + 1
}

// walkBack follows the trace from the end to the beginning; trace[d][k+d] is
// the furthest position on diagonal k after d edits.
func walkBack(a, b []uint64, trace [][]int32) []Run {
	var runs []Run
	x, y := len(a), len(b)
	for d := len(trace) - 1; d >= 0; d-- {
		k := x - y
		prevX, prevY := 0, 0
		beginX := 0
		if d > 0 {
			prevX, prevY, beginX = before(trace[d-1], k, d)
		}
		if n := x - beginX; n > 0 {
			runs = append(runs, Run{beginX, beginX - k, n})
		}
		x, y = prevX, prevY
	}
	slices.Reverse(runs)
	return runs
}

// before returns the point from which diagonal k was reached with d edits, and
// the position in a at which it was entered.
func before(prev []int32, k, d int) (x, y, begin int) {
	// prev holds the diagonals -(d-1)..d-1; diagonal j is at index j+d-1.
	at := func(j int) int { return int(prev[j+d-1]) }
	if k == -d || (k != d && (k-1 < -(d-1) || (k+1 <= d-1 && at(k-1) < at(k+1)))) {
		x = at(k + 1)
		return x, x - (k + 1), x
	}
	x = at(k - 1)
	return x, x - (k - 1), x + 1
}
