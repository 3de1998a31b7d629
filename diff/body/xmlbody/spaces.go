package xmlbody

import (
	"bytes"

	"parallax/diff/body/field"
	"parallax/diff/jsondiff"
)

// sameSpaces reports whether the same runs stand between the nodes of two lists.
func (c *comparer) sameSpaces(a, b int) bool {
	endA, endB := int(c.old.nodes[a].end), int(c.new.nodes[b].end)
	for i, j := a+1, b+1; ; {
		x, y := c.old.runAt(&i, endA), c.new.runAt(&j, endB)
		if !bytes.Equal(x, y) {
			return false
		}
		if i >= endA || j >= endB {
			return i >= endA && j >= endB
		}
		i, j = int(c.old.nodes[i].end), int(c.new.nodes[j].end)
	}
}

// runAt returns the run at node i, if there is one, and goes on behind it.
func (d *document) runAt(i *int, end int) []byte {
	if *i >= end || d.nodes[*i].kind != run {
		return nil
	}
	n := &d.nodes[*i]
	*i = int(n.end)
	return d.raw(n)
}

// spaces shows the runs directly within a node, with a mark where others stand.
func (d *document) spaces(i int) jsondiff.Value {
	var text []byte
	end := int(d.nodes[i].end)
	for at := i + 1; at < end; at = int(d.nodes[at].end) {
		if n := &d.nodes[at]; n.kind == run {
			text = append(text, d.raw(n)...)
		} else {
			text = append(text, '<')
		}
	}
	return field.Value("text", text)
}
