package snapshot

import (
	"encoding/binary"
	"math/big"
)

// appendBigDecimal appends a number times 10^scale as 16 bytes, two's
// complement, most significant first, where it is whole and has at most the
// precision's digits.
func appendBigDecimal(dst, c []byte, scale, precision int) ([]byte, bool) {
	if scale <= 18 {
		if x, ok := NumberScaled(c, scale); ok {
			dst = binary.BigEndian.AppendUint64(dst, uint64(x>>63))
			return binary.BigEndian.AppendUint64(dst, uint64(x)), true
		}
	}
	unscaled, own, ok := NumberBig(c)
	if !ok || own > scale {
		return dst, false
	}
	unscaled.Mul(unscaled, tenTo(scale-own))
	if unscaled.CmpAbs(tenTo(precision)) >= 0 {
		return dst, false
	}
	if unscaled.Sign() < 0 {
		unscaled.Add(unscaled, twoTo128())
	}
	var b [16]byte
	unscaled.FillBytes(b[:])
	return append(dst, b[:]...), true
}

// appendFromBigDecimal is the inverse of appendBigDecimal.
func appendFromBigDecimal(dst, b []byte, scale int) []byte {
	hi, lo := int64(binary.BigEndian.Uint64(b)), int64(binary.BigEndian.Uint64(b[8:]))
	if hi == lo>>63 && scale <= 18 {
		return AppendScaled(dst, lo, scale)
	}
	unscaled := new(big.Int).SetBytes(b[:16])
	if hi < 0 {
		unscaled.Sub(unscaled, twoTo128())
	}
	return AppendBig(dst, unscaled, scale)
}

func tenTo(n int) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil) }

func twoTo128() *big.Int { return new(big.Int).Lsh(big.NewInt(1), 128) }
