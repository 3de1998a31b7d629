package mapping

import (
	"slices"
	"strings"

	"parallax/capture/snapshot"
)

// Set is a compiled mapping. It is safe for concurrent use.
type Set struct {
	tables  map[string]*table // by old name
	byNew   map[string]*table
	ignores []ignore
	flatten []*Flattener
	rules   []rule
	digest  string
}

// rule is what counts go by.
type rule struct {
	name, reason string
	change       bool // it changes values
}

// table is one table entry, compiled.
type table struct {
	old, new string
	columns  map[string]*column // by old name
	byNew    map[string]*column
	computed []*Computed
}

// column is one column entry, compiled.
type column struct {
	rule     int
	old, new string
	ignore   bool
	judge    *Judge // nil: a name only
	computed bool
}

type ignore struct {
	rule          int
	table, column string
}

// Digest is the hex SHA-256 of the mapping.
func (s *Set) Digest() string { return s.digest }

// Len is the number of rules: one for each column entry, then one for each entry
// of what is ignored.
func (s *Set) Len() int { return len(s.rules) }

// Name returns the name of rule i.
func (s *Set) Name(i int) string { return s.rules[i].name }

// Reason returns why rule i exists.
func (s *Set) Reason(i int) string { return s.rules[i].reason }

// Changes reports whether rule i changes values on purpose.
func (s *Set) Changes(i int) bool { return s.rules[i].change }

// Builtin is false: a mapping is the user's.
func (s *Set) Builtin(int) bool { return false }

// Flattens returns the declared flattenings.
func (s *Set) Flattens() []*Flattener { return s.flatten }

// TableName returns the new name of an old table, as the entry has it; ok is
// false where no entry names it.
func (s *Set) TableName(old string) (name string, ok bool) {
	if t := find(s.tables, old); t != nil {
		return t.new, true
	}
	return "", false
}

// ColumnName returns the new name of a column of an old table. It is false where
// no entry pairs the column with another: computed columns are in Compute.
func (s *Set) ColumnName(tableName, name string) (string, bool) {
	c := s.column(tableName, name)
	if c == nil || c.computed || c.new == "" {
		return "", false
	}
	return c.new, true
}

// Judge returns what is asked of two paired cells, or nil; the names are the old
// ones.
func (s *Set) Judge(tableName, name string) *Judge {
	if c := s.column(tableName, name); c != nil {
		return c.judge
	}
	return nil
}

// Compute returns an old table's computed columns, of both sides.
func (s *Set) Compute(tableName string) []*Computed {
	if t := find(s.tables, tableName); t != nil {
		return t.computed
	}
	return nil
}

// Ignored reports whether a column of an old table is left out, and by which
// rule.
func (s *Set) Ignored(tableName, name string) (rule int, ok bool) {
	t := find(s.tables, tableName)
	if t == nil {
		return s.listed(tableName, "", name)
	}
	if c := t.columns[name]; c != nil {
		return c.rule, c.ignore
	}
	return s.listed(tableName, t.new, name)
}

// IgnoredNew is Ignored for a column that only the new table has; the names are
// the new ones.
func (s *Set) IgnoredNew(tableName, name string) (rule int, ok bool) {
	t := find(s.byNew, tableName)
	if t == nil {
		return s.listed(tableName, "", name)
	}
	if c := t.byNew[name]; c != nil {
		return c.rule, c.ignore
	}
	if c := t.columns[name]; c != nil && c.ignore { // it may stand in the new table, too
		return c.rule, true
	}
	return s.listed(tableName, t.old, name)
}

// listed looks a column up in the list of what is ignored: a literal table goes
// before "*".
func (s *Set) listed(name, other, columnName string) (rule int, ok bool) {
	for _, g := range s.ignores {
		switch {
		case g.column != columnName:
		case g.table == "*" && !ok:
			rule, ok = g.rule, true
		case named(g.table, name) || other != "" && named(g.table, other):
			return g.rule, true
		}
	}
	return rule, ok
}

func (s *Set) column(tableName, name string) *column {
	if t := find(s.tables, tableName); t != nil {
		return t.columns[name]
	}
	return nil
}

// find looks a table up by its full name, then by what is behind its schema.
func find(tables map[string]*table, name string) *table {
	for {
		if t := tables[name]; t != nil {
			return t
		}
		_, rest, ok := strings.Cut(name, ".")
		if !ok {
			return nil
		}
		name = rest
	}
}

// named reports whether pattern, a literal, is the table's name with or without
// its schema.
func named(pattern, name string) bool {
	return pattern == name || strings.HasSuffix(name, "."+pattern)
}

// Names reports whether an entry's name means the table.
func Names(entry string, t *snapshot.Table) bool {
	return slices.Contains([]string{t.Name, t.FullName()}, entry)
}
