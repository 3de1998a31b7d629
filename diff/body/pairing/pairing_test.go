package pairing

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// table is a Cost that is drawn.
type table struct {
	pair     [][]int
	old, new []int
	tries    int // what it answers
	flipped  bool
}

func (t *table) Pair(i, j int) (int, bool) {
	t.tries--
	if t.flipped {
		i, j = j, i
	}
	return t.pair[i][j], t.tries >= 0
}

func (t *table) Old(i int) int {
	if t.flipped {
		return t.new[i]
	}
	return t.old[i]
}

func (t *table) New(j int) int {
	if t.flipped {
		return t.old[j]
	}
	return t.new[j]
}

func drawTable(t *rapid.T, n, m int) *table {
	costs := func(n, most int) []int {
		return rapid.SliceOfN(rapid.IntRange(0, most), n, n).Draw(t, "costs")
	}
	c := &table{old: costs(n, 3), new: costs(m, 3), tries: 1 << 20}
	for range n {
		c.pair = append(c.pair, costs(m, 6))
	}
	return c
}

// TestMirror: pairing new with old gives the same pairs, each index at most once.
func TestMirror(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		hashes := rapid.SliceOfN(rapid.Uint64Range(0, 5), 0, 8)
		old, new := hashes.Draw(rt, "old"), hashes.Draw(rt, "new")
		c := drawTable(rt, len(old), len(new))
		for name, f := range map[string]func(a, b []uint64, c Cost) *Pairs{
			"aligned": Aligned, "bag": Bag,
			"keyed":       func(a, b []uint64, _ Cost) *Pairs { return Keyed(a, b) },
			"in order":    func(a, b []uint64, _ Cost) *Pairs { return InOrder(len(a), len(b)) },
			"aligned, no": func(a, b []uint64, _ Cost) *Pairs { return Aligned(a, b, nil) },
		} {
			c.flipped = false
			there := f(old, new, c)
			c.flipped = true
			back := f(new, old, c)
			if d := cmp.Diff(there, &Pairs{Old: back.New, New: back.Old, Coarse: back.Coarse}); d != "" {
				rt.Fatalf("%s: %v %v: %s", name, old, new, d)
			}
			for i, j := range there.Old {
				if j >= 0 && there.New[j] != i {
					rt.Fatalf("%s: %d has %d, which has %d", name, i, j, there.New[j])
				}
			}
			if there.Moved() && name != "bag" && name != "keyed" {
				rt.Fatalf("%s moved", name)
			}
		}
	})
}

// TestLeastCost: of what has no equal, the pairs that cost least are chosen.
func TestLeastCost(t *testing.T) {
	c := &table{pair: [][]int{{6, 0, 6}, {6, 6, 6}}, old: []int{1, 1}, new: []int{1, 1, 1}, tries: 100}
	p := Aligned([]uint64{1, 2}, []uint64{3, 4, 5}, c)
	if d := cmp.Diff([]int{1, -1}, p.Old); d != "" {
		t.Error(d)
	}
	c.tries = 3
	if p = Aligned([]uint64{1, 2}, []uint64{3, 4, 5}, c); !p.Coarse || p.Old[0] != 0 || p.Old[1] != 1 {
		t.Errorf("without work: %+v", p)
	}
	if p = Bag(make([]uint64, maxTried+1), []uint64{1, 2}, c); !p.Coarse {
		t.Errorf("too many to try: %+v", p)
	}
}
