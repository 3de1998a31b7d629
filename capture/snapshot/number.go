package snapshot

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// The canonical form of an exact number x, for any number of digits:
//
//	header    one byte: 0x00 -Infinity, 0xFE +Infinity, 0xFF NaN;
//	          0x80+n where x ≥ 0 and floor(x) has n bytes (none for 0);
//	          0x7F-n where x < 0 and -1-floor(x) has n bytes;
//	          0xFD and 0x02 the same with the length in four bytes, beyond 120
//	integer   those n bytes, most significant first, complemented where x < 0
//	fraction  x-floor(x) in digits of base 100, each plus one, no trailing zeros
//	end       0x00
//
// Equal numbers have equal bytes (1.5 = 1.50, -0.0 = 0), the bytes sort as the
// numbers do, and none is the beginning of another.
const (
	numberNegInf  = 0x00
	numberNegLong = 0x02
	numberZero    = 0x80
	numberLong    = 0xFD
	numberInf     = 0xFE
	numberNaN     = 0xFF

	maxShortBytes = 120
)

var pow10 = [19]int64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// AppendInt appends the canonical form of v.
func AppendInt(dst []byte, v int64) []byte {
	return append(appendFloor(dst, v), 0)
}

// AppendUint appends the canonical form of v.
func AppendUint(dst []byte, v uint64) []byte {
	return append(appendMagnitude(dst, v), 0)
}

func appendFloor(dst []byte, v int64) []byte {
	if v >= 0 {
		return appendMagnitude(dst, uint64(v))
	}
	m := uint64(-1 - v)
	n := (bits.Len64(m) + 7) / 8
	dst = append(dst, byte(0x7F-n))
	return appendTail(dst, ^m, n)
}

func appendMagnitude(dst []byte, m uint64) []byte {
	n := (bits.Len64(m) + 7) / 8
	return appendTail(append(dst, byte(numberZero+n)), m, n)
}

// appendTail appends the n least significant bytes of v.
func appendTail(dst []byte, v uint64, n int) []byte {
	dst = binary.BigEndian.AppendUint64(dst, v<<(64-8*n))
	return dst[:len(dst)-8+n]
}

// AppendScaled appends the canonical form of unscaled / 10^scale; scale is 0 to
// 18.
func AppendScaled(dst []byte, unscaled int64, scale int) []byte {
	if scale == 0 {
		return AppendInt(dst, unscaled)
	}
	floor, rest := unscaled/pow10[scale], unscaled%pow10[scale]
	if rest < 0 {
		floor, rest = floor-1, rest+pow10[scale]
	}
	dst = appendFloor(dst, floor)
	if scale%2 == 1 {
		rest, scale = rest*10, scale+1
	}
	for rest != 0 {
		scale -= 2
		unit := pow10[scale]
		dst = append(dst, byte(rest/unit)+1)
		rest %= unit
	}
	return append(dst, 0)
}

// AppendBig appends the canonical form of unscaled / 10^scale; scale is not
// negative. It keeps nothing of unscaled.
func AppendBig(dst []byte, unscaled *big.Int, scale int) []byte {
	if unscaled.IsInt64() && scale < len(pow10) {
		return AppendScaled(dst, unscaled.Int64(), scale)
	}
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	floor, rest := new(big.Int).DivMod(unscaled, unit, new(big.Int)) // Euclid: rest ≥ 0
	dst = appendBigFloor(dst, floor)
	if rest.Sign() != 0 {
		digits := rest.Text(10)
		dst = appendFraction(dst, strings.Repeat("0", scale-len(digits))+digits)
	}
	return append(dst, 0)
}

func appendBigFloor(dst []byte, floor *big.Int) []byte {
	if floor.IsInt64() {
		return appendFloor(dst, floor.Int64())
	}
	m, negative := floor, floor.Sign() < 0
	if negative {
		m = new(big.Int).Not(floor) // -1-floor
	}
	b := m.Bytes()
	switch {
	case len(b) <= maxShortBytes && negative:
		dst = append(dst, byte(0x7F-len(b)))
	case len(b) <= maxShortBytes:
		dst = append(dst, byte(numberZero+len(b)))
	case negative:
		dst = binary.BigEndian.AppendUint32(append(dst, numberNegLong), ^uint32(len(b)))
	default:
		dst = binary.BigEndian.AppendUint32(append(dst, numberLong), uint32(len(b)))
	}
	if negative {
		for i := range b {
			b[i] = ^b[i]
		}
	}
	return append(dst, b...)
}

