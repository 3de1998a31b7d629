package invariants

import (
	"errors"
	"fmt"
	"strings"

	"parallax/capture/snapshot"
)

// Names gives the new names of old tables and columns; mapping.Set fulfils it.
// Without it both sides have the same names.
type Names interface {
	TableName(old string) (string, bool)
	ColumnName(table, column string) (string, bool)
}

// Options say what Compile cannot know of the entries.
type Options struct {
	Names Names // may be nil
	// MaxGroups, MaxKeys are smaller in tests; 0 means the constants.
	MaxGroups int
	MaxKeys   int
}

// Set is a compiled list of invariants.
type Set struct {
	list    []invariant
	options Options
}

// invariant is one entry, checked.
type invariant struct {
	Invariant
	name              string
	old, new          bool // the sides that are asked
	equals, tolerance *number
}

// Len is the number of entries.
func (s *Set) Len() int { return len(s.list) }

// Compile checks the entries. An error names the entry by number (from 1) and
// name.
func Compile(list []Invariant, o Options) (*Set, error) {
	if o.MaxGroups <= 0 {
		o.MaxGroups = MaxGroups
	}
	if o.MaxKeys <= 0 {
		o.MaxKeys = MaxKeys
	}
	s := &Set{options: o}
	names := map[string]int{}
	for i, e := range list {
		c, err := compile(i, e)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", label(i, e), err)
		}
		if first, taken := names[c.name]; taken {
			return nil, fmt.Errorf("%s: invariant %d has the same name", label(i, e), first+1)
		}
		names[c.name] = i
		s.list = append(s.list, c)
	}
	return s, nil
}

func label(i int, e Invariant) string {
	if e.Name == "" {
		return fmt.Sprintf("invariant %d", i+1)
	}
	return fmt.Sprintf("invariant %d (%s)", i+1, e.Name)
}

func compile(i int, e Invariant) (invariant, error) {
	c := invariant{Invariant: e, name: e.Name}
	if c.name == "" {
		c.name = fmt.Sprintf("invariant %d", i+1)
	}
	switch e.Side {
	case "", "both":
		c.old, c.new = true, true
	case "old":
		c.old = true
	case "new":
		c.new = true
	default:
		return c, fmt.Errorf("side: %q is none of old, new and both", e.Side)
	}
	if err := e.one(); err != nil {
		return c, err
	}
	return c, c.details()
}

// one refuses entries that ask nothing, or two things.
func (e *Invariant) one() error {
	var given []string
	for _, k := range []struct {
		name string
		is   bool
	}{
		{"count", e.Count != ""}, {"sum", e.Sum != ""}, {"orphans", e.Orphans != nil},
		{"foreign_keys", e.ForeignKeys != ""}, {"sequences", e.Sequences != ""},
	} {
		if k.is {
			given = append(given, k.name)
		}
	}
	if len(given) == 0 {
		given = []string{"none"}
	} else if len(given) == 1 {
		return nil
	}
	return fmt.Errorf("exactly one of count, sum, orphans, foreign_keys and sequences must be given, not %s", strings.Join(given, " and "))
}

func (c *invariant) details() error {
	if err := c.amounts(); err != nil {
		return err
	}
	switch o := c.Orphans; {
	case c.Sum != "" && c.Of == "":
		return errors.New("sum: of must name the table")
	case c.Sum == "" && (c.Of != "" || c.By != nil || c.Tolerance != ""):
		return errors.New("of, by and tolerance go with sum only")
	case c.Equals != "" && c.Sum == "" && c.Count == "":
		return errors.New("equals goes with count and sum only")
	case c.Equals != "" && c.By != nil:
		return errors.New("equals is one sum, by makes many")
	case c.Equals == "" && c.Count+c.Sum != "" && !(c.old && c.new):
		return errors.New("one side alone is equal to itself: equals must be given, or side left out")
	case c.ForeignKeys != "" && c.ForeignKeys != "all", c.Sequences != "" && c.Sequences != "all":
		return errors.New(`"all" is the only value of foreign_keys and sequences`)
	case o != nil && (o.Table == "" || o.References == "" || len(o.Columns) == 0 || len(o.Columns) != len(o.To)):
		return errors.New("orphans: table, columns, references and as many columns to must be given")
	}
	return nil
}

// amounts reads the numbers.
func (c *invariant) amounts() error {
	for _, k := range []struct {
		name, text string
		to         **number
	}{{"equals", string(c.Equals), &c.equals}, {"tolerance", string(c.Tolerance), &c.tolerance}} {
		if k.text == "" {
			continue
		}
		cell, err := snapshot.AppendNumberText(nil, k.text)
		n, ok := parseNumber(snapshot.Number, cell)
		if err != nil || !ok || k.name == "tolerance" && n.unscaled.Sign() < 0 {
			return fmt.Errorf("%s: %q is no decimal number that fits", k.name, k.text)
		}
		*k.to = n
	}
	return nil
}
