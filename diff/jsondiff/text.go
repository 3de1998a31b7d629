package jsondiff

import (
	"bytes"
	"cmp"
	"unicode/utf16"
	"unicode/utf8"
)

// A unit is what one character of a JSON string stands for: a code point, or
// one of two things that are none and that must stay apart from all others.
type unit uint32

const (
	loneSurrogate unit = 1 << 30 // an escape of half a pair
	invalidByte   unit = 1 << 31 // a byte that is not UTF-8
)

// nextUnit reads one unit of s, the text of a checked string without its
// quotes, and returns its length.
func nextUnit(s []byte) (unit, int) {
	if s[0] == '\\' {
		return escapedUnit(s)
	}
	if s[0] < utf8.RuneSelf {
		return unit(s[0]), 1
	}
	r, n := utf8.DecodeRune(s)
	if r == utf8.RuneError && n == 1 {
		return invalidByte | unit(s[0]), 1
	}
	return unit(r), n
}

func escapedUnit(s []byte) (unit, int) {
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return codeUnit(s)
	}
	return unit(s[1]), 2
}

func codeUnit(s []byte) (unit, int) {
	r, _ := hex4(s[2:])
	if !utf16.IsSurrogate(r) {
		return unit(r), 6
	}
	if len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		low, _ := hex4(s[8:])
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return unit(pair), 12
		}
	}
	return loneSurrogate | unit(r), 6
}

// compareStrings orders the texts of two strings by their units; 0 means that
// they stand for the same characters.
func compareStrings(a, b []byte) int {
	if bytes.Equal(a, b) {
		return 0
	}
	for len(a) > 0 && len(b) > 0 {
		x, n := nextUnit(a)
		y, m := nextUnit(b)
		if x != y {
			return cmp.Compare(x, y)
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// plain reports whether a string's text stands for itself.
func plain(s []byte) bool { return bytes.IndexByte(s, '\\') < 0 }

// appendDecoded appends what a string's text stands for. What is no character
// is spelled out (\xFF, \uD800), so that the result is always UTF-8.
func appendDecoded(dst, s []byte) []byte {
	for len(s) > 0 {
		u, n := nextUnit(s)
		switch {
		case u&invalidByte != 0:
			dst = appendHex(append(dst, '\\', 'x'), uint32(u&0xFF), 2)
		case u&loneSurrogate != 0:
			dst = appendHex(append(dst, '\\', 'u'), uint32(u&0xFFFF), 4)
		default:
			dst = utf8.AppendRune(dst, rune(u))
		}
		s = s[n:]
	}
	return dst
}

// decodedText returns what a string's text stands for, and whether all of it is
// characters.
func decodedText(s []byte) (string, bool) {
	var out []byte
	for len(s) > 0 {
		u, n := nextUnit(s)
		if u >= loneSurrogate {
			return "", false
		}
		out = utf8.AppendRune(out, rune(u))
		s = s[n:]
	}
	return string(out), true
}

func appendHex(dst []byte, v uint32, width int) []byte {
	for i := width - 1; i >= 0; i-- {
		dst = append(dst, "0123456789ABCDEF"[v>>(4*i)&15])
	}
	return dst
}