// appendFraction appends the digits behind a decimal point.
func appendFraction(dst []byte, digits string) []byte {
	digits = strings.TrimRight(digits, "0")
	if len(digits)%2 == 1 {
		digits += "0"
	}
	for i := 0; i < len(digits); i += 2 {
		dst = append(dst, (digits[i]-'0')*10+(digits[i+1]-'0')+1)
	}
	return dst
}

// AppendNaN, AppendInf append what a numeric can hold beyond numbers.
func AppendNaN(dst []byte) []byte { return append(dst, numberNaN, 0) }

// AppendInf appends infinity, of the sign of sign.
func AppendInf(dst []byte, sign int) []byte {
	if sign < 0 {
		return append(dst, numberNegInf, 0)
	}
	return append(dst, numberInf, 0)
}

// MaxExponent bounds the exponent of a number read from text: beyond it the
// digits alone would fill the memory.
const MaxExponent = 200_000

// AppendNumberText appends the canonical form of a number written in decimal:
// optional sign, digits, optional fraction, optional exponent; NaN, Infinity and
// -Infinity in any case.
func AppendNumberText(dst []byte, text string) ([]byte, error) {
	switch strings.ToLower(text) {
	case "nan":
		return AppendNaN(dst), nil
	case "infinity", "+infinity", "inf", "+inf":
		return AppendInf(dst, 1), nil
	case "-infinity", "-inf":
		return AppendInf(dst, -1), nil
	}
	unscaled, scale, err := parseDecimal(text)
	if err != nil {
		return dst, err
	}
	return AppendBig(dst, unscaled, scale), nil
}

var errNotNumber = errors.New("not a number")

func parseDecimal(text string) (*big.Int, int, error) {
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(text), "e")
	exp := 0
	if hasExponent {
		if _, err := fmt.Sscanf(exponent+"|", "%d|", &exp); err != nil || exp > MaxExponent || exp < -MaxExponent {
			return nil, 0, fmt.Errorf("%.60q: exponent: %w", text, errNotNumber)
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := strings.TrimLeft(whole, "+-") + fraction
	if digits == "" || strings.Trim(digits, "0123456789") != "" || len(whole)-len(strings.TrimLeft(whole, "+-")) > 1 {
		return nil, 0, fmt.Errorf("%.60q: %w", text, errNotNumber)
	}
	unscaled, _ := new(big.Int).SetString(digits, 10)
	if strings.HasPrefix(whole, "-") {
		unscaled.Neg(unscaled)
	}
	scale := len(fraction) - exp
	if scale < 0 {
		unscaled.Mul(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(-scale)), nil))
		scale = 0
	}
	return unscaled, scale, nil
}

// NumberScaled returns the number times 10^scale where that is a whole number
// of 64 bits; scale is 0 to 18.
func NumberScaled(c []byte, scale int) (int64, bool) {
	floor, fraction, ok := splitNumber(c)
	if !ok || 2*len(fraction) > scale+1 {
		return 0, false
	}
	hi, v := bits.Mul64(uint64(floor), uint64(pow10[scale]))
	if floor < 0 {
		hi -= uint64(pow10[scale]) // the product of a signed and an unsigned number
	}
	if hi != uint64(int64(v)>>63) {
		return bigScaled(c, scale) // the fraction may bring it back into 64 bits
	}
	rest, ok := scaledFraction(fraction, scale)
	sum := int64(v) + rest
	return sum, ok && sum >= int64(v)
}

// scaledFraction is a fraction times 10^scale, where that is whole.
func scaledFraction(fraction []byte, scale int) (rest int64, whole bool) {
	for _, d := range fraction {
		if scale == 1 {
			return rest + int64(d-1)/10, (d-1)%10 == 0
		}
		scale -= 2
		rest += int64(d-1) * pow10[scale]
	}
	return rest, true
}

func bigScaled(c []byte, scale int) (int64, bool) {
	unscaled, own, ok := NumberBig(c)
	if !ok || own > scale {
		return 0, false
	}
	unscaled.Mul(unscaled, big.NewInt(pow10[scale-own]))
	return unscaled.Int64(), unscaled.IsInt64()
}

