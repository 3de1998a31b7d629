package tables

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"parallax/capture/snapshot"
)

// numbers judges two exact numbers, which differ.
func numbers(c *cells) verdict {
	x, y, ok := decimals(c.a, c.b)
	if !ok {
		return changed("")
	}
	difference := new(big.Rat).Sub(y, x)
	if difference.IsInt() && isPower(new(big.Int).Abs(difference.Num())) && x.Sign()*y.Sign() < 0 {
		return changed(ClassWrapped)
	}
	if scale, ok := commonScale(c.old, c.new); ok {
		unit := new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil))
		switch difference.Abs(difference).Cmp(unit) {
		case 0:
			return changed(ClassHalf)
		case -1: // one side has digits that the other cannot hold
			return changed(ClassRound)
		}
	}
	return changed("")
}

func decimals(a, b []byte) (x, y *big.Rat, ok bool) {
	if x, ok = rational(a); !ok {
		return nil, nil, false
	}
	y, ok = rational(b)
	return x, y, ok
}

// maxHintScale bounds the numbers that a hint is looked for in.
const maxHintScale = 10_000

func rational(c []byte) (*big.Rat, bool) {
	if len(c) > maxHintScale {
		return nil, false
	}
	unscaled, scale, ok := snapshot.NumberBig(c)
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetFrac(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)), true
}

// isPower reports whether n is the number of values of an integer type.
func isPower(n *big.Int) bool {
	return n.BitLen() > 1 && n.TrailingZeroBits() == uint(n.BitLen()-1) &&
		slices.Contains([]int{8, 16, 24, 32, 64}, n.BitLen()-1)
}

// commonScale is the coarser of two declared scales; whole numbers of a machine's
// size are not rounded.
func commonScale(a, b *snapshot.Column) (int, bool) {
	switch {
	case isRounded(a) && isRounded(b):
		return min(a.Scale, b.Scale), true
	case isRounded(a) && b.Bits == 0:
		return a.Scale, true
	case isRounded(b) && a.Bits == 0:
		return b.Scale, true
	}
	return 0, false
}

func isRounded(c *snapshot.Column) bool {
	declared := strings.ToLower(c.Declared)
	return c.Precision > 0 && c.Bits == 0 &&
		(c.Scale > 0 || strings.HasPrefix(declared, "numeric") || strings.HasPrefix(declared, "decimal"))
}

// floats judges two doubles, which differ.
func floats(c *cells) verdict {
	x, y := snapshot.FloatValue(c.a), snapshot.FloatValue(c.b)
	switch {
	case x == y: // 0 and -0
		return equalBy(negativeZero)
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return changed("")
	case (c.old.Bits == 32) != (c.new.Bits == 32) && float32(x) == float32(y):
		return equalBy(floatWidth)
	}
	return changed("")
}

// numberAcross judges an exact number beside something else.
func numberAcross(c *cells) (verdict, bool) {
	switch c.newClass {
	case snapshot.Float:
		return numberAndFloat(c), true
	case snapshot.Bool:
		by := boolAsNumber
		if isBit(c.old) {
			by = bitAsBool
		}
		if n, ok := snapshot.NumberInt(c.a); ok && len(c.b) == 1 && (n == 0 || n == 1) {
			return equalOrChanged(n == int64(c.b[0]), by), true
		}
	case snapshot.Bytes:
		if n, ok := bitsAsNumber(c.b); ok && (isBit(c.new) || isBit(c.old)) {
			return equalOrChanged(bytes.Equal(n, c.a), bitAsNumber), true
		}
	case snapshot.Text:
		if n, ok := bitTextAsNumber(c.b); ok && isBit(c.new) {
			return equalOrChanged(bytes.Equal(n, c.a), bitAsNumber), true
		}
	}
	return verdict{}, false
}

// equalOrChanged judges two forms of one type: what differs in them is the value.
func equalOrChanged(equal bool, n norm) verdict {
	if equal {
		return equalBy(n)
	}
	return changed("")
}

