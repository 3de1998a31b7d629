package tables

import (
	"bytes"
	"slices"
	"sort"

	"parallax/capture/snapshot"
)

// start is where a cell's bytes begin.
func start(v *snapshot.Vector, row int) uint32 {
	if row == 0 {
		return 0
	}
	return v.Ends[row-1]
}

// exceptions are the nulls and the cells of another class within some rows.
func exceptions(v *snapshot.Vector, from, rows int) (nulls []uint32, others []snapshot.Other) {
	if len(v.Nulls) > 0 {
		i, _ := slices.BinarySearch(v.Nulls, uint32(from))
		j, _ := slices.BinarySearch(v.Nulls, uint32(from+rows))
		nulls = v.Nulls[i:j]
	}
	if len(v.Others) > 0 {
		i := sort.Search(len(v.Others), func(k int) bool { return v.Others[k].Row >= uint32(from) })
		j := sort.Search(len(v.Others), func(k int) bool { return v.Others[k].Row >= uint32(from+rows) })
		others = v.Others[i:j]
	}
	return nulls, others
}

// sameCells reports whether rows of two vectors hold the same cells, without
// looking at each: the bytes, where they end, and the exceptions.
func sameCells(a *snapshot.Vector, i int, b *snapshot.Vector, j, rows int) bool {
	x, y := start(a, i), start(b, j)
	if a.Class != b.Class || !bytes.Equal(a.Data[x:a.Ends[i+rows-1]], b.Data[y:b.Ends[j+rows-1]]) {
		return false
	}
	return sameEnds(a.Ends[i:i+rows], b.Ends[j:j+rows], y-x) && sameExceptions(a, i, b, j, rows)
}

func sameEnds(a, b []uint32, shift uint32) bool {
	if shift == 0 {
		return slices.Equal(a, b)
	}
	for k := range a {
		if a[k]+shift != b[k] {
			return false
		}
	}
	return true
}

func sameExceptions(a *snapshot.Vector, i int, b *snapshot.Vector, j, rows int) bool {
	if len(a.Nulls)+len(a.Others)+len(b.Nulls)+len(b.Others) == 0 {
		return true
	}
	an, ao := exceptions(a, i, rows)
	bn, bo := exceptions(b, j, rows)
	shift := uint32(j) - uint32(i)
	if len(ao) != len(bo) || !sameShifted(an, bn, shift) {
		return false
	}
	for k := range ao {
		if ao[k].Row+shift != bo[k].Row || ao[k].Class != bo[k].Class {
			return false
		}
	}
	return true
}

func sameShifted(a, b []uint32, shift uint32) bool {
	return len(a) == len(b) && sameEnds(a, b, shift)
}

// classes walks the classes of consecutive cells.
type classes struct {
	class  snapshot.Class
	nulls  []uint32
	others []snapshot.Other
}

func classesOf(v *snapshot.Vector, from, rows int) classes {
	c := classes{class: v.Class}
	c.nulls, c.others = exceptions(v, from, rows)
	return c
}

// next returns the class of a row; rows are asked for in order, each once.
func (c *classes) next(row int) snapshot.Class {
	if len(c.nulls) > 0 && c.nulls[0] == uint32(row) {
		c.nulls = c.nulls[1:]
		return snapshot.Null
	}
	if len(c.others) > 0 && c.others[0].Row == uint32(row) {
		class := c.others[0].Class
		c.others = c.others[1:]
		return class
	}
	return c.class
}

// differing appends the rows, counted from i and j, whose cells differ in class or
// bytes.
func differing(a *snapshot.Vector, i int, b *snapshot.Vector, j, rows int, found []int32) []int32 {
	if sameCells(a, i, b, j, rows) {
		return found
	}
	x, y := start(a, i), start(b, j)
	ac, bc := classesOf(a, i, rows), classesOf(b, j, rows)
	for k := range rows {
		aEnd, bEnd := a.Ends[i+k], b.Ends[j+k]
		if ac.next(i+k) != bc.next(j+k) || !bytes.Equal(a.Data[x:aEnd], b.Data[y:bEnd]) {
			found = append(found, int32(k))
		}
		x, y = aEnd, bEnd
	}
	return found
}
