package invariants

import "parallax/internal/literal"

// Invariant is one entry. Exactly one of Count, Sum, Orphans, ForeignKeys and
// Sequences says what is asked.
type Invariant struct {
	// Name is what the result is called; "invariant N" where it is empty.
	Name string `yaml:"name,omitempty" json:"name,omitempty"`
	// Side is "old", "new" or "both", which is the default.
	Side string `yaml:"side,omitempty" json:"side,omitempty"`

	// Count names a table.
	Count string `yaml:"count,omitempty" json:"count,omitempty"`
	// Sum names a column of the table Of; By names the columns of its groups.
	Sum string   `yaml:"sum,omitempty" json:"sum,omitempty"`
	Of  string   `yaml:"of,omitempty" json:"of,omitempty"`
	By  []string `yaml:"by,omitempty" json:"by,omitempty"`
	// Equals is what a count or an ungrouped sum must be; without it the sides are
	// compared with each other.
	Equals literal.Text `yaml:"equals,omitempty" json:"equals,omitempty"`
	// Tolerance lets two sums differ, absolutely.
	Tolerance literal.Text `yaml:"tolerance,omitempty" json:"tolerance,omitempty"`

	Orphans *Orphans `yaml:"orphans,omitempty" json:"orphans,omitempty"`
	// ForeignKeys and Sequences are "all".
	ForeignKeys string `yaml:"foreign_keys,omitempty" json:"foreign_keys,omitempty"`
	Sequences   string `yaml:"sequences,omitempty" json:"sequences,omitempty"`
}

// Orphans asks that the columns of a table's rows name rows of another.
type Orphans struct {
	Table      string   `yaml:"table" json:"table"`
	Columns    []string `yaml:"columns" json:"columns"`
	References string   `yaml:"references" json:"references"`
	To         []string `yaml:"to" json:"to"`
}
