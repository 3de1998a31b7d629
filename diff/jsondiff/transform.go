package jsondiff

import (
	"bytes"

	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// A transform makes a value of each side's value; these are compared in place of
// the documents' own, under the other rules of the place and of those below it.
// They are documents of their own, at the same place.

// changed compares what a transform makes of two values. It counts a use of the
// rule where they are equal and the documents' values are not.
func (w *walker) changed(a, b value, n *rules.Node, c *rules.Change, rule int) {
	old, new := w.oldValue(a), w.newValue(b)
	if !w.spendChange(len(old.Text) + len(new.Text)) {
		w.failed(old, new, workSpent, workSpent)
		return
	}
	x, errX := made(c.Old(old.Text))
	y, errY := made(c.New(new.Text))
	if errX != nil || errY != nil {
		w.failed(old, new, errX, errY)
		return
	}
	w.within(x, y, n, func(found int) {
		if found == 0 && !bytes.Equal(old.Text, new.Text) {
			w.equal(rule, old, new)
		}
	})
}

// made reads what a transform made as a document.
func made(text []byte, err error) (*document, error) {
	if err != nil {
		return nil, err
	}
	p := &parser{}
	p.reset(text, Limits{}.withDefaults(len(text)))
	if err := p.parse(); err != nil {
		return nil, err
	}
	return &p.document, nil
}

// within compares two documents at the current place, and then calls done with
// the number of differences.
func (w *walker) within(x, y *document, n *rules.Node, done func(found int)) {
	old, new, sink := w.old, w.new, w.sink
	watch := &watch{Sink: sink}
	w.old, w.new, w.sink = x, y, watch
	w.computed++
	w.values(x.top(), y.top(), n)
	w.computed--
	w.old, w.new, w.sink = old, new, sink
	done(watch.differences)
}

// watch is a Sink that counts the differences it hands on.
type watch struct {
	Sink
	differences int
}

// Difference implements Sink.
func (s *watch) Difference(at *Place, d Difference) {
	s.differences++
	s.Sink.Difference(at, d)
}

const workSpent = limitError("the work that transforms may take is spent")

type limitError string

// Error implements error.
func (e limitError) Error() string { return string(e) }

// failed reports values of which nobody knows what they should be. The side whose
// expression failed shows why.
func (w *walker) failed(old, new Value, errOld, errNew error) {
	w.sink.Difference(&w.place, Difference{
		Kind: comparison.NotCompared, Class: TransformFailed, Old: explained(old, errOld), New: explained(new, errNew),
	})
}

func explained(v Value, err error) Value {
	if err == nil {
		return v
	}
	return Value{Type: "text", Text: append([]byte(err.Error()+": "), v.Text...)}
}

// changed hashes what a transform makes of a value, so that elements pair by it.
func (h *hasher) changed(d *document, v value, n *rules.Node, c *rules.Change) uint64 {
	of := c.Old
	if h.renamed {
		of = c.New
	}
	if !h.spend(v.to - v.from) {
		return mix(saltFailed, uint64(v.to-v.from))
	}
	x, err := made(of(d.raw(v)))
	if err != nil {
		return mix(saltFailed, hashBytes(d.raw(v)))
	}
	return h.plain(x, x.top(), n)
}
