package align

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func draw(rt *rapid.T, name string) []uint64 {
	return rapid.SliceOfN(rapid.Uint64Range(0, 6), 0, 30).Draw(rt, name)
}

// lcs is the plain twin: the length of the longest common subsequence.
func lcs(a, b []uint64) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}

func check(t interface{ Fatalf(string, ...any) }, a, b []uint64, runs []Run) int {
	n, endA, endB := 0, 0, 0
	for _, r := range runs {
		if r.N <= 0 || r.A < endA || r.B < endB || !slices.Equal(a[r.A:r.A+r.N], b[r.B:r.B+r.N]) {
			t.Fatalf("bad run %+v of %v for %v, %v", r, runs, a, b)
		}
		n, endA, endB = n+r.N, r.A+r.N, r.B+r.N
	}
	return n
}

func mirror(runs []Run) []Run {
	out := slices.Clone(runs)
	for i, r := range out {
		out[i] = Run{r.B, r.A, r.N}
	}
	return out
}

func TestAlignIsLongest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := draw(rt, "a"), draw(rt, "b")
		runs, coarse := Align(a, b, Bounds{})
		if n := check(rt, a, b, runs); coarse || n != lcs(a, b) {
			rt.Fatalf("%d paired of %d, coarse %v", n, lcs(a, b), coarse)
		}
	})
}

func TestAlignMirrors(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := draw(rt, "a"), draw(rt, "b")
		bounds := Bounds{Edits: rapid.IntRange(1, 20).Draw(rt, "edits")}
		runs, coarse := Align(a, b, bounds)
		back, coarseBack := Align(b, a, bounds)
		check(rt, a, b, runs)
		if coarse != coarseBack || !slices.Equal(mirror(runs), back) {
			rt.Fatalf("%v against %v", runs, back)
		}
	})
}

func TestAlignBeyondBoundsIsCoarse(t *testing.T) {
	a, b := make([]uint64, 4000), make([]uint64, 4000)
	for i := range a {
		a[i], b[i] = uint64(2*i), uint64(2*i+1)
	}
	a[100], b[2000] = 1<<60, 1<<60
	runs, coarse := Align(a, b, Bounds{})
	if !coarse || !slices.Equal(runs, []Run{{100, 2000, 1}}) {
		t.Fatalf("%v, coarse %v", runs, coarse)
	}
}

func TestAlignInsertAtFront(t *testing.T) {
	a := []uint64{1, 2, 3}
	b := []uint64{9, 1, 2, 3}
	runs, coarse := Align(a, b, Bounds{})
	if coarse || !slices.Equal(runs, []Run{{0, 1, 3}}) {
		t.Fatalf("%v, coarse %v", runs, coarse)
	}
}
