package tables

import (
	"bytes"
	"fmt"

	"parallax/capture/snapshot"
)

// stepRows is how many rows a cursor reads at once.
const stepRows = 4096

// cursor walks a span of one side's rows, in the order of their keys, which it
// checks.
type cursor struct {
	side    string
	table   Table
	key     []int
	columns []int // read; nil: all
	next    int64
	end     int64

	batch *snapshot.Batch
	row   int
	keys  []byte
	ends  []int
	last  []byte // the key before those in keys
	begun bool
	read  int64
}

func newCursor(side string, t Table, of *snapshot.TableEntry, key, columns []int, s span) *cursor {
	return &cursor{side: side, table: t, key: key, columns: columns, next: s.first, end: s.first + s.rows, batch: snapshot.NewBatch(of.Columns), row: -1}
}

// advance makes the next row current; ok is false behind the last.
func (c *cursor) advance() (ok bool, err error) {
	if c.row++; c.row < c.batch.Rows {
		return true, nil
	}
	if c.next >= c.end {
		return false, nil
	}
	n := min(stepRows, c.end-c.next)
	if err := c.table.Read(c.next, n, c.columns, c.batch); err != nil {
		return false, err
	}
	c.next, c.read, c.row = c.next+n, c.read+n, 0
	return true, c.makeKeys()
}

// makeKeys builds the keys of the batch and checks their order.
func (c *cursor) makeKeys() error {
	if len(c.ends) > 0 {
		c.last, c.begun = append(c.last[:0], c.keyAt(len(c.ends)-1)...), true
	}
	c.keys, c.ends = c.keys[:0], c.ends[:0]
	before := c.last
	for row := range c.batch.Rows {
		from := len(c.keys)
		c.keys = c.batch.AppendRowKey(c.keys, c.key, row)
		c.ends = append(c.ends, len(c.keys))
		if (row > 0 || c.begun) && bytes.Compare(before, c.keys[from:]) > 0 {
			return fmt.Errorf("%s: %w: key %x stands before %x", c.side, ErrOrder, before, c.keys[from:])
		}
		before = c.keys[from:]
	}
	return nil
}

func (c *cursor) keyAt(row int) []byte {
	from := 0
	if row > 0 {
		from = c.ends[row-1]
	}
	return c.keys[from:c.ends[row]]
}

// current is the current row's key.
func (c *cursor) current() []byte { return c.keyAt(c.row) }

// cell is the current row's cell of a column.
func (c *cursor) cell(column int) (snapshot.Class, []byte) {
	return c.batch.Columns[column].Cell(c.row)
}
