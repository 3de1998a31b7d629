package jsondiff

import (
	"bytes"
	"slices"
	"strconv"
	"unicode/utf8"
)

// AppendCanonical appends the form that a JSON document shares with all documents that
// Compare finds equal without rules, and with no others: no white space, members in the
// order of their keys (those of one key as they stand), each value in one spelling.
func AppendCanonical(dst, text []byte, l Limits) ([]byte, error) {
	l = l.withDefaults(len(text))
	if len(text) > maxText {
		return dst, ErrLimit
	}
	var p parser
	p.reset(text, l)
	if err := p.parse(); err != nil {
		return dst, err
	}
	return p.document.appendCanonical(dst, p.document.top()), nil
}

func (d *document) appendCanonical(dst []byte, v value) []byte {
	switch raw := d.raw(v); raw[0] {
	case '{':
		return d.appendMembers(dst, v)
	case '[':
		dst = append(dst, '[')
		for c, first := d.cursor(v), true; ; first = false {
			_, element, ok := c.next()
			if !ok {
				return append(dst, ']')
			}
			if !first {
				dst = append(dst, ',')
			}
			dst = d.appendCanonical(dst, element)
		}
	case '"':
		return appendString(dst, inner(raw))
	case 't', 'f', 'n':
		return append(dst, raw...)
	default:
		return appendNumber(dst, raw)
	}
}

func (d *document) appendMembers(dst []byte, v value) []byte {
	type member struct {
		key   []byte // with its quotes
		value value
	}
	var members []member
	for c := d.cursor(v); ; {
		key, value, ok := c.next()
		if !ok {
			break
		}
		members = append(members, member{appendString(nil, key), value})
	}
	slices.SortStableFunc(members, func(a, b member) int { return bytes.Compare(a.key, b.key) })
	dst = append(dst, '{')
	for i, m := range members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = d.appendCanonical(append(append(dst, m.key...), ':'), m.value)
	}
	return append(dst, '}')
}

// appendString spells a string with as few escapes as there can be. What is no
// character stays what it is.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for len(s) > 0 {
		u, n := nextUnit(s)
		s = s[n:]
		switch {
		case u&invalidByte != 0:
			dst = append(dst, byte(u))
		case u&loneSurrogate != 0 || u < ' ':
			dst = appendHex(append(dst, '\\', 'u'), uint32(u&0xFFFF), 4)
		case u == '"' || u == '\\':
			dst = append(dst, '\\', byte(u))
		default:
			dst = utf8.AppendRune(dst, rune(u))
		}
	}
	return append(dst, '"')
}

// mostZeros bounds the zeros that a number is written with instead of an exponent.
const mostZeros = 20

func appendNumber(dst, text []byte) []byte {
	n := readDecimal(text)
	switch {
	case n.huge:
		return append(dst, text...)
	case len(n.digits) == 0:
		return append(dst, '0')
	case n.negative:
		dst = append(dst, '-')
	}
	digits := bytes.ReplaceAll(n.digits, []byte{'.'}, nil)
	whole := int64(len(digits))
	switch e := n.exponent; {
	case e >= whole && e <= whole+mostZeros:
		return append(append(dst, digits...), bytes.Repeat([]byte{'0'}, int(e-whole))...)
	case e > 0 && e < whole:
		return append(append(append(dst, digits[:e]...), '.'), digits[e:]...)
	case e <= 0 && e >= -mostZeros:
		return append(append(append(dst, '0', '.'), bytes.Repeat([]byte{'0'}, int(-e))...), digits...)
	default:
		dst = append(dst, digits[0])
		if whole > 1 {
			dst = append(append(dst, '.'), digits[1:]...)
		}
		return strconv.AppendInt(append(dst, 'e'), e-1, 10)
	}
}
