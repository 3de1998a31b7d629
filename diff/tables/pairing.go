package tables

import (
	"fmt"
	"slices"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/tables/mapping"
)

// tablePair is a table with its partner; a position is -1 where a side has none.
type tablePair struct {
	name     string // the subject
	old, new int
	folded   bool
}

// columnPair is a column with its partner; a position is -1 where a side has none.
type columnPair struct {
	old, new int
	folded   bool
	ignored  int // the mapping's rule, -1: none
	judge    *mapping.Judge
	key      bool
}

func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// names pairs two lists of names: those that explicit gives a partner first, then
// equal ones, then folded ones. It returns for each old name the position of the
// new one, or -1, and which pairs needed folding.
func pairNames(old, new []string, explicit func(string) (string, bool), reserved, reservedNew map[string]bool) (partner []int, folded []bool, err error) {
	partner, folded = make([]int, len(old)), make([]bool, len(old))
	taken := make([]bool, len(new))
	claim := func(i, j int, byFolding bool) { partner[i], folded[i], taken[j] = j, byFolding, true }
	for i := range partner {
		partner[i] = -1
	}
	for j, name := range new {
		taken[j] = reservedNew[name]
	}
	mapped := map[int]bool{}
	for i, name := range old {
		want, ok := explicit(name)
		if !ok {
			continue
		}
		mapped[i] = true
		if j := slices.Index(new, want); j >= 0 && !taken[j] {
			claim(i, j, false)
		}
	}
	for i, name := range old {
		if j := slices.Index(new, name); j >= 0 && !taken[j] && !mapped[i] && !reserved[name] {
			claim(i, j, false)
		}
	}
	for i, name := range old {
		if partner[i] >= 0 || mapped[i] || reserved[name] {
			continue
		}
		var found []int
		for j := range new {
			if !taken[j] && fold(new[j]) == fold(name) {
				found = append(found, j)
			}
		}
		if len(found) > 1 {
			return nil, nil, fmt.Errorf("%w: %q could pair with %q and %q\nhint: say which in the key mapping", ErrPairing, name, new[found[0]], new[found[1]])
		}
		if len(found) == 1 {
			claim(i, found[0], true)
		}
	}
	return partner, folded, nil
}

// pairTables pairs by name without the schema where that is unambiguous.
func pairTables(old, new []snapshot.TableEntry, m *mapping.Set) ([]tablePair, error) {
	oldNames, newNames := tableNames(old), tableNames(new)
	explicit := func(name string) (string, bool) {
		want, ok := m.TableName(name)
		if !ok {
			return "", false
		}
		for j := range new {
			if want == newNames[j] || mapping.Names(want, &new[j].Table) {
				return newNames[j], true
			}
		}
		return want, true
	}
	partner, folded, err := pairNames(oldNames, newNames, explicit, nil, nil)
	if err != nil {
		return nil, err
	}
	var pairs []tablePair
	used := map[int]bool{}
	for i := range old {
		pairs = append(pairs, tablePair{oldNames[i], i, partner[i], folded[i]})
		used[partner[i]] = true
	}
	for j := range new {
		if !used[j] {
			pairs = append(pairs, tablePair{newNames[j], -1, j, false})
		}
	}
	return pairs, nil
}

// tableNames are the names as they are shown: with the schema only where two
// tables would be called the same.
func tableNames(list []snapshot.TableEntry) []string {
	count := map[string]int{}
	for i := range list {
		count[fold(list[i].Name)]++
	}
	out := make([]string, len(list))
	for i := range list {
		out[i] = list[i].Name
		if count[fold(list[i].Name)] > 1 {
			out[i] = list[i].FullName()
		}
	}
	return out
}

// pairColumns pairs the columns of two tables. Columns that the mapping computes
// from the other side's row pair with none.
func pairColumns(table string, old, new *snapshot.Table, m *mapping.Set) ([]columnPair, error) {
	oldComputed, newComputed := map[string]bool{}, map[string]bool{}
	for _, c := range m.Compute(table) {
		if c.Of == mapping.Old {
			newComputed[c.Column] = true
		} else {
			oldComputed[c.Column] = true
		}
	}
	oldNames, newNames := columnNames(old), columnNames(new)
	explicit := func(name string) (string, bool) { return m.ColumnName(table, name) }
	partner, folded, err := pairNames(oldNames, newNames, explicit, oldComputed, newComputed)
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", table, err)
	}
	var pairs []columnPair
	used := map[int]bool{}
	for i, name := range oldNames {
		if oldComputed[name] {
			continue
		}
		p := columnPair{old: i, new: partner[i], folded: folded[i], ignored: -1, judge: m.Judge(table, name), key: slices.Contains(old.Key, name)}
		if rule, ok := m.Ignored(table, name); ok {
			p.ignored = rule
		}
		pairs, used[partner[i]] = append(pairs, p), true
	}
	for j, name := range newNames {
		if used[j] || newComputed[name] {
			continue
		}
		p := columnPair{old: -1, new: j, ignored: -1}
		if rule, ok := m.IgnoredNew(table, name); ok {
			p.ignored = rule
		}
		pairs = append(pairs, p)
	}
	return pairs, nil
}

func columnNames(t *snapshot.Table) []string {
	var out []string
	for i := range t.Columns {
		out = append(out, t.Columns[i].Name)
	}
	return out
}
