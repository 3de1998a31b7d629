package tables

import (
	"fmt"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/tables/mapping"
)

// tablePair is a table of each side by position in the manifests; -1: none.
type tablePair struct {
	old, new int
	folded   bool
}

// fold removes what names may differ in.
func fold(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// pairTables pairs by the mapping, then by full name, by name, by folded name.
// What is left has no partner.
func pairTables(old, new *snapshot.Manifest, m *mapping.Set) ([]tablePair, error) {
	p := newPairer(len(old.Tables), len(new.Tables))
	if err := mapTables(p, old, new, m); err != nil {
		return nil, err
	}
	names := []func(*snapshot.Table) string{
		(*snapshot.Table).FullName,
		func(t *snapshot.Table) string { return t.Name },
		func(t *snapshot.Table) string { return fold(t.Name) },
	}
	for step, name := range names {
		a, b := tableNames(old, name), tableNames(new, name)
		if err := p.byName("table", a, b, step == 2); err != nil {
			return nil, err
		}
	}
	return p.pairs(), nil
}

func tableNames(m *snapshot.Manifest, name func(*snapshot.Table) string) []string {
	names := make([]string, len(m.Tables))
	for i := range m.Tables {
		names[i] = name(&m.Tables[i].Table)
	}
	return names
}

func mapTables(p *pairer, old, new *snapshot.Manifest, m *mapping.Set) error {
	for i := range old.Tables {
		if m == nil {
			return nil
		}
		entry, ok := m.TableName(old.Tables[i].FullName())
		if !ok {
			continue
		}
		for j := range new.Tables {
			if !mapping.Names(entry, &new.Tables[j].Table) {
				continue
			}
			if err := p.set("table", old.Tables[i].FullName(), i, j); err != nil {
				return err
			}
		}
	}
	return nil
}

// What stands in the place of a partner.
const (
	noPartner = -1
	taken     = -2 // not to be paired, and no matter of pairing
)

// pairer pairs two lists of names.
type pairer struct {
	ofOld, ofNew []int
	folded       []bool
}

func newPairer(old, new int) *pairer {
	p := &pairer{ofOld: make([]int, old), ofNew: make([]int, new), folded: make([]bool, old)}
	for i := range p.ofOld {
		p.ofOld[i] = noPartner
	}
	for j := range p.ofNew {
		p.ofNew[j] = noPartner
	}
	return p
}

func (p *pairer) set(what, name string, i, j int) error {
	if p.ofOld[i] != noPartner || p.ofNew[j] != noPartner {
		return fmt.Errorf("%w: the mapping gives %s %q a partner that is taken", ErrPairing, what, name)
	}
	p.ofOld[i], p.ofNew[j] = j, i
	return nil
}

// byName pairs what has no partner yet and is called alike. Two of one name that
// could be meant are refused.
func (p *pairer) byName(what string, old, new []string, folded bool) error {
	free := map[string][]int{}
	for j, name := range new {
		if p.ofNew[j] == noPartner {
			free[name] = append(free[name], j)
		}
	}
	wanted := map[string]int{}
	for i, name := range old {
		if p.ofOld[i] == noPartner {
			wanted[name]++
		}
	}
	for i, name := range old {
		if p.ofOld[i] != noPartner || len(free[name]) == 0 {
			continue
		}
		if wanted[name] > 1 || len(free[name]) > 1 {
			return fmt.Errorf("%w: %s %q may be any of %d in old and %d in new\nname which is meant under mapping",
				ErrPairing, what, name, wanted[name], len(free[name]))
		}
		p.ofOld[i], p.ofNew[free[name][0]], p.folded[i] = free[name][0], i, folded
	}
	return nil
}

// pairs lists all of old in order, then what only new has.
func (p *pairer) pairs() []tablePair {
	var out []tablePair
	for i, j := range p.ofOld {
		if j != taken {
			out = append(out, tablePair{old: i, new: j, folded: p.folded[i]})
		}
	}
	for j, i := range p.ofNew {
		if i == noPartner {
			out = append(out, tablePair{old: -1, new: j})
		}
	}
	return out
}

// pairColumns pairs the columns of two tables, but for those that are computed.
func pairColumns(old, new *snapshot.Table, m *mapping.Set, apart []*computed) ([]tablePair, error) {
	p := newPairer(len(old.Columns), len(new.Columns))
	for _, k := range apart {
		if k.ofOld() {
			p.ofNew[k.target] = taken
		} else {
			p.ofOld[k.target] = taken
		}
	}
	if err := mapColumns(p, old, new, m); err != nil {
		return nil, err
	}
	for step, name := range []func(string) string{func(s string) string { return s }, fold} {
		if err := p.byName("column", columnNames(old, name), columnNames(new, name), step == 1); err != nil {
			return nil, fmt.Errorf("table %s: %w", old.FullName(), err)
		}
	}
	return p.pairs(), nil
}

func columnNames(t *snapshot.Table, name func(string) string) []string {
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = name(t.Columns[i].Name)
	}
	return names
}

func mapColumns(p *pairer, old, new *snapshot.Table, m *mapping.Set) error {
	for i := range old.Columns {
		if m == nil {
			return nil
		}
		name, ok := m.ColumnName(old.FullName(), old.Columns[i].Name)
		for j := range new.Columns {
			if !ok || new.Columns[j].Name != name {
				continue
			}
			if err := p.set("column", old.Columns[i].Name, i, j); err != nil {
				return fmt.Errorf("table %s: %w", old.FullName(), err)
			}
		}
	}
	return nil
}
