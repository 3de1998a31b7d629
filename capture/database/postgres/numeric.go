package postgres

import (
	"encoding/binary"
	"fmt"

	"parallax/capture/snapshot"
)

// A numeric in binary: number of digits, weight of the first (in base 10000),
// sign, digits shown behind the point, and the digits of base 10000.
const (
	numericNegative = 0x4000
	numericNaN      = 0xC000
	numericInf      = 0xD000
	numericNegInf   = 0xF000

	base = 10000
	// smallWeight is the greatest weight whose whole part surely fits 63 bits.
	smallWeight = 3
)

type numeric struct {
	digits   []byte // two bytes each
	weight   int
	negative bool
}

func decodeNumeric(dst, src []byte) ([]byte, error) {
	if len(src) < 8 || len(src) != 8+2*int(binary.BigEndian.Uint16(src)) {
		return badLength(dst, src)
	}
	n := numeric{digits: src[8:], weight: int(int16(binary.BigEndian.Uint16(src[2:])))}
	switch sign := binary.BigEndian.Uint16(src[4:]); sign {
	case 0, numericNegative:
		n.negative = sign != 0
	case numericNaN:
		return snapshot.AppendNaN(dst), nil
	case numericInf:
		return snapshot.AppendInf(dst, 1), nil
	case numericNegInf:
		return snapshot.AppendInf(dst, -1), nil
	default:
		return dst, fmt.Errorf("a numeric of sign %x: %w", sign, errForm)
	}
	for i := 0; i < len(n.digits); i += 2 {
		if binary.BigEndian.Uint16(n.digits[i:]) >= base {
			return dst, fmt.Errorf("a digit beyond 9999: %w", errForm)
		}
	}
	if n.weight > smallWeight {
		return n.appendLarge(dst)
	}
	return n.appendSmall(dst), nil
}

// len is the number of digits, digit(i) the i-th; beyond the stored ones are
// zeros.
func (n *numeric) len() int { return len(n.digits) / 2 }

func (n *numeric) digit(i int) int {
	if i < 0 || i >= n.len() {
		return 0
	}
	return int(binary.BigEndian.Uint16(n.digits[2*i:]))
}

// appendSmall writes a number whose whole part fits an integer: the canonical
// form has the floor first, then the fraction above it in base 100.
func (n *numeric) appendSmall(dst []byte) []byte {
	whole := int64(0)
	for i := 0; i <= n.weight; i++ {
		whole = whole*base + int64(n.digit(i))
	}
	last := n.lastFraction()
	switch {
	case n.negative && last > n.weight:
		whole = -whole - 1
	case n.negative:
		whole = -whole
	}
	if last <= n.weight {
		return snapshot.AppendInt(dst, whole)
	}
	dst = snapshot.AppendInt(dst, whole)
	dst = dst[:len(dst)-1] // the end mark comes behind the fraction
	for i := n.weight + 1; i < last; i++ {
		d := n.digit(i)
		if n.negative {
			d = base - 1 - d
		}
		dst = append(dst, byte(d/100)+1, byte(d%100)+1)
	}
	return n.appendLast(dst, n.digit(last))
}

// lastFraction is the index of the last digit that is not zero.
func (n *numeric) lastFraction() int {
	last := n.len() - 1
	for last > n.weight && n.digit(last) == 0 {
		last--
	}
	return last
}

// appendLast ends the fraction with the digit d > 0.
func (n *numeric) appendLast(dst []byte, d int) []byte {
	if n.negative {
		d = base - d
	}
	dst = append(dst, byte(d/100)+1)
	if d%100 != 0 {
		dst = append(dst, byte(d%100)+1)
	}
	return append(dst, 0)
}

// appendLarge goes through the decimal text: such numbers are rare.
func (n *numeric) appendLarge(dst []byte) ([]byte, error) {
	var text []byte
	if n.negative {
		text = append(text, '-')
	}
	for i := 0; i <= n.weight; i++ {
		text = fmt.Appendf(text, "%04d", n.digit(i))
	}
	text = append(text, '.')
	for i := n.weight + 1; i < n.len(); i++ {
		text = fmt.Appendf(text, "%04d", n.digit(i))
	}
	return snapshot.AppendNumberText(dst, string(text))
}
