package invariants

import (
	"context"
	"errors"
	"fmt"

	"parallax/diff/comparison"
)

// The states of a result.
const (
	Holds      = "holds"
	Broken     = "broken"
	Unverified = "could not verify"
)

// Check asks both sides. What could not be read or found is a result; an error is
// an interruption.
func Check(ctx context.Context, s *Set, old, new Side) ([]comparison.InvariantResult, error) {
	var out []comparison.InvariantResult
	for i := range s.list {
		c := &checker{ctx: ctx, invariant: &s.list[i], options: s.options}
		c.sides(old, new)
		results, err := c.check()
		if err != nil {
			return out, fmt.Errorf("invariant %q: %w", s.list[i].name, err)
		}
		out = append(out, results...)
	}
	return out, nil
}

// checker checks one invariant.
type checker struct {
	*invariant
	ctx     context.Context
	options Options
	views   []*view // the sides that are asked
}

// sides makes the views. Names of an entry that asks the new side alone are the
// new side's own.
func (c *checker) sides(old, new Side) {
	if c.old {
		c.views = append(c.views, &view{Side: old, name: "old", tables: old.Tables()})
	}
	if c.new {
		v := &view{Side: new, name: "new", tables: new.Tables()}
		if c.old {
			v.names = c.options.Names
		}
		c.views = append(c.views, v)
	}
}

func (c *checker) check() ([]comparison.InvariantResult, error) {
	switch {
	case c.Count != "":
		return c.count()
	case c.Sum != "":
		return c.sums()
	}
	var out []comparison.InvariantResult
	for _, v := range c.views {
		results, err := c.oneSide(v)
		if err != nil {
			return nil, err
		}
		out = append(out, results...)
	}
	return out, nil
}

func (c *checker) oneSide(v *view) ([]comparison.InvariantResult, error) {
	switch {
	case c.Orphans != nil:
		r, err := c.declaredOrphans(v)
		return []comparison.InvariantResult{r}, err
	case c.ForeignKeys != "":
		return c.foreignKeys(v)
	}
	return c.sequences(v)
}

// result makes a result. An error that is no reason, an interruption, is handed
// on.
func (c *checker) result(side, part string, holds bool, detail string, err error) (comparison.InvariantResult, error) {
	r := comparison.InvariantResult{Name: c.name, Side: side, State: Broken, Detail: detail}
	if part != "" {
		r.Name += ": " + part
	}
	var why unverified
	switch {
	case errors.As(err, &why):
		r.State, r.Detail = Unverified, string(why)
	case err != nil:
		return r, err
	case holds:
		r.State = Holds
	}
	return r, nil
}
