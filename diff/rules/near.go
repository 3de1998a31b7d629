package rules

// A near rule lets two values differ that are no containers: a tolerance, a time
// or a matches. One of them holds at a place.

// Scalar is a value that a near rule is asked of.
type Scalar struct {
	Sort Sort
	// Text is a number as it stands, or the characters of a text.
	Text string
}

// Sort tells what a Scalar was.
type Sort uint8

// The sorts.
const (
	Number Sort = iota // a JSON number
	String             // a JSON string
	Field              // a header's value, of which nobody knows what it is
)

// Near is a compiled near rule. It is safe for concurrent use.
type Near struct{ is nearness }

// nearness says whether two values that differ are near enough. Seen from the
// other side, with what is said of each exchanged, the answer is the same.
type nearness interface {
	near(old, new Scalar) bool
	// asOld is the rule for two values of the old side.
	asOld() nearness
}

// Same reports whether the rule makes two values equal. They differ as they stand.
func (n *Near) Same(old, new Scalar) bool { return n.is.near(old, new) }

// near implements nearness. A string of digits is no number.
func (t *Tolerance) near(old, new Scalar) bool {
	return old.Sort != String && new.Sort != String && t.Within(old.Text, new.Text)
}

func (t *Tolerance) asOld() nearness { return t }

// nearOf compiles the near rule of an action, if it has one.
func nearOf(a *Action) (*Near, error) {
	switch {
	case a.Tolerance != nil:
		t := *a.Tolerance
		return &Near{&t}, t.compile()
	case a.Time != nil:
		t, err := a.Time.compile()
		return &Near{t}, err
	case a.Matches != nil:
		m, err := a.Matches.compile()
		return &Near{m}, err
	}
	return nil, nil
}
