package files

import (
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	pq "github.com/parquet-go/parquet-go/format"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// columnOf says what a leaf's values are and how they become canonical. A logical
// type goes before the older converted type.
func columnOf(e *element) (snapshot.Column, converter, error) {
	c := snapshot.Column{Declared: e.Type.V.String()}
	var convert converter
	switch {
	case !e.Type.Valid:
		return c, nil, fmt.Errorf("a group without columns: %w", database.ErrType)
	case e.LogicalType.Value != nil:
		c.Declared += " " + e.LogicalType.String()
		convert = logical(e, &c)
	case e.ConvertedType.Valid:
		c.Declared += fmt.Sprintf(" converted type %d", e.ConvertedType.V)
		convert = converted(e, &c)
	default:
		convert = physical(e, &c)
	}
	if convert == nil {
		return c, nil, fmt.Errorf("%s: %w", c.Declared, database.ErrType)
	}
	return c, convert, nil
}

func physical(e *element, c *snapshot.Column) converter {
	switch e.Type.V {
	case pq.Boolean:
		c.Class = snapshot.Bool
		return bools
	case pq.Int32:
		c.Class, c.Bits = snapshot.Number, 32
		return int32s
	case pq.Int64:
		c.Class, c.Bits = snapshot.Number, 64
		return int64s
	case pq.Int96:
		c.Class, c.Precision, c.Mixed, c.Encoding = snapshot.WallTime, 9, true, "int96"
		return int96s
	case pq.Float:
		c.Class, c.Bits = snapshot.Float, 32
		return floats
	case pq.Double:
		c.Class, c.Bits = snapshot.Float, 64
		return doubles
	case pq.ByteArray, pq.FixedLenByteArray:
		c.Class, c.Length = snapshot.Bytes, int(e.TypeLength.V)
		return rawBytes
	}
	return nil
}

func logical(e *element, c *snapshot.Column) converter {
	switch t := e.LogicalType.Value.(type) {
	case *pq.StringType, *pq.EnumType:
		return text(e, c, snapshot.Text)
	case *pq.JsonType:
		return text(e, c, snapshot.JSON)
	case *pq.BsonType:
		return physical(e, c)
	case *pq.UUIDType:
		return uuid(e, c)
	case *pq.DecimalType:
		return decimal(e, c, int(t.Precision), int(t.Scale))
	case *pq.DateType:
		return date(e, c)
	case *pq.IntType:
		return integer(e, c, int(t.BitWidth), t.IsSigned)
	case *pq.TimeType:
		return clock(e, c, perSecond(t.Unit))
	case *pq.TimestampType:
		return timestamp(e, c, perSecond(t.Unit), t.IsAdjustedToUTC)
	case *pq.NullType:
		if physical(e, c) != nil {
			return nulls
		}
	}
	return nil
}

func converted(e *element, c *snapshot.Column) converter {
	switch t := e.ConvertedType.V; t {
	case deprecated.UTF8, deprecated.Enum:
		return text(e, c, snapshot.Text)
	case deprecated.Json:
		return text(e, c, snapshot.JSON)
	case deprecated.Bson:
		return physical(e, c)
	case deprecated.Decimal:
		return decimal(e, c, int(e.Precision.V), int(e.Scale.V))
	case deprecated.Date:
		return date(e, c)
	case deprecated.TimeMillis, deprecated.TimeMicros:
		return clock(e, c, map[deprecated.ConvertedType]int64{deprecated.TimeMillis: 1e3, deprecated.TimeMicros: 1e6}[t])
	case deprecated.TimestampMillis, deprecated.TimestampMicros:
		return timestamp(e, c, map[deprecated.ConvertedType]int64{deprecated.TimestampMillis: 1e3, deprecated.TimestampMicros: 1e6}[t], true)
	case deprecated.Int8, deprecated.Int16, deprecated.Int32, deprecated.Int64:
		return integer(e, c, 8<<(t-deprecated.Int8), true)
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return integer(e, c, 8<<(t-deprecated.Uint8), false)
	case deprecated.Interval:
		return interval(e, c)
	}
	return nil
}

// perSecond is how many units make a second.
func perSecond(u pq.TimeUnit) int64 {
	switch u.Value.(type) {
	case *pq.MilliSeconds:
		return 1e3
	case *pq.MicroSeconds:
		return 1e6
	case *pq.NanoSeconds:
		return 1e9
	}
	return 0
}

// digits of a fraction that a unit can hold.
func digits(perSecond int64) (n int) {
	for ; perSecond > 1; perSecond /= 10 {
		n++
	}
	return n
}

// text columns are mixed: what is not UTF-8 stays as bytes.
func text(e *element, c *snapshot.Column, class snapshot.Class) converter {
	if e.Type.V != pq.ByteArray && e.Type.V != pq.FixedLenByteArray {
		return nil
	}
	c.Class, c.Mixed = class, true
	return texts
}

func uuid(e *element, c *snapshot.Column) converter {
	if e.Type.V != pq.FixedLenByteArray || e.TypeLength.V != 16 {
		return nil
	}
	c.Class = snapshot.UUID
	return rawBytes
}

// date, clock and timestamp: DuckDB writes infinity and 24:00, Spark the year 9999 as
// INT96. The snapshot's own types do not hold these: such columns are mixed.
func date(e *element, c *snapshot.Column) converter {
	if e.Type.V != pq.Int32 {
		return nil
	}
	c.Class, c.Mixed = snapshot.Date, true
	return dates
}

func integer(e *element, c *snapshot.Column, bits int, signed bool) converter {
	c.Class, c.Bits, c.Unsigned = snapshot.Number, max(bits, 16), !signed
	if !signed {
		c.Bits, c.Precision = signedBits(bits)
	}
	switch {
	case e.Type.V == pq.Int32 && signed:
		return int32s
	case e.Type.V == pq.Int32:
		return uint32s
	case e.Type.V == pq.Int64 && signed:
		return int64s
	case e.Type.V == pq.Int64:
		return uint64s
	}
	return nil
}

// signedBits is the size of the signed integer that holds an unsigned one, or the
// digits of one that none holds.
func signedBits(bits int) (signed, precision int) {
	if bits < 64 {
		return max(2*bits, 16), 0
	}
	return 0, 20
}

func decimal(e *element, c *snapshot.Column, precision, scale int) converter {
	if precision < 1 || scale < 0 || scale > precision {
		return nil
	}
	c.Class, c.Precision, c.Scale = snapshot.Number, precision, scale
	switch e.Type.V {
	case pq.Int32:
		return scaled32(scale)
	case pq.Int64:
		return scaled64(scale)
	case pq.ByteArray, pq.FixedLenByteArray:
		return scaledBytes(scale)
	}
	return nil
}

func clock(e *element, c *snapshot.Column, perSecond int64) converter {
	c.Class, c.Precision, c.Mixed = snapshot.Time, digits(perSecond), true
	switch {
	case e.Type.V == pq.Int32 && perSecond == 1e3:
		return clockMillis
	case e.Type.V == pq.Int64 && perSecond >= 1e6:
		return clocks(perSecond)
	}
	return nil
}

func timestamp(e *element, c *snapshot.Column, perSecond int64, utc bool) converter {
	if e.Type.V != pq.Int64 || perSecond == 0 {
		return nil
	}
	c.Class, c.Precision, c.Mixed = snapshot.WallTime, digits(perSecond), true
	if utc {
		c.Class = snapshot.Instant
	}
	return timestamps(perSecond)
}

func interval(e *element, c *snapshot.Column) converter {
	if e.Type.V != pq.FixedLenByteArray || e.TypeLength.V != 12 {
		return nil
	}
	c.Class = snapshot.Interval
	return intervals
}
