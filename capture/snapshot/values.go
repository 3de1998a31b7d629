package snapshot

import (
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"

	"github.com/parquet-go/parquet-go"
)

// values are those of one leaf's rows: which rows have one, and the values that
// are there, side by side.
type values struct {
	present []byte
	ints    []int64
	data    []byte
	ends    []int
	bools   []bool
	width   int
}

// whole reads a chunk of required values.
func (v *values) whole(c parquet.ColumnChunk, rows int) error { return v.read(c, 0, int64(rows)) }

// read reads the rows from to to of a chunk.
func (v *values) read(c parquet.ColumnChunk, from, to int64) error {
	pages := c.Pages()
	defer pages.Close()
	if err := pages.SeekToRow(from); err != nil {
		return err
	}
	for left := to - from; left > 0; {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: %w", errShort, ErrDamaged)
		}
		if err != nil {
			return err
		}
		n := min(left, page.NumRows())
		err = v.page(page.Slice(0, n))
		parquet.Release(page)
		if err != nil {
			return err
		}
		left -= n
	}
	return nil
}

func (v *values) page(p parquet.Page) error {
	if p.Dictionary() != nil {
		return fmt.Errorf("dictionary pages are not part of the format: %w", ErrDamaged)
	}
	def := p.DefinitionLevels()
	present := int(p.NumValues())
	if def != nil {
		present = 0
		for _, d := range def {
			present += int(d)
		}
		v.present = append(v.present, def...)
	} else {
		for range present {
			v.present = append(v.present, 1)
		}
	}
	got, err := v.take(p)
	if err == nil && got != present {
		err = fmt.Errorf("%d values where the levels say %d: %w", got, present, ErrDamaged)
	}
	return err
}

// take appends the values of a page and returns their number.
func (v *values) take(p parquet.Page) (int, error) {
	data := p.Data()
	switch kind := p.Type().Kind(); kind {
	case parquet.ByteArray:
		b, offsets := data.ByteArray()
		if len(offsets) == 0 {
			return 0, nil
		}
		base, at := len(v.data), int(offsets[0])
		v.data = append(v.data, b[offsets[0]:offsets[len(offsets)-1]]...)
		for _, o := range offsets[1:] {
			v.ends = append(v.ends, base+int(o)-at)
		}
		return len(offsets) - 1, nil
	case parquet.FixedLenByteArray:
		b, width := data.FixedLenByteArray()
		v.data, v.width = append(v.data, b...), width
		return len(b) / max(width, 1), nil
	case parquet.Int64:
		v.ints = append(v.ints, data.Int64()...)
		return len(data.Int64()), nil
	case parquet.Int32:
		for _, n := range data.Int32() {
			v.ints = append(v.ints, int64(n))
		}
		return len(data.Int32()), nil
	case parquet.Double:
		for _, f := range data.Double() {
			v.ints = append(v.ints, int64(math.Float64bits(f)))
		}
		return len(data.Double()), nil
	case parquet.Float:
		for _, f := range data.Float() {
			v.ints = append(v.ints, int64(math.Float64bits(float64(f))))
		}
		return len(data.Float()), nil
	case parquet.Boolean:
		return v.takeBools(p)
	default:
		return 0, fmt.Errorf("values of type %s are not part of the format: %w", kind, ErrDamaged)
	}
}

// takeBools goes through boxes, since a page of bits may begin within a byte.
func (v *values) takeBools(p parquet.Page) (int, error) {
	boxes := make([]parquet.Value, p.NumValues())
	n, err := p.Values().ReadValues(boxes)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	before := len(v.bools)
	for _, b := range boxes[:n] {
		if !b.IsNull() {
			v.bools = append(v.bools, b.Boolean())
		}
	}
	return len(v.bools) - before, nil
}

// bytes returns the i-th value of a leaf of bytes.
func (v *values) bytes(i int) []byte {
	if v.width > 0 {
		return v.data[i*v.width : (i+1)*v.width]
	}
	start := 0
	if i > 0 {
		start = v.ends[i-1]
	}
	return v.data[start:v.ends[i]]
}

