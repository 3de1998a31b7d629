package snapshot

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/zeebo/xxh3"

	"parallax/internal/pagefile"
)

// columnSum adds up the cells' terms of the rows from up to, without to.
func columnSum(v *Vector, hashes []uint64, from, to int) Sum {
	c := cells{v: v}
	c.skip(from)
	if c.nulls == len(v.Nulls) && c.others == len(v.Others) {
		return plainSum(v, hashes, from, to)
	}
	var s Sum
	for row := from; row < to; row++ {
		class, b := c.next(row)
		s.Add(CellSum(hashes[row], class, b))
	}
	return s
}

// plainSum is columnSum where all cells are of the column's class.
func plainSum(v *Vector, hashes []uint64, from, to int) (s Sum) {
	salt := uint64(v.Class) * classSalt
	start := uint32(0)
	if from > 0 {
		start = v.Ends[from-1]
	}
	for row := from; row < to; row++ {
		end := v.Ends[row]
		h := xxh3.Hash128Seed(v.Data[start:end], hashes[row]+salt)
		var carry uint64
		s.Lo, carry = bits.Add64(s.Lo, h.Lo, 0)
		s.Hi, _ = bits.Add64(s.Hi, h.Hi, carry)
		start = end
	}
	return s
}

// pageEncoder turns stretches of a column into pages. Its memory serves all
// columns of a row group in turn.
type pageEncoder struct {
	def    []byte
	int64s []int64
	int32s []int32
	data   []byte
	ends   []uint32 // where values end in data, after a 0
	values []byte
	odd    []uint32 // rows of the page whose cells the natural type does not hold
	page   pagefile.Page
}

// misfit is a cell that a column without a sibling cannot hold.
type misfit struct {
	row   int
	class Class
}

func (m misfit) Error() string {
	return fmt.Sprintf("a value of class %s that the column's type does not hold, and the column is not declared mixed", m.class)
}

// add makes a page of the rows from up to, without to.
func (e *pageEncoder) add(f *field, v *Vector, from, to int, natural, other *pagefile.Chunk) error {
	e.begin(v, from, to)
	if err := e.fill(f, v, from); err != nil {
		return err
	}
	if len(e.odd) > 0 && other == nil {
		row := from + int(e.odd[0])
		return misfit{row, v.ClassAt(row)}
	}
	if err := natural.Add(&e.page); err != nil || other == nil {
		return err
	}
	return e.addOther(v, from, other)
}

// begin sets the levels: those of nulls and of other classes are 0.
func (e *pageEncoder) begin(v *Vector, from, to int) {
	e.page = pagefile.Page{Rows: to - from}
	e.def = slices.Grow(e.def[:0], to-from)[:to-from]
	for i := range e.def {
		e.def[i] = 1
	}
	e.odd = e.odd[:0]
	for i := lowerBound(v.Nulls, from); i < len(v.Nulls) && v.Nulls[i] < uint32(to); i++ {
		e.def[int(v.Nulls[i])-from] = 0
		e.page.Nulls++
	}
	for i := lowerOther(v.Others, from); i < len(v.Others) && v.Others[i].Row < uint32(to); i++ {
		e.leave(int(v.Others[i].Row) - from)
	}
	e.page.Def = e.def
}

// leave gives a row of the page to the sibling.
func (e *pageEncoder) leave(row int) {
	e.def[row] = 0
	e.page.Nulls++
	e.odd = append(e.odd, uint32(row))
}

func (e *pageEncoder) fill(f *field, v *Vector, from int) error {
	switch f.form {
	case formInt, formDecimal, formMicros, formNanos, formDate, formTime:
		return e.integers(f, v, from)
	case formText, formBytes:
		return e.texts(f, v, from)
	case formNumberText, formIntervalText:
		return e.writtenOut(f, v, from)
	}
	return e.fixed(f, v, from)
}

