package snapshot

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
)

// form is how a column's cells stand in Parquet.
type form uint8

const (
	formInt        form = iota // a whole number
	formDecimal                // 64 bits, unscaled
	formBigDecimal             // 128 bits, unscaled
	formNumberText
	formFloat
	formDouble
	formText
	formBytes
	formBool
	formMicros
	formNanos
	formDate
	formTime
	formUUID
	formIntervalText
)

// field is where a column stands in the file.
type field struct {
	column *Column
	form   form
	leaf   int
	other  int // the sibling's leaf, or -1
	// lo and hi bound what an integer form holds.
	lo, hi int64
}

// layout is how a table stands in Parquet. It follows from the table alone.
type layout struct {
	leaves []pagefile.Leaf
	fields []field
}

// otherSuffix ends the name of a column's sibling.
const otherSuffix = "__other"

func newLayout(columns []Column) *layout {
	l := &layout{}
	names := leafNames(columns)
	for i := range columns {
		f := field{column: &columns[i], leaf: len(l.leaves), other: -1}
		leaf := f.natural()
		leaf.Name = names[i].natural
		l.leaves = append(l.leaves, leaf)
		if columns[i].Mixed {
			f.other = len(l.leaves)
			l.leaves = append(l.leaves, stringLeaf(names[i].other))
		}
		l.fields = append(l.fields, f)
	}
	return l
}

type leafName struct{ natural, other string }

// leafNames makes the names unique without regard to case, as query engines
// want them. Columns come before siblings: where a column is called like another
// one's sibling, the sibling gives way.
func leafNames(columns []Column) []leafName {
	taken := map[string]bool{}
	out := make([]leafName, len(columns))
	for i := range columns {
		out[i].natural = uniqueName(taken, columns[i].Name)
	}
	for i := range columns {
		if columns[i].Mixed {
			out[i].other = uniqueName(taken, columns[i].Name+otherSuffix)
		}
	}
	return out
}

func uniqueName(taken map[string]bool, name string) string {
	name = strings.ReplaceAll(strings.ToValidUTF8(name, "\uFFFD"), "\x00", "\uFFFD")
	if name == "" {
		name = "column"
	}
	unique := name
	for n := 2; taken[strings.ToLower(unique)]; n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	taken[strings.ToLower(unique)] = true
	return unique
}

func stringLeaf(name string) pagefile.Leaf {
	return pagefile.Leaf{Name: name, Type: format.ByteArray, Encoding: format.DeltaLengthByteArray,
		Logical: &format.StringType{}, Converted: pagefile.ConvertedTo(deprecated.UTF8)}
}

func jsonLeaf() pagefile.Leaf {
	return pagefile.Leaf{Type: format.ByteArray, Encoding: format.DeltaLengthByteArray,
		Logical: &format.JsonType{}, Converted: pagefile.ConvertedTo(deprecated.Json)}
}

// natural sets the field's form and returns its leaf.
func (f *field) natural() pagefile.Leaf {
	switch f.column.Class {
	case Number:
		return f.number()
	case Bool:
		f.form = formBool
		return pagefile.Leaf{Type: format.Boolean}
	case Float:
		if f.form = formDouble; f.column.Bits == 32 {
			f.form = formFloat
			return pagefile.Leaf{Type: format.Float}
		}
		return pagefile.Leaf{Type: format.Double}
	case Instant, WallTime:
		return f.timestamp()
	case Date:
		return f.integers(formDate, 32, &format.DateType{}, pagefile.ConvertedTo(deprecated.Date))
	case Time:
		leaf := f.integers(formTime, 64, &format.TimeType{Unit: micros()}, pagefile.Converted{})
		f.lo, f.hi = 0, dayMicros-1
		return leaf
	}
	return f.bytes()
}

func (f *field) bytes() pagefile.Leaf {
	switch f.form = formText; f.column.Class {
	case JSON, List:
		return jsonLeaf()
	case Bytes:
		f.form = formBytes
		return pagefile.Leaf{Type: format.ByteArray, Encoding: format.DeltaLengthByteArray}
	case UUID:
		f.form = formUUID
		return pagefile.Leaf{Type: format.FixedLenByteArray, Length: 16, Logical: &format.UUIDType{}}
	case Interval:
		f.form = formIntervalText
	}
	return stringLeaf("")
}

const dayMicros = 86_400_000_000

func micros() format.TimeUnit { return format.TimeUnit{Value: &format.MicroSeconds{}} }

func (f *field) timestamp() pagefile.Leaf {
	t := &format.TimestampType{IsAdjustedToUTC: f.column.Class == Instant, Unit: micros()}
	of := formMicros
	if f.column.Precision > 6 {
		of, t.Unit.Value = formNanos, &format.NanoSeconds{}
	}
	return f.integers(of, 64, t, pagefile.Converted{})
}

// integers is a form whose cells are signed integers.
func (f *field) integers(of form, bits int, logical format.LogicalTypeValue, converted pagefile.Converted) pagefile.Leaf {
	f.form, f.lo, f.hi = of, -1<<(bits-1), 1<<(bits-1)-1
	leaf := pagefile.Leaf{Type: format.Int64, Encoding: format.DeltaBinaryPacked, Bounded: true, Logical: logical, Converted: converted}
	if bits <= 32 {
		leaf.Type = format.Int32
	}
	return leaf
}

const maxDecimal64, maxDecimal128 = 18, 38

func (f *field) number() pagefile.Leaf {
	c := f.column
	digits, scaled := c.Precision, c.Scale >= 0 && c.Scale <= c.Precision
	switch {
	case c.Bits == 16 || c.Bits == 32 || c.Bits == 64:
		return f.integers(formInt, c.Bits, &format.IntType{BitWidth: int8(c.Bits), IsSigned: true}, intConverted(c.Bits))
	case digits > 0 && digits <= maxDecimal64 && scaled:
		leaf := f.integers(formDecimal, 64, f.decimal(), pagefile.ConvertedTo(deprecated.Decimal))
		leaf.Precision, leaf.Scale = digits, c.Scale
		f.lo, f.hi = 1-pow10[digits], pow10[digits]-1
		return leaf
	case digits > maxDecimal64 && digits <= maxDecimal128 && scaled:
		f.form = formBigDecimal
		return pagefile.Leaf{Type: format.FixedLenByteArray, Length: 16, Logical: f.decimal(),
			Converted: pagefile.ConvertedTo(deprecated.Decimal), Precision: digits, Scale: c.Scale}
	}
	f.form = formNumberText
	return stringLeaf("")
}

func (f *field) decimal() *format.DecimalType {
	return &format.DecimalType{Precision: int32(f.column.Precision), Scale: int32(f.column.Scale)}
}

func intConverted(bits int) pagefile.Converted {
	switch bits {
	case 16:
		return pagefile.ConvertedTo(deprecated.Int16)
	case 32:
		return pagefile.ConvertedTo(deprecated.Int32)
	}
	return pagefile.ConvertedTo(deprecated.Int64)
}
