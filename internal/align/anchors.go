package align

import "sort"

// anchors pairs the elements that occur exactly once on each side, keeps the
// longest chain of them that runs forward on both, and grows each by its equal
// neighbours.
func anchors(a, b []uint64) []Run {
	var runs []Run
	endA, endB := 0, 0
	for _, p := range chain(uniquePairs(a, b)) {
		if p.A < endA || p.B < endB {
			continue // within a run that an earlier anchor has grown
		}
		r := grow(a, b, p, endA, endB)
		runs = add(runs, r)
		endA, endB = r.A+r.N, r.B+r.N
	}
	return runs
}

func grow(a, b []uint64, p Run, fromA, fromB int) Run {
	for p.A > fromA && p.B > fromB && a[p.A-1] == b[p.B-1] {
		p = Run{p.A - 1, p.B - 1, p.N + 1}
	}
	for p.A+p.N < len(a) && p.B+p.N < len(b) && a[p.A+p.N] == b[p.B+p.N] {
		p.N++
	}
	return p
}

// uniquePairs returns the elements that occur once on each side, in a's order.
func uniquePairs(a, b []uint64) []Run {
	type places struct{ countA, countB, inB int }
	seen := make(map[uint64]places, len(a))
	for _, h := range a {
		p := seen[h]
		p.countA++
		seen[h] = p
	}
	for i, h := range b {
		if p, ok := seen[h]; ok {
			p.countB++
			p.inB = i
			seen[h] = p
		}
	}
	var pairs []Run
	for i, h := range a {
		if p := seen[h]; p.countA == 1 && p.countB == 1 {
			pairs = append(pairs, Run{i, p.inB, 1})
		}
	}
	return pairs
}

// chain returns the longest subsequence of pairs whose B increases.
func chain(pairs []Run) []Run {
	ends := make([]int, 0, len(pairs)) // ends[n] is the last pair of the best chain of n+1
	before := make([]int, len(pairs))
	for i, p := range pairs {
		n := sort.Search(len(ends), func(j int) bool { return pairs[ends[j]].B >= p.B })
		before[i] = -1
		if n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	out := make([]Run, len(ends))
	for n, i := len(ends)-1, last(ends); n >= 0; n, i = n-1, before[i] {
		out[n] = pairs[i]
	}
	return out
}

func last(s []int) int {
	if len(s) == 0 {
		return -1
	}
	return s[len(s)-1]
}
