package redact

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// JSON is not parsed but searched, from each colon outwards: that is fast, needs
// no valid document, works on the beginning of a truncated one and within
// strings that hold JSON themselves. Such nesting shows in the backslashes
// before a quote: none, then 1, 3, 7; that number is called the level.

const maxLevel = 7

// member looks whether the colon at b[i] follows a secret key. It returns the
// position after the member's value, or i.
func (f *finder) member(b []byte, i int) int {
	quote := i - 1
	for quote >= 0 && isBlank(b[quote]) {
		quote--
	}
	if quote < 0 || b[quote] != '"' {
		return i
	}
	end := quote
	for end > 0 && b[end-1] == '\\' {
		end--
	}
	level := quote - end
	start, set := end, letters(0)
	for start > 0 && b[start-1] != '"' && end-start < maxName {
		start--
		set |= 1 << (b[start] & 31)
	}
	if !isLevel(level) || !f.names.secretKey(b[start:end], set) {
		return i
	}
	return f.value(b, i+1, level, ruleJSON)
}

func isLevel(n int) bool { return n <= maxLevel && n&(n+1) == 0 }

// value notes the scalars of the value at b[i:] and returns where it ends.
func (f *finder) value(b []byte, i, level int, r rule) int {
	i = skipBlank(b, i, level)
	switch {
	case i == len(b):
		return i
	case opensString(b, i, level):
		return f.str(b, i+level+1, level, r)
	case startsNumber(b[i]):
		return f.number(b, i, r)
	case b[i] == '{' || b[i] == '[':
		return f.container(b, i, level, r)
	}
	return i
}

// opensString: b[i:] begins with a quote of this level.
func opensString(b []byte, i, level int) bool {
	if i+level >= len(b) || b[i+level] != '"' {
		return false
	}
	for k := i; k < i+level; k++ {
		if b[k] != '\\' {
			return false
		}
	}
	return true
}

// str notes the string whose content begins at b[i] and returns the position
// after its closing quote.
func (f *finder) str(b []byte, i, level int, r rule) int {
	to, next := stringEnd(b, i, level)
	from := i + schemeLength(b[i:to])
	value := b[from:to]
	for n := level; ; n /= 2 {
		value = unescape(value)
		if n == 0 {
			break
		}
	}
	f.add(b, from, to, r, value)
	return next
}

// stringEnd returns where the content of a string of this level ends and what
// follows its closing quote. A quote of a lower level ends it too, and so does
// the end of the text.
func stringEnd(b []byte, i, level int) (to, next int) {
	for at := i; ; {
		j := bytes.IndexByte(b[at:], '"')
		if j < 0 {
			return len(b), len(b)
		}
		quote := at + j
		n := 0
		for quote-n > i && b[quote-n-1] == '\\' {
			n++
		}
		if period := 2 * (level + 1); n%period != period-1 {
			return quote - min(n, level), quote + 1
		}
		at = quote + 1
	}
}

