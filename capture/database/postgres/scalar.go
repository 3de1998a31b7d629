package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"

	"parallax/capture/snapshot"
)

// decoder appends the canonical bytes of a value in PostgreSQL's binary form.
type decoder func(dst, src []byte) ([]byte, error)

// errForm: bytes that no value of the type has.
var errForm = errors.New("not the binary form of its type")

func badLength(dst, src []byte) ([]byte, error) {
	return dst, fmt.Errorf("%d bytes: %w", len(src), errForm)
}

// PostgreSQL counts from 2000-01-01.
const (
	epochDays    = 10957
	epochSeconds = epochDays * 86400
)

func decodeBool(dst, src []byte) ([]byte, error) {
	if len(src) != 1 {
		return badLength(dst, src)
	}
	return snapshot.AppendBool(dst, src[0] != 0), nil
}

func decodeInt2(dst, src []byte) ([]byte, error) {
	if len(src) != 2 {
		return badLength(dst, src)
	}
	return snapshot.AppendInt(dst, int64(int16(binary.BigEndian.Uint16(src)))), nil
}

func decodeInt4(dst, src []byte) ([]byte, error) {
	if len(src) != 4 {
		return badLength(dst, src)
	}
	return snapshot.AppendInt(dst, int64(int32(binary.BigEndian.Uint32(src)))), nil
}

func decodeInt8(dst, src []byte) ([]byte, error) {
	if len(src) != 8 {
		return badLength(dst, src)
	}
	return snapshot.AppendInt(dst, int64(binary.BigEndian.Uint64(src))), nil
}

func decodeOID(dst, src []byte) ([]byte, error) {
	if len(src) != 4 {
		return badLength(dst, src)
	}
	return snapshot.AppendUint(dst, uint64(binary.BigEndian.Uint32(src))), nil
}

// A float4 is widened without loss; Column.Bits says how wide it was.
func decodeFloat4(dst, src []byte) ([]byte, error) {
	if len(src) != 4 {
		return badLength(dst, src)
	}
	return snapshot.AppendFloat(dst, float64(math.Float32frombits(binary.BigEndian.Uint32(src)))), nil
}

func decodeFloat8(dst, src []byte) ([]byte, error) {
	if len(src) != 8 {
		return badLength(dst, src)
	}
	return snapshot.AppendFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(src))), nil
}

// decodeMoney reads a whole number of the smallest unit; how many make one is the
// database's setting.
func decodeMoney(scale int) decoder {
	return func(dst, src []byte) ([]byte, error) {
		if len(src) != 8 {
			return badLength(dst, src)
		}
		return snapshot.AppendScaled(dst, int64(binary.BigEndian.Uint64(src)), scale), nil
	}
}

func decodeRaw(dst, src []byte) ([]byte, error) { return append(dst, src...), nil }

// decodeChar reads the one-byte type "char", as the server prints it: 0 is empty,
// what is not ASCII is octal.
func decodeChar(dst, src []byte) ([]byte, error) {
	switch {
	case len(src) != 1:
		return badLength(dst, src)
	case src[0] == 0:
		return dst, nil
	case src[0] >= 0x80:
		return fmt.Appendf(dst, `\%03o`, src[0]), nil
	}
	return append(dst, src[0]), nil
}

func decodeJSONB(dst, src []byte) ([]byte, error) {
	if len(src) < 1 || src[0] != 1 {
		return dst, fmt.Errorf("jsonb of an unknown version: %w", errForm)
	}
	return append(dst, src[1:]...), nil
}

func decodeUUID(dst, src []byte) ([]byte, error) {
	if len(src) != 16 {
		return badLength(dst, src)
	}
	return append(dst, src...), nil
}

