// Package route names what a request asks for, without whom or which one it
// asks about: "GET /orders/{id}".
//
// Terms. The route is a method, a blank, and a template: the path of the
// request target, in which segments that carry data are placeholders.
//
// Steps. The target's query and fragment are cut, an absolute-form target is
// reduced to its path; "*" stays and an authority-form target is {authority}.
// Of each segment the matrix parameters (";v=1") are cut, percent-encoding is
// brought into one form (unreserved characters decoded, hex in upper case,
// bytes outside of printable ASCII encoded; an encoded slash does not part
// segments). Then the first rule that fits decides, tested on the decoded text:
//
//  1. a segment with "{" or "}" stays: it is a template already
//  2. {email}   something@domain.tld
//  3. {id}      digits, with or without a sign ("-5"); {ids} digits with commas
//  4. {ip}      four numbers with dots; {version} three ("1.2.3"); {number} a
//     decimal fraction, unless it is one digit each side ("1.0"), which stays
//  5. {date}    2026-01-31, 2026-01, 2026-W05, also with a time after a T
//  6. {uuid}    8-4-4-4-12 hex digits, or 32 without dashes; {hash} 16 or more
//     hex digits in one case or two; both need a digit and a letter
//  7. {ulid}    26 characters of Crockford's base 32 with a digit and a letter
//  8. {token}   a redaction token; a JWT; 16 or more characters of base64 or
//     base64url (any padding) that hold a digit and whose class (lower, upper,
//     digit) changes at least once in four characters
//  9. NAME-{id} a name, a dash or underscore, and three or more digits
//     ("order-1001"); NAME{id}: letters and four or more digits ("SKU10007")
//  10. {text}   more than 64 bytes
//  11. anything else stays ("v1", "orders", "utf-8")
//
// An extension of one to eight letters and digits, with a letter first, is kept
// and the rest is tested for rules 3 and 5 to 9: "/img/123.png" is
// "/img/{id}.png".
//
// Limits. The function sees one request only, so that shards and nights agree:
// words that are data ("/users/anna") stay, and a value that by chance looks
// like another class (16 hex digits without a letter) gets that class's
// placeholder. A template has at most 32 segments, the last of which is then
// {more}; a method that is no token of at most 24 bytes is {method}.
package route

import "strings"

// The bounds of a template.
const (
	maxSegments = 32
	maxLiteral  = 64
	maxMethod   = 24
	// maxEncoded bounds the segment that is decoded to be tested.
	maxEncoded = 256
)

// Of returns the route of a request: its method, a blank and its target's
// template. It is a pure function, total, never empty, and does not change a
// target that is a template already.
func Of(method, target string) string {
	var room [160]byte
	dst := appendMethod(room[:0], method)
	dst = append(dst, ' ')
	return string(appendTarget(dst, method, target))
}

func appendMethod(dst []byte, method string) []byte {
	if method == "" || len(method) > maxMethod {
		return append(dst, "{method}"...)
	}
	for i := 0; i < len(method); i++ {
		if !isAlnum(method[i]) && strings.IndexByte("!#$%&'*+-.^_`|~", method[i]) < 0 {
			return append(dst, "{method}"...)
		}
	}
	return append(dst, method...)
}

func appendTarget(dst []byte, method, target string) []byte {
	switch {
	case target == "*":
		return append(dst, '*')
	case method == "CONNECT" && !strings.HasPrefix(target, "/"):
		return append(dst, "{authority}"...)
	}
	return appendPath(dst, pathOf(target))
}

// pathOf cuts the query, the fragment and an absolute form's scheme and
// authority.
func pathOf(target string) string {
	if i := strings.IndexAny(target, "?#"); i >= 0 {
		target = target[:i]
	}
	if strings.HasPrefix(target, "/") {
		return target[1:]
	}
	if i := strings.Index(target, "://"); i > 0 && isScheme(target[:i]) {
		_, path, _ := strings.Cut(target[i+3:], "/")
		return path
	}
	return target
}

func isScheme(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAlnum(s[i]) && strings.IndexByte("+-.", s[i]) < 0 {
			return false
		}
	}
	return true
}

// appendPath writes path, which lacks its first slash, segment by segment.
func appendPath(dst []byte, path string) []byte {
	for n := 1; ; n++ {
		segment, rest, more := strings.Cut(path, "/")
		dst = append(dst, '/')
		if more && n == maxSegments {
			return append(dst, "{more}"...)
		}
		dst = appendSegment(dst, segment)
		if !more {
			return dst
		}
		path = rest
	}
}

// appendSegment writes what stands for one segment.
func appendSegment(dst []byte, segment string) []byte {
	if i := strings.IndexByte(segment, ';'); i >= 0 {
		segment = segment[:i]
	}
	if !strings.ContainsAny(segment, "{}") {
		if out, ok := appendClass(dst, segment); ok {
			return out
		}
	}
	start := len(dst)
	dst = appendNormal(dst, segment)
	if len(dst)-start > maxLiteral {
		return append(dst[:start], "{text}"...)
	}
	return dst
}

// appendClass writes the placeholder of a segment that carries data.
func appendClass(dst []byte, segment string) ([]byte, bool) {
	if strings.IndexByte(segment, '%') < 0 {
		return appendPlaceholder(dst, segment)
	}
	if len(segment) > maxEncoded {
		return dst, false
	}
	var room [maxEncoded]byte
	return appendPlaceholder(dst, string(appendDecoded(room[:0], segment)))
}

// appendDecoded undoes percent-encoding; what is no encoding stays.
func appendDecoded(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if b, ok := unescape(s, i); ok {
			dst = append(dst, b)
			i += 2
			continue
		}
		dst = append(dst, s[i])
	}
	return dst
}

// appendNormal writes s with percent-encoding in one form.
func appendNormal(dst []byte, s string) []byte {
	const digits = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		b, escaped := unescape(s, i)
		if !escaped {
			b = s[i]
		}
		if escaped && !isUnreserved(b) || b <= ' ' || b >= 0x7f {
			dst = append(dst, '%', digits[b>>4], digits[b&15])
		} else {
			dst = append(dst, b)
		}
		if escaped {
			i += 2
		}
		if len(dst) > 4096 {
			return dst // far over the length of a literal: it is {text}
		}
	}
	return dst
}

// unescape returns the byte that the %XX at s[i:] stands for.
func unescape(s string, i int) (byte, bool) {
	if s[i] != '%' || i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
		return 0, false
	}
	return hexValue(s[i+1])<<4 | hexValue(s[i+2]), true
}
