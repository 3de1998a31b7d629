package snapshot

import (
	"encoding/binary"
	"fmt"
	"math"

	"parallax/internal/pagefile"
)

// columnReader reads one column of a part into vectors.
type columnReader struct {
	field   *field
	natural *pagefile.Column
	other   *pagefile.Column // nil without a sibling

	// Where the value of a row stands among those of its page: at row
	// (of the page) value values came before.
	row, value           int
	page                 int64
	otherRow, otherValue int
	otherPage            int64
	scratch              []byte
}

func newColumnReader(f *field, file *pagefile.Reader) *columnReader {
	c := &columnReader{field: f, natural: file.Column(f.leaf), page: -1, otherPage: -1}
	if f.other >= 0 {
		c.other = file.Column(f.other)
	}
	return c
}

// read appends the rows from up to, without to, of the part to v.
func (c *columnReader) read(v *Vector, from, to int64) error {
	for from < to {
		if err := c.natural.Load(from); err != nil {
			return err
		}
		end := min(to, c.natural.First+int64(c.natural.Rows))
		err := c.stretch(v, int(from-c.natural.First), int(end-c.natural.First))
		if err == nil && len(v.Data) > math.MaxUint32 {
			err = fmt.Errorf("more than 4 GiB in one batch: ask for fewer rows")
		}
		if err != nil {
			return fmt.Errorf("column %q: rows %d to %d: %w", c.field.column.Name, from, end-1, err)
		}
		from = end
	}
	return nil
}

// stretch appends rows of the page at hand.
func (c *columnReader) stretch(v *Vector, from, to int) error {
	first := c.valuesBefore(from)
	if c.natural.Def == nil {
		c.row, c.value = to, first+to-from
		return c.values(v, first, c.value)
	}
	value := first
	for row := from; row < to; {
		end := row
		for end < to && c.natural.Def[end] != 0 {
			end++
		}
		if end > row {
			if err := c.values(v, value, value+end-row); err != nil {
				return err
			}
			value += end - row
		}
		for row = end; row < to && c.natural.Def[row] == 0; row++ {
			if err := c.absent(v, c.natural.First+int64(row)); err != nil {
				return err
			}
		}
	}
	c.row, c.value = to, value
	return nil
}

// valuesBefore counts the values before a row of the page, from where the last
// stretch ended if that is before it.
func (c *columnReader) valuesBefore(row int) int {
	if c.natural.Def == nil {
		c.page = c.natural.First
		return row
	}
	if c.page != c.natural.First || c.row > row {
		c.page, c.row, c.value = c.natural.First, 0, 0
	}
	return c.value + ones(c.natural.Def[c.row:row])
}

func ones(levels []byte) (n int) {
	for _, l := range levels {
		n += int(l)
	}
	return n
}

// absent appends a row that the natural column has no value of: null, or what
// its sibling holds.
func (c *columnReader) absent(v *Vector, row int64) error {
	if c.other == nil {
		v.AppendNull()
		return nil
	}
	if err := c.other.Load(row); err != nil {
		return err
	}
	in := int(row - c.other.First)
	if c.other.Count == 0 || c.other.Def != nil && c.other.Def[in] == 0 {
		v.AppendNull()
		return nil
	}
	class, b, err := ParseTagged(c.scratch[:0], string(c.otherText(in)))
	if err != nil || class == Null {
		return fmt.Errorf("%w: row %d: a tagged value: %w", ErrDamaged, row, err)
	}
	c.scratch = b
	v.Append(class, b)
	return nil
}

func (c *columnReader) otherText(row int) []byte {
	if c.otherPage != c.other.First || c.otherRow > row {
		c.otherPage, c.otherRow, c.otherValue = c.other.First, 0, 0
	}
	if c.other.Def == nil {
		c.otherRow, c.otherValue = row, row
	} else {
		c.otherValue += ones(c.other.Def[c.otherRow:row])
		c.otherRow = row
	}
	return c.other.Bytes[c.other.Offsets[c.otherValue]:c.other.Offsets[c.otherValue+1]]
}

// values appends the page's values from up to, without to.
func (c *columnReader) values(v *Vector, from, to int) error {
	switch c.field.form {
	case formInt, formDecimal, formMicros, formNanos, formDate, formTime:
		c.integers(v, from, to)
		return nil
	case formText, formBytes:
		c.texts(v, from, to)
		return nil
	case formNumberText, formIntervalText:
		return c.writtenOut(v, from, to)
	}
	c.fixed(v, from, to)
	return nil
}

func (c *columnReader) integers(v *Vector, from, to int) {
	f := c.field
	if len(c.natural.Int32) > 0 && f.short() {
		for _, x := range c.natural.Int32[from:to] {
			v.Data = f.appendInteger(v.Data, int64(x))
			v.End()
		}
		return
	}
	for _, x := range c.natural.Int64[from:to] {
		v.Data = f.appendInteger(v.Data, x)
		v.End()
	}
}

// short reports whether the field's integers are of 32 bits in the file.
func (f *field) short() bool {
	return f.form == formDate || f.form == formInt && f.column.Bits <= 32
}

// appendInteger is the inverse of integer.
func (f *field) appendInteger(dst []byte, x int64) []byte {
	switch f.form {
	case formInt:
		return AppendInt(dst, x)
	case formDecimal:
		return AppendScaled(dst, x, f.column.Scale)
	case formMicros:
		return AppendMicros(dst, x)
	case formNanos:
		sec, rest := x/1e9, x%1e9
		if rest < 0 {
			sec, rest = sec-1, rest+1e9
		}
		return AppendSeconds(dst, sec, int32(rest))
	case formDate:
		return AppendDays(dst, int32(x))
	}
	return AppendTimeMicros(dst, x)
}

func (c *columnReader) texts(v *Vector, from, to int) {
	offsets := c.natural.Offsets[from : to+1]
	shift := uint32(len(v.Data)) - offsets[0]
	v.Data = append(v.Data, c.natural.Bytes[offsets[0]:offsets[to-from]]...)
	for _, end := range offsets[1:] {
		v.Ends = append(v.Ends, end+shift)
	}
}

func (c *columnReader) writtenOut(v *Vector, from, to int) (err error) {
	for i := from; i < to; i++ {
		text := string(c.natural.Bytes[c.natural.Offsets[i]:c.natural.Offsets[i+1]])
		if v.Data, err = ParseText(v.Data, c.field.column.Class, text); err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		v.End()
	}
	return nil
}

func (c *columnReader) fixed(v *Vector, from, to int) {
	b := c.natural.Bytes
	for i := from; i < to; i++ {
		switch c.field.form {
		case formDouble:
			v.Data = AppendFloat(v.Data, math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
		case formFloat:
			v.Data = AppendFloat(v.Data, float64(math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))))
		case formBool:
			v.Data = append(v.Data, b[i/8]>>(i%8)&1)
		case formBigDecimal:
			v.Data = appendFromBigDecimal(v.Data, b[16*i:], c.field.column.Scale)
		default:
			v.Data = append(v.Data, b[16*i:16*i+16]...)
		}
		v.End()
	}
}