func decodeDate(dst, src []byte) ([]byte, error) {
	if len(src) != 4 {
		return badLength(dst, src)
	}
	days := int32(binary.BigEndian.Uint32(src))
	switch {
	case days == math.MaxInt32:
		return snapshot.AppendEndless(dst, 1, true), nil
	case days == math.MinInt32:
		return snapshot.AppendEndless(dst, -1, true), nil
	case days > math.MaxInt32-epochDays-1:
		return dst, fmt.Errorf("a date beyond the type's range: %w", errForm)
	}
	return snapshot.AppendDays(dst, days+epochDays), nil
}

// decodeTimestamp serves both timestamp types. The year 294276 in microseconds
// since 1970 is beyond 64 bits, so that seconds are shifted, not microseconds.
func decodeTimestamp(dst, src []byte) ([]byte, error) {
	if len(src) != 8 {
		return badLength(dst, src)
	}
	us := int64(binary.BigEndian.Uint64(src))
	switch us {
	case math.MaxInt64:
		return snapshot.AppendEndless(dst, 1, false), nil
	case math.MinInt64:
		return snapshot.AppendEndless(dst, -1, false), nil
	}
	sec, rest := us/1e6, us%1e6
	if rest < 0 {
		sec, rest = sec-1, rest+1e6
	}
	return snapshot.AppendSeconds(dst, sec+epochSeconds, int32(rest)*1000), nil
}

func decodeTime(dst, src []byte) ([]byte, error) {
	if len(src) != 8 {
		return badLength(dst, src)
	}
	return snapshot.AppendTimeMicros(dst, int64(binary.BigEndian.Uint64(src))), nil
}

// decodeTimeTZ writes a text: a time of day with its offset has no order that two
// engines share.
func decodeTimeTZ(dst, src []byte) ([]byte, error) {
	if len(src) != 12 {
		return badLength(dst, src)
	}
	return snapshot.AppendZonedTime(dst, snapshot.ZonedTime{
		Micros: int64(binary.BigEndian.Uint64(src)), East: -int(int32(binary.BigEndian.Uint32(src[8:]))),
	}), nil
}

func decodeInterval(dst, src []byte) ([]byte, error) {
	if len(src) != 16 {
		return badLength(dst, src)
	}
	us := int64(binary.BigEndian.Uint64(src))
	days := int32(binary.BigEndian.Uint32(src[8:]))
	return snapshot.AppendInterval(dst, int32(binary.BigEndian.Uint32(src[12:])), days, us), nil
}

// decodeInet serves inet and cidr: family, bits of the mask, whether a cidr, bytes
// of the address, the address.
func decodeInet(dst, src []byte) ([]byte, error) {
	if len(src) != 8 && len(src) != 20 || int(src[3]) != len(src)-4 {
		return badLength(dst, src)
	}
	addr, _ := netip.AddrFromSlice(src[4:])
	if int(src[1]) > addr.BitLen() {
		return dst, fmt.Errorf("a mask of %d bits: %w", src[1], errForm)
	}
	dst = addr.AppendTo(dst)
	if src[2] != 0 || int(src[1]) != addr.BitLen() {
		dst = fmt.Appendf(dst, "/%d", src[1])
	}
	return dst, nil
}

func decodeMAC(dst, src []byte) ([]byte, error) {
	if len(src) != 6 && len(src) != 8 {
		return badLength(dst, src)
	}
	for i, b := range src {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = append(dst, hexDigits[b>>4], hexDigits[b&15])
	}
	return dst, nil
}

const hexDigits = "0123456789abcdef"

// decodeBits writes a bit string as a text of zeros and ones.
func decodeBits(dst, src []byte) ([]byte, error) {
	if len(src) < 4 {
		return badLength(dst, src)
	}
	n := int(int32(binary.BigEndian.Uint32(src)))
	if src = src[4:]; n < 0 || (n+7)/8 != len(src) {
		return dst, fmt.Errorf("%d bits in %d bytes: %w", n, len(src), errForm)
	}
	for i := range n {
		dst = append(dst, '0'+src[i/8]>>(7-i%8)&1)
	}
	return dst, nil
}
