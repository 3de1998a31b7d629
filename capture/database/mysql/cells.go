package mysql

import (
	"bytes"
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"parallax/capture/snapshot"
)

// put appends one value of the driver, not null, to a vector. Bytes are the
// driver's until the next row.
type put func(v *snapshot.Vector, value driver.Value) error

// putFor chooses by the column's declared type. zeroes counts values of an
// enumeration's index 0.
func putFor(c *snapshot.Column, zeroes *int64) put {
	switch c.Class {
	case snapshot.Number:
		return putForNumber(base(c.Declared))
	case snapshot.Float:
		return putFloat
	case snapshot.Date:
		return putDate
	case snapshot.WallTime, snapshot.Instant:
		return putDateTime
	case snapshot.Time:
		return putTime
	case snapshot.UUID:
		return putUUID
	case snapshot.Bytes:
		if c.Encoding == "ewkb" {
			return putGeometry
		}
		return putBytes
	}
	if base(c.Declared) == "enum" && !slices.Contains(c.Labels, "") {
		return putEnum(zeroes)
	}
	return putText
}

func putForNumber(kind string) put {
	switch kind {
	case "decimal":
		return putDecimal
	case "bit":
		return putBit
	}
	return putWhole
}

func unexpected(value driver.Value) error {
	return fmt.Errorf("the driver gives a %T", value)
}

// putWhole: beyond a signed integer the driver gives the digits.
func putWhole(v *snapshot.Vector, value driver.Value) error {
	switch x := value.(type) {
	case int64:
		v.Data = snapshot.AppendInt(v.Data, x)
	case []byte:
		u, err := strconv.ParseUint(string(x), 10, 64)
		if err != nil {
			return err
		}
		v.Data = snapshot.AppendUint(v.Data, u)
	default:
		return unexpected(value)
	}
	v.End()
	return nil
}

func putBit(v *snapshot.Vector, value driver.Value) error {
	b, ok := value.([]byte)
	if !ok || len(b) > 8 {
		return unexpected(value)
	}
	var wide [8]byte
	copy(wide[8-len(b):], b)
	v.Data = snapshot.AppendUint(v.Data, binary.BigEndian.Uint64(wide[:]))
	v.End()
	return nil
}

func putDecimal(v *snapshot.Vector, value driver.Value) (err error) {
	b, ok := value.([]byte)
	if !ok {
		return unexpected(value)
	}
	if unscaled, scale, ok := shortDecimal(b); ok {
		v.Data = snapshot.AppendScaled(v.Data, unscaled, scale)
	} else if v.Data, err = snapshot.AppendNumberText(v.Data, string(b)); err != nil {
		return err
	}
	v.End()
	return nil
}

// shortDecimal reads decimals of up to 18 digits, which are nearly all.
func shortDecimal(b []byte) (unscaled int64, scale int, ok bool) {
	digits := bytes.TrimPrefix(b, []byte("-"))
	if len(digits) == 0 || len(digits) > 18 {
		return 0, 0, false
	}
	point := -1
	for i, c := range digits {
		switch {
		case c >= '0' && c <= '9':
			unscaled = unscaled*10 + int64(c-'0')
		case c == '.' && point < 0:
			point = i
		default:
			return 0, 0, false
		}
	}
	if point >= 0 {
		scale = len(digits) - 1 - point
	}
	if len(digits) != len(b) {
		unscaled = -unscaled
	}
	return unscaled, scale, len(digits) > 1 || point < 0
}

func putFloat(v *snapshot.Vector, value driver.Value) error {
	switch x := value.(type) {
	case float32:
		v.Data = snapshot.AppendFloat(v.Data, float64(x))
	case float64:
		v.Data = snapshot.AppendFloat(v.Data, x)
	default:
		return unexpected(value)
	}
	v.End()
	return nil
}

func putDate(v *snapshot.Vector, value driver.Value) error {
	b, ok := value.([]byte)
	if !ok {
		return unexpected(value)
	}
	days, ok := parseDate(b)
	if !ok {
		v.Append(snapshot.Text, b)
		return nil
	}
	v.Data = snapshot.AppendDays(v.Data, days)
	v.End()
	return nil
}

func putDateTime(v *snapshot.Vector, value driver.Value) error {
	b, ok := value.([]byte)
	if !ok {
		return unexpected(value)
	}
	sec, nsec, ok := parseDateTime(b)
	if !ok {
		v.Append(snapshot.Text, b)
		return nil
	}
	v.Data = snapshot.AppendSeconds(v.Data, sec, nsec)
	v.End()
	return nil
}

func putTime(v *snapshot.Vector, value driver.Value) error {
	b, _ := value.([]byte)
	us, ok := parseTime(b)
	if !ok {
		return fmt.Errorf("%.30q is not a time", b)
	}
	v.Data = snapshot.AppendTimeMicros(v.Data, us)
	v.End()
	return nil
}

// putText: what is not UTF-8 is kept as the bytes that it is.
func putText(v *snapshot.Vector, value driver.Value) error {
	b, ok := value.([]byte)
	switch {
	case !ok:
		return unexpected(value)
	case utf8.Valid(b):
		v.Data = append(v.Data, b...)
		v.End()
	default:
		v.Append(snapshot.Bytes, b)
	}
	return nil
}

// putEnum counts the text of index 0, which is what the server stores for a value
// that is no label.
func putEnum(zeroes *int64) put {
	return func(v *snapshot.Vector, value driver.Value) error {
		if b, ok := value.([]byte); ok && len(b) == 0 {
			*zeroes++
		}
		return putText(v, value)
	}
}

func putBytes(v *snapshot.Vector, value driver.Value) error {
	b, ok := value.([]byte)
	if !ok {
		return unexpected(value)
	}
	v.Data = append(v.Data, b...)
	v.End()
	return nil
}

func putGeometry(v *snapshot.Vector, value driver.Value) (err error) {
	b, ok := value.([]byte)
	if !ok {
		return unexpected(value)
	}
	if v.Data, err = appendGeometry(v.Data, b); err != nil {
		return err
	}
	v.End()
	return nil
}

// putUUID: the server gives the text, never its own bytes, which it keeps in
// another order.
func putUUID(v *snapshot.Vector, value driver.Value) error {
	b, _ := value.([]byte)
	id, ok := parseUUID(b)
	if !ok {
		return fmt.Errorf("%.40q is not a uuid", b)
	}
	v.Data = append(v.Data, id[:]...)
	v.End()
	return nil
}

func parseUUID(b []byte) (id [16]byte, ok bool) {
	if len(b) != 36 || b[8] != '-' || b[13] != '-' || b[18] != '-' || b[23] != '-' {
		return id, false
	}
	at := 0
	for i := range id {
		if b[at] == '-' {
			at++
		}
		n, err := strconv.ParseUint(string(b[at:at+2]), 16, 8)
		if err != nil {
			return id, false
		}
		id[i] = byte(n)
		at += 2
	}
	return id, true
}
