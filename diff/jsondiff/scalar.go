package jsondiff

import (
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// stateOf returns which of the states that a rule can make the same a value is
// in, or 0.
func stateOf(v Value) rules.States {
	switch v.Type {
	case "":
		return rules.Missing
	case "null":
		return rules.Null
	case "string":
		if len(v.Text) == 2 {
			return rules.Empty
		}
	case "array", "object":
		if space(v.Text, 1) == len(v.Text)-1 {
			return rules.Empty
		}
	}
	return 0
}

// scalars compares two values of which one at least is no container, or which
// are containers of two types. Their texts differ.
func (w *walker) scalars(old, new Value, n *rules.Node) {
	if states, rule, ok := n.Equal(); ok {
		x, y := stateOf(old), stateOf(new)
		if x != 0 && y != 0 && states.Has(x|y) {
			w.equal(rule, old, new)
			return
		}
	}
	switch b, same := spellings(old, new); {
	case same:
		w.spelling(b, old, new)
	case w.near(old, new, n):
	case old.Type != new.Type:
		w.differ(comparison.TypeChanged, "", old, new)
	default:
		w.differ(comparison.Changed, "", old, new)
	}
}

// spellings reports whether two texts, which differ, spell one string or number.
func spellings(old, new Value) (b rules.Builtin, same bool) {
	switch {
	case old.Type != new.Type:
		return 0, false
	case old.Type == "string":
		return rules.StringEscape, compareStrings(inner(old.Text), inner(new.Text)) == 0
	case old.Type == "number":
		return rules.NumberForm, sameNumber(old.Text, new.Text)
	}
	return 0, false
}

// inner takes a string's quotes off.
func inner(text []byte) []byte { return text[1 : len(text)-1] }

// near asks the rule that lets values here differ, if there is one.
func (w *walker) near(old, new Value, n *rules.Node) bool {
	near, rule, ok := n.Near()
	if !ok {
		return false
	}
	x, okX := scalarOf(old)
	y, okY := scalarOf(new)
	if !okX || !okY || !near.Same(x, y) {
		return false
	}
	w.equal(rule, old, new)
	return true
}

// scalarOf returns what a near rule sees of a number or a string. A string that
// holds what is no character has no text.
func scalarOf(v Value) (rules.Scalar, bool) {
	switch v.Type {
	case "number":
		return rules.Scalar{Sort: rules.Number, Text: string(v.Text)}, true
	case "string":
		text, ok := decodedText(inner(v.Text))
		return rules.Scalar{Sort: rules.String, Text: text}, ok
	}
	return rules.Scalar{}, false
}

// spelling reports one value in two spellings: equal, unless the builtin is off.
func (w *walker) spelling(b rules.Builtin, old, new Value) {
	if w.computed > 0 {
		return // nobody has spelled what was computed
	}
	if rule, on := w.rules.Builtin(b); on {
		w.equal(rule, old, new)
		return
	}
	class := StringEscape
	if b == rules.NumberForm {
		class = NumberForm
	}
	w.differ(comparison.Changed, class, old, new)
}

// replaced compares the scalars that a shadow found. It reports false, before
// anything is reported, where a rule is about a container around one of them:
// one that pairs elements otherwise than by position, or ignores it.
func (w *walker) replaced(s *shadow) bool {
	if w.root != nil {
		for i := range s.pairs {
			if w.ruledAround(s.framesOf(i)) {
				return false
			}
		}
	}
	for i := range s.pairs {
		w.replacedPair(s, i)
	}
	return true
}

func (s *shadow) framesOf(i int) []frame {
	return s.frames[s.pairs[i].framesFrom:s.pairs[i].framesTo]
}

func (w *walker) ruledAround(frames []frame) bool {
	n := w.root
	for i := range frames {
		if n == nil {
			return false
		}
		if _, ok := n.Ignore(); ok {
			return true // it counts once for the container
		}
		if frames[i].object {
			n = w.child(n, w.keyOf(&frames[i]))
			continue
		}
		if _, ok := n.Unordered(); ok {
			return true
		}
		if _, _, ok := n.Keyed(); ok {
			return true
		}
		n = n.Index(int(frames[i].index))
	}
	return false
}

func (w *walker) keyOf(f *frame) []byte { return w.old.text[f.keyFrom:f.keyTo] }

// replacedPair goes from the root to the pair and compares it.
func (w *walker) replacedPair(s *shadow, i int) {
	n := w.root
	w.place.steps = w.place.steps[:0]
	for _, f := range s.framesOf(i) {
		if f.object {
			w.place.pushKey(w.keyOf(&f))
			n = w.child(n, w.keyOf(&f))
		} else {
			w.place.pushIndex(int(f.index))
			n = n.Index(int(f.index))
		}
	}
	p := &s.pairs[i]
	old := Value{TypeOf(w.old.text[p.oldFrom]), w.old.text[p.oldFrom:p.oldTo]}
	new := Value{TypeOf(s.other[p.newFrom]), s.other[p.newFrom:p.newTo]}
	if rule, ok := n.Ignore(); ok {
		w.equal(rule, old, new)
		return
	}
	w.scalars(old, new, n)
}
