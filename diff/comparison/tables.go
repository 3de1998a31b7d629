package comparison

// The classes of differences that are about a table or a column as a whole: no
// row is counted for a column, and yet the gate does not let it pass.
const (
	TableMissing  = "table missing"
	ColumnMissing = "column missing"
)

// TableProof holds what was proven of one pair of tables, by the four means that
// a migration asks for: count, checksum, sample, field by field. Its Subject's
// counters count rows: Recorded is the number of rows on either side, paired ones
// once.
type TableProof struct {
	// Table is the subject; Old and New are the sides' own names, "" where a side
	// has no such table.
	Table string `json:"table"`
	Old   string `json:"old"`
	New   string `json:"new"`
	// NewSchema is where the new table lies; Old and New have a schema only where their
	// sides have two tables of one name.
	NewSchema string `json:"new_schema,omitempty"`
	// Method is how rows were compared: "blocks" (checksums first), "merge" (every
	// row), "multiset" (rows without a key, counted), or "not compared" with Why.
	Method string `json:"method"`
	Why    string `json:"why,omitempty"`

	// Count.
	OldRows int64 `json:"old_rows"`
	NewRows int64 `json:"new_rows"`

	// Checksum: paired columns with a sum over all rows of both sides.
	Columns []ColumnProof `json:"columns"`

	// Field by field, and what it cost.
	Blocks      int64 `json:"blocks"`         // stretches of keys, of both sides together
	BlocksEqual int64 `json:"blocks_equal"`   // never read: all their checksums agree
	RowsRead    int64 `json:"rows_read"`      // of both sides
	CellsRead   int64 `json:"cells_read"`     // of both sides, keys included
	Reread      int64 `json:"reread"`         // "equal" blocks read all the same, as a proof
	RereadWrong int64 `json:"reread_wrong"`   // of these, those that were not equal: never a pass
	KeyCollapse int64 `json:"key_collapse"`   // rows of one side that share a key under the other's collation
	Duplicates  int64 `json:"duplicate_keys"` // rows whose key another row of their side has

	// Sample: rows chosen by key hash, the same on both sides and every night.
	SampleRows      int64 `json:"sample_rows"`
	SampleDifferent int64 `json:"sample_different"`
}

// ColumnProof is one pair of columns.
type ColumnProof struct {
	Old string `json:"old"` // "" where the side has no such column
	New string `json:"new"`
	// State is "equal" (checksums of all rows agree), "equal by value" (read, and
	// equal under named normalisations), "differs", "ignored", "key", or "unpaired".
	State string `json:"state"`
	// OldSum and NewSum are the sums' hex digits, where both are comparable.
	OldSum string `json:"old_sum,omitempty"`
	NewSum string `json:"new_sum,omitempty"`
	// Key is the column's place in the key that rows are found by, from 1 on.
	Key int `json:"key,omitempty"`
	// OldClass and NewClass are the classes of value, NewDeclared the new store's type.
	OldClass    string `json:"old_class,omitempty"`
	NewClass    string `json:"new_class,omitempty"`
	NewDeclared string `json:"new_declared,omitempty"`
	// Differences counts the rows that differ here.
	Differences int64 `json:"differences"`
}

// SchemaNote is a difference between two declarations. It is no difference of a
// record; its effect on rows is counted.
type SchemaNote struct {
	Table    string   `json:"table"`
	Column   string   `json:"column,omitempty"`
	Note     string   `json:"note"` // "numeric(10,2) / REAL"
	Severity Severity `json:"severity"`
	// Affected counts rows that do not fit the new declaration; -1: not asked.
	Affected int64 `json:"affected"`
}

// InvariantResult is the outcome of one invariant on one side.
type InvariantResult struct {
	Name   string `json:"name"`
	Side   string `json:"side"`  // "old", "new" or "both"
	State  string `json:"state"` // "holds", "broken" or "could not verify"
	Detail string `json:"detail"`
}
