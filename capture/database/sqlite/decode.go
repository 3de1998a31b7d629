package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"parallax/capture/snapshot"
	"parallax/internal/iso"
)

// decoder turns one column's cells into canonical bytes.
type decoder struct {
	column *snapshot.Column
	// text and integer read what the declared type says such a cell means; nil, or
	// not ok: the cell keeps its storage class. They append nothing then.
	text    func(dst []byte, s string) ([]byte, bool)
	integer func(dst []byte, n int64) ([]byte, bool)
	// most is how many digits behind the point a decimal may have; -1: reals are no
	// decimals here.
	most int
	buf  []byte
	// What was counted, for the table's notes.
	decimals, otherReals, notUTF8 int64
}

func newDecoder(c *snapshot.Column) *decoder {
	d := &decoder{column: c, most: -1}
	switch c.Class {
	case snapshot.Bool:
		d.integer = boolOf
	case snapshot.WallTime:
		d.text = wallTimeOf
	case snapshot.Instant:
		d.text = instantOf
	case snapshot.Date:
		d.text = dateOf
	case snapshot.Time:
		d.text = clockOf
	case snapshot.UUID:
		d.text = uuidOf
	case snapshot.JSON:
		d.text = jsonOf
	case snapshot.Number:
		d.most = decimals(c)
	}
	return d
}

// decimals is the scale of a DECIMAL; without one it may have any digits that a
// double holds.
func decimals(c *snapshot.Column) int {
	switch {
	case c.Encoding != encodingReal:
		return -1
	case c.Precision == 0:
		return maxDigits
	}
	return c.Scale
}

// add appends a cell and returns about what it weighs.
func (d *decoder) add(v *snapshot.Vector, x driver.Value) (int, error) {
	switch x := x.(type) {
	case nil:
		v.AppendNull()
		return 0, nil
	case int64:
		d.addInteger(v, x)
	case float64:
		d.addReal(v, x)
	case string:
		d.addText(v, x)
		return len(x), nil
	case []byte:
		v.Append(snapshot.Bytes, x)
		return len(x), nil
	default:
		return 0, fmt.Errorf("column %q: the driver returned a %T, which is no storage class", d.column.Name, x)
	}
	return 8, nil
}

func (d *decoder) addInteger(v *snapshot.Vector, n int64) {
	if d.integer != nil {
		if data, ok := d.integer(v.Data, n); ok {
			v.Data = data
			v.End()
			return
		}
	}
	if v.Class == snapshot.Number {
		v.Data = snapshot.AppendInt(v.Data, n)
		v.End()
		return
	}
	d.buf = snapshot.AppendInt(d.buf[:0], n)
	v.Append(snapshot.Number, d.buf)
}

func (d *decoder) addReal(v *snapshot.Vector, f float64) {
	if d.most >= 0 {
		if unscaled, scale, ok := decimalOf(f, d.most); ok {
			d.decimals++
			v.Data = snapshot.AppendScaled(v.Data, unscaled, scale)
			v.End()
			return
		}
	}
	if v.Class == snapshot.Number {
		d.otherReals++
	}
	d.buf = snapshot.AppendFloat(d.buf[:0], f)
	v.Append(snapshot.Float, d.buf)
}

func (d *decoder) addText(v *snapshot.Vector, s string) {
	if d.text != nil {
		if data, ok := d.text(v.Data, s); ok {
			v.Data = data
			v.End()
			return
		}
	}
	class := snapshot.Text
	if !utf8.ValidString(s) {
		class = snapshot.Bytes
		d.notUTF8++
	}
	if class == v.Class {
		v.Data = append(v.Data, s...)
		v.End()
		return
	}
	d.buf = append(d.buf[:0], s...)
	v.Append(class, d.buf)
}

// note adds what was counted to a table's notes.
func (d *decoder) note(t *snapshot.Table) {
	if t.Notes == nil {
		t.Notes = map[string]int64{}
	}
	for name, n := range map[string]int64{
		"decimals from reals": d.decimals,
		fmt.Sprintf("column %q: reals kept as doubles in a column of numbers", d.column.Name): d.otherReals,
		fmt.Sprintf("column %q: texts that are not UTF-8, kept as bytes", d.column.Name):      d.notUTF8,
	} {
		if n > 0 {
			t.Notes[name] += n
		}
	}
}

func boolOf(dst []byte, n int64) ([]byte, bool) {
	if n != 0 && n != 1 {
		return dst, false
	}
	return snapshot.AppendBool(dst, n == 1), true
}

func wallTimeOf(dst []byte, s string) ([]byte, bool) {
	sec, nsec, ok := iso.WallTime(s)
	if !ok {
		return dst, false
	}
	return snapshot.AppendSeconds(dst, sec, nsec), true
}

func instantOf(dst []byte, s string) ([]byte, bool) {
	sec, nsec, ok := iso.Instant(s)
	if !ok {
		return dst, false
	}
	return snapshot.AppendSeconds(dst, sec, nsec), true
}

// dateOf takes a time of midnight too, which is how some drivers write a date.
func dateOf(dst []byte, s string) ([]byte, bool) {
	sec, nsec, ok := iso.WallTime(s)
	if !ok || nsec != 0 || sec%86400 != 0 {
		return dst, false
	}
	return snapshot.AppendDays(dst, int32(sec/86400)), true
}

func clockOf(dst []byte, s string) ([]byte, bool) {
	us, ok := iso.Clock(s)
	if !ok {
		return dst, false
	}
	return snapshot.AppendTimeMicros(dst, us), true
}

func uuidOf(dst []byte, s string) ([]byte, bool) {
	id, ok := iso.UUID(s)
	if !ok {
		return dst, false
	}
	return append(dst, id[:]...), true
}

func jsonOf(dst []byte, s string) ([]byte, bool) {
	if !utf8.ValidString(s) || !json.Valid([]byte(s)) {
		return dst, false
	}
	return append(dst, s...), true
}
