package mapping

import (
	"parallax/diff/rules"
	"parallax/internal/literal"
)

// Config is the configuration key `mapping`.
type Config struct {
	Tables  []Table   `yaml:"tables,omitempty" json:"tables,omitempty"`
	Ignore  []Ignore  `yaml:"ignore,omitempty" json:"ignore,omitempty"`
	Flatten []Flatten `yaml:"flatten,omitempty" json:"flatten,omitempty"`
}

// Table pairs an old table with a new one.
type Table struct {
	Old string `yaml:"old" json:"old"`
	// New is the new table's name; empty means the old one's.
	New     string   `yaml:"new,omitempty" json:"new,omitempty"`
	Columns []Column `yaml:"columns,omitempty" json:"columns,omitempty"`
}

// Column pairs an old column with a new one. It changes the value by one of
// Values, Expr and FromNew at most, and says how near is near enough by one of
// Tolerance, Window (with Zone), Precision, Scale and JSON at most.
type Column struct {
	// Name is what counts and errors call the entry; "mapping table.column" where
	// it is empty.
	Name   string `yaml:"name,omitempty" json:"name,omitempty"`
	Reason string `yaml:"reason,omitempty" json:"reason,omitempty"`
	// Old is empty for a column that only the new table has; New is the old name
	// where it is empty, except with Ignore and FromNew.
	Old    string `yaml:"old,omitempty" json:"old,omitempty"`
	New    string `yaml:"new,omitempty" json:"new,omitempty"`
	Ignore bool   `yaml:"ignore,omitempty" json:"ignore,omitempty"`

	// Values maps the old values' texts to the new ones'; nil is null.
	Values map[literal.Text]*literal.Text `yaml:"values,omitempty" json:"values,omitempty"`
	// Else says what a value is that Values does not list: "error" (the default)
	// or "keep".
	Else string `yaml:"else,omitempty" json:"else,omitempty"`
	// Expr gives the new value of the old one (old) or of the old row (row.name).
	Expr string `yaml:"expr,omitempty" json:"expr,omitempty"`
	// FromNew gives the old value of the new row (row.name).
	FromNew string `yaml:"from_new,omitempty" json:"from_new,omitempty"`

	// Sentinels are pairs of values that stand for one thing, whatever the rest says.
	Sentinels []Sentinel `yaml:"sentinels,omitempty" json:"sentinels,omitempty"`

	// Tolerance is a decimal, or a share of the larger magnitude: "1%".
	Tolerance literal.Text `yaml:"tolerance,omitempty" json:"tolerance,omitempty"`
	// Window is the most that two times may lie apart: "2s".
	Window string `yaml:"window,omitempty" json:"window,omitempty"`
	// Zone is where the clock on the wall hangs, where one side has instants and
	// the other wall times.
	Zone string `yaml:"zone,omitempty" json:"zone,omitempty"`
	// Precision counts significant digits, Scale digits behind the point.
	Precision int  `yaml:"precision,omitempty" json:"precision,omitempty"`
	Scale     *int `yaml:"scale,omitempty" json:"scale,omitempty"`
	// JSON compares documents by their values.
	JSON bool `yaml:"json,omitempty" json:"json,omitempty"`
	// Rules hold for places of this column's documents; they go with JSON.
	Rules []rules.Rule `yaml:"rules,omitempty" json:"rules,omitempty"`
}

// Ignore leaves a column out, of one table or, with "*", of all.
type Ignore struct {
	Name   string `yaml:"name,omitempty" json:"name,omitempty"`
	Reason string `yaml:"reason,omitempty" json:"reason,omitempty"`
	Table  string `yaml:"table" json:"table"`
	Column string `yaml:"column" json:"column"`
}
