package snapshot

import (
	"fmt"
	"slices"
)

// Table describes a table as its store declares it. Names are the store's own
// and never become paths.
type Table struct {
	Schema string `json:"schema,omitempty"`
	Name   string `json:"name"`
	// From is "table", "view", "query" or "file".
	From    string   `json:"from"`
	Query   string   `json:"query,omitempty"` // where From is "query"
	Columns []Column `json:"columns"`
	// Key names the columns by which rows are found; none: the table is a
	// multiset of rows.
	Key []string `json:"key"`
	// KeyFrom says where the key comes from: "primary key", "unique", "declared",
	// or why there is none.
	KeyFrom     string       `json:"key_from"`
	ForeignKeys []ForeignKey `json:"foreign_keys,omitempty"`
	Sequences   []Sequence   `json:"sequences,omitempty"`
	// Notes are facts about the capture of this table: encodings assumed, values
	// brought into form, by name and count.
	Notes map[string]int64 `json:"notes,omitempty"`
}

// Column describes a column.
type Column struct {
	Name string `json:"name"`
	// Declared is the type in the store's own words.
	Declared string `json:"declared"`
	Class    Class  `json:"class"`
	// Bits is 32 or 64 for floats; for numbers 16, 32 or 64 says a whole number
	// that fits a signed integer of that size.
	Bits int `json:"bits,omitempty"`
	// Precision counts the digits of a number (0: any) or of a second's fraction;
	// Scale the digits behind the point.
	Precision int `json:"precision,omitempty"`
	Scale     int `json:"scale,omitempty"`
	// Length bounds a text in characters or bytes in bytes; 0: no bound.
	Length int `json:"length,omitempty"`
	// Padded: the store fills up with blanks (char) or zeros (binary).
	Padded   bool `json:"padded,omitempty"`
	Unsigned bool `json:"unsigned,omitempty"`
	NotNull  bool `json:"not_null,omitempty"`
	// Generated: the store computes it (a generated column, ON UPDATE).
	Generated string   `json:"generated,omitempty"`
	Collation string   `json:"collation,omitempty"`
	Labels    []string `json:"labels,omitempty"` // of an enumeration or a set, in order
	// Encoding names how a declared type was read from what the store holds:
	// "iso text" for a timestamp in text, "real" for a decimal in a double.
	Encoding string `json:"encoding,omitempty"`
	// Mixed: cells may be of another class than the column's, or beyond its
	// Parquet type; those stand tagged in a sibling column.
	Mixed bool `json:"mixed,omitempty"`
	// Redacted: cells are keyed tokens of the values.
	Redacted bool `json:"redacted,omitempty"`
}

// ForeignKey says that the columns name a row of another table.
type ForeignKey struct {
	Name       string   `json:"name"`
	Columns    []string `json:"columns"`
	Schema     string   `json:"schema,omitempty"`
	Table      string   `json:"table"`
	References []string `json:"references"`
}

// Sequence is the next value that the store will give to a column.
type Sequence struct {
	Column string `json:"column"`
	Next   string `json:"next"` // decimal
}

// KeyIndexes returns the positions of the key columns.
func (t *Table) KeyIndexes() ([]int, error) {
	var out []int
	for _, name := range t.Key {
		i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("table %s: key column %q is none of its columns", t.FullName(), name)
		}
		out = append(out, i)
	}
	return out, nil
}

// FullName is the name with its schema, for messages.
func (t *Table) FullName() string {
	if t.Schema == "" {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// ID tells tables of one snapshot apart.
func (t *Table) ID() [2]string { return [2]string{t.Schema, t.Name} }

// Equal reports whether two descriptions say the same, notes apart.
func (t *Table) Equal(o *Table) bool {
	return t.ID() == o.ID() && t.From == o.From && t.Query == o.Query && slices.Equal(t.Key, o.Key) &&
		slices.EqualFunc(t.Columns, o.Columns, func(a, b Column) bool { return a.Equal(b) })
}

// Equal reports whether two columns are declared alike.
func (c Column) Equal(o Column) bool {
	labels := slices.Equal(c.Labels, o.Labels)
	c.Labels, o.Labels = nil, nil
	return labels && fmt.Sprintf("%+v", c) == fmt.Sprintf("%+v", o)
}
