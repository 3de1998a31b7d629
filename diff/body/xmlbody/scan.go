package xmlbody

import (
	"bytes"
	"unicode/utf8"
)

func blank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// skip returns the first position at or after i that is no white space.
func skip(text []byte, i int) int {
	for i < len(text) && blank(text[i]) {
		i++
	}
	return i
}

func allBlank(text []byte) bool { return skip(text, 0) == len(text) }

func nameStart(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':' || c >= utf8.RuneSelf
}

// nameEnd returns the position after the name that begins at i, or i.
func nameEnd(text []byte, i int) int {
	if i >= len(text) || !nameStart(text[i]) {
		return i
	}
	for i < len(text) && (nameStart(text[i]) || '0' <= text[i] && text[i] <= '9' || text[i] == '-' || text[i] == '.') {
		i++
	}
	return i
}

// cutName cuts a name at its colon, where it has one within.
func cutName(name []byte) (prefix, local []byte) {
	i := bytes.IndexByte(name, ':')
	if i <= 0 || i == len(name)-1 || bytes.IndexByte(name[i+1:], ':') >= 0 {
		return nil, name
	}
	return name[:i], name[i+1:]
}

// badCharacter returns where text has a byte that is no UTF-8 or a character that XML
// does not have, or -1.
func badCharacter(text []byte) int {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf {
			if c < ' ' && !blank(c) {
				return i
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 || !validRune(r) {
			return i
		}
		i += n
	}
	return -1
}

func validRune(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r < 0xD800 || r > 0xDFFF && r < 0xFFFE || r > 0xFFFF && r <= utf8.MaxRune
}
