package tables

import (
	"fmt"
	"slices"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/tables/mapping"
)

// computed is a column whose value comes of a whole row of the other side.
type computed struct {
	rule   *mapping.Computed
	column pair // its name and count; the columns are both the one there is
	target int  // its position
	needs  map[string]int
}

// ofOld reports whether it is computed of old rows, and stands in the new ones.
func (k *computed) ofOld() bool { return k.rule.Of == mapping.Old }

// computeds finds the columns that the mapping computes.
func computeds(old, new *snapshot.Table, m *mapping.Set) ([]*computed, error) {
	if m == nil {
		return nil, nil
	}
	var out []*computed
	for _, rule := range m.Compute(old.FullName()) {
		k := &computed{rule: rule, needs: map[string]int{}}
		from, to := new, old
		if k.ofOld() {
			from, to = old, new
		}
		if k.target = position(to, rule.Column); k.target < 0 {
			return nil, fmt.Errorf("%w: mapping of table %s: table %s has no column %q", ErrPairing, old.FullName(), to.FullName(), rule.Column)
		}
		for _, name := range rule.Needs {
			if k.needs[name] = position(from, name); k.needs[name] < 0 {
				return nil, fmt.Errorf("%w: mapping of table %s: table %s has no column %q", ErrPairing, old.FullName(), from.FullName(), name)
			}
		}
		k.column.oldColumn, k.column.newColumn = &to.Columns[k.target], &to.Columns[k.target]
		out = append(out, k)
	}
	return out, nil
}

func position(t *snapshot.Table, name string) int {
	return slices.IndexFunc(t.Columns, func(c snapshot.Column) bool { return c.Name == name })
}

// covers reports whether a column without a partner goes into a computed one.
func (p *plan) covers(name string, inOld bool) bool {
	return slices.ContainsFunc(p.computed, func(k *computed) bool {
		_, needed := k.needs[name]
		return needed && k.ofOld() == inOld
	})
}

// computedCells compares the computed columns of a pair of rows.
func (t *tableRun) computedCells(a *snapshot.Batch, old int, b *snapshot.Batch, new int) error {
	for _, k := range t.plan.computed {
		from, row, to, other := b, new, a, old
		if k.ofOld() {
			from, row, to, other = a, old, b, new
		}
		if err := t.compute(k, from, row, to, other); err != nil {
			return err
		}
	}
	return nil
}

func (t *tableRun) compute(k *computed, from *snapshot.Batch, row int, to *snapshot.Batch, other int) error {
	class, want, err := k.rule.Value(func(name string) (snapshot.Class, []byte) { return from.Columns[k.needs[name]].Cell(row) })
	actualClass, actual := to.Columns[k.target].Cell(other)
	c := cells{old: k.column.oldColumn, new: k.column.newColumn, oldClass: class, a: want, newClass: actualClass, b: actual}
	if !k.ofOld() {
		c = c.swapped()
	}
	equal := false
	if err == nil {
		equal, err = k.rule.Equal(class, want, actualClass, actual)
	}
	switch {
	case err != nil:
		return t.notCompared(&k.column, &c, err)
	case !equal:
		return t.differs(&k.column, &c, verdict{kind: comparison.Changed, class: ClassMapping, severity: comparison.Error})
	}
	t.row.raise(resultUnderRules)
	t.hide(t.names.ofMapping(k.rule.Rule), t.plan.subject, comparison.Column, k.column.name(), t.row.key,
		func() comparison.Sample { return t.sample(&k.column, &c) })
	return nil
}

// computedProofs says of the computed columns what was proven, and of those that go
// into them.
func (t *tableRun) computedProofs() []comparison.ColumnProof {
	var out []comparison.ColumnProof
	for _, k := range t.plan.computed {
		c := comparison.ColumnProof{State: t.state(&k.column), Differences: k.column.differences}
		if k.ofOld() {
			c.New = k.column.name()
		} else {
			c.Old = k.column.name()
		}
		out = append(out, c)
	}
	return out
}