func isBit(c *snapshot.Column) bool { return strings.HasPrefix(strings.ToLower(c.Declared), "bit") }

// bitsAsNumber reads bytes as an unsigned number, most significant first.
func bitsAsNumber(b []byte) ([]byte, bool) {
	if len(b) == 0 || len(b) > 8 {
		return nil, false
	}
	var wide [8]byte
	copy(wide[8-len(b):], b)
	return snapshot.AppendUint(nil, binary.BigEndian.Uint64(wide[:])), true
}

// bitTextAsNumber reads PostgreSQL's bits, which are text, as an unsigned number.
func bitTextAsNumber(text []byte) ([]byte, bool) {
	if len(text) == 0 || len(bytes.Trim(text, "01")) > 0 {
		return nil, false
	}
	n, ok := new(big.Int).SetString(string(text), 2)
	if !ok {
		return nil, false
	}
	number, err := snapshot.AppendNumberText(nil, n.String())
	return number, err == nil
}

// numberAndFloat judges an exact number beside a double: equal where the double's
// shortest text is the number, or rounds to it at its declared scale.
func numberAndFloat(c *cells) verdict {
	f := snapshot.FloatValue(c.b)
	if quickly(c.a, f, c.new.Bits) {
		return equalBy(decimalAsDouble)
	}
	own, err := floatAsNumber(f, c.new.Bits)
	switch {
	case err != nil:
		return drift()
	case bytes.Equal(own, c.a):
		return equalBy(decimalAsDouble)
	case math.IsNaN(f) || math.IsInf(f, 0):
		return changed("")
	case c.old.Precision > 0 && bytes.Equal(rounded(f, c.old.Scale), c.a):
		return equalBy(decimalAsDouble)
	case nearestDouble(c.a) == f:
		return warned(ClassLossy)
	}
	return changed("")
}

// quickly recognises decimals of up to 53 bits without text or big numbers: a
// quotient of two exact doubles is the double nearest to it.
func quickly(number []byte, f float64, width int) bool {
	if width == 32 {
		return false
	}
	unit := 1.0
	for scale := range 7 {
		if n, ok := snapshot.NumberScaled(number, scale); ok {
			return n < 1<<53 && n > -1<<53 && float64(n)/unit == f
		}
		unit *= 10
	}
	return false
}

func floatAsNumber(f float64, width int) ([]byte, error) {
	if width != 32 {
		width = 64
	}
	return snapshot.AppendNumberText(nil, strconv.FormatFloat(f, 'g', -1, width))
}

func rounded(f float64, scale int) []byte {
	if scale < 0 || scale > 400 {
		return nil
	}
	n, err := snapshot.AppendNumberText(nil, strconv.FormatFloat(f, 'f', scale, 64))
	if err != nil {
		return nil
	}
	return n
}

func nearestDouble(number []byte) float64 {
	x, ok := rational(number)
	if !ok {
		return math.NaN()
	}
	f, _ := x.Float64()
	return f
}

// boolAcross judges a truth value beside bits.
func boolAcross(c *cells) (verdict, bool) {
	if !isBit(c.new) || len(c.b) != 1 || len(c.a) != 1 {
		return verdict{}, false
	}
	bit := c.b[0]
	switch {
	case c.newClass == snapshot.Bytes && bit <= 1:
		return equalOrChanged(bit == c.a[0], bitAsBool), true
	case c.newClass == snapshot.Text && (bit == '0' || bit == '1'):
		return equalOrChanged(bit-'0' == c.a[0], bitAsBool), true
	}
	return verdict{}, false
}

func isNaN(class snapshot.Class, c []byte) bool {
	switch class {
	case snapshot.Float:
		return math.IsNaN(snapshot.FloatValue(c))
	case snapshot.Number:
		return bytes.Equal(c, snapshot.AppendNaN(nil))
	}
	return false
}