// decode appends cells in canonical form to a vector.
func (p *physical) decode(into *Vector, main, other *values, hasOther bool) error {
	n, k := 0, 0
	for row, present := range main.present {
		isOther := hasOther && other.present[row] == 1
		switch {
		case isOther && present == 1:
			return fmt.Errorf("row has a value and one in its sibling column: %w", ErrDamaged)
		case isOther:
			if err := appendOther(into, other.bytes(k)); err != nil {
				return err
			}
			k++
		case present == 0:
			into.AppendNull()
		default:
			if err := p.append(into, main, n); err != nil {
				return err
			}
			into.End()
			n++
		}
	}
	if hasOther && len(other.present) != len(main.present) {
		return fmt.Errorf("%d rows, %d of its sibling: %w", len(main.present), len(other.present), ErrDamaged)
	}
	return nil
}

// appendOther adds a tagged cell. One of the column's own class is one that its
// Parquet type cannot hold.
func appendOther(into *Vector, tagged []byte) error {
	class, data, err := ParseTagged(into.Data, tagged)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if class != into.Class {
		into.Others = append(into.Others, Other{uint32(len(into.Ends)), class})
	}
	into.Data = data
	into.End()
	return nil
}

// append adds the canonical bytes of the n-th value.
func (p *physical) append(into *Vector, v *values, n int) (err error) {
	switch p.form {
	case formInt:
		into.Data = AppendInt(into.Data, v.ints[n])
	case formDecimal:
		if p.leaf.Width == 0 {
			into.Data = AppendScaled(into.Data, v.ints[n], p.column.Scale)
		} else {
			into.Data = AppendBig(into.Data, fromTwosComplement(v.bytes(n)), p.column.Scale)
		}
	case formDigits:
		into.Data, err = AppendNumberText(into.Data, string(v.bytes(n)))
	case formDouble, formFloat:
		into.Data = AppendFloat(into.Data, math.Float64frombits(uint64(v.ints[n])))
	case formBool:
		into.Data = AppendBool(into.Data, v.bools[n])
	case formMicros:
		into.Data = AppendMicros(into.Data, v.ints[n])
	case formNanos:
		sec, rest := v.ints[n]/1e9, v.ints[n]%1e9
		if rest < 0 {
			sec, rest = sec-1, rest+1e9
		}
		into.Data = AppendSeconds(into.Data, sec, int32(rest))
	case formDays:
		into.Data = AppendDays(into.Data, int32(v.ints[n]))
	case formClock:
		into.Data = AppendTimeMicros(into.Data, v.ints[n])
	case formSpan:
		into.Data, err = parseInterval(into.Data, string(v.bytes(n)))
	default:
		into.Data = append(into.Data, v.bytes(n)...)
	}
	return err
}

func fromTwosComplement(b []byte) *big.Int {
	v := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return v
}

// parseInterval is the inverse of AppendText for intervals.
func parseInterval(dst []byte, text string) ([]byte, error) {
	var months, days int32
	var hours, minutes, seconds int64
	var clock string
	if _, err := fmt.Sscanf(text, "%d months %d days %s", &months, &days, &clock); err != nil {
		return dst, fmt.Errorf("%.60q: not an interval: %w", text, ErrDamaged)
	}
	negative := clock != "" && clock[0] == '-'
	if negative {
		clock = clock[1:]
	}
	fraction := 0
	if _, err := fmt.Sscanf(clock, "%d:%d:%d", &hours, &minutes, &seconds); err != nil {
		return dst, fmt.Errorf("%.60q: not an interval: %w", text, ErrDamaged)
	}
	if dot := len(clock) - 7; dot > 0 && clock[dot] == '.' {
		if _, err := fmt.Sscanf(clock[dot+1:], "%d", &fraction); err != nil {
			return dst, fmt.Errorf("%.60q: not an interval: %w", text, ErrDamaged)
		}
	}
	us := ((hours*60+minutes)*60+seconds)*1_000_000 + int64(fraction)
	if negative {
		us = -us
	}
	return AppendInterval(dst, months, days, us), nil
}