// number notes a number; it stays one. What only begins like one (123abc, in
// something that is no JSON) becomes a plain token.
func (f *finder) number(b []byte, i int, r rule) int {
	to, number := i, true
	for to < len(b) && !isBlank(b[to]) && bytes.IndexByte([]byte(`,:{}[]"\`), b[to]) < 0 {
		number = number && isNumberByte(b[to])
		to++
	}
	if !isTokenBytes(b[i:to]) {
		f.note(span{from: i, to: to, rule: r, number: number, value: b[i:to]})
	}
	return to
}

// beginsValue: what stands before b[i] can stand before a value.
func beginsValue(b []byte, i int) bool {
	for i--; i >= 0 && isBlank(b[i]); i-- {
	}
	return i >= 0 && (b[i] == ',' || b[i] == ':' || b[i] == '[')
}

// container notes every scalar within the object or array at b[i:].
func (f *finder) container(b []byte, i, level int, r rule) int {
	for depth := 0; i < len(b); {
		switch c := b[i]; {
		case c == '{' || c == '[':
			depth++
			i++
		case c == '}' || c == ']':
			depth--
			if i++; depth == 0 {
				return i
			}
		case opensString(b, i, level):
			i = f.memberOrText(b, i+level+1, level, r)
		case c == '"': // a quote of a lower level ends what this stands in
			return i
		case startsNumber(c) && beginsValue(b, i):
			i = f.number(b, i, r)
		default:
			i++
		}
	}
	return i
}

// memberOrText steps over a key, notes a text.
func (f *finder) memberOrText(b []byte, i, level int, r rule) int {
	_, next := stringEnd(b, i, level)
	if at := skipBlank(b, next, level); at < len(b) && b[at] == ':' {
		return at + 1
	}
	return f.str(b, i, level, r)
}

// skipBlank steps over white space, within a nested text also over escaped one.
func skipBlank(b []byte, i, level int) int {
	for i < len(b) {
		if isBlank(b[i]) {
			i++
			continue
		}
		k := i
		for k < len(b) && b[k] == '\\' {
			k++
		}
		if level == 0 || k == i || k == len(b) || b[k] != 'n' && b[k] != 't' && b[k] != 'r' {
			return i
		}
		i = k + 1
	}
	return i
}

// schemeLength returns the length of an authentication scheme and its blank at
// the beginning of v.
func schemeLength(v []byte) int {
	i := bytes.IndexByte(v[:min(len(v), 12)], ' ')
	if i < 0 {
		return 0
	}
	for _, scheme := range [...]string{"bearer", "basic", "digest", "token", "apikey", "negotiate"} {
		if bytes.EqualFold(v[:i], []byte(scheme)) {
			for i < len(v) && v[i] == ' ' {
				i++
			}
			return i
		}
	}
	return 0
}

// unescape undoes one level of JSON's escapes; what is none stays.
func unescape(b []byte) []byte {
	if bytes.IndexByte(b, '\\') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '\\' || i+1 == len(b) {
			out = append(out, b[i])
			continue
		}
		i++
		if b[i] == 'u' {
			var n int
			out, n = appendRune(out, b[i:])
			i += n - 1
			continue
		}
		out = appendEscaped(out, b[i])
	}
	return out
}

func appendEscaped(out []byte, c byte) []byte {
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if k := bytes.IndexByte([]byte(from), c); k >= 0 {
		return append(out, to[k])
	}
	return append(out, '\\', c)
}

// appendRune writes the character of "uXXXX", or of a pair of them, at the
// beginning of b and returns how many bytes it took.
func appendRune(out, b []byte) ([]byte, int) {
	first, ok := hex4(b)
	if !ok {
		return append(out, '\\', 'u'), 1
	}
	if utf16.IsSurrogate(first) && len(b) > 6 && b[5] == '\\' {
		if second, ok := hex4(b[6:]); ok && utf16.DecodeRune(first, second) != utf8.RuneError {
			return utf8.AppendRune(out, utf16.DecodeRune(first, second)), 11
		}
	}
	if utf16.IsSurrogate(first) { // no character: kept apart from every other
		return append(append(out, '\\'), b[:5]...), 5
	}
	return utf8.AppendRune(out, first), 5
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 5 || b[0] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[1:5] {
		if !isHex(c) {
			return 0, false
		}
		r = r<<4 | rune(hexValue(c))
	}
	return r, true
}

func isBlank(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' }
func isDigit(b byte) bool { return b-'0' < 10 }
func isHex(b byte) bool   { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }

func startsNumber(b byte) bool { return isDigit(b) || b == '-' }

func isNumberByte(b byte) bool {
	return isDigit(b) || b == '-' || b == '+' || b == '.' || b == 'e' || b == 'E'
}

func hexValue(b byte) byte {
	if isDigit(b) {
		return b - '0'
	}
	return b | 0x20 - 'a' + 10
}
