package snapshot

import (
	"bytes"
	"fmt"
	"sort"

	"parallax/internal/pagefile"
)

// ordered takes a table's rows in order, cuts them into blocks and row groups
// and writes these. Where anything is cut depends on the rows alone.
type ordered struct {
	opts   *Options
	gate   chan struct{} // bounds the row groups encoded at once, of all tables
	layout *layout
	codec  *pagefile.Codec
	out    *partSet

	filling *group
	flight  []*group // being encoded, oldest first
	idle    []*group

	rows, duplicates int64
	lastKey, lastRow []byte // of the row before; the whole row settles equal keys
	ending           bool   // the last key's hash ends its block
	keys             Sum    // of the block's part in this group
	scratch          []byte
}

func newOrdered(o *Options, gate chan struct{}, l *layout, out *partSet) *ordered {
	d := &ordered{opts: o, gate: gate, layout: l, codec: out.codec, out: out}
	d.filling = newGroup(l, d.codec)
	return d
}

// write takes rows as long as they are in order and returns how many those are.
func (d *ordered) write(b *Batch, k *rowKeys) (int, error) {
	from, last := 0, d.lastKey
	for i := range b.Rows {
		key := k.at(i)
		if c := bytes.Compare(last, key); d.rows+int64(i) > 0 && c >= 0 {
			if c > 0 || d.compareRows(b, i) > 0 {
				return i, d.end(b, k, from, i)
			}
			d.duplicates++
		} else if d.ending {
			if err := d.endBlock(b, k, from, i, last); err != nil {
				return 0, err
			}
			from = i
		}
		d.keys.Add(KeySum(key))
		d.ending = EndsBlock(k.hashes[i], d.opts.BlockRows)
		last = key
	}
	return b.Rows, d.end(b, k, from, b.Rows)
}

// compareRows compares a row with the one before it.
func (d *ordered) compareRows(b *Batch, row int) int {
	if row == 0 {
		d.scratch = b.AppendRowKey(d.scratch[:0], nil, 0)
		return bytes.Compare(d.lastRow, d.scratch)
	}
	before := len(b.AppendRowKey(d.scratch[:0], nil, row-1))
	d.scratch = b.AppendRowKey(b.AppendRowKey(d.scratch[:0], nil, row-1), nil, row)
	return bytes.Compare(d.scratch[:before], d.scratch[before:])
}

// end keeps what the next batch's first row is compared with.
func (d *ordered) end(b *Batch, k *rowKeys, from, to int) error {
	d.rows += int64(to)
	if to > 0 {
		d.lastKey = append(d.lastKey[:0], k.at(to-1)...)
		d.lastRow = b.AppendRowKey(d.lastRow[:0], nil, to-1)
	}
	return d.take(b, k, from, to)
}

func (d *ordered) endBlock(b *Batch, k *rowKeys, from, to int, lastKey []byte) error {
	if err := d.take(b, k, from, to); err != nil {
		return err
	}
	d.ending = false
	d.endSegment(lastKey)
	if d.filling.bytes >= d.opts.RowGroupBytes {
		return d.cut()
	}
	return nil
}

// take copies rows of the block at hand. A block of very many or very large rows
// goes to several row groups, since memory is bounded; where they end follows
// from the rows, not from how they came in batches.
func (d *ordered) take(b *Batch, k *rowKeys, from, to int) error {
	most := 2 * d.opts.RowGroupBytes
	for from < to {
		n := to - from
		if left := most - d.filling.bytes; rowsWeight(b, from, to) >= left {
			n = 1 + sort.Search(n-1, func(i int) bool { return rowsWeight(b, from, from+i+1) >= left })
		}
		d.filling.add(b, k.hashes, from, from+n)
		from += n
		if d.filling.bytes >= most {
			if err := d.cut(); err != nil {
				return err
			}
		}
	}
	return nil
}

// endSegment ends the block at hand, whose last rows may stand in the group
// before.
func (d *ordered) endSegment(lastKey []byte) {
	if n := len(d.filling.segments); n == 0 || d.filling.segments[n-1].ends {
		d.filling.segments = append(d.filling.segments, segment{})
	}
	s := &d.filling.segments[len(d.filling.segments)-1]
	s.ends, s.keys, s.lastKey = true, d.keys, bytes.Clone(lastKey)
	d.keys = Sum{}
}

// cut ends the row group at hand and begins to encode it.
func (d *ordered) cut() error {
	g := d.filling
	if n := len(g.segments); n > 0 && !g.segments[n-1].ends {
		g.segments[n-1].keys, d.keys = d.keys, Sum{}
	}
	for len(d.flight) >= d.opts.Encoders {
		if err := d.commitOldest(); err != nil {
			return err
		}
	}
	d.flight = append(d.flight, g)
	go func() {
		d.gate <- struct{}{}
		err := g.encode(d.layout, d.opts.PageBytes)
		<-d.gate
		g.done <- err
	}()
	d.filling = d.spare()
	d.filling.first = g.first + int64(g.batch.Rows)
	return nil
}

func (d *ordered) spare() *group {
	if n := len(d.idle); n > 0 {
		g := d.idle[n-1]
		d.idle = d.idle[:n-1]
		return g
	}
	return newGroup(d.layout, d.codec)
}

func (d *ordered) commitOldest() error {
	g := d.flight[0]
	d.flight = append(d.flight[:0], d.flight[1:]...)
	if err := <-g.done; err != nil {
		return err
	}
	if err := d.out.append(g); err != nil {
		return err
	}
	g.reset()
	d.idle = append(d.idle, g)
	return nil
}

// finish ends the last block and commits everything.
func (d *ordered) finish() error {
	if d.rows > 0 {
		d.endSegment(d.lastKey)
	}
	return d.flush()
}

// flush commits all rows taken, also where a block is not at its end.
func (d *ordered) flush() error {
	if len(d.filling.segments) > 0 {
		if err := d.cut(); err != nil {
			return err
		}
	}
	for len(d.flight) > 0 {
		if err := d.commitOldest(); err != nil {
			return err
		}
	}
	return nil
}

// wait waits for all goroutines, after a failure.
func (d *ordered) wait() {
	for _, g := range d.flight {
		<-g.done
	}
	d.flight = nil
}

// untouched returns the rows taken as long as none left the first group.
func (d *ordered) untouched() (*Batch, bool) {
	return &d.filling.batch, d.filling.first == 0
}

// orderError names the table's keys that stand in the wrong order.
func orderError(row int64, before, key []byte) error {
	return fmt.Errorf("row %d: %w: key %.64x stands after %.64x", row, ErrOrder, key, before)
}
