package field

import (
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// Transforms reports whether a text here, or one below, may have changed on purpose.
// Bytes that are equal are then not known to be equal.
func (w *Walk) Transforms() bool {
	for _, n := range w.here() {
		if n.Transforms() {
			return true
		}
	}
	return false
}

// transform returns how a text here changed on purpose.
func (w *Walk) transform() (c *rules.Change, rule int, ok bool) {
	for _, n := range w.here() {
		if c, rule, ok = n.Transform(); ok {
			return c, rule, true
		}
	}
	return nil, -1, false
}

// Meaning returns what a transform makes of a text of the old or the new side, so that
// texts pair by it; the text itself where there is none or it fails.
func (w *Walk) Meaning(text []byte, new bool) []byte {
	c, _, ok := w.transform()
	if !ok {
		return text
	}
	of := c.OldText
	if new {
		of = c.NewText
	}
	if made, err := of(string(text)); err == nil {
		return []byte(made)
	}
	return text
}

// changed compares what a transform makes of two texts. It counts a use of the rule
// where they are equal and the texts are not.
func (w *Walk) changed(old, new Leaf, c *rules.Change, rule int) {
	x, errX := c.OldText(string(old.Text))
	y, errY := c.NewText(string(new.Text))
	if errX != nil || errY != nil {
		w.Differ(comparison.NotCompared, jsondiff.TransformFailed, explained(old, errX), explained(new, errY))
		return
	}
	if x != y {
		near, ok := w.near(x, y)
		if !ok {
			w.Differ(comparison.Changed, jsondiff.Transformed, Value("text", []byte(x)), Value("text", []byte(y)))
			return
		}
		w.Equal(near, Value("text", []byte(x)), Value("text", []byte(y)))
	}
	if string(old.Raw) != string(new.Raw) {
		w.Equal(rule, old.value(), new.value())
	}
}

func explained(l Leaf, err error) jsondiff.Value {
	if err == nil {
		return l.value()
	}
	return Value("text", append([]byte(err.Error()+": "), l.Raw...))
}
