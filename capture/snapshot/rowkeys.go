package snapshot

import (
	"fmt"
	"slices"
)

// rowKeys are the keys of a batch's rows, back to back, with their hashes.
type rowKeys struct {
	data   []byte
	ends   []int
	hashes []uint64
}

func (k *rowKeys) at(row int) []byte {
	start := 0
	if row > 0 {
		start = k.ends[row-1]
	}
	return k.data[start:k.ends[row]:k.ends[row]]
}

func (k *rowKeys) reset() { k.data, k.ends, k.hashes = k.data[:0], k.ends[:0], k.hashes[:0] }

func (k *rowKeys) add(key []byte) {
	k.data = append(k.data, key...)
	k.end(len(k.data) - len(key))
}

func (k *rowKeys) end(start int) {
	k.ends = append(k.ends, len(k.data))
	k.hashes = append(k.hashes, KeyHash(k.data[start:]))
}

// of takes the keys of a batch's rows from the columns key (none: the whole
// row).
func (k *rowKeys) of(b *Batch, key []int) {
	k.reset()
	cells := newCells(b, key)
	for row := range b.Rows {
		start := len(k.data)
		for i := range cells {
			class, c := cells[i].next(row)
			k.data = AppendKey(k.data, class, c)
		}
		k.end(start)
	}
}

// cells walks a vector row by row, without a search for each cell's class.
type cells struct {
	v             *Vector
	start         uint32
	nulls, others int
}

// newCells begins at the first row of the columns (none: all).
func newCells(b *Batch, columns []int) []cells {
	if len(columns) == 0 {
		out := make([]cells, len(b.Columns))
		for i := range b.Columns {
			out[i].v = &b.Columns[i]
		}
		return out
	}
	out := make([]cells, len(columns))
	for i, c := range columns {
		out[i].v = &b.Columns[c]
	}
	return out
}

// next returns the cell of row, which is the row behind the one before.
func (c *cells) next(row int) (Class, []byte) {
	v := c.v
	end := v.Ends[row]
	b := v.Data[c.start:end:end]
	c.start = end
	if c.nulls < len(v.Nulls) && v.Nulls[c.nulls] == uint32(row) {
		c.nulls++
		return Null, nil
	}
	if c.others < len(v.Others) && v.Others[c.others].Row == uint32(row) {
		c.others++
		return v.Others[c.others-1].Class, b
	}
	return v.Class, b
}

// skip moves on to row.
func (c *cells) skip(row int) {
	if row == 0 {
		return
	}
	c.start = c.v.Ends[row-1]
	for c.nulls < len(c.v.Nulls) && c.v.Nulls[c.nulls] < uint32(row) {
		c.nulls++
	}
	for c.others < len(c.v.Others) && c.v.Others[c.others].Row < uint32(row) {
		c.others++
	}
}

// appendRange appends the rows from up to, without to, of o.
func (v *Vector) appendRange(o *Vector, from, to int) {
	start := uint32(0)
	if from > 0 {
		start = o.Ends[from-1]
	}
	shift := uint32(len(v.Data)) - start
	rows := uint32(len(v.Ends)) - uint32(from)
	v.Data = append(room(v.Data, int(o.Ends[to-1]-start)), o.Data[start:o.Ends[to-1]]...)
	v.Ends = room(v.Ends, to-from)
	for _, end := range o.Ends[from:to] {
		v.Ends = append(v.Ends, end+shift)
	}
	for i := lowerBound(o.Nulls, from); i < len(o.Nulls) && o.Nulls[i] < uint32(to); i++ {
		v.Nulls = append(v.Nulls, o.Nulls[i]+rows)
	}
	for i := lowerOther(o.Others, from); i < len(o.Others) && o.Others[i].Row < uint32(to); i++ {
		v.Others = append(v.Others, Other{o.Others[i].Row + rows, o.Others[i].Class})
	}
}

// room makes room for n more. It doubles: append grows long slices by a quarter,
// and copies them again and again.
func room[T any](s []T, n int) []T {
	if cap(s)-len(s) >= n {
		return s
	}
	return slices.Grow(s, max(n, cap(s)))
}

// lowerBound is the first index whose row is not below row.
func lowerBound(rows []uint32, row int) int {
	lo, hi := 0, len(rows)
	for lo < hi {
		if mid := (lo + hi) / 2; rows[mid] < uint32(row) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

func lowerOther(others []Other, row int) int {
	lo, hi := 0, len(others)
	for lo < hi {
		if mid := (lo + hi) / 2; others[mid].Row < uint32(row) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// check says what is wrong with a batch for these columns.
func (b *Batch) check(columns []Column) error {
	if len(b.Columns) != len(columns) {
		return fmt.Errorf("a batch of %d columns, the table has %d", len(b.Columns), len(columns))
	}
	for i := range b.Columns {
		v := &b.Columns[i]
		if v.Class != columns[i].Class {
			return fmt.Errorf("column %q: a batch of class %s, the column is of %s", columns[i].Name, v.Class, columns[i].Class)
		}
		if v.Len() != b.Rows || b.Rows > 0 && int(v.Ends[b.Rows-1]) != len(v.Data) {
			return fmt.Errorf("column %q: %d cells and %d bytes in a batch of %d rows", columns[i].Name, v.Len(), len(v.Data), b.Rows)
		}
		if len(v.Data) > MaxCell {
			return fmt.Errorf("column %q: %d bytes in a batch, want at most %d", columns[i].Name, len(v.Data), MaxCell)
		}
		for _, row := range v.Nulls {
			if len(v.Bytes(int(row))) > 0 {
				return fmt.Errorf("column %q: row %d of the batch has no value and has bytes", columns[i].Name, row)
			}
		}
	}
	return nil
}
