package xmlbody

import (
	"parallax/diff/body/field"
	"parallax/diff/body/pairing"
	"parallax/diff/body/siblings"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// children compares what stands in two lists, and the white space between.
func (c *comparer) children(a, b int) {
	c.held(a, b, false)
}

// mixed compares two elements of which one holds text beside other things: every run
// counts.
func (c *comparer) mixed(a, b int) {
	c.held(a, b, true)
}

func (c *comparer) held(a, b int, runs bool) {
	ints, items := len(c.ints), len(c.items)
	defer func() { c.ints, c.items = c.ints[:ints], c.items[:items] }()
	k := &kids{c: c, x: c.within(c.old, a, runs), y: c.within(c.new, b, runs)}
	if !runs && len(k.x) == len(k.y) && !c.sameSpaces(a, b) {
		c.w.Spelling(rules.XMLSpace, field.WhiteSpace, c.old.spaces(a), c.new.spaces(b))
	}
	k.compare()
}

// within lists the nodes directly within one, until held has ended.
func (c *comparer) within(d *document, i int, runs bool) []int {
	from := len(c.ints)
	end := int(d.nodes[i].end)
	for at := i + 1; at < end; at = int(d.nodes[at].end) {
		if runs || d.nodes[at].kind != run {
			c.ints = append(c.ints, at)
		}
	}
	return c.ints[from:len(c.ints):len(c.ints)]
}

// kids is the siblings.Matcher of what two elements hold.
type kids struct {
	c    *comparer
	x, y []int
	// rough: children of a name were paired coarsely.
	rough bool
	// moved: a rule has paired something out of its order.
	moved bool
}

func (k *kids) compare() {
	sameOrder := siblings.Compare(k.c.w, k.c.itemsOf(k.c.old, k.x), k.c.itemsOf(k.c.new, k.y), k)
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

// itemsOf lists nodes as siblings, until held has ended.
func (c *comparer) itemsOf(d *document, list []int) []siblings.Item {
	from := len(c.items)
	for _, at := range list {
		c.items = append(c.items, d.item(&d.nodes[at]))
	}
	return c.items[from:len(c.items):len(c.items)]
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
	c := k.c
	c.decide()
	var p *pairing.Pairs
	keys, _, keyed := c.w.Keyed()
	switch {
	case keyed:
		p = pairing.Keyed(c.keysOf(c.old, k.x, x, keys), c.keysOf(c.new, k.y, y, keys))
	case c.work.mode == coarse:
		p = k.coarsely(x, y, positional)
	case !c.spend(c.old.size(k.x, x) + c.new.size(k.y, y)):
		return pairing.InOrder(len(x), len(y)) // the rehearsal has failed
	default:
		p = k.byHash(x, y, positional, k.cost(x, y))
	}
	k.moved = k.moved || p.Moved()
	return p
}

// coarsely tries nothing.
func (k *kids) coarsely(x, y []int, positional bool) *pairing.Pairs {
	p := pairing.InOrder(len(x), len(y))
	if k.c.work.around <= maxAround {
		p = k.byHash(x, y, positional, nil)
	}
	p.Coarse, k.rough = true, true
	return p
}

func (k *kids) byHash(x, y []int, positional bool, c pairing.Cost) *pairing.Pairs {
	old, new := k.c.hashes(k.c.old, k.x, x), k.c.hashes(k.c.new, k.y, y)
	if positional {
		return pairing.Aligned(old, new, c)
	}
	return pairing.Bag(old, new, c)
}

// size is the steps that going through what is listed takes.
func (d *document) size(nodes, list []int) (n int) {
	for _, at := range list {
		n += d.steps(nodes[at])
	}
	return n
}

// nodeSteps is what a node costs beside its bytes.
const nodeSteps = 64

// steps is what going through a node takes: its bytes, and something for each node.
func (d *document) steps(i int) int {
	n := &d.nodes[i]
	return int(n.to-n.from) + nodeSteps*(int(n.end)-i)
}

func (k *kids) Pair(i, j int) {
	if k.rough {
		k.c.work.around++
		defer func() { k.c.work.around-- }()
	}
	k.c.pair(k.x[i], k.y[j])
}

func (k *kids) Old(i int) { k.c.missing(k.c.old, &k.c.old.nodes[k.x[i]]) }

func (k *kids) New(j int) { k.c.missing(k.c.new, &k.c.new.nodes[k.y[j]]) }
