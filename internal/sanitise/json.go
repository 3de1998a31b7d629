package sanitise

import (
	"fmt"
	"unicode/utf8"
)

// JSON appends a JSON text in which whatever is not visible is a \u escape, so
// that a terminal shows it and does not obey it. The text means what it meant:
// outside of strings JSON has visible characters and white space only.
func JSON(dst, text []byte) []byte {
	for len(text) > 0 {
		n := visiblePrefix(text)
		dst, text = append(dst, text[:n]...), text[n:]
		if len(text) == 0 {
			break
		}
		r, n := utf8.DecodeRune(text)
		switch {
		case r < ' ', r == utf8.RuneError && n == 1, r != utf8.RuneError && visible(r):
			dst = append(dst, text[:n]...) // white space, or not ours to mend
		case r > 0xffff:
			r -= 0x10000
			dst = fmt.Appendf(dst, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, r)
		}
		text = text[n:]
	}
	return dst
}

// visiblePrefix is the number of leading bytes that are visible ASCII.
func visiblePrefix(text []byte) int {
	for i, c := range text {
		if c < ' ' || c >= 0x7f {
			return i
		}
	}
	return len(text)
}
