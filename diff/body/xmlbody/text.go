package xmlbody

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

const (
	cdataOpen  = "<![CDATA["
	cdataClose = "]]>"
)

// entities are those that every document has.
func entity(name []byte) (c byte, ok bool) {
	switch string(name) {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	return 0, false
}

// reference reads the reference that text begins with: what it stands for, or, where a
// document type may declare it, its name; and its length, 0 where it is none.
func reference(text []byte) (r rune, name []byte, n int) {
	end := bytes.IndexByte(text[:min(len(text), maxReference)], ';')
	if end < 2 {
		return 0, nil, 0
	}
	name = text[1:end]
	if name[0] == '#' {
		r, ok := character(name[1:])
		if !ok {
			return 0, nil, 0
		}
		return r, nil, end + 1
	}
	if c, ok := entity(name); ok {
		return rune(c), nil, end + 1
	}
	if nameEnd(name, 0) != len(name) {
		return 0, nil, 0
	}
	return 0, name, end + 1
}

// maxReference bounds a reference's length.
const maxReference = 256

func character(digits []byte) (rune, bool) {
	base := 10
	if len(digits) > 0 && digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(string(digits), base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune && validRune(rune(n))
}

// unknown stands in a decoded text before the name of an entity that only a document
// type can explain: no text has that byte.
const unknown = 0xFF

// decode returns what checked text stands for: text itself where it stands for itself.
// In an attribute's value white space becomes blanks.
func decode(text []byte, attribute bool) []byte {
	special := "&\r<"
	if attribute {
		special = "&\r\n\t"
	}
	i := bytes.IndexAny(text, special)
	if i < 0 {
		return text
	}
	out := append(make([]byte, 0, len(text)), text[:i]...)
	for i < len(text) {
		var n int
		switch text[i] {
		case '&':
			out, n = appendReference(out, text[i:])
		case '<': // CDATA: nothing else begins so
			from := i + len(cdataOpen)
			to := from + bytes.Index(text[from:], []byte(cdataClose))
			out, n = lineEnds(out, text[from:to], false), to+len(cdataClose)-i
		default:
			for n < len(text)-i && text[i+n] != '&' && text[i+n] != '<' {
				n++
			}
			out = lineEnds(out, text[i:i+n], attribute)
		}
		i += n
	}
	return out
}

// appendReference appends what the reference that text begins with stands for, and
// returns its length.
func appendReference(dst, text []byte) ([]byte, int) {
	switch r, name, n := reference(text); {
	case n == 0: // not in checked text
		return append(dst, text[0]), 1
	case name != nil:
		return append(append(append(dst, unknown), name...), ';'), n
	default:
		return utf8.AppendRune(dst, r), n
	}
}

// means is what a node that is no element says.
func (d *document) means(n *node) []byte {
	text := d.said(n)
	if n.kind == run {
		return decode(text, false)
	}
	if bytes.IndexByte(text, '\r') < 0 {
		return text
	}
	return lineEnds(nil, text, false)
}

// lineEnds appends text with its line ends as LF, or all its white space as blanks.
func lineEnds(dst, text []byte, blanks bool) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\r' {
			if i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
			c = '\n'
		}
		if blanks && (c == '\n' || c == '\t') {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}
