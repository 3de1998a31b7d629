package mapping

import (
	"errors"
	"fmt"

	"parallax/capture/snapshot"
	"parallax/diff/expression"
	"parallax/diff/jsondiff"
	"parallax/internal/literal"
)

// ErrNoValue says that values does not list an old value.
var ErrNoValue = errors.New("values does not list it")

// Judge is a column entry that is asked of two cells. It is safe for concurrent
// use.
type Judge struct {
	rule   int
	values map[literal.Text]*literal.Text // nil: none
	keep   bool
	expr   *expression.Program
	near   near

	sentinels []sentinel
}

// Rule is the index to count uses under.
func (j *Judge) Rule() int { return j.rule }

// Transforms reports whether the entry changes the old value. Such a judge must
// be asked of every pair: cells that are equal as they stand then differ, and
// checksums of the two sides say nothing.
func (j *Judge) Transforms() bool { return j.values != nil || j.expr != nil }

// JSON reports whether the cells are documents, of which Paths tells where they
// differ.
func (j *Judge) JSON() bool { return j.near.kind == document }

// Transform returns what the old cell must be in the new table. Null is null
// unless an expression says otherwise. An error is "could not be compared".
func (j *Judge) Transform(class snapshot.Class, c []byte) (snapshot.Class, []byte, error) {
	if j.expr != nil {
		return j.expr.Run(func(string) (snapshot.Class, []byte) { return class, c })
	}
	to, listed, err := j.lookUp(class, c)
	switch {
	case !listed:
		return class, c, err
	case to == nil:
		return snapshot.Null, nil, nil
	}
	return snapshot.Text, []byte(*to), nil
}

// lookUp finds a value in the list, where there is one; nil is null.
func (j *Judge) lookUp(class snapshot.Class, c []byte) (to *literal.Text, listed bool, err error) {
	if j.values == nil || class == snapshot.Null {
		return nil, false, nil
	}
	text := string(snapshot.AppendText(nil, class, c))
	to, listed = j.values[literal.Text(text)]
	if !listed && !j.keep {
		err = fmt.Errorf("%.60q: %w", text, ErrNoValue)
	}
	return to, listed, err
}

// Equal reports whether the new cell is what the old one must be. An error is
// "could not be compared".
func (j *Judge) Equal(oldClass snapshot.Class, old []byte, newClass snapshot.Class, new []byte) (bool, error) {
	if j.isSentinel(oldClass, old, newClass, new) {
		return true, nil
	}
	class, c, err := j.Transform(oldClass, old)
	if err != nil {
		return false, err
	}
	if _, listed, _ := j.lookUp(oldClass, old); listed && class != snapshot.Null {
		class, c, newClass, new = untyped(c, newClass, new)
	}
	return j.near.equal(class, c, newClass, new)
}

// untyped brings a listed value and a cell into one class: a list has no types,
// so 1.0 is a number where the new column has numbers, and true or a date is told
// by its text.
func untyped(listed []byte, class snapshot.Class, c []byte) (snapshot.Class, []byte, snapshot.Class, []byte) {
	switch class {
	case snapshot.Null, snapshot.Text:
	case snapshot.Number, snapshot.Float:
		if number, err := snapshot.AppendNumberText(nil, string(listed)); err == nil {
			return snapshot.Number, number, class, c
		}
	default:
		return snapshot.Text, listed, snapshot.Text, snapshot.AppendText(nil, class, c)
	}
	return snapshot.Text, listed, class, c
}

// Paths tells the sink where two documents differ, by JSON Pointer. It is for a
// judge of JSON that does not transform.
func (j *Judge) Paths(old, new []byte, sink jsondiff.Sink) error {
	return j.near.paths(old, new, sink)
}
