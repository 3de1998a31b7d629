package files

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The functions here walk JSON whose grammar was checked.

const space = " \t\r\n"

// valueEnd returns where the value at the beginning of b ends.
func valueEnd(b []byte) int {
	switch b[0] {
	case '"':
		return textEnd(b)
	case '{', '[':
		return nestedEnd(b)
	}
	for i, c := range b {
		switch c {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return i
		}
	}
	return len(b)
}

func textEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

func nestedEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			i += textEnd(b[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(b)
}

// unquote appends what a JSON text stands for. Half a surrogate pair becomes the
// three bytes that UTF-8 would have for it, which are not UTF-8: such a text is
// kept as bytes and equals no other.
func unquote(dst, text []byte) []byte {
	text = text[1 : len(text)-1]
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			dst = append(dst, text[i])
			continue
		}
		i++
		if text[i] != 'u' {
			dst = append(dst, escaped(text[i]))
			continue
		}
		r := hexRune(text[i+1:])
		i += 4
		if utf16.IsSurrogate(r) && i+6 < len(text) && text[i+1] == '\\' && text[i+2] == 'u' {
			if pair := utf16.DecodeRune(r, hexRune(text[i+3:])); pair != utf8.RuneError {
				r, i = pair, i+6
			}
		}
		dst = appendRune(dst, r)
	}
	return dst
}

func escaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

func hexRune(b []byte) rune {
	n, _ := strconv.ParseUint(string(b[:4]), 16, 32) // the grammar was checked
	return rune(n)
}

func appendRune(dst []byte, r rune) []byte {
	if utf16.IsSurrogate(r) {
		return append(dst, 0xE0|byte(r>>12), 0x80|byte(r>>6)&0x3F, 0x80|byte(r)&0x3F)
	}
	return utf8.AppendRune(dst, r)
}
