package files

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go/encoding"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// converter appends values [from, to) of a page or a dictionary. These loops are
// where the time of reading goes: they walk typed slices and make no value boxes.
type converter func(v *snapshot.Vector, p encoding.Values, from, to int) error

func bools(v *snapshot.Vector, p encoding.Values, from, to int) error {
	bits := p.Boolean()
	for i := from; i < to; i++ {
		v.Data = append(v.Data, bits[i/8]>>(i%8)&1)
		v.End()
	}
	return nil
}

// nulls: the library has no values of a column that is declared to hold none.
func nulls(_ *snapshot.Vector, _ encoding.Values, from, to int) error {
	if from < to {
		return fmt.Errorf("%d values in a column of nulls: %w", to-from, database.ErrType)
	}
	return nil
}

func int32s(v *snapshot.Vector, p encoding.Values, from, to int) error {
	data, ends := v.Data, v.Ends
	for _, x := range p.Int32()[from:to] {
		data = snapshot.AppendInt(data, int64(x))
		ends = append(ends, uint32(len(data)))
	}
	v.Data, v.Ends = data, ends
	return nil
}

func uint32s(v *snapshot.Vector, p encoding.Values, from, to int) error {
	for _, x := range p.Uint32()[from:to] {
		v.Data = snapshot.AppendUint(v.Data, uint64(x))
		v.End()
	}
	return nil
}

func int64s(v *snapshot.Vector, p encoding.Values, from, to int) error {
	data, ends := v.Data, v.Ends
	for _, x := range p.Int64()[from:to] {
		data = snapshot.AppendInt(data, x)
		ends = append(ends, uint32(len(data)))
	}
	v.Data, v.Ends = data, ends
	return nil
}

func uint64s(v *snapshot.Vector, p encoding.Values, from, to int) error {
	for _, x := range p.Uint64()[from:to] {
		v.Data = snapshot.AppendUint(v.Data, x)
		v.End()
	}
	return nil
}

func floats(v *snapshot.Vector, p encoding.Values, from, to int) error {
	for _, x := range p.Float()[from:to] {
		v.Data = snapshot.AppendFloat(v.Data, float64(x))
		v.End()
	}
	return nil
}

func doubles(v *snapshot.Vector, p encoding.Values, from, to int) error {
	data, ends := v.Data, v.Ends
	for _, x := range p.Double()[from:to] {
		data = snapshot.AppendFloat(data, x)
		ends = append(ends, uint32(len(data)))
	}
	v.Data, v.Ends = data, ends
	return nil
}

func dates(v *snapshot.Vector, p encoding.Values, from, to int) error {
	for _, x := range p.Int32()[from:to] {
		v.Data = snapshot.AppendDays(v.Data, x)
		v.End()
	}
	return nil
}

func timestamps(perSecond int64) converter {
	nanos := 1_000_000_000 / perSecond
	return func(v *snapshot.Vector, p encoding.Values, from, to int) error {
		data, ends := v.Data, v.Ends
		for _, x := range p.Int64()[from:to] {
			sec, rest := x/perSecond, x%perSecond
			if rest < 0 {
				sec, rest = sec-1, rest+perSecond
			}
			data = snapshot.AppendSeconds(data, sec, int32(rest*nanos))
			ends = append(ends, uint32(len(data)))
		}
		v.Data, v.Ends = data, ends
		return nil
	}
}

// julianEpoch is the Julian day of 1970-01-01.
const julianEpoch = 2440588

// int96s are nanoseconds of a Julian day.
func int96s(v *snapshot.Vector, p encoding.Values, from, to int) error {
	for _, x := range p.Int96()[from:to] {
		nanos := int64(uint64(x[1])<<32 | uint64(x[0]))
		if nanos < 0 {
			return fmt.Errorf("INT96 of %d nanoseconds in a day: %w", uint64(nanos), database.ErrType)
		}
		sec := (int64(x[2])-julianEpoch)*86400 + nanos/1e9
		v.Data = snapshot.AppendSeconds(v.Data, sec, int32(nanos%1e9))
		v.End()
	}
	return nil
}

func clockMillis(v *snapshot.Vector, p encoding.Values, from, to int) error {
	for _, x := range p.Int32()[from:to] {
		v.Data = snapshot.AppendTimeMicros(v.Data, int64(x)*1000)
		v.End()
	}
	return nil
}

func clocks(perSecond int64) converter {
	perMicro := perSecond / 1e6
	return func(v *snapshot.Vector, p encoding.Values, from, to int) error {
		for _, x := range p.Int64()[from:to] {
			if x%perMicro != 0 {
				return fmt.Errorf("a time of %d ns is no whole number of microseconds: %w", x, database.ErrType)
			}
			v.Data = snapshot.AppendTimeMicros(v.Data, x/perMicro)
			v.End()
		}
		return nil
	}
}

