package tables

import (
	"bytes"
	"slices"

	"parallax/capture/snapshot"
)

// index is a table's blocks: 16 bytes a column and block, for 100 million rows of
// 12 columns some 25 MB.
type index struct {
	lastKeys [][]byte
	first    []int64
	rows     []int64
	keys     []snapshot.Sum
	columns  []snapshot.Sum // block after block
	width    int
}

func readIndex(t Table, columns int) (*index, error) {
	x := &index{width: columns}
	err := t.Blocks(func(b *snapshot.Block) error {
		x.lastKeys = append(x.lastKeys, bytes.Clone(b.LastKey))
		x.first, x.rows = append(x.first, b.First), append(x.rows, b.Rows)
		x.keys = append(x.keys, b.Keys)
		x.columns = append(x.columns, b.Columns...)
		return nil
	})
	return x, err
}

// oneBlock is the index of a table that has none: all rows in one block that is
// equal to no other.
func oneBlock(rows int64, columns int) *index {
	if rows == 0 {
		return &index{width: columns}
	}
	return &index{
		lastKeys: [][]byte{nil}, first: []int64{0}, rows: []int64{rows},
		keys: make([]snapshot.Sum, 1), columns: make([]snapshot.Sum, columns), width: columns,
	}
}

func (x *index) len() int { return len(x.rows) }

// total adds up the blocks from i to e.
func (x *index) total(i, e int) (rows int64, keys snapshot.Sum, columns []snapshot.Sum) {
	columns = make([]snapshot.Sum, x.width)
	for ; i < e; i++ {
		rows += x.rows[i]
		keys.Add(x.keys[i])
		for c := range columns {
			columns[c].Add(x.columns[i*x.width+c])
		}
	}
	return rows, keys, columns
}

// span is a stretch of rows of one side.
type span struct{ first, rows int64 }

func (x *index) span(i, e int) span {
	if i == e {
		return span{}
	}
	last := e - 1
	return span{x.first[i], x.first[last] + x.rows[last] - x.first[i]}
}

// stretches calls f with the blocks of both sides between two keys at which both
// end a block.
func stretches(a, b *index, f func(ai, ae, bi, be int) error) error {
	i, j := 0, 0
	for i < a.len() || j < b.len() {
		i0, j0 := i, j
		i, j = min(i+1, a.len()), min(j+1, b.len())
		i, j = widen(a, b, i0, j0, i, j)
		if err := f(i0, i, j0, j); err != nil {
			return err
		}
	}
	return nil
}

// widen takes further blocks until both sides end at one key, or at their ends.
func widen(a, b *index, i0, j0, i, j int) (int, int) {
	for {
		order := 0
		if i > i0 && j > j0 {
			if order = bytes.Compare(a.lastKeys[i-1], b.lastKeys[j-1]); order == 0 {
				return i, j
			}
		}
		switch {
		case i == a.len() && j == b.len():
			return i, j
		case i == a.len():
			j++
		case j == b.len():
			i++
		case order < 0:
			i++
		default:
			j++
		}
	}
}

// sampled are the n blocks whose last keys have the smallest hashes.
func (x *index) sampled(n int) map[int]bool {
	order := make([]int, x.len())
	hashes := make([]uint64, x.len())
	for i := range order {
		order[i], hashes[i] = i, snapshot.KeyHash(x.lastKeys[i])
	}
	slices.SortFunc(order, func(p, q int) int {
		switch {
		case hashes[p] < hashes[q]:
			return -1
		case hashes[p] > hashes[q]:
			return 1
		}
		return p - q
	})
	chosen := map[int]bool{}
	for _, i := range order[:min(n, len(order))] {
		chosen[i] = true
	}
	return chosen
}