// integer returns a cell as the field's integer form has it.
func (f *field) integer(c []byte) (x int64, ok bool) {
	switch f.form {
	case formInt:
		x, ok = NumberInt(c)
	case formDecimal:
		x, ok = NumberScaled(c, f.column.Scale)
	case formMicros:
		x, ok = MicrosValue(c)
	case formNanos:
		x, ok = nanosValue(c)
	case formDate:
		_, endless := Endless(c)
		x, ok = int64(DaysValue(c)), len(c) == 4 && !endless
	case formTime:
		x, ok = TimeValue(c), len(c) == 8
	}
	return x, ok && x >= f.lo && x <= f.hi
}

// nanosValue is MicrosValue in nanoseconds.
func nanosValue(c []byte) (int64, bool) {
	sec, nsec := SecondsValue(c)
	const most = math.MaxInt64/1_000_000_000 - 1
	if len(c) != 12 || nsec < 0 || nsec > 999_999_999 || sec > most || sec < -most {
		return 0, false
	}
	return sec*1e9 + int64(nsec), true
}

func (e *pageEncoder) integers(f *field, v *Vector, from int) error {
	e.int64s = slices.Grow(e.int64s[:0], len(e.def))
	cell := cells{v: v}
	cell.skip(from)
	start := cell.start
	for i := range e.def {
		end := v.Ends[from+i]
		if e.def[i] != 0 {
			if x, ok := f.integer(v.Data[start:end]); ok {
				e.int64s = append(e.int64s, x)
			} else {
				e.leave(i)
			}
		}
		start = end
	}
	if len(e.int64s) > 0 {
		e.page.Least, e.page.Most = slices.Min(e.int64s), slices.Max(e.int64s)
	}
	return e.packIntegers(f.lo >= math.MinInt32 && f.hi <= math.MaxInt32 && f.form != formDecimal)
}

func (e *pageEncoder) packIntegers(short bool) (err error) {
	var packed delta.BinaryPackedEncoding
	if !short {
		e.values, err = packed.EncodeInt64(e.values, e.int64s)
	} else {
		e.int32s = e.int32s[:0]
		for _, x := range e.int64s {
			e.int32s = append(e.int32s, int32(x))
		}
		e.values, err = packed.EncodeInt32(e.values, e.int32s)
	}
	e.page.Values = e.values
	return err
}

// texts are cells that stand in the file as they are.
func (e *pageEncoder) texts(f *field, v *Vector, from int) error {
	e.data, e.ends = e.data[:0], append(slices.Grow(e.ends[:0], len(e.def)+1), 0)
	start := startOf(v, from)
	if e.page.Nulls == 0 || len(e.odd) == 0 { // nulls have no bytes
		stretch := v.Data[start:v.Ends[from+len(e.def)-1]]
		for i, end := range v.Ends[from : from+len(e.def)] {
			if e.def[i] != 0 {
				e.ends = append(e.ends, end-start)
			}
		}
		return e.packTexts(f, stretch)
	}
	for i := range e.def {
		end := v.Ends[from+i]
		if e.def[i] != 0 {
			e.data = append(e.data, v.Data[start:end]...)
			e.ends = append(e.ends, uint32(len(e.data)))
		}
		start = end
	}
	return e.packTexts(f, e.data)
}

func startOf(v *Vector, row int) uint32 {
	if row == 0 {
		return 0
	}
	return v.Ends[row-1]
}

func (e *pageEncoder) packTexts(f *field, data []byte) (err error) {
	if f.form == formText && !validTexts(data, e.ends) {
		return fmt.Errorf("a text that is not UTF-8: such values are of class bytes")
	}
	var lengths delta.LengthByteArrayEncoding
	e.values, err = lengths.EncodeByteArray(e.values, data, e.ends)
	e.page.Values = e.values
	return err
}

