package route

import "strings"

// appendPlaceholder writes the placeholder of a decoded segment that one of the
// package's rules takes for data.
func appendPlaceholder(dst []byte, s string) ([]byte, bool) {
	if len(s) == 0 {
		return dst, false
	}
	if isEmail(s) {
		return append(dst, "{email}"...), true
	}
	if dst, ok := appendStem(dst, s); ok {
		return dst, true
	}
	stem, ext := splitExt(s)
	if ext == "" {
		return dst, false
	}
	dst, ok := appendStem(dst, stem)
	if ok {
		dst = append(dst, ext...)
	}
	return dst, ok
}

func appendStem(dst []byte, s string) ([]byte, bool) {
	if name := classOf(s); name != "" {
		return append(dst, name...), true
	}
	if n := prefixOf(s); n > 0 {
		return append(append(dst, s[:n]...), "{id}"...), true
	}
	return dst, false
}

// splitExt parts "name.ext"; the extension keeps its dot.
func splitExt(s string) (stem, ext string) {
	i := strings.LastIndexByte(s, '.')
	if i <= 0 || len(s)-i-1 < 1 || len(s)-i-1 > 8 || !isLetter(s[i+1]) {
		return s, ""
	}
	for j := i + 2; j < len(s); j++ {
		if !isAlnum(s[j]) {
			return s, ""
		}
	}
	return s[:i], s[i:]
}

// classOf returns the placeholder of a segment that is data as a whole, or "".
func classOf(s string) string {
	c := countClasses(s)
	switch {
	case c.digits == 0:
		return ""
	case c.other == 0 && c.letters == 0:
		return numeric(s, c)
	case isDate(s):
		return "{date}"
	case isDashedUUID(s):
		return "{uuid}"
	case c.hex == len(s) && c.letters > 0 && len(s) >= 16:
		return hexClass(s)
	case isULID(s):
		return "{ulid}"
	case isToken(s, c):
		return "{token}"
	}
	return ""
}

func hexClass(s string) string {
	if len(s) == 32 {
		return "{uuid}"
	}
	return "{hash}"
}

// classes counts a segment's characters: other are those that neither a number
// nor base64 has.
type classes struct {
	digits, letters, hex int
	dots, commas, signs  int
	base64, other        int
	changes              int // between lower, upper and digit, upper to lower apart
}

func countClasses(s string) classes {
	var c classes
	var last byte
	for i := 0; i < len(s); i++ {
		b := s[i]
		class := kind(b)
		switch class {
		case '0':
			c.digits++
		case 'a', 'A':
			c.letters++
		case '.':
			c.dots++
		case ',':
			c.commas++
		case '-', '+':
			c.signs++
		case '=':
			c.base64++
		default:
			c.other++
		}
		if isHex(b) {
			c.hex++
		}
		if isAlnum(b) {
			if last != 0 && last != class && !(last == 'A' && class == 'a') {
				c.changes++
			}
			last = class
		} else {
			last = 0
		}
	}
	return c
}

// kind maps a character to one that stands for its class.
func kind(b byte) byte {
	switch {
	case isDigit(b):
		return '0'
	case b >= 'a' && b <= 'z':
		return 'a'
	case b >= 'A' && b <= 'Z':
		return 'A'
	case b == '_' || b == '/' || b == '=':
		return '='
	}
	return b
}

// numeric classifies a segment of digits, dots, commas, signs.
func numeric(s string, c classes) string {
	signed := c.signs == 0 || c.signs == 1 && !isDigit(s[0])
	switch {
	case c.base64 > 0 || !isDigit(s[len(s)-1]):
		return ""
	case signed && c.dots == 0 && c.commas == 0:
		return "{id}"
	case c.dots == 0 && c.signs == 0:
		return "{ids}"
	case isDate(s):
		return "{date}"
	case c.commas > 0 || !signed:
		return ""
	}
	return dotted(s, c.dots)
}

