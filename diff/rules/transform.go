package rules

import (
	"errors"
	"fmt"

	"parallax/diff/expression"
)

// Transform says how a value changed on purpose, by expressions in the language
// of package expression. What they give must be equal.
type Transform struct {
	// Old gives of the old value ("old") what is compared in its place; New gives
	// it of the new one ("new"). One of them may be empty: the value itself.
	Old string `yaml:"old,omitempty" json:"old,omitempty"`
	New string `yaml:"new,omitempty" json:"new,omitempty"`
}

// Change is a Transform, compiled. It is safe for concurrent use.
type Change struct{ old, new *expression.Single }

func (t *Transform) compile() (*Change, error) {
	if t.Old == "" && t.New == "" {
		return nil, errors.New("transform: old, new or both must be given")
	}
	c := &Change{}
	for _, side := range []struct {
		name, text string
		to         **expression.Single
	}{{"old", t.Old, &c.old}, {"new", t.New, &c.new}} {
		if side.text == "" {
			continue
		}
		s, err := expression.CompileSingle(side.text, side.name)
		if err != nil {
			return nil, fmt.Errorf("transform: %s: %w", side.name, err)
		}
		*side.to = s
	}
	return c, nil
}

// Old returns the JSON text to compare in place of the old value, given by its
// text, which is checked JSON.
func (c *Change) Old(value []byte) ([]byte, error) { return inJSON(c.old, value) }

// New is Old for the new value.
func (c *Change) New(value []byte) ([]byte, error) { return inJSON(c.new, value) }

// OldText and NewText do the same for a header's values.
func (c *Change) OldText(value string) (string, error) { return inText(c.old, value) }

// NewText is OldText for the new value.
func (c *Change) NewText(value string) (string, error) { return inText(c.new, value) }

func inJSON(s *expression.Single, value []byte) ([]byte, error) {
	if s == nil {
		return value, nil
	}
	return s.JSON(value)
}

func inText(s *expression.Single, value string) (string, error) {
	if s == nil {
		return value, nil
	}
	return s.Text(value)
}

// Transform returns how a value here changed on purpose.
func (n *Node) Transform() (c *Change, rule int, ok bool) {
	if rule, ok = n.slot(slotTransform); !ok {
		return nil, -1, false
	}
	return n.action.set[rule].change, rule, true
}

// Transforms reports whether a value here, or one below, may have changed on
// purpose. Values that are equal as they stand are then not known to be equal.
func (n *Node) Transforms() bool { return n != nil && n.transforms }

// transforming reports whether one of the rules that may yet end is a transform.
func (b *builder) transforming(at []position) bool {
	for _, p := range at {
		if b.rules[p.rule].slot == slotTransform {
			return true
		}
	}
	return false
}

// HeadersTransform reports whether a header or trailer may have changed on purpose.
func (r *RouteRules) HeadersTransform() bool { return r.headersTransform }

// Intended reports whether index i is a change made on purpose, a transform: not
// something that is left out of sight.
func (s *Set) Intended(i int) bool { return !s.Builtin(i) && s.rules[i].slot == slotTransform }
