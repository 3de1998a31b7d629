package redact

import (
	"bytes"
	"html"
)

// markup looks through XML and HTML: the text of an element whose name is
// secret, the value of such an attribute, and value or content beside a name or
// key that is (<input name="csrf_token" value="…">). Like JSON it is searched,
// not parsed: from each "<" on, in a document that need not be whole.
func (f *finder) markup(b []byte) {
	for i := 0; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], '<')
		if j < 0 {
			return
		}
		i += j
		name := nameAt(b, i+1)
		if len(name) == 0 {
			continue
		}
		end, empty := f.tag(b, i+1+len(name))
		if end < len(b) && !empty && f.names.field(local(name)) {
			end = f.element(b, end)
		}
		i = end - 1
	}
}

// looksLikeMarkup: the first character that is not blank opens a tag.
func looksLikeMarkup(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\ufeff")), " \t\r\n")
	return len(b) > 0 && b[0] == '<'
}

// nameAt returns the name that begins at b[i].
func nameAt(b []byte, i int) []byte {
	to := i
	for to < len(b) && to-i < maxName && (isBase64URL(b[to]) || b[to] == ':' || b[to] == '.' || b[to] >= 0x80) {
		to++
	}
	return b[i:to]
}

// local cuts a name's prefix.
func local(name []byte) []byte { return name[bytes.LastIndexByte(name, ':')+1:] }

// attribute is the stretch of an attribute's value.
type attribute struct{ from, to int }

// tag goes through the attributes from b[i:] on. It returns the position after
// the tag's end, and whether the element is empty.
func (f *finder) tag(b []byte, i int) (end int, empty bool) {
	var value attribute
	named := false
	for i < len(b) {
		switch c := b[i]; {
		case c == '>':
			if named && value.to > value.from {
				f.markupValue(b, value)
			}
			return i + 1, b[i-1] == '/'
		case c == '<': // the tag never ended
			return i, true
		case c == '"' || c == '\'':
			i = quoted(b, i).to + 1
			continue
		}
		name := nameAt(b, i)
		if len(name) == 0 {
			i++
			continue
		}
		var a attribute
		if a, i = attributeAfter(b, i+len(name)); a.to == a.from {
			continue
		}
		switch string(bytes.ToLower(local(name))) {
		case "name", "key":
			named = f.names.field(b[a.from:a.to])
		case "value", "content":
			value = a
		default:
			if f.names.field(local(name)) {
				f.markupValue(b, a)
			}
		}
	}
	return i, true
}

// attributeAfter returns the value that follows an attribute's name, and where
// it ends.
func attributeAfter(b []byte, i int) (attribute, int) {
	i = skipBlank(b, i, 0)
	if i == len(b) || b[i] != '=' {
		return attribute{}, i
	}
	if i = skipBlank(b, i+1, 0); i < len(b) && (b[i] == '"' || b[i] == '\'') {
		a := quoted(b, i)
		return a, min(a.to+1, len(b))
	}
	from := i
	for i < len(b) && !isBlank(b[i]) && b[i] != '>' {
		i++
	}
	return attribute{from, i}, i
}

// quoted returns what stands between the quote at b[i] and the next like it.
func quoted(b []byte, i int) attribute {
	if j := bytes.IndexByte(b[i+1:], b[i]); j >= 0 {
		return attribute{i + 1, i + 1 + j}
	}
	return attribute{i + 1, len(b)}
}

func (f *finder) markupValue(b []byte, a attribute) {
	value := b[a.from:a.to]
	if bytes.IndexByte(value, '&') >= 0 {
		value = []byte(html.UnescapeString(string(value)))
	}
	f.add(b, a.from, a.to, ruleMarkup, value)
}

// element notes the text from b[i:] to the next tag, without blanks around it,
// and returns where it ends.
func (f *finder) element(b []byte, i int) int {
	const open, closed = "<![CDATA[", "]]>"
	i = skipBlank(b, i, 0)
	mark, skip := []byte("<"), 0
	if bytes.HasPrefix(b[i:], []byte(open)) {
		i, mark, skip = i+len(open), []byte(closed), len(closed)
	}
	to := len(b)
	if j := bytes.Index(b[i:], mark); j >= 0 {
		to = i + j
	}
	text := attribute{i, i + len(bytes.TrimRight(b[i:to], " \t\r\n"))}
	if skip > 0 {
		f.add(b, text.from, text.to, ruleMarkup, b[text.from:text.to])
	} else {
		f.markupValue(b, text)
	}
	return min(to+skip, len(b))
}
