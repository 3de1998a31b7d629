package redact

import "bytes"

// maxParameter bounds the name of a parameter that is found in a text.
const maxParameter = 128

// pairs looks for query parameters: a name after ?, &, ; or #, then "=".
func (f *finder) pairs(b []byte, url bool) {
	for i := 0; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], '=')
		if j < 0 {
			return
		}
		i += j
		name, inPath := parameterBefore(b, i)
		if len(name) == 0 || !f.names.secretQuery(name) {
			continue
		}
		end := parameterEnd(b, i+1, url, inPath)
		f.add(b, i+1, end, ruleQuery, decodeForm(b[i+1:end]))
		i = end - 1
	}
}

// parameterBefore returns the name that ends at b[i], or nothing where what
// stands there is no parameter, and whether it is one of the path (";a=b"). JSON
// writers escape & as \u0026, HTML as &amp;.
func parameterBefore(b []byte, i int) (name []byte, inPath bool) {
	start := i
	for start > 0 && i-start < maxParameter && isParameterByte(b[start-1]) {
		start--
	}
	if start == 0 {
		return nil, false
	}
	name = b[start:i]
	switch b[start-1] {
	case '?', '#':
		return name, false
	case ';':
		return name, !bytes.HasSuffix(b[:start], []byte("&amp;"))
	case '&':
		if start > 1 && b[start-2] == '&' {
			return nil, false // a condition in a program
		}
		return name, false
	case '\\':
		name, ok := bytes.CutPrefix(name, []byte("u0026"))
		if ok {
			return name, false
		}
	}
	return nil, false
}

func isParameterByte(b byte) bool {
	return isDigit(b) || b|0x20 >= 'a' && b|0x20 <= 'z' ||
		b == '_' || b == '-' || b == '.' || b == '[' || b == ']' || b == '%' || b == '$' || b == ':'
}

// parameterEnd returns where the value at b[i:] ends: in a URL by itself at &
// and #, in a text also where the URL must end; one of the path with its segment.
func parameterEnd(b []byte, i int, url, inPath bool) int {
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '&' || c == '#':
			return i
		case inPath && (c == '/' || c == '?' || c == ';'):
			return i
		case !url && (c <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' || c == '`'):
			return i
		}
	}
	return i
}

// form looks through a body of type application/x-www-form-urlencoded.
func (f *finder) form(b []byte) {
	for start := 0; start < len(b); {
		end := len(b)
		if j := bytes.IndexByte(b[start:], '&'); j >= 0 {
			end = start + j
		}
		if j := bytes.IndexByte(b[start:end], '='); j > 0 && f.names.secretQuery(b[start:start+j]) {
			from := start + j + 1
			f.add(b, from, end, ruleForm, decodeForm(b[from:end]))
		}
		start = end + 1
	}
}

// looksLikeForm reports whether a body without a type is one: name=value.
func looksLikeForm(b []byte) bool {
	i := 0
	for i < len(b) && i < maxParameter && isParameterByte(b[i]) {
		i++
	}
	return i > 0 && i < len(b) && b[i] == '='
}

// decodeForm undoes a form's encoding: + and %XX.
func decodeForm(b []byte) []byte {
	if bytes.IndexByte(b, '+') < 0 {
		return unpercent(b)
	}
	return unpercent(bytes.ReplaceAll(b, []byte("+"), []byte(" ")))
}

// unpercent undoes percent-encoding; what is none stays.
func unpercent(b []byte) []byte {
	if bytes.IndexByte(b, '%') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]) {
			out = append(out, hexValue(b[i+1])<<4|hexValue(b[i+2]))
			i += 2
			continue
		}
		out = append(out, b[i])
	}
	return out
}