// validTexts checks all texts at once: what is valid back to back is valid each,
// if none begins within a character.
func validTexts(data []byte, ends []uint32) bool {
	if !utf8.Valid(data) {
		return false
	}
	for _, at := range ends {
		if int(at) < len(data) && !utf8.RuneStart(data[at]) {
			return false
		}
	}
	return true
}

// writtenOut are cells that stand in the file as text.
func (e *pageEncoder) writtenOut(f *field, v *Vector, from int) error {
	e.data, e.ends = e.data[:0], append(e.ends[:0], 0)
	start := startOf(v, from)
	for i := range e.def {
		end := v.Ends[from+i]
		if c := v.Data[start:end]; e.def[i] != 0 {
			if text, ok := f.text(e.data, c); ok {
				e.data = text
				e.ends = append(e.ends, uint32(len(e.data)))
			} else {
				e.leave(i)
			}
		}
		start = end
	}
	return e.packTexts(f, e.data)
}

// text appends a cell as text where that has an inverse.
func (f *field) text(dst, c []byte) ([]byte, bool) {
	if f.form == formIntervalText {
		return AppendText(dst, Interval, c), len(c) == 16 && TimeValue(c[8:]) != math.MinInt64
	}
	return AppendNumber(dst, c), isFinite(c)
}

// isFinite reports whether a number is neither NaN nor infinite.
func isFinite(c []byte) bool {
	return len(c) >= 2 && c[0] != numberNegInf && c[0] < numberInf
}

func (e *pageEncoder) fixed(f *field, v *Vector, from int) error {
	e.data = e.data[:0]
	start, n := startOf(v, from), 0
	for i := range e.def {
		end := v.Ends[from+i]
		if e.def[i] != 0 {
			data, ok := f.appendFixed(e.data, v.Data[start:end], n)
			if e.data = data; ok {
				n++
			} else {
				e.leave(i)
			}
		}
		start = end
	}
	e.page.Values = e.data
	return nil
}

// appendFixed appends the n-th value of a page in PLAIN.
func (f *field) appendFixed(dst, c []byte, n int) ([]byte, bool) {
	switch f.form {
	case formDouble:
		if len(c) != 8 {
			return dst, false
		}
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(FloatValue(c))), true
	case formFloat:
		x := FloatValue(c)
		if len(c) != 8 || x == x && float64(float32(x)) != x {
			return dst, false
		}
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(float32(x))), true
	case formBool:
		return appendBit(dst, c, n)
	case formBigDecimal:
		return appendBigDecimal(dst, c, f.column.Scale, f.column.Precision)
	}
	return append(dst, c...), len(c) == 16 // UUID
}

func appendBit(dst, c []byte, n int) ([]byte, bool) {
	if len(c) != 1 || c[0] > 1 {
		return dst, false
	}
	if n%8 == 0 {
		dst = append(dst, 0)
	}
	dst[len(dst)-1] |= c[0] << (n % 8)
	return dst, true
}

// addOther makes the sibling's page: cells of other classes and those that the
// natural type does not hold, tagged.
func (e *pageEncoder) addOther(v *Vector, from int, other *pagefile.Chunk) (err error) {
	rows := len(e.def)
	e.page = pagefile.Page{Rows: rows, Nulls: rows - len(e.odd), Def: e.def}
	clear(e.def)
	slices.Sort(e.odd)
	e.data, e.ends = e.data[:0], append(e.ends[:0], 0)
	for _, i := range e.odd {
		e.def[i] = 1
		class, c := v.Cell(from + int(i))
		if e.data = AppendTagged(e.data, class, c); !utf8.Valid(e.data[e.ends[len(e.ends)-1]:]) {
			return fmt.Errorf("a text that is not UTF-8: such values are of class bytes")
		}
		e.ends = append(e.ends, uint32(len(e.data)))
	}
	var lengths delta.LengthByteArrayEncoding
	e.values, err = lengths.EncodeByteArray(e.values, e.data, e.ends)
	e.page.Values = e.values
	if err != nil {
		return err
	}
	return other.Add(&e.page)
}
