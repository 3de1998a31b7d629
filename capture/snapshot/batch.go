package snapshot

import "slices"

// Batch is a stretch of rows, column by column, in the order of the table's
// columns.
type Batch struct {
	Rows    int
	Columns []Vector
}

// NewBatch returns an empty batch of the columns' classes.
func NewBatch(columns []Column) *Batch {
	b := &Batch{Columns: make([]Vector, len(columns))}
	for i := range columns {
		b.Columns[i].Class = columns[i].Class
	}
	return b
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.Rows = 0
	for i := range b.Columns {
		b.Columns[i].Reset()
	}
}

// Bytes is what the batch weighs, without the bookkeeping.
func (b *Batch) Bytes() int {
	n := 0
	for i := range b.Columns {
		n += len(b.Columns[i].Data)
	}
	return n
}

// Vector is one column's cells, their canonical bytes back to back. Cells whose
// class is not the column's are listed in Others.
type Vector struct {
	Class Class
	// Ends holds for each cell where its bytes in Data end; they begin where the
	// cell before ends.
	Ends []uint32
	Data []byte
	// Nulls, in order, are the rows without a value; Others those of another class.
	Nulls  []uint32
	Others []Other
}

// Other says of a cell that its class is not its column's.
type Other struct {
	Row   uint32
	Class Class
}

// Reset empties the vector and keeps its memory.
func (v *Vector) Reset() {
	v.Ends, v.Data, v.Nulls, v.Others = v.Ends[:0], v.Data[:0], v.Nulls[:0], v.Others[:0]
}

// Len is the number of cells.
func (v *Vector) Len() int { return len(v.Ends) }

// End ends a cell of the column's class, whose canonical bytes the caller has
// appended to Data.
func (v *Vector) End() { v.Ends = append(v.Ends, uint32(len(v.Data))) }

// Append adds a cell. One of another class than the column's is noted as such.
func (v *Vector) Append(class Class, c []byte) {
	row := uint32(len(v.Ends))
	switch class {
	case v.Class:
	case Null:
		v.Nulls = append(v.Nulls, row)
		c = nil
	default:
		v.Others = append(v.Others, Other{row, class})
	}
	v.Data = append(v.Data, c...)
	v.End()
}

// AppendNull adds a cell without a value.
func (v *Vector) AppendNull() {
	v.Nulls = append(v.Nulls, uint32(len(v.Ends)))
	v.End()
}

// AppendNulls adds n of them.
func (v *Vector) AppendNulls(n int) {
	row, end := uint32(len(v.Ends)), uint32(len(v.Data))
	v.Nulls, v.Ends = slices.Grow(v.Nulls, n), slices.Grow(v.Ends, n)
	for i := range uint32(n) {
		v.Nulls = append(v.Nulls, row+i)
		v.Ends = append(v.Ends, end)
	}
}

// Bytes returns a cell's canonical bytes, which are the vector's.
func (v *Vector) Bytes(row int) []byte {
	start := uint32(0)
	if row > 0 {
		start = v.Ends[row-1]
	}
	return v.Data[start:v.Ends[row]:v.Ends[row]]
}

// Cell returns a cell's class and bytes. Walking all rows, use a Cursor.
func (v *Vector) Cell(row int) (Class, []byte) {
	return v.ClassAt(row), v.Bytes(row)
}

// ClassAt returns a cell's class, found by bisection among the exceptions.
func (v *Vector) ClassAt(row int) Class {
	if find(len(v.Nulls), func(i int) uint32 { return v.Nulls[i] }, uint32(row)) >= 0 {
		return Null
	}
	if i := find(len(v.Others), func(i int) uint32 { return v.Others[i].Row }, uint32(row)); i >= 0 {
		return v.Others[i].Class
	}
	return v.Class
}

// find returns where row stands in an ascending list, or -1.
func find(n int, at func(int) uint32, row uint32) int {
	lo, hi := 0, n
	for lo < hi {
		if mid := (lo + hi) / 2; at(mid) < row {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < n && at(lo) == row {
		return lo
	}
	return -1
}

// AppendRowKey appends the key of a row: the cells of the key columns, by index.
// No key columns means the whole row.
func (b *Batch) AppendRowKey(dst []byte, key []int, row int) []byte {
	if len(key) == 0 {
		for i := range b.Columns {
			class, c := b.Columns[i].Cell(row)
			dst = AppendKey(dst, class, c)
		}
		return dst
	}
	for _, i := range key {
		class, c := b.Columns[i].Cell(row)
		dst = AppendKey(dst, class, c)
	}
	return dst
}
