package xmlbody

import (
	"bytes"

	"parallax/diff/body/field"
	"parallax/diff/body/pairing"
	"parallax/diff/body/siblings"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// children compares what stands in two lists, and the white space between.
func (c *comparer) children(a, b int) {
	k := &kids{c: c, x: c.old.within(a, false), y: c.new.within(b, false)}
	if x, y := c.old.spaces(a), c.new.spaces(b); len(k.x) == len(k.y) && !bytes.Equal(x, y) {
		c.w.Spelling(rules.XMLSpace, field.WhiteSpace, field.Value("text", x), field.Value("text", y))
	}
	k.compare()
}

// mixed compares two elements of which one holds text beside other things: every run
// counts.
func (c *comparer) mixed(a, b int) {
	k := &kids{c: c, x: c.old.within(a, true), y: c.new.within(b, true)}
	k.compare()
}

// within lists the nodes directly within one.
func (d *document) within(i int, runs bool) (list []int) {
	end := int(d.nodes[i].end)
	for at := i + 1; at < end; at = int(d.nodes[at].end) {
		if runs || d.nodes[at].kind != run {
			list = append(list, at)
		}
	}
	return list
}

// spaces are the runs directly within a node, with a mark where others stand.
func (d *document) spaces(i int) (text []byte) {
	end := int(d.nodes[i].end)
	for at := i + 1; at < end; at = int(d.nodes[at].end) {
		if n := &d.nodes[at]; n.kind == run {
			text = append(text, d.raw(n)...)
		} else {
			text = append(text, '<')
		}
	}
	return text
}

// kids is the siblings.Matcher of what two elements hold.
type kids struct {
	c    *comparer
	x, y []int
	// moved: a rule has paired something out of its order.
	moved bool
}

func (k *kids) compare() {
	sameOrder := siblings.Compare(k.c.w, k.c.old.items(k.x), k.c.new.items(k.y), k)
	if sameOrder && !k.moved {
		return
	}
	w := k.c.w
	old, new := k.c.old.listed(k.x), k.c.new.listed(k.y)
	rule, ok := w.Unordered()
	if !ok {
		_, rule, ok = w.Keyed()
	}
	if ok {
		w.Equal(rule, old, new)
	} else {
		w.Differ(comparison.Changed, field.Order, old, new)
	}
}

// maxListed bounds the names that show an order, in bytes.
const maxListed = 1024

// listed is the order of nodes as a value.
func (d *document) listed(nodes []int) jsondiff.Value {
	var names []byte
	for i, at := range nodes {
		if len(names) > maxListed {
			names = append(names, ", …"...)
			break
		}
		if i > 0 {
			names = append(names, ", "...)
		}
		names = append(names, d.item(&d.nodes[at]).Name...)
	}
	return field.Value("text", names)
}

func (d *document) items(list []int) []siblings.Item {
	items := make([]siblings.Item, len(list))
	for i, at := range list {
		items[i] = d.item(&d.nodes[at])
	}
	return items
}

func (d *document) item(n *node) siblings.Item {
	switch n.kind {
	case run:
		return siblings.Item{Name: "#text", Group: "#text"}
	case comment:
		return siblings.Item{Name: "#comment", Group: "#comment"}
	case doctype:
		return siblings.Item{Name: "#doctype", Group: "#doctype"}
	case instruction:
		target := "?" + string(d.text[n.from+2:n.from+2+n.nameLength])
		return siblings.Item{Name: target, Group: target}
	}
	name := d.names.list[n.name]
	return siblings.Item{Name: name.local, Group: name.group}
}

func (k *kids) Positional() bool {
	if _, ok := k.c.w.Unordered(); ok {
		return false
	}
	_, _, ok := k.c.w.Keyed()
	return !ok
}

// Pairs pairs the children of one name.
func (k *kids) Pairs(x, y []int) *pairing.Pairs {
	positional := k.Positional()
	if len(y) == 0 || positional && len(x) == len(y) {
		return pairing.InOrder(len(x), len(y))
	}
	if !k.c.spend(k.c.old.size(k.x, x) + k.c.new.size(k.y, y)) {
		p := pairing.InOrder(len(x), len(y))
		p.Coarse = true
		return p
	}
	p := k.ruled(x, y, positional)
	k.moved = k.moved || p.Moved()
	return p
}

func (k *kids) ruled(x, y []int, positional bool) *pairing.Pairs {
	if keys, _, ok := k.c.w.Keyed(); ok {
		return pairing.Keyed(k.c.keysOf(k.c.old, k.x, x, keys), k.c.keysOf(k.c.new, k.y, y, keys))
	}
	cost := k.cost(x, y)
	old, new := k.c.hashes(k.c.old, k.x, x), k.c.hashes(k.c.new, k.y, y)
	if positional {
		return pairing.Aligned(old, new, cost)
	}
	return pairing.Bag(old, new, cost)
}

// size is the length of what is listed.
func (d *document) size(nodes, list []int) (n int) {
	for _, at := range list {
		n += int(d.nodes[nodes[at]].to - d.nodes[nodes[at]].from)
	}
	return n
}

func (k *kids) Pair(i, j int) { k.c.pair(k.x[i], k.y[j]) }

func (k *kids) Old(i int) { k.c.missing(k.c.old, &k.c.old.nodes[k.x[i]]) }

func (k *kids) New(j int) { k.c.missing(k.c.new, &k.c.new.nodes[k.y[j]]) }

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
	x, y := &c.old.nodes[a], &c.new.nodes[b]
	if !c.spend(int(x.to - x.from + y.to - y.from)) {
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
