package field

import (
	"bytes"
	"strings"

	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// The classes of differences.
const (
	WhiteSpace = "white space" // texts that differ in nothing else
	Order      = "order"       // the same names in another order
)

// Leaf is one side's text.
type Leaf struct {
	// Raw is the text as it stands in the body, Text what it means.
	Raw, Text []byte
}

func (l Leaf) value() jsondiff.Value { return Value("text", l.Raw) }

// Value is a value of a type; its text may be empty.
func Value(typ string, text []byte) jsondiff.Value { return jsondiff.Value{Type: typ, Text: text} }

// Missing reports a value that only one side has; the other is zero. Empty says that
// it holds nothing.
func (w *Walk) Missing(old, new jsondiff.Value, empty bool) {
	if rule, ok := w.Ignored(); ok {
		w.Equal(rule, old, new)
		return
	}
	if rule, ok := w.sameStates(rules.Missing | rules.Empty); ok && empty {
		w.Equal(rule, old, new)
		return
	}
	if old.Type == "" {
		w.Differ(comparison.MissingInOld, "", old, new)
	} else {
		w.Differ(comparison.MissingInNew, "", old, new)
	}
}

// sameStates returns the rule that makes all of the states the same here.
func (w *Walk) sameStates(s rules.States) (rule int, ok bool) {
	for _, n := range w.here() {
		if states, rule, ok := n.Equal(); ok && states.Has(s) {
			return rule, true
		}
	}
	return -1, false
}

// Texts compares two leaves at the place. Two spellings of one text are equal under
// spelling, and of that class where it is off.
func (w *Walk) Texts(old, new Leaf, spelling rules.Builtin, class string) {
	change, made, intended := w.transform()
	same := bytes.Equal(old.Raw, new.Raw) && bytes.Equal(old.Text, new.Text)
	if same && !intended {
		return
	}
	if rule, ok := w.Ignored(); ok {
		if !same {
			w.Equal(rule, old.value(), new.value())
		}
		return
	}
	if intended {
		w.changed(old, new, change, made)
		return
	}
	if bytes.Equal(old.Text, new.Text) {
		w.Spelling(spelling, class, old.value(), new.value())
		return
	}
	if rule, ok := w.near(string(old.Text), string(new.Text)); ok {
		w.Equal(rule, old.value(), new.value())
		return
	}
	class = ""
	if sameButSpace(old.Text, new.Text) {
		class = WhiteSpace
	}
	w.Differ(comparison.Changed, class, old.value(), new.value())
}

// near returns the rule that lets two texts differ. Around a number within a tolerance
// white space means nothing.
func (w *Walk) near(old, new string) (rule int, ok bool) {
	for _, n := range w.here() {
		near, rule, ok := n.Near()
		if !ok {
			continue
		}
		if t, _, number := n.Tolerance(); number {
			ok = t.Within(strings.TrimSpace(old), strings.TrimSpace(new))
		} else {
			ok = near.Same(rules.Scalar{Sort: rules.Field, Text: old}, rules.Scalar{Sort: rules.Field, Text: new})
		}
		if ok {
			return rule, true
		}
	}
	return -1, false
}

// sameButSpace reports whether two texts differ in white space only.
func sameButSpace(a, b []byte) bool {
	return bytes.Equal(bytes.Join(bytes.Fields(a), nil), bytes.Join(bytes.Fields(b), nil))
}
