package database

import (
	"fmt"
	"maps"
	"slices"

	"parallax/capture/snapshot"
)

// anyTable as a name in Options.Keys declares the key of all tables.
const anyTable = "*"

// checkPlan refuses what would be captured differently from what was asked for.
func checkPlan(tables []snapshot.Table, o *Options) error {
	if err := checkIDs(tables); err != nil {
		return err
	}
	for i := range tables {
		if err := checkColumns(&tables[i]); err != nil {
			return fmt.Errorf("%w: %w", ErrPlan, err)
		}
	}
	for _, pattern := range o.Include {
		if !anyMatches(tables, pattern) {
			return fmt.Errorf("include: no table is called %q: %w", pattern, ErrPlan)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(o.Keys)) {
		if name != anyTable && !slices.ContainsFunc(tables, func(t snapshot.Table) bool { return name == t.Name || name == t.FullName() }) {
			return fmt.Errorf("keys: no captured table is called %q: %w", name, ErrPlan)
		}
	}
	return nil
}

// checkColumns refuses before anything is read what no snapshot takes.
func checkColumns(t *snapshot.Table) error {
	if len(t.Columns) == 0 {
		return fmt.Errorf("table %s has no columns, and its rows cannot be told apart\n\texclude it", t.FullName())
	}
	key, err := t.KeyIndexes()
	if err != nil {
		return err
	}
	if slices.Sort(key); len(slices.Compact(key)) < len(t.Key) {
		return fmt.Errorf("table %s: the key %q names a column twice", t.FullName(), t.Key)
	}
	return nil
}

func checkIDs(tables []snapshot.Table) error {
	seen := map[[2]string]bool{}
	for i := range tables {
		if id := tables[i].ID(); seen[id] {
			return fmt.Errorf("two tables are called %q: %w", tables[i].FullName(), ErrPlan)
		}
		seen[tables[i].ID()] = true
	}
	return nil
}

func anyMatches(tables []snapshot.Table, pattern string) bool {
	return slices.ContainsFunc(tables, func(t snapshot.Table) bool { return matchName(pattern, t.Schema, t.Name) })
}
