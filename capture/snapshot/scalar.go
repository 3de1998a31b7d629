package snapshot

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"time"
)

// Signed integers are written most significant byte first with the sign bit
// turned, floats with the sign bit turned where positive and all bits where
// negative, so that bytes sort as values do.

const signBit = 1 << 63

// AppendFloat appends the canonical form of a double. All NaNs are one, above
// infinity; -0 is not 0 (whoever compares says when they are equal).
func AppendFloat(dst []byte, v float64) []byte {
	b := math.Float64bits(v)
	switch {
	case v != v:
		b = math.MaxUint64
	case b&signBit != 0:
		b = ^b
	default:
		b |= signBit
	}
	return binary.BigEndian.AppendUint64(dst, b)
}

// FloatValue is the inverse of AppendFloat.
func FloatValue(c []byte) float64 {
	if len(c) != 8 {
		return math.NaN()
	}
	b := binary.BigEndian.Uint64(c)
	if b&signBit != 0 {
		return math.Float64frombits(b &^ signBit)
	}
	return math.Float64frombits(^b)
}

// AppendSeconds appends an instant or a wall time: seconds since 1970 and
// nanoseconds of 0 to 999,999,999.
func AppendSeconds(dst []byte, sec int64, nsec int32) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(sec)^signBit)
	return binary.BigEndian.AppendUint32(dst, uint32(nsec))
}

// AppendMicros appends an instant or a wall time of microseconds since 1970.
func AppendMicros(dst []byte, us int64) []byte {
	sec, rest := us/1e6, us%1e6
	if rest < 0 {
		sec, rest = sec-1, rest+1e6
	}
	return AppendSeconds(dst, sec, int32(rest)*1000)
}

// AppendEndless appends infinity (sign > 0) or -infinity as an instant, a wall
// time or, with days set, a date.
func AppendEndless(dst []byte, sign int, days bool) []byte {
	b, n := byte(0), 12
	if sign > 0 {
		b = 0xFF
	}
	if days {
		n = 4
	}
	for range n {
		dst = append(dst, b)
	}
	return dst
}

// Endless reports whether c, of class Instant, WallTime or Date, is infinite,
// and of which sign.
func Endless(c []byte) (sign int, ok bool) {
	for _, b := range c[:min(len(c), 12)] {
		if b != c[0] {
			return 0, false
		}
	}
	switch {
	case len(c) > 0 && c[0] == 0:
		return -1, true
	case len(c) > 0 && c[0] == 0xFF:
		return 1, true
	}
	return 0, false
}

// SecondsValue is the inverse of AppendSeconds.
func SecondsValue(c []byte) (sec int64, nsec int32) {
	if len(c) != 12 {
		return 0, 0
	}
	return int64(binary.BigEndian.Uint64(c) ^ signBit), int32(binary.BigEndian.Uint32(c[8:]))
}

// MicrosValue returns microseconds since 1970, where the value is whole in them
// and within 64 bits.
func MicrosValue(c []byte) (us int64, ok bool) {
	sec, nsec := SecondsValue(c)
	const most = math.MaxInt64/1_000_000 - 1
	if len(c) != 12 || nsec%1000 != 0 || sec > most || sec < -most {
		return 0, false
	}
	return sec*1e6 + int64(nsec)/1000, true
}

// AppendDays appends a date of days since 1970.
func AppendDays(dst []byte, days int32) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(days)^1<<31)
}

// DaysValue is the inverse of AppendDays.
func DaysValue(c []byte) int32 {
	if len(c) != 4 {
		return 0
	}
	return int32(binary.BigEndian.Uint32(c) ^ 1<<31)
}

// AppendTimeMicros appends a time of day, or a duration, in microseconds.
func AppendTimeMicros(dst []byte, us int64) []byte {
	return binary.BigEndian.AppendUint64(dst, uint64(us)^signBit)
}

// TimeValue is the inverse of AppendTimeMicros.
func TimeValue(c []byte) int64 {
	if len(c) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(c) ^ signBit)
}

// AppendInterval appends months, days and microseconds, which no rule folds
// into each other.
func AppendInterval(dst []byte, months, days int32, us int64) []byte {
	return AppendTimeMicros(AppendDays(AppendDays(dst, months), days), us)
}

// AppendBool appends a truth value.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}

// AppendText appends a cell as a person reads it: numbers without trailing
// zeros, the shortest text that gives a double back, times in ISO 8601 (years
// beyond four digits with a sign), bytes in hex.
func AppendText(dst []byte, class Class, c []byte) []byte {
	switch class {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, len(c) == 1 && c[0] == 1)
	case Number:
		return AppendNumber(dst, c)
	case Float:
		return strconv.AppendFloat(dst, FloatValue(c), 'g', -1, 64)
	case Bytes:
		return fmt.Appendf(dst, "%x", c)
	case Instant, WallTime, Date:
		return appendCalendar(dst, class, c)
	case Time:
		return appendClock(dst, TimeValue(c))
	case UUID:
		if len(c) == 16 {
			return fmt.Appendf(dst, "%x-%x-%x-%x-%x", c[:4], c[4:6], c[6:8], c[8:10], c[10:])
		}
	case Interval:
		return appendIntervalText(dst, c)
	}
	return append(dst, c...)
}

func appendCalendar(dst []byte, class Class, c []byte) []byte {
	if sign, ok := Endless(c); ok {
		if sign < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "infinity"...)
	}
	if class == Date {
		return appendDate(dst, time.Unix(int64(DaysValue(c))*86400, 0).UTC())
	}
	sec, nsec := SecondsValue(c)
	t := time.Unix(sec, int64(nsec)).UTC()
	dst = t.AppendFormat(append(appendDate(dst, t), 'T'), "15:04:05.999999999")
	if class == Instant {
		dst = append(dst, 'Z')
	}
	return dst
}

// appendDate writes years beyond 0000 to 9999 with a sign, as ISO 8601 has it;
// the year before 0001 is 0000.
func appendDate(dst []byte, t time.Time) []byte {
	if y := t.Year(); y < 0 || y > 9999 {
		dst = fmt.Appendf(dst, "%+05d", y)
	} else {
		dst = fmt.Appendf(dst, "%04d", y)
	}
	return t.AppendFormat(dst, "-01-02")
}

func appendClock(dst []byte, us int64) []byte {
	if us < 0 {
		dst, us = append(dst, '-'), -us
	}
	dst = fmt.Appendf(dst, "%02d:%02d:%02d", us/3_600_000_000, us/60_000_000%60, us/1_000_000%60)
	if f := us % 1_000_000; f != 0 {
		dst = fmt.Appendf(dst, ".%06d", f)
	}
	return dst
}

func appendIntervalText(dst, c []byte) []byte {
	if len(c) != 16 {
		return fmt.Appendf(dst, "(damaged interval %x)", c)
	}
	dst = fmt.Appendf(dst, "%d months %d days ", DaysValue(c[:4]), DaysValue(c[4:8]))
	return appendClock(dst, TimeValue(c[8:]))
}
