package sanitise

import (
	"strings"
	"unicode"
)

// Width returns the number of terminal cells that s, already sanitised, takes.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

// Cut returns s, or its beginning and "…" where s is wider than width cells.
func Cut(s string, width int) string {
	if len(s) <= width || Width(s) <= width {
		return s
	}
	var b strings.Builder
	left := width - 1
	for _, r := range s {
		if left -= cells(r); left < 0 {
			break
		}
		b.WriteRune(r)
	}
	if width > 0 {
		b.WriteString("…")
	}
	return b.String()
}

// LogCut is Cut(Log(s), width) without reading all of a long s: what is past
// eight bytes a cell (runes of four bytes, each with a mark) is left out.
func LogCut(s string, width int) string {
	most := 8 * (width + 1)
	if len(s) <= most {
		return Cut(Log(s), width)
	}
	for most > 0 && s[most]&0xC0 == 0x80 && most > 8*width {
		most--
	}
	short := Log(s[:most])
	if Width(short) <= width {
		return short + "…"
	}
	return Cut(short, width)
}

// Pad returns s followed by spaces up to width cells.
func Pad(s string, width int) string {
	return s + strings.Repeat(" ", max(0, width-Width(s)))
}

// PadLeft returns s after spaces up to width cells.
func PadLeft(s string, width int) string {
	return strings.Repeat(" ", max(0, width-Width(s))) + s
}

// cells is 0 for combining marks, 2 for East Asian wide and emoji, else 1.
func cells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case wide(r):
		return 2
	}
	return 1
}

// wide follows the blocks of Unicode's EastAsianWidth W and F that text holds
// in practice.
func wide(r rune) bool {
	switch {
	case r >= 0x1100 && r <= 0x115f,
		r >= 0x2e80 && r <= 0xa4cf && r != 0x303f,
		r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff,
		r >= 0xfe30 && r <= 0xfe6f,
		r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6,
		r >= 0x1f300 && r <= 0x1faff,
		r >= 0x20000 && r <= 0x3fffd:
		return true
	}
	return false
}
