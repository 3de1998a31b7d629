package jsondiff

import (
	"bytes"

	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// walker walks along two documents and the rules at once.
type walker struct {
	old, new *document
	rules    *rules.RouteRules
	root     *rules.Node
	sink     Sink
	place    Place
	work     work
	// topOld and topNew are the documents; old and new may be what a transform made.
	topOld, topNew *document
	// computed is above 0 within values that a transform made.
	computed int
	// coarse is above 0 within arrays that were paired by position for want of work.
	coarse  int
	key     []byte   // a decoded key, for the rules
	members []member // of the objects being paired by key
	hashes  hasher
}

func (w *walker) begin(old, new *document, r *rules.RouteRules, root *rules.Node, sink Sink, l Limits) {
	w.old, w.new, w.topOld, w.topNew, w.rules, w.sink = old, new, old, new, r, sink
	w.root = root
	size := len(old.text) + len(new.text)
	w.work = work{budget: l.Work, changes: max(l.Work, defaultWork(size)), size: size}
	w.coarse, w.computed = 0, 0
	if w.hashes.spend == nil { // once: it is memory of its own
		w.hashes.spend = w.spendChange
	}
	w.place.steps, w.members = w.place.steps[:0], w.members[:0]
}

// keepSteps is how deep a place may have been for its memory to stay.
const keepSteps = 64

func (w *walker) end() {
	w.old, w.new, w.topOld, w.topNew, w.rules, w.root, w.sink = nil, nil, nil, nil, nil, nil, nil
	if cap(w.place.steps) > keepSteps {
		w.place.steps = nil
	}
	clear(w.place.steps[:cap(w.place.steps)]) // they point into the documents
	if cap(w.members) > keep {
		w.members = nil
	}
	if cap(w.key) > keep || cap(w.hashes.text) > keep {
		w.key, w.hashes.text = nil, nil
	}
}

// keepComparing is how deep containers are compared by their bytes before they are
// walked: below, that would read the same bytes once more for every level.
const keepComparing = 64

// pair compares the values at one place.
func (w *walker) pair(a, b value, n *rules.Node) {
	if w.work.steps++; w.work.over {
		return
	}
	if !n.Transforms() && a.to-a.from == b.to-b.from && (a.box < 0 || len(w.place.steps) < keepComparing) &&
		bytes.Equal(w.old.raw(a), w.new.raw(b)) {
		return
	}
	if rule, ok := n.Ignore(); ok {
		w.equal(rule, w.oldValue(a), w.newValue(b))
		return
	}
	if c, rule, ok := n.Transform(); ok {
		w.changed(a, b, n, c, rule)
		return
	}
	w.values(a, b, n)
}

// values compares two values of which no rule of this very place says that they
// were to change.
func (w *walker) values(a, b value, n *rules.Node) {
	x, y := w.old.text[a.from], w.new.text[b.from]
	switch {
	case x == '{' && y == '{':
		w.objects(a, b, n)
	case x == '[' && y == '[':
		w.arrays(a, b, n)
	case !bytes.Equal(w.old.raw(a), w.new.raw(b)):
		w.scalars(w.oldValue(a), w.newValue(b), n)
	}
}

func (w *walker) oldValue(v value) Value { return Value{w.old.typeOf(v), w.old.raw(v)} }

func (w *walker) newValue(v value) Value { return Value{w.new.typeOf(v), w.new.raw(v)} }

func (w *walker) equal(rule int, old, new Value) {
	w.sink.Equal(&w.place, Equality{Rule: rule, Old: old, New: new})
}

func (w *walker) differ(kind comparison.Kind, class string, old, new Value) {
	if class == "" && w.coarse > 0 {
		class = Coarse
	}
	if class == "" && w.computed > 0 {
		class = Transformed
	}
	w.sink.Difference(&w.place, Difference{Kind: kind, Class: class, Old: old, New: new})
}

// missing reports a value that only one side has; the other Value is zero.
func (w *walker) missing(old, new Value, n *rules.Node, class string) {
	if rule, ok := n.Ignore(); ok {
		w.equal(rule, old, new)
		return
	}
	if states, rule, ok := n.Equal(); ok && states.Has(stateOf(old)|stateOf(new)) && stateOf(old) != 0 && stateOf(new) != 0 {
		w.equal(rule, old, new)
		return
	}
	if old.Type == "" {
		w.differ(comparison.MissingInOld, class, old, new)
	} else {
		w.differ(comparison.MissingInNew, class, old, new)
	}
}

// child returns the rules below key, which stands as in the document.
func (w *walker) child(n *rules.Node, key []byte) *rules.Node {
	if n == nil {
		return nil
	}
	return n.ChildBytes(w.decoded(key))
}

// decoded returns what a key stands for; it is valid until the next call.
func (w *walker) decoded(key []byte) []byte {
	if plain(key) {
		return key
	}
	w.key = appendDecoded(w.key[:0], key)
	return w.key
}
