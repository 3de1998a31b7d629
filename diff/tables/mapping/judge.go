package mapping

import (
	"errors"
	"fmt"

	"parallax/capture/snapshot"
)

// ErrNoValue says that values does not list an old value.
var ErrNoValue = errors.New("values does not list it")

// Judge is a column entry that is asked of two cells. It is safe for concurrent
// use.
type Judge struct {
	rule   int
	values map[string]string // nil: none
	keep   bool
	expr   *program
	near   near
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
	switch {
	case j.expr != nil:
		return j.expr.run(func(string) (snapshot.Class, []byte) { return class, c })
	case j.values == nil || class == snapshot.Null:
		return class, c, nil
	}
	text := string(snapshot.AppendText(nil, class, c))
	if to, ok := j.values[text]; ok {
		return snapshot.Text, []byte(to), nil
	}
	if j.keep {
		return class, c, nil
	}
	return class, c, fmt.Errorf("%.60q: %w", text, ErrNoValue)
}

// Equal reports whether the new cell is what the old one must be. An error is
// "could not be compared".
func (j *Judge) Equal(oldClass snapshot.Class, old []byte, newClass snapshot.Class, new []byte) (bool, error) {
	class, c, err := j.Transform(oldClass, old)
	if err != nil {
		return false, err
	}
	if j.values != nil && class == snapshot.Text && newClass != snapshot.Null && newClass != snapshot.Text {
		// A list of values has no types: true, 1 and a label are told by their texts.
		newClass, new = snapshot.Text, snapshot.AppendText(nil, newClass, new)
	}
	return j.near.equal(class, c, newClass, new)
}
