package jsondiff

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// space returns the first position at or after i that is no white space.
func space(text []byte, i int) int {
	for i < len(text) && (text[i] == ' ' || text[i] == '\n' || text[i] == '\r' || text[i] == '\t') {
		i++
	}
	return i
}

// stringEnd returns the position after the string that begins at i, or -1 and
// the place where it goes wrong. Bytes that are not UTF-8 are let through: they
// are compared as they are.
func stringEnd(text []byte, i int) (end, bad int) {
	i = plainEnd(text, i+1)
	if i < len(text) && text[i] == '"' {
		return i + 1, 0
	}
	return escapedEnd(text, i)
}

// escapedEnd is stringEnd from i within the string.
func escapedEnd(text []byte, i int) (end, bad int) {
	for ; ; i = plainEnd(text, i) {
		if i >= len(text) {
			return -1, len(text)
		}
		switch c := text[i]; {
		case c == '"':
			return i + 1, 0
		case c == '\\':
			n := escapeLength(text[i:])
			if n == 0 {
				return -1, i
			}
			i += n
		default: // a control character
			return -1, i
		}
	}
}

// plainEnd passes over eight bytes at a time while none of them is a quote, a
// backslash or a control character, then stops at the first that is.
func plainEnd(text []byte, i int) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(text); i += 8 {
		w := binary.LittleEndian.Uint64(text[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		found := ((quote-ones)&^quote | (slash-ones)&^slash | (w-ones*' ')&^w) & highs
		if found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for i < len(text) && text[i] != '"' && text[i] != '\\' && text[i] >= ' ' {
		i++
	}
	return i
}

// escapeLength returns the length of the escape that s begins with, or 0.
func escapeLength(s []byte) int {
	if len(s) < 2 {
		return 0
	}
	switch s[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(s[2:]); ok {
			return 6
		}
	}
	return 0
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// numberEnd returns the position after the number that begins at i, or -1 and
// the place where it goes wrong.
func numberEnd(text []byte, i int) (end, bad int) {
	if text[i] == '-' {
		i++
	}
	switch first := digits(text, i); {
	case first == i:
		return -1, i
	case text[i] == '0' && first > i+1:
		return -1, i + 1
	default:
		i = first
	}
	if i < len(text) && text[i] == '.' {
		end := digits(text, i+1)
		if end == i+1 {
			return -1, end
		}
		i = end
	}
	if i < len(text) && text[i]|0x20 == 'e' {
		return exponentEnd(text, i+1)
	}
	return i, 0
}

func exponentEnd(text []byte, i int) (end, bad int) {
	if i < len(text) && (text[i] == '+' || text[i] == '-') {
		i++
	}
	if end = digits(text, i); end == i {
		return -1, i
	}
	return end, 0
}

func digits(text []byte, i int) int {
	for i < len(text) && text[i]-'0' <= 9 {
		i++
	}
	return i
}

// scalarEnd returns the position after the string, number or literal that
// begins at i, or -1 and the place where it goes wrong.
func scalarEnd(text []byte, i int) (end, bad int) {
	if i >= len(text) {
		return -1, i
	}
	switch c := text[i]; {
	case c == '"':
		return stringEnd(text, i)
	case c == '-', c-'0' <= 9:
		return numberEnd(text, i)
	}
	return literalEnd(text, i)
}

// literalEnd compares with constants, which takes no call.
func literalEnd(text []byte, i int) (end, bad int) {
	if len(text)-i >= 4 {
		switch word := text[i : i+4]; {
		case string(word) == "true", string(word) == "null":
			return i + 4, 0
		case string(word) == "fals" && len(text)-i >= 5 && text[i+4] == 'e':
			return i + 5, 0
		}
	}
	return -1, i
}

// commonPrefix returns how many bytes a and b begin with alike: whole blocks at
// memory speed, then eight at a time.
func commonPrefix(a, b []byte) int {
	const block = 256
	n := min(len(a), len(b))
	i := 0
	for i+block <= n && bytes.Equal(a[i:i+block], b[i:i+block]) {
		i += block
	}
	for ; i+8 <= n; i += 8 {
		x := binary.LittleEndian.Uint64(a[i:]) ^ binary.LittleEndian.Uint64(b[i:])
		if x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
