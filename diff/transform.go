package diff

import (
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// transformed compares the values of a header that changed on purpose, each with
// the one at its place. Equal values are asked, too.
func (c *comparer) transformed(name string, old, new []string, node *rules.Node, at func(comparison.Kind) comparison.Difference) {
	if len(old) == 0 || len(new) == 0 {
		c.values(name, old, new, node, at)
		return
	}
	for i := range max(len(old), len(new)) {
		d := valueAt(name, i, old, new, at)
		if i < len(old) && i < len(new) {
			c.transformedValue(old[i], new[i], node, d)
			continue
		}
		c.found(d)
	}
}

func (c *comparer) transformedValue(old, new string, node *rules.Node, d comparison.Difference) {
	change, rule, _ := node.Transform()
	x, errX := change.OldText(old)
	y, errY := change.NewText(new)
	if errX != nil || errY != nil {
		d.Kind, d.Class = comparison.NotCompared, jsondiff.TransformFailed
		d.Old, d.New = explained(d.Old, errX), explained(d.New, errY)
		c.found(d)
		return
	}
	if x != y {
		made := d
		made.Old, made.New = comparison.MakeValue("text", x), comparison.MakeValue("text", y)
		near, ok := near(x, y, node)
		if !ok {
			made.Class = jsondiff.Transformed
			c.found(made)
			return
		}
		c.hidden(near, made)
	}
	if old != new {
		c.hidden(rule, d)
	}
}

func explained(v comparison.Value, err error) comparison.Value {
	if err == nil {
		return v
	}
	return comparison.MakeValue("text", err.Error()+": "+v.Text)
}