func dotted(s string, dots int) string {
	switch {
	case dots == 1 && len(s) == 3:
		return ""
	case dots == 1:
		return "{number}"
	case dots == 2:
		return "{version}"
	case dots == 3:
		return "{ip}"
	}
	return ""
}

// isDate takes 2026-01-31, 2026-01, 2026-W05, each with or without a T and a
// time.
func isDate(s string) bool {
	if len(s) < 7 || !allDigits(s[:4]) || s[4] != '-' || s[0] != '1' && s[0] != '2' {
		return false
	}
	s = s[5:]
	if s[0] == 'W' {
		return len(s) == 3 && within(s[1:3], 1, 53)
	}
	if !within(s[:2], 1, 12) {
		return false
	}
	if len(s) == 2 {
		return true
	}
	if len(s) < 5 || s[2] != '-' || !within(s[3:5], 1, 31) {
		return false
	}
	return len(s) == 5 || isTime(s[5:])
}

// isTime takes "T12", "T12:30:00.5Z", "T123000+02:00" and the like.
func isTime(s string) bool {
	if len(s) < 3 || s[0] != 'T' && s[0] != 't' && s[0] != ' ' || !within(s[1:3], 0, 24) {
		return false
	}
	for i := 3; i < len(s); i++ {
		if !isDigit(s[i]) && strings.IndexByte(":.,+-Zz", s[i]) < 0 {
			return false
		}
	}
	return true
}

// within reports whether the two digits s lie between low and high.
func within(s string, low, high int) bool {
	if !allDigits(s) {
		return false
	}
	n := int(s[0]-'0')*10 + int(s[1]-'0')
	return n >= low && n <= high
}

func isDashedUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := 0; i < len(s); i++ {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !isHex(s[i]) {
			return false
		}
	}
	return true
}

func isULID(s string) bool {
	if len(s) != 26 || s[0] > '7' {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) || strings.IndexByte("ILOUilou", s[i]) >= 0 {
			return false
		}
	}
	return true
}

// isToken takes what only a machine writes.
func isToken(s string, c classes) bool {
	const redacted = "redacted-"
	if strings.HasPrefix(s, redacted) && len(s) == len(redacted)+16 {
		return true
	}
	if len(s) < 16 || c.other > 0 || c.commas > 0 || c.letters == 0 {
		return false
	}
	if strings.HasPrefix(s, "eyJ") && c.dots == 2 {
		return true
	}
	return c.dots == 0 && c.changes*4 >= c.digits+c.letters
}

// prefixOf returns the length of the name before a trailing number, or 0.
func prefixOf(s string) int {
	n := len(s)
	for n > 0 && isDigit(s[n-1]) {
		n--
	}
	digits := len(s) - n
	if n == 0 || n > maxLiteral/2 || digits < 3 || !isLetter(s[0]) {
		return 0
	}
	separated := s[n-1] == '-' || s[n-1] == '_'
	for i := 0; i < n; i++ {
		if !isLetter(s[i]) && !(separated && (isDigit(s[i]) || s[i] == '-' || s[i] == '_')) {
			return 0
		}
	}
	if separated || digits >= 4 {
		return n
	}
	return 0
}

func isEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	if at <= 0 || strings.IndexByte(s[at+1:], '@') >= 0 || strings.IndexByte(s, ' ') >= 0 {
		return false
	}
	dot := strings.LastIndexByte(s[at+1:], '.')
	return dot > 0 && dot < len(s)-at-2
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func isDigit(b byte) bool  { return b-'0' < 10 }
func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }
func isAlnum(b byte) bool  { return isDigit(b) || isLetter(b) }
func isHex(b byte) bool    { return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'f' }

func hexValue(b byte) byte {
	if isDigit(b) {
		return b - '0'
	}
	return b | 0x20 - 'a' + 10
}

// isUnreserved holds RFC 3986's characters that mean the same encoded or not.
func isUnreserved(b byte) bool {
	return isAlnum(b) || b == '-' || b == '.' || b == '_' || b == '~'
}
