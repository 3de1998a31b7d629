package tables

import (
	"bytes"
	"fmt"

	"parallax/capture/snapshot"
)

// What is read at once: few rows at first, more while they are small.
const (
	firstRows  = 512
	mostRows   = 4096
	chunkBytes = 4 << 20
)

// cursor reads a range of one side's rows and knows their keys.
type cursor struct {
	side  *side
	label string // "old" or "new"
	// next fills a batch; nil: the rows are at their end.
	next func() (*snapshot.Batch, error)
	// unique: no two rows may have one key.
	unique bool

	batch *snapshot.Batch
	keys  *keyList
	at    int // the next row
	// following is where the row behind the batch stands in the table.
	following int64
	last      []byte
	begun     bool

	rowsRead, cellsRead *int64
	columns             int64
}

// keyList holds the keys of a batch's rows.
type keyList struct {
	data []byte
	ends []uint32
}

func (k *keyList) at(row int) []byte {
	start := uint32(0)
	if row > 0 {
		start = k.ends[row-1]
	}
	return k.data[start:k.ends[row]]
}

// of gathers the keys of a batch. The usual key is one column without exceptions,
// for which the bisection of AppendRowKey would be most of the work.
func (k *keyList) of(b *snapshot.Batch, key []int) {
	k.data, k.ends = k.data[:0], k.ends[:0]
	if len(key) == 1 {
		if v := &b.Columns[key[0]]; len(v.Nulls)+len(v.Others) == 0 {
			k.ofColumn(v, b.Rows)
			return
		}
	}
	for row := range b.Rows {
		k.data = b.AppendRowKey(k.data, key, row)
		k.ends = append(k.ends, uint32(len(k.data)))
	}
}

func (k *keyList) ofColumn(v *snapshot.Vector, rows int) {
	start := uint32(0)
	for row := range rows {
		end := v.Ends[row]
		k.data = snapshot.AppendKey(k.data, v.Class, v.Data[start:end])
		k.ends = append(k.ends, uint32(len(k.data)))
		start = end
	}
}

// rangeReader reads a span by pieces. One range of a side is read at a time: all
// share a batch, which is most of what reading a range would allocate.
func rangeReader(s *side, at span, columns []int) func() (*snapshot.Batch, error) {
	if s.batch == nil {
		s.batch = snapshot.NewBatch(s.schema.Columns)
	}
	batch := s.batch
	size := int64(firstRows)
	return func() (*snapshot.Batch, error) {
		n := min(size, at.rows)
		if n == 0 {
			return nil, nil
		}
		if err := s.rows.Read(at.first, n, columns, batch); err != nil {
			return nil, err
		}
		batch.Rows = int(n)
		at.first, at.rows = at.first+n, at.rows-n
		if size = min(2*size, mostRows); batch.Bytes() > chunkBytes/2 {
			size = max(n*chunkBytes/2/int64(batch.Bytes()), 1)
		}
		return batch, nil
	}
}

// fill makes sure that there is a row to look at, unless the rows are at their end.
func (c *cursor) fill() error {
	for c.batch == nil || c.at == c.batch.Rows {
		if c.next == nil {
			return nil
		}
		b, err := c.next()
		if err != nil {
			return fmt.Errorf("%s: %w", c.label, err)
		}
		if b == nil {
			c.next, c.batch = nil, nil
			return nil
		}
		if err := c.take(b); err != nil {
			return err
		}
	}
	return nil
}

func (c *cursor) ended() bool { return c.batch == nil }

// take makes b the current batch.
func (c *cursor) take(b *snapshot.Batch) error {
	c.batch, c.at = b, 0
	c.following += int64(b.Rows)
	*c.rowsRead += int64(b.Rows)
	*c.cellsRead += int64(b.Rows) * c.columns
	c.keys.of(b, c.side.key)
	return c.checkOrder()
}

// checkOrder goes through the batch's keys; the last of the batch before is kept.
func (c *cursor) checkOrder() error {
	last, begun := c.last, c.begun
	for row := range c.batch.Rows {
		key := c.keys.at(row)
		if begun {
			if order := bytes.Compare(last, key); order > 0 || order == 0 && c.unique {
				return c.outOfOrder(row, last, key)
			}
		}
		last, begun = key, true
	}
	c.last, c.begun = append(c.last[:0], last...), begun
	return nil
}

func (c *cursor) outOfOrder(row int, last, key []byte) error {
	this := snapshot.AppendKeyJSON(nil, c.side.schema, c.batch, row)
	before := fmt.Sprintf("key %x", last)
	if row > 0 {
		before = string(snapshot.AppendKeyJSON(nil, c.side.schema, c.batch, row-1))
	}
	why := "below it"
	if bytes.Equal(last, key) {
		why = "the same, and the table is said to have no key twice"
	}
	return fmt.Errorf("%s: %w: row %s after row %s (%s)", c.label, ErrOrder, this, before, why)
}
