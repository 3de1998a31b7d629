package field

import (
	"slices"

	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// Sink takes what a comparison finds, in the caller's goroutine. Places and values
// are valid during the call only.
type Sink interface {
	// Difference takes one difference.
	Difference(at Place, d jsondiff.Difference)
	// Equal takes values that differ and that a rule or builtin makes equal, by its
	// index in the rules' set.
	Equal(rule int, at Place, old, new jsondiff.Value)
}

// Walk is a place in a body with the rules about it. It is for one goroutine.
type Walk struct {
	rules  *rules.RouteRules
	sink   Sink
	steps  []step
	nodes  []*rules.Node
	coarse int
	rough  bool
}

// maxRules bounds the rules that are followed at one place.
const maxRules = 16

// Begin stands at the whole body.
func (w *Walk) Begin(r *rules.RouteRules, sink Sink) {
	clear(w.nodes)
	w.rules, w.sink, w.coarse, w.rough = r, sink, 0, false
	w.steps, w.nodes = w.steps[:0], w.nodes[:0]
	w.add(0, r.Body())
}

// End lets go of what Begin was given.
func (w *Walk) End() {
	clear(w.nodes[:cap(w.nodes)])
	clear(w.steps[:cap(w.steps)])
	*w = Walk{steps: w.steps[:0], nodes: w.nodes[:0]}
}

// Copy returns a walk at the same place that reports elsewhere.
func (w *Walk) Copy(sink Sink) *Walk {
	return &Walk{rules: w.rules, sink: sink, steps: slices.Clone(w.steps), nodes: slices.Clone(w.nodes)}
}

// Rough reports whether anything was paired coarsely.
func (w *Walk) Rough() bool { return w.rough }

// SetSink sends what follows elsewhere and returns where it went before.
func (w *Walk) SetSink(s Sink) Sink {
	before := w.sink
	w.sink = s
	return before
}

// Rules returns the rules of the route.
func (w *Walk) Rules() *rules.RouteRules { return w.rules }

// Depth is the number of names and indices that lead to the place.
func (w *Walk) Depth() int { return len(w.steps) }

// Enter goes to a name below the place; index is -1 where it stands once on both
// sides.
func (w *Walk) Enter(name string, index int) {
	from := w.first()
	begin := len(w.nodes)
	w.steps = append(w.steps, step{name: name, index: index, rules: begin})
	for i := from; i < begin; i++ {
		child := w.nodes[i].Child(name)
		if index >= 0 {
			w.add(begin, indexed(child, index))
		}
		w.add(begin, child)
	}
}

// EnterIndex goes to an element of a list without names.
func (w *Walk) EnterIndex(index int) {
	from := w.first()
	begin := len(w.nodes)
	w.steps = append(w.steps, step{index: index, unnamed: true, rules: begin})
	for i := from; i < begin; i++ {
		w.add(begin, w.nodes[i].Index(index))
	}
}

// Leave goes back up.
func (w *Walk) Leave() {
	last := len(w.steps) - 1
	w.nodes = w.nodes[:w.steps[last].rules]
	w.steps = w.steps[:last]
}

// first is where the rules about the place begin.
func (w *Walk) first() int {
	if len(w.steps) == 0 {
		return 0
	}
	return w.steps[len(w.steps)-1].rules
}

func (w *Walk) here() []*rules.Node { return w.nodes[w.first():] }

func (w *Walk) add(from int, n *rules.Node) {
	if n != nil && len(w.nodes)-from < maxRules && !slices.Contains(w.nodes[from:], n) {
		w.nodes = append(w.nodes, n)
	}
}

// noName is no name of a field.
const noName = "\x00"

// indexed returns the rules for one of several siblings, where a rule says so by an
// index or "*". What "**" says of the name it says of the siblings already: below it
// every name leads to the same rules again.
func indexed(n *rules.Node, index int) *rules.Node {
	n = n.Index(index)
	if n == nil || n.Child(noName) == n {
		return nil
	}
	return n
}

// Node returns the rules of the place, for a body of its own below it.
func (w *Walk) Node() (n *rules.Node) {
	for _, weaker := range w.here() {
		n = n.Over(weaker)
	}
	return n
}

// Unordered returns the rule that takes what is below the place in any order.
func (w *Walk) Unordered() (rule int, ok bool) {
	for _, n := range w.here() {
		if rule, ok = n.Unordered(); ok {
			return rule, true
		}
	}
	return -1, false
}

// Keyed returns the keys that pair what is below the place.
func (w *Walk) Keyed() (keys [][]string, rule int, ok bool) {
	for _, n := range w.here() {
		if keys, rule, ok = n.Keyed(); ok {
			return keys, rule, true
		}
	}
	return nil, -1, false
}

// Ignored returns the rule that silences the place and all below.
func (w *Walk) Ignored() (rule int, ok bool) {
	for _, n := range w.here() {
		if rule, ok = n.Ignore(); ok && !w.overrules(rule) {
			return rule, true
		}
	}
	return -1, false
}

// overrules reports whether a rule for one of several siblings is stronger than an
// ignore of all of them.
func (w *Walk) overrules(ignore int) bool {
	return slices.ContainsFunc(w.here(), func(n *rules.Node) bool { return n.Overrules(ignore) })
}

// Coarsely runs f; what it finds that has no class is of class jsondiff.Coarse.
func (w *Walk) Coarsely(coarse bool, f func()) {
	if coarse {
		w.coarse, w.rough = w.coarse+1, true
		defer func() { w.coarse-- }()
	}
	f()
}

// Differ reports a difference at the place.
func (w *Walk) Differ(kind comparison.Kind, class string, old, new jsondiff.Value) {
	if class == "" && w.coarse > 0 {
		class = jsondiff.Coarse
	}
	w.sink.Difference(w, jsondiff.Difference{Kind: kind, Class: class, Old: old, New: new})
}

// Equal counts a use of a rule at the place.
func (w *Walk) Equal(rule int, old, new jsondiff.Value) { w.sink.Equal(rule, w, old, new) }

// Spelling reports one value in two spellings: equal, unless the builtin is off.
func (w *Walk) Spelling(b rules.Builtin, class string, old, new jsondiff.Value) {
	if rule, on := w.rules.Builtin(b); on {
		w.Equal(rule, old, new)
		return
	}
	w.Differ(comparison.Changed, class, old, new)
}
