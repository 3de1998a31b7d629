package xmlbody

import (
	"bytes"

	"parallax/diff/body/field"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// pair compares node a of the old document with node b of the new one, of one kind and
// name. The walk is at their place.
func (c *comparer) pair(a, b int) {
	x, y := &c.old.nodes[a], &c.new.nodes[b]
	if c.alike && c.same(x, y) && !c.w.Transforms() {
		return
	}
	if rule, ok := c.w.Ignored(); ok {
		if !bytes.Equal(c.old.raw(x), c.new.raw(y)) {
			c.w.Equal(rule, c.old.shown(x), c.new.shown(y))
		}
		return
	}
	if x.kind != element {
		c.runs(x, y)
		return
	}
	c.tags(x, y)
	c.content(a, b)
}

// same reports whether two nodes are known to be the same bytes.
func (c *comparer) same(x, y *node) bool {
	n := int(x.to - x.from)
	if n != int(y.to-y.from) || n/16 > c.again {
		return false
	}
	c.again -= n / 16
	return bytes.Equal(c.old.raw(x), c.new.raw(y))
}

// shown is a node as a value.
func (d *document) shown(n *node) jsondiff.Value {
	if n.kind == element {
		return field.Value("element", d.raw(n))
	}
	return field.Value("text", d.said(n))
}

// runs compares two texts, comments or instructions.
func (c *comparer) runs(x, y *node) {
	old, new := field.Leaf{Raw: c.old.said(x), Text: c.old.means(x)}, field.Leaf{Raw: c.new.said(y), Text: c.new.means(y)}
	if x.kind == instruction && bytes.Equal(old.Raw, new.Raw) && !bytes.Equal(c.old.raw(x), c.new.raw(y)) {
		// White space behind the target.
		c.w.Spelling(rules.XMLForm, Form, field.Value("text", c.old.raw(x)), field.Value("text", c.new.raw(y)))
		return
	}
	c.texts(old, new, x.mention == y.mention)
}

// texts compares two texts; alike says that the prefixes in them have the same
// namespaces.
func (c *comparer) texts(old, new field.Leaf, alike bool) {
	if !alike && bytes.Equal(old.Text, new.Text) {
		c.w.Differ(comparison.Changed, Prefix, field.Value("text", old.Raw), field.Value("text", new.Raw))
		return
	}
	c.w.Texts(old, new, rules.XMLEscape, Escape)
}

// The ways in which what an element holds is compared.
type holds uint8

const (
	nothing holds = iota
	aText
	aList // elements, and white space that says nothing
	both
)

func (d *document) holds(i int) holds {
	n := &d.nodes[i]
	switch inside := int(n.end) > i+1; {
	case !inside:
		return nothing
	case n.others == 0:
		return aText
	case n.blank && !n.preserve:
		return aList
	}
	return both
}

// content compares what two elements hold. An element that holds white space only is
// a list without elements beside a list.
func (c *comparer) content(a, b int) {
	x, y := c.old.holds(a), c.new.holds(b)
	switch {
	case x <= aText && y <= aText:
		c.leaves(a, b)
	case c.old.listBeside(a, y) && c.new.listBeside(b, x):
		c.children(a, b)
	case x == aText && y == aList, x == aList && y == aText:
		c.w.Differ(comparison.TypeChanged, "", c.old.content(a, x), c.new.content(b, y))
	default:
		c.mixed(a, b)
	}
}

// listBeside reports whether element i is a list, or as good as one beside an element
// that holds other.
func (d *document) listBeside(i int, other holds) bool {
	switch n := &d.nodes[i]; d.holds(i) {
	case nothing, aList:
		return true
	case aText:
		return other == aList && n.blank && !n.preserve
	}
	return false
}

// content is what an element holds, as a value.
func (d *document) content(i int, h holds) jsondiff.Value {
	if h == aText {
		return field.Value("text", d.said(&d.nodes[i]))
	}
	return d.shown(&d.nodes[i])
}

// leaves compares two elements that hold text, or nothing.
func (c *comparer) leaves(a, b int) {
	c.texts(c.old.leaf(a), c.new.leaf(b), c.old.mentionIn(a) == c.new.mentionIn(b))
}

func (d *document) leaf(i int) field.Leaf {
	said := d.said(&d.nodes[i])
	return field.Leaf{Raw: said, Text: decode(said, false)}
}

// mentionIn is that of the one run that a leaf has.
func (d *document) mentionIn(i int) int32 {
	if int(d.nodes[i].end) == i+1 {
		return 0
	}
	return d.nodes[i+1].mention
}

// missing reports a node that only one side has.
func (c *comparer) missing(d *document, n *node) {
	v := d.shown(n)
	empty := n.inner == n.outer && (n.kind != element || len(d.attrsOf(n)) == 0)
	if d == c.old {
		c.w.Missing(v, jsondiff.Value{}, empty)
	} else {
		c.w.Missing(jsondiff.Value{}, v, empty)
	}
}
