package mapping

import (
	"parallax/capture/snapshot"
	"parallax/diff/expression"
)

// Side is one of the two sides.
type Side string

// The sides.
const (
	Old Side = "old"
	New Side = "new"
)

// Computed is a column whose value comes of a whole row of the other side. It is
// safe for concurrent use.
type Computed struct {
	// Of is the side whose rows the value is computed of; Column is the name of
	// the column of the other side that must hold it.
	Of     Side
	Column string
	// Rule is the index to count uses under.
	Rule int
	// Needs names the columns that the expression asks for, sorted.
	Needs []string

	old  string // the column that "old" stands for, or ""
	expr *expression.Program
	near near
}

// Value returns what the column must hold; row gives the cells of the row that it
// is computed of, and is asked for Needs only. An error is "could not be
// compared".
func (c *Computed) Value(row func(column string) (snapshot.Class, []byte)) (snapshot.Class, []byte, error) {
	return c.expr.Run(func(name string) (snapshot.Class, []byte) {
		if name == "" {
			name = c.old
		}
		return row(name)
	})
}

// Equal reports whether a cell of Column holds the computed value, or is near
// enough.
func (c *Computed) Equal(class snapshot.Class, computed []byte, actualClass snapshot.Class, actual []byte) (bool, error) {
	return c.near.equal(class, computed, actualClass, actual)
}