// maxScale is the greatest scale of 64-bit decimals.
const maxScale = 18

func scaled32(scale int) converter {
	return func(v *snapshot.Vector, p encoding.Values, from, to int) error {
		for _, x := range p.Int32()[from:to] {
			v.Data = appendDecimal(v.Data, int64(x), scale)
			v.End()
		}
		return nil
	}
}

func scaled64(scale int) converter {
	return func(v *snapshot.Vector, p encoding.Values, from, to int) error {
		data, ends := v.Data, v.Ends
		for _, x := range p.Int64()[from:to] {
			data = appendDecimal(data, x, scale)
			ends = append(ends, uint32(len(data)))
		}
		v.Data, v.Ends = data, ends
		return nil
	}
}

func appendDecimal(dst []byte, unscaled int64, scale int) []byte {
	if scale <= maxScale {
		return snapshot.AppendScaled(dst, unscaled, scale)
	}
	return snapshot.AppendBig(dst, big.NewInt(unscaled), scale)
}

// scaledBytes are two's complement, most significant byte first, of any length.
func scaledBytes(scale int) converter {
	return func(v *snapshot.Vector, p encoding.Values, from, to int) error {
		s, n := spansOf(p), new(big.Int)
		for i := from; i < to; i++ {
			b := s.value(i)
			if len(b) <= 8 {
				v.Data = appendDecimal(v.Data, signed(b), scale)
			} else {
				v.Data = snapshot.AppendBig(v.Data, signedBig(n, b), scale)
			}
			v.End()
		}
		return nil
	}
}

func signed(b []byte) (x int64) {
	if len(b) > 0 && b[0]&0x80 != 0 {
		x = -1
	}
	for _, c := range b {
		x = x<<8 | int64(c)
	}
	return x
}

func signedBig(n *big.Int, b []byte) *big.Int {
	n.SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// spans are the bytes of values, of one length or not.
type spans struct {
	data    []byte
	offsets []uint32 // nil: each has size bytes
	size    int
}

func spansOf(p encoding.Values) (s spans) {
	if p.Kind() == encoding.FixedLenByteArray {
		s.data, s.size = p.FixedLenByteArray()
		return s
	}
	s.data, s.offsets = p.ByteArray()
	return s
}

// at is where the i-th value begins.
func (s *spans) at(i int) int {
	if s.offsets == nil {
		return i * s.size
	}
	return int(s.offsets[i])
}

func (s *spans) value(i int) []byte { return s.data[s.at(i):s.at(i+1)] }

func rawBytes(v *snapshot.Vector, p encoding.Values, from, to int) error {
	s := spansOf(p)
	s.copy(v, from, to)
	return nil
}

// copy appends a run of values in one piece.
func (s *spans) copy(v *snapshot.Vector, from, to int) {
	base := len(v.Data) - s.at(from)
	v.Data = append(v.Data, s.data[s.at(from):s.at(to)]...)
	for i := from + 1; i <= to; i++ {
		v.Ends = append(v.Ends, uint32(base+s.at(i)))
	}
}

// texts copies a run in one piece where all of it is UTF-8, as nearly always.
func texts(v *snapshot.Vector, p encoding.Values, from, to int) error {
	s := spansOf(p)
	if s.areText(from, to) {
		s.copy(v, from, to)
		return nil
	}
	for i := from; i < to; i++ {
		class, b := v.Class, s.value(i)
		if !utf8.Valid(b) {
			class = snapshot.Bytes
		}
		v.Append(class, b)
	}
	return nil
}

// areText reports whether all values of a run are UTF-8: the run as a whole is,
// and none begins within a character.
func (s *spans) areText(from, to int) bool {
	if !utf8.Valid(s.data[s.at(from):s.at(to)]) {
		return false
	}
	for i := from; i < to; i++ {
		if s.at(i) < s.at(i+1) && !utf8.RuneStart(s.data[s.at(i)]) {
			return false
		}
	}
	return true
}

// intervals are months, days and milliseconds, least significant byte first.
func intervals(v *snapshot.Vector, p encoding.Values, from, to int) error {
	data, _ := p.FixedLenByteArray()
	for i := from; i < to; i++ {
		b := data[12*i : 12*i+12]
		months, days := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if months > 1<<31-1 || days > 1<<31-1 {
			return fmt.Errorf("an interval of %d months, %d days: %w", months, days, database.ErrType)
		}
		v.Data = snapshot.AppendInterval(v.Data, int32(months), int32(days), int64(binary.LittleEndian.Uint32(b[8:]))*1000)
		v.End()
	}
	return nil
}
