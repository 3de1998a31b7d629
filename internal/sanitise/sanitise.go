// Package sanitise makes recorded text fit to be shown. Recorded bytes come
// from strangers; a terminal, a CI log and an XML reader each obey some of them.
//
// Terms: a visible rune has a glyph or is the ASCII space. Everything else
// (controls, ESC, DEL, C1, bidirectional marks, zero-width and other format
// runes, unusual spaces, line separators) is written as \u and four or \U and
// eight hex digits, a byte that is not UTF-8 as \x and two.
//
// Steps: choose by the place. Line for one line of a page or table, Block for a
// text of several lines, Log for a line of a terminal or CI log, XML for the
// text of an XML element.
//
// Limits: a backslash is left as it is, so the escapes are for eyes and not for
// reading back; the machine-readable forms hold the exact text.
package sanitise

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line returns s as one line: line breaks and tabs are \n, \r and \t.
func Line(s string) string { return escape(s, "") }

// Block returns s with its line feeds and tabs kept and all else as in Line.
func Block(s string) string { return escape(s, "\n\t") }

// Log returns Line(s) with the markers broken that CI systems take for
// commands: "::" at the start (GitHub), "##vso[" and "##[" (Azure and GitHub),
// "##teamcity[" and GitLab's sections anywhere.
func Log(s string) string {
	s = Line(s)
	if rest := strings.TrimLeft(s, " "); strings.HasPrefix(rest, "::") {
		s = s[:len(s)-len(rest)] + `\u003a` + rest[1:]
	}
	if !strings.Contains(s, "##") && !strings.Contains(s, "section_") {
		return s
	}
	return breakMarkers(s)
}

func breakMarkers(s string) string {
	return strings.NewReplacer(
		"##vso[", `#\u0023vso[`,
		"##[", `#\u0023[`,
		"##teamcity[", `#\u0023teamcity[`,
		"section_start:", `section_start\u003a`,
		"section_end:", `section_end\u003a`,
	).Replace(s)
}

// XML returns Block(s) with the controls that XML 1.0 forbids as \x and two hex
// digits.
func XML(s string) string {
	if plain(s, "\n\t") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r < 0x20 && r != '\n' && r != '\t' {
			fmt.Fprintf(&b, `\x%02x`, r)
		} else {
			writeRune(&b, s[i:i+n], r, "\n\t")
		}
		i += n
	}
	return b.String()
}

// escape writes what is not visible and not in keep as escapes.
func escape(s, keep string) string {
	if plain(s, keep) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		writeRune(&b, s[i:i+n], r, keep)
		i += n
	}
	return b.String()
}

func plain(s, keep string) bool {
	for _, r := range s {
		if r == utf8.RuneError || !visible(r) && !strings.ContainsRune(keep, r) {
			return false
		}
	}
	return true
}

func writeRune(b *strings.Builder, raw string, r rune, keep string) {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		fmt.Fprintf(b, `\x%02x`, raw[0])
	case visible(r) || strings.ContainsRune(keep, r):
		b.WriteString(raw)
	case r == '\n':
		b.WriteString(`\n`)
	case r == '\r':
		b.WriteString(`\r`)
	case r == '\t':
		b.WriteString(`\t`)
	case r > 0xffff:
		fmt.Fprintf(b, `\U%08x`, r)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}

// visible is strconv.IsPrint without the fillers, which are letters that show
// nothing, and without combining marks that would reorder or hide neighbours
// (the grapheme joiner and the variation selectors).
func visible(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r < 0x7f
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0:
		return false
	}
	return strconv.IsPrint(r) && !unicode.Is(unicode.Variation_Selector, r)
}
