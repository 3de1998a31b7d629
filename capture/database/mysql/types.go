package mysql

import (
	"fmt"
	"strings"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// base is a declared type's first word: decimal of "decimal(10,2) unsigned".
func base(declared string) string {
	end := strings.IndexAny(declared, "( ")
	if end < 0 {
		return declared
	}
	return declared[:end]
}

// classify fills in what the declared type says. numbers holds, by the catalogue,
// length, precision, scale and the precision of fractions.
func classify(c *snapshot.Column, n sizes) error {
	kind := base(c.Declared)
	c.Unsigned = strings.Contains(c.Declared, " unsigned")
	if bits := wholeBits(kind); bits != 0 {
		wholeNumber(c, bits)
		return nil
	}
	switch kind {
	case "decimal":
		c.Class, c.Precision, c.Scale = snapshot.Number, n.precision, n.scale
	case "float":
		c.Class, c.Bits = snapshot.Float, 32
	case "double":
		c.Class, c.Bits = snapshot.Float, 64
	case "bit":
		c.Unsigned = true
		wholeNumber(c, max(1, n.precision))
	case "year":
		c.Class, c.Bits = snapshot.Number, 16
	default:
		return classifyOther(c, kind, n)
	}
	return nil
}

type sizes struct{ length, precision, scale, fraction int }

func wholeBits(kind string) int {
	switch kind {
	case "tinyint":
		return 8
	case "smallint":
		return 16
	case "mediumint":
		return 24
	case "int", "integer":
		return 32
	case "bigint":
		return 64
	}
	return 0
}

// wholeNumber: an unsigned number needs one bit more of a signed integer; beyond
// 64 it is a decimal of 20 digits.
func wholeNumber(c *snapshot.Column, bits int) {
	c.Class = snapshot.Number
	if c.Unsigned {
		bits++
	}
	switch {
	case bits <= 16:
		c.Bits = 16
	case bits <= 32:
		c.Bits = 32
	case bits <= 64:
		c.Bits = 64
	default:
		c.Precision = 20
	}
}

func classifyOther(c *snapshot.Column, kind string, n sizes) error {
	switch kind {
	case "char", "varchar":
		c.Class, c.Length, c.Padded = snapshot.Text, n.length, kind == "char"
	case "tinytext", "text", "mediumtext", "longtext", "enum", "set":
		c.Class = snapshot.Text
	case "binary", "varbinary":
		c.Class, c.Length, c.Padded = snapshot.Bytes, n.length, kind == "binary"
	case "tinyblob", "blob", "mediumblob", "longblob":
		c.Class = snapshot.Bytes
	case "json":
		c.Class = snapshot.JSON
	case "uuid":
		c.Class = snapshot.UUID
	case "inet4", "inet6":
		c.Class = snapshot.Text
	default:
		return classifyTime(c, kind, n)
	}
	return nil
}

// classifyTime: zero dates and dates beyond the calendar stand as text among the
// dates, times may be negative or beyond a day: their columns are mixed.
func classifyTime(c *snapshot.Column, kind string, n sizes) error {
	switch kind {
	case "date":
		c.Class, c.Mixed = snapshot.Date, true
	case "datetime":
		c.Class, c.Precision, c.Mixed = snapshot.WallTime, n.fraction, true
	case "timestamp":
		c.Class, c.Precision, c.Mixed = snapshot.Instant, n.fraction, true
	case "time":
		c.Class, c.Precision, c.Mixed = snapshot.Time, n.fraction, true
	case "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection":
		c.Class, c.Encoding = snapshot.Bytes, "ewkb"
	default:
		return fmt.Errorf("%w %q", database.ErrType, c.Declared)
	}
	return nil
}

// mayBeInvalid: a multi-byte column may hold what is not UTF-8 (surrogates in
// utf8mb3); one byte a character always converts.
func mayBeInvalid(charset string) bool {
	switch charset {
	case "latin1", "latin2", "latin5", "latin7", "ascii", "cp1250", "cp1251", "cp1256", "cp1257", "koi8r", "koi8u", "greek", "hebrew":
		return false
	}
	return true
}
