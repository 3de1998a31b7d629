package snapshot

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
)

// form says how the cells of a column lie in Parquet.
type form uint8

const (
	formInt     form = iota // number: INT64 or INT32
	formDecimal             // number: INT64 or 16 bytes, unscaled
	formDigits              // number: text
	formDouble
	formFloat
	formBool
	formMicros // instant, wall time: INT64
	formNanos
	formDays
	formClock // INT64 microseconds since midnight
	formUUID
	formText  // UTF-8, JSON, list
	formBytes // as they are
	formSpan  // interval: text
)

// physical is a column with its form and names in Parquet.
type physical struct {
	column *Column
	form   form
	leaf   pagefile.Leaf
	// other is the sibling column's leaf; its Name is empty where there is none.
	other pagefile.Leaf
}

const decimalWidth = 16

func formOf(c *Column) form {
	switch c.Class {
	case Number:
		switch {
		case c.Bits > 0:
			return formInt
		case c.Precision > 0 && c.Precision <= 38 && c.Scale >= 0 && c.Scale <= c.Precision:
			return formDecimal
		}
		return formDigits
	case Float:
		if c.Bits == 32 {
			return formFloat
		}
		return formDouble
	case Bool:
		return formBool
	case Instant, WallTime:
		if c.Precision > 6 {
			return formNanos
		}
		return formMicros
	case Date:
		return formDays
	case Time:
		return formClock
	case UUID:
		return formUUID
	case Bytes:
		return formBytes
	case Interval:
		return formSpan
	}
	return formText
}

func (f form) leaf(c *Column) (format.Type, int) {
	switch f {
	case formInt:
		if c.Bits == 32 || c.Bits == 16 {
			return format.Int32, 0
		}
		return format.Int64, 0
	case formDecimal:
		if c.Precision <= 18 {
			return format.Int64, 0
		}
		return format.FixedLenByteArray, decimalWidth
	case formDouble:
		return format.Double, 8
	case formFloat:
		return format.Float, 4
	case formBool:
		return format.Boolean, 1
	case formDays:
		return format.Int32, 0
	case formMicros, formNanos, formClock:
		return format.Int64, 0
	case formUUID:
		return format.FixedLenByteArray, 16
	}
	return format.ByteArray, 0
}

func (f form) node(c *Column) parquet.Node {
	switch f {
	case formInt:
		if t, _ := f.leaf(c); t == format.Int32 {
			return parquet.Int(32)
		}
		return parquet.Int(64)
	case formDecimal:
		if c.Precision <= 18 {
			return parquet.Decimal(c.Scale, c.Precision, parquet.Int64Type)
		}
		return parquet.Decimal(c.Scale, c.Precision, parquet.FixedLenByteArrayType(decimalWidth))
	case formDouble:
		return parquet.Leaf(parquet.DoubleType)
	case formFloat:
		return parquet.Leaf(parquet.FloatType)
	case formBool:
		return parquet.Leaf(parquet.BooleanType)
	case formMicros:
		return parquet.TimestampAdjusted(parquet.Microsecond, c.Class == Instant)
	case formNanos:
		return parquet.TimestampAdjusted(parquet.Nanosecond, c.Class == Instant)
	case formDays:
		return parquet.Date()
	case formClock:
		return parquet.TimeAdjusted(parquet.Microsecond, false)
	case formUUID:
		return parquet.UUID()
	case formBytes:
		return parquet.Leaf(parquet.ByteArrayType)
	}
	if c.Class == JSON || c.Class == List {
		return parquet.JSON()
	}
	return parquet.String()
}

// layoutOf names the leaves of a table's columns, in their order, each with its
// sibling behind it.
func layoutOf(t *Table) ([]physical, error) {
	taken := map[string]bool{}
	name := func(want string) string {
		if want == "" {
			want = "column"
		}
		for taken[strings.ToLower(want)] {
			want += "_"
		}
		taken[strings.ToLower(want)] = true
		return want
	}
	for i := range t.Columns { // siblings give way to columns, not the reverse
		taken[strings.ToLower(t.Columns[i].Name)] = true
	}
	seen := map[string]bool{}
	out := make([]physical, len(t.Columns))
	for i := range t.Columns {
		c := &t.Columns[i]
		if len(t.Columns) > math.MaxInt16 {
			return nil, fmt.Errorf("table %s: %d columns", t.FullName(), len(t.Columns))
		}
		p := &out[i]
		p.column, p.form = c, formOf(c)
		p.leaf.Name = strings.ToValidUTF8(c.Name, "?")
		if low := strings.ToLower(p.leaf.Name); seen[low] || p.leaf.Name == "" {
			p.leaf.Name = name(p.leaf.Name)
		} else {
			seen[low] = true
		}
		p.leaf.Type, p.leaf.Width = p.form.leaf(c)
		if c.Mixed {
			p.other = pagefile.Leaf{Name: name(p.leaf.Name + "__other"), Type: format.ByteArray}
		}
	}
	return out, nil
}

