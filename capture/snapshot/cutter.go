package snapshot

import (
	"bytes"
	"fmt"
)

// keyList holds the keys of a batch's rows.
type keyList struct {
	data []byte
	ends []int
}

func (k *keyList) of(b *Batch, key []int) {
	k.data, k.ends = k.data[:0], k.ends[:0]
	for row := range b.Rows {
		k.data = b.AppendRowKey(k.data, key, row)
		k.ends = append(k.ends, len(k.data))
	}
}

func (k *keyList) at(row int) []byte {
	start := 0
	if row > 0 {
		start = k.ends[row-1]
	}
	return k.data[start:k.ends[row]]
}

// cutter cuts rows that come in order into blocks, sums them up and hands them to
// the parts. It checks the order.
type cutter struct {
	parts  *partSet
	table  *Table
	key    []int
	target int

	keys   keyList
	hashes []uint64

	blocks     []Block
	open       Block
	last       []byte
	lastHash   uint64
	rows       int64
	duplicates int64
}

func newCutter(p *partSet, t *Table, key []int, target int) *cutter {
	return &cutter{parts: p, table: t, key: key, target: target, open: Block{Columns: make([]Sum, len(t.Columns))}}
}

// add takes a batch whose rows are not below those before.
func (c *cutter) add(b *Batch) error {
	c.keys.of(b, c.key)
	c.hashes = c.hashes[:0]
	for row := range b.Rows {
		c.hashes = append(c.hashes, KeyHash(c.keys.at(row)))
	}
	from := 0
	for row := range b.Rows {
		ends, err := c.boundary(c.keys.at(row))
		if err != nil {
			return err
		}
		if ends { // the row before was its block's last
			if err := c.stretch(b, from, row); err != nil {
				return err
			}
			if err := c.endBlock(); err != nil {
				return err
			}
			from = row
		}
		c.last, c.lastHash = append(c.last[:0], c.keys.at(row)...), c.hashes[row]
		c.rows++
		k := KeySum(c.keys.at(row))
		c.open.Keys.Add(k)
		c.open.Rows++
	}
	return c.stretch(b, from, b.Rows)
}

// boundary reports whether the row before the one of this key ends a block. Rows
// of one key stay together.
func (c *cutter) boundary(key []byte) (bool, error) {
	if c.rows == 0 {
		return false, nil
	}
	switch order := bytes.Compare(c.last, key); {
	case order > 0:
		return false, fmt.Errorf("table %s: %w: key %x after %x", c.table.FullName(), ErrOrder, key, c.last)
	case order == 0:
		c.duplicates++
		return false, nil
	}
	return EndsBlock(c.lastHash, c.target), nil
}

// stretch sums up rows of the open block, column by column, and passes them on.
func (c *cutter) stretch(b *Batch, from, to int) error {
	if from == to {
		return nil
	}
	for i := range b.Columns {
		v := &b.Columns[i]
		var sum Sum
		for cur := v.From(from); cur.Row < to; cur.Next() {
			sum.Add(CellSum(c.hashes[cur.Row], cur.Class(), v.Bytes(cur.Row)))
		}
		c.open.Columns[i].Add(sum)
	}
	if c.parts == nil { // only verifying
		return nil
	}
	return c.parts.add(b, from, to)
}

func (c *cutter) endBlock() error {
	c.open.LastKey = bytes.Clone(c.last)
	c.blocks = append(c.blocks, c.open)
	c.open = Block{First: c.rows, Columns: make([]Sum, len(c.table.Columns))}
	if c.parts == nil {
		return nil
	}
	return c.parts.border()
}

// close ends the last block.
func (c *cutter) close() error {
	if c.open.Rows == 0 {
		return nil
	}
	return c.endBlock()
}
