package tables

import (
	"math"
	"math/big"
	"unicode/utf8"

	"parallax/capture/snapshot"
)

// isNarrower reports whether new may not hold what old holds, by declaration.
func isNarrower(old, new *snapshot.Column) bool {
	if old.Class != new.Class {
		return false
	}
	switch old.Class {
	case snapshot.Text, snapshot.Bytes:
		return new.Length > 0 && (old.Length == 0 || old.Length > new.Length)
	case snapshot.Number:
		return numberNarrower(old, new)
	}
	return false
}

func numberNarrower(old, new *snapshot.Column) bool {
	switch {
	case new.Bits > 0:
		return old.Bits == 0 && !fitsBits(old, new.Bits) || old.Bits > new.Bits
	case new.Precision == 0:
		return false
	case old.Bits > 0:
		return new.Precision-new.Scale < digitsOf(old.Bits)
	case old.Precision == 0:
		return true
	}
	return old.Precision-old.Scale > new.Precision-new.Scale || old.Scale > new.Scale
}

func fitsBits(old *snapshot.Column, bits int) bool {
	return old.Precision > 0 && old.Scale == 0 && old.Precision < digitsOf(bits)
}

// digitsOf is the number of decimal digits of the largest whole number.
func digitsOf(bits int) int {
	switch {
	case bits <= 16:
		return 5
	case bits <= 32:
		return 10
	}
	return 19
}

// countOverlong counts the old cells of some rows that do not fit the new column.
func (t *tableRun) countOverlong(b *snapshot.Batch, from, rows int) {
	for _, q := range t.plan.pairs {
		if !q.sizes {
			continue
		}
		v := &b.Columns[q.old]
		kinds := classesOf(v, from, rows)
		for row := from; row < from+rows; row++ {
			if class := kinds.next(row); class == v.Class && !fits(q.newColumn, class, v.Bytes(row)) {
				q.overlong++
			}
		}
	}
}

// fits reports whether a value can stand in a column.
func fits(column *snapshot.Column, class snapshot.Class, c []byte) bool {
	switch class {
	case snapshot.Text:
		return len(c) <= column.Length || utf8.RuneCount(c) <= column.Length
	case snapshot.Bytes:
		return len(c) <= column.Length
	case snapshot.Number:
		if column.Bits > 0 {
			return fitsWhole(column, c)
		}
		return fitsDecimal(column, c)
	}
	return true
}

func fitsWhole(column *snapshot.Column, c []byte) bool {
	n, ok := snapshot.NumberInt(c)
	switch {
	case !ok || column.Unsigned && n < 0:
		return false
	case column.Bits == 16:
		return n >= math.MinInt16 && n <= math.MaxInt16
	case column.Bits == 32:
		return n >= math.MinInt32 && n <= math.MaxInt32
	}
	return true
}

func fitsDecimal(column *snapshot.Column, c []byte) bool {
	unscaled, scale, ok := snapshot.NumberBig(c)
	if !ok || scale > column.Scale {
		return false
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(column.Precision-column.Scale+scale)), nil)
	return unscaled.CmpAbs(unit) < 0
}
