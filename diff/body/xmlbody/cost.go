package xmlbody

import (
	"parallax/diff/body/field"
	"parallax/diff/jsondiff"
)

// cost is the pairing.Cost of children of one name.
type cost struct {
	k        *kids
	x, y     []int
	name     string
	old, new []int
}

func (k *kids) cost(x, y []int) *cost {
	t := &cost{k: k, x: x, y: y, name: k.c.old.item(&k.c.old.nodes[k.x[x[0]]]).Name}
	for _, at := range x {
		t.old = append(t.old, k.c.old.leavesIn(k.x[at]))
	}
	for _, at := range y {
		t.new = append(t.new, k.c.new.leavesIn(k.y[at]))
	}
	return t
}

// leavesIn counts the texts and attributes of a node, at least 1.
func (d *document) leavesIn(i int) int {
	n := 0
	for at := i; at < int(d.nodes[i].end); at++ {
		n += int(d.nodes[at].attrsN)
		if d.nodes[at].kind != element && !d.nodes[at].blank {
			n++
		}
	}
	return max(1, n)
}

func (t *cost) Old(i int) int { return t.old[i] }

func (t *cost) New(j int) int { return t.new[j] }

// Pair counts the differences of a pair and reports nothing. A difference costs two, a
// text that is missing one.
func (t *cost) Pair(i, j int) (int, bool) {
	c := t.k.c
	a, b := t.k.x[t.x[i]], t.k.y[t.y[j]]
	if !c.spend(c.old.steps(a) + c.new.steps(b)) {
		return 0, false
	}
	count := &counter{}
	before := c.w.SetSink(count)
	c.w.Enter(t.name, -1)
	c.pair(a, b)
	c.w.Leave()
	c.w.SetSink(before)
	return 2 * count.differences, true
}

// counter is a field.Sink that only counts.
type counter struct{ differences int }

func (c *counter) Difference(field.Place, jsondiff.Difference) { c.differences++ }

func (c *counter) Equal(int, field.Place, jsondiff.Value, jsondiff.Value) {}
