package invariants

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"parallax/capture/snapshot"
)

// Side is one of the two snapshots. Both methods are called from Check's own
// goroutine.
type Side interface {
	Tables() []snapshot.TableEntry
	// Batches gives all rows of a table, by its position in Tables: of the columns
	// listed, which stand at their own positions in the batch; the others are not
	// filled. The batch may be reused. It is asked any number of times.
	Batches(table int, columns []int) iter.Seq2[*snapshot.Batch, error]
}

// unverified is the reason why an invariant could not be verified.
type unverified string

func (u unverified) Error() string { return string(u) }

func unverifiedf(format string, a ...any) error { return unverified(fmt.Sprintf(format, a...)) }

// view is a side with what is needed to find things in it.
type view struct {
	Side
	name   string // "old", "new"
	tables []snapshot.TableEntry
	names  Names // turns old names into this side's; nil: they are its own
}

// columns is a table with some of its columns, found by name.
type columns struct {
	view  *view
	table int
	entry *snapshot.TableEntry
	at    []int
}

// find looks a table and columns up; names are the old side's unless the side's
// own are asked for.
func (v *view) find(table string, names ...string) (*columns, error) {
	own, ownColumns := table, slices.Clone(names)
	if v.names != nil {
		if name, ok := v.names.TableName(table); ok {
			own = name
		}
		for i, name := range names {
			if to, ok := v.names.ColumnName(table, name); ok {
				ownColumns[i] = to
			}
		}
	}
	i, err := v.tableIndex(own)
	if err != nil {
		return nil, err
	}
	return v.columnsOf(i, ownColumns)
}

// tableIndex finds a table by its full name, or by its bare one where that is the
// name of one table only.
func (v *view) tableIndex(name string) (int, error) {
	found := -1
	for i := range v.tables {
		if v.tables[i].FullName() == name {
			return i, nil
		}
		if v.tables[i].Name != name {
			continue
		}
		if found >= 0 {
			return 0, unverifiedf("%s side: %s and %s are both named %s", v.name, v.tables[found].FullName(), v.tables[i].FullName(), name)
		}
		found = i
	}
	if found < 0 {
		return 0, unverifiedf("%s side: there is no table %s", v.name, name)
	}
	return found, nil
}

func (v *view) columnsOf(table int, names []string) (*columns, error) {
	c := &columns{view: v, table: table, entry: &v.tables[table]}
	if c.entry.Invalid != "" {
		return nil, unverifiedf("%s side: table %s: %s", v.name, c.entry.FullName(), c.entry.Invalid)
	}
	for _, name := range names {
		i := slices.IndexFunc(c.entry.Columns, func(k snapshot.Column) bool { return k.Name == name })
		if i < 0 {
			return nil, unverifiedf("%s side: table %s: there is no column %s", v.name, c.entry.FullName(), name)
		}
		c.at = append(c.at, i)
	}
	return c, nil
}

// column describes the i-th of the columns asked for.
func (c *columns) column(i int) *snapshot.Column { return &c.entry.Columns[c.at[i]] }

func (c *columns) String() string { return c.view.name + " side: table " + c.entry.FullName() }

// rows calls each with every row, and makes sure that these are all: a table that
// ends early would make invariants hold.
func (c *columns) rows(ctx context.Context, each func(b *snapshot.Batch, row int) error) error {
	wanted := slices.Clone(c.at)
	slices.Sort(wanted)
	read := int64(0)
	for b, err := range c.view.Batches(c.table, slices.Compact(wanted)) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return c.readError(err)
		}
		for row := range b.Rows {
			if err := each(b, row); err != nil {
				return err
			}
		}
		read += int64(b.Rows)
	}
	if read != c.entry.Rows {
		return unverifiedf("%s: %d rows were read, the manifest has %d", c, read, c.entry.Rows)
	}
	return ctx.Err()
}

// readError is the reason, except for an interruption, which is the caller's.
func (c *columns) readError(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return unverifiedf("%s: %v", c, err)
}