// splitNumber returns the floor and the base-100 fraction digits (plus one) of a
// number whose floor has at most 63 bits.
func splitNumber(c []byte) (floor int64, fraction []byte, ok bool) {
	if len(c) < 2 {
		return 0, nil, false
	}
	n, negative := int(c[0])-numberZero, c[0] < numberZero
	if negative {
		n = 0x7F - int(c[0])
	}
	if n > 8 || len(c) < n+2 {
		return 0, nil, false
	}
	var m uint64
	for _, b := range c[1 : 1+n] {
		m = m<<8 | uint64(b)
	}
	if negative {
		m = ^m
		if n < 8 {
			m &= 1<<(8*n) - 1
		}
	}
	if m>>63 != 0 {
		return 0, nil, false
	}
	if floor = int64(m); negative {
		floor = -1 - floor
	}
	return floor, c[1+n : len(c)-1], true
}

// NumberInt returns a whole number of 64 bits.
func NumberInt(c []byte) (int64, bool) {
	floor, fraction, ok := splitNumber(c)
	return floor, ok && len(fraction) == 0
}

// NumberBig returns unscaled and the least scale with unscaled / 10^scale being
// the number; ok is false for NaN and infinity.
func NumberBig(c []byte) (unscaled *big.Int, scale int, ok bool) {
	floor, fraction, ok := bigParts(c)
	if !ok {
		return nil, 0, false
	}
	for _, d := range fraction {
		floor.Mul(floor, big.NewInt(100)).Add(floor, big.NewInt(int64(d)-1))
	}
	scale = 2 * len(fraction)
	if scale > 0 && (fraction[len(fraction)-1]-1)%10 == 0 {
		floor.Quo(floor, big.NewInt(10))
		scale--
	}
	return floor, scale, true
}

func bigParts(c []byte) (floor *big.Int, fraction []byte, ok bool) {
	if len(c) < 2 || c[0] == numberNegInf || c[0] >= numberInf {
		return nil, nil, false
	}
	n, at, negative := int(c[0])-numberZero, 1, c[0] < numberZero
	switch {
	case c[0] == numberLong && len(c) > 5:
		n, at = int(binary.BigEndian.Uint32(c[1:])), 5
	case c[0] == numberNegLong && len(c) > 5:
		n, at = int(^binary.BigEndian.Uint32(c[1:])), 5
	case negative:
		n = 0x7F - int(c[0])
	}
	if n < 0 || len(c) < at+n+1 {
		return nil, nil, false
	}
	b := append([]byte(nil), c[at:at+n]...)
	if negative {
		for i := range b {
			b[i] = ^b[i]
		}
	}
	floor = new(big.Int).SetBytes(b)
	if negative {
		floor.Not(floor)
	}
	return floor, c[at+n : len(c)-1], true
}

// AppendNumber appends the number in decimal, without trailing zeros.
func AppendNumber(dst, c []byte) []byte {
	if v, ok := NumberInt(c); ok {
		return strconv.AppendInt(dst, v, 10)
	}
	switch {
	case len(c) > 0 && c[0] == numberNaN:
		return append(dst, "NaN"...)
	case len(c) > 0 && c[0] == numberInf:
		return append(dst, "Infinity"...)
	case len(c) > 0 && c[0] == numberNegInf:
		return append(dst, "-Infinity"...)
	}
	if out, ok := appendShortNumber(dst, c); ok {
		return out
	}
	unscaled, scale, ok := NumberBig(c)
	if !ok {
		return fmt.Appendf(dst, "(damaged number %x)", c)
	}
	if unscaled.Sign() < 0 {
		dst = append(dst, '-')
	}
	digits := new(big.Int).Abs(unscaled).Text(10)
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
	}
	return dst
}

// appendShortNumber is AppendNumber where the digits fit 64 bits.
func appendShortNumber(dst, c []byte) ([]byte, bool) {
	_, fraction, ok := splitNumber(c)
	scale := 2 * len(fraction)
	if !ok || scale == 0 || scale > 18 {
		return dst, false
	}
	v, ok := NumberScaled(c, scale)
	if !ok {
		return dst, false
	}
	if v%10 == 0 {
		v, scale = v/10, scale-1
	}
	m := uint64(v)
	if v < 0 {
		dst, m = append(dst, '-'), -m
	}
	unit := uint64(pow10[scale])
	dst = append(strconv.AppendUint(dst, m/unit, 10), '.')
	start := len(dst)
	dst = strconv.AppendUint(dst, m%unit+unit, 10) // the leading 1 keeps the zeros behind it
	return append(dst[:start], dst[start+1:]...), true
}