// schemaOf is the Parquet schema, with its leaves in order.
func schemaOf(cols []physical) (*parquet.Schema, []pagefile.Leaf) {
	var names []string
	var nodes []parquet.Node
	var leaves []pagefile.Leaf
	for i := range cols {
		p := &cols[i]
		names, nodes = append(names, p.leaf.Name), append(nodes, parquet.Optional(p.form.node(p.column)))
		leaves = append(leaves, p.leaf)
		if p.other.Name != "" {
			names, nodes = append(names, p.other.Name), append(nodes, parquet.Optional(parquet.String()))
			leaves = append(leaves, p.other)
		}
	}
	return parquet.NewSchema("row", newGroup(names, nodes)), leaves
}

// appendCell adds a cell of the column's class to a page in its natural form; ok
// is false where it has none there.
func (p *physical) appendCell(page *pagefile.Page, c []byte) (ok bool) {
	switch p.form {
	case formInt:
		v, ok := NumberInt(c)
		if !ok || p.leaf.Type == format.Int32 && v != int64(int32(v)) {
			return false
		}
		page.Int(v)
	case formDecimal:
		return p.appendDecimal(page, c)
	case formDigits:
		if len(c) == 0 || c[0] == numberNaN || c[0] == numberInf || c[0] == numberNegInf {
			return false
		}
		page.Bytes(AppendNumber(nil, c))
	case formDouble:
		var b [8]byte
		page.Fixed(binary.LittleEndian.AppendUint64(b[:0], math.Float64bits(FloatValue(c))))
	case formFloat:
		v := FloatValue(c)
		if float64(float32(v)) != v && v == v {
			return false
		}
		var b [4]byte
		page.Fixed(binary.LittleEndian.AppendUint32(b[:0], math.Float32bits(float32(v))))
	case formMicros:
		us, ok := MicrosValue(c)
		if _, endless := Endless(c); !ok || endless {
			return false
		}
		page.Int(us)
	case formNanos:
		ns, ok := nanosValue(c)
		if !ok {
			return false
		}
		page.Int(ns)
	case formDays:
		if _, endless := Endless(c); endless {
			return false
		}
		page.Int(int64(DaysValue(c)))
	case formClock:
		us := TimeValue(c)
		if us < 0 || us >= 86_400_000_000 {
			return false
		}
		page.Int(us)
	case formBool, formUUID:
		page.Fixed(c)
	case formText:
		if !utf8.Valid(c) {
			return false
		}
		page.Bytes(c)
	case formBytes:
		page.Bytes(c)
	case formSpan:
		page.Bytes(AppendText(nil, Interval, c))
	}
	return true
}

func nanosValue(c []byte) (int64, bool) {
	sec, nsec := SecondsValue(c)
	const most = math.MaxInt64/1_000_000_000 - 1
	if sec > most || sec < -most {
		return 0, false
	}
	return sec*1e9 + int64(nsec), true
}

func (p *physical) appendDecimal(page *pagefile.Page, c []byte) bool {
	if p.leaf.Width == 0 {
		v, ok := NumberScaled(c, p.column.Scale)
		if !ok || v >= pow10[18] || v <= -pow10[18] {
			return false
		}
		page.Int(v)
		return true
	}
	unscaled, scale, ok := NumberBig(c)
	if !ok || scale > p.column.Scale {
		return false
	}
	unscaled.Mul(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(p.column.Scale-scale)), nil))
	if unscaled.BitLen() > 8*decimalWidth-2 {
		return false
	}
	var b [decimalWidth]byte
	page.Fixed(twosComplement(b[:], unscaled))
	return true
}

// twosComplement writes v over b, most significant byte first.
func twosComplement(b []byte, v *big.Int) []byte {
	if v.Sign() >= 0 {
		return v.FillBytes(b)
	}
	new(big.Int).Not(v).FillBytes(b)
	for i := range b {
		b[i] = ^b[i]
	}
	return b
}
