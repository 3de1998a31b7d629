package form

import (
	"bytes"
	"errors"
	"fmt"

	"parallax/diff/body/field"
)

// ErrLimit: too many fields to compare by field.
var ErrLimit = errors.New("over the limit of a comparison by field")

// SyntaxError says that a body is no form.
type SyntaxError struct {
	Offset int // in bytes
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("malformed form at byte %d", e.Offset) }

// maxFields bounds the fields of one body.
const maxFields = 1 << 20

// Field is one name with its value.
type Field struct {
	// Key is the decoded name; Name is it with bytes that are no UTF-8 spelled out.
	Key, Name string
	Value     field.Leaf
	// Raw is all of it as it stands.
	Raw []byte
}

// Blanks are the places where nothing stands between two separators: their number, and
// a sum that tells where they are.
type Blanks struct {
	Count int
	Where uint64
}

func (b *Blanks) add(fieldsBefore int) {
	b.Count++
	b.Where = b.Where*0x9E3779B97F4A7C15 + uint64(fieldsBefore) + 1
}

// Parse reads a form.
func Parse(text []byte) (fields []Field, blanks Blanks, err error) {
	for at := 0; at <= len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '&'); i >= 0 {
			end = at + i
		}
		if raw := text[at:end]; len(raw) == 0 {
			blanks.add(len(fields))
		} else if len(fields) == maxFields {
			return nil, Blanks{}, fmt.Errorf("more than %d fields at byte %d: %w", maxFields, at, ErrLimit)
		} else {
			f, bad := parseField(raw)
			if bad >= 0 {
				return nil, Blanks{}, &SyntaxError{at + bad}
			}
			fields = append(fields, f)
		}
		at = end + 1
	}
	return fields, blanks, nil
}

// parseField returns where raw goes wrong, or -1.
func parseField(raw []byte) (f Field, bad int) {
	name, value, _ := bytes.Cut(raw, []byte("="))
	decoded, bad := unescape(name)
	if bad >= 0 {
		return f, bad
	}
	f.Key, f.Name, f.Raw, f.Value.Raw = string(decoded), field.Spelled(decoded), raw, value
	if f.Value.Text, bad = unescape(value); bad >= 0 {
		bad += len(name) + 1
	}
	return f, bad
}

// unescape returns text itself where nothing is escaped.
func unescape(text []byte) (out []byte, bad int) {
	if bytes.IndexByte(text, '%') < 0 && bytes.IndexByte(text, '+') < 0 {
		return text, -1
	}
	out = make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(text) || hex(text[i+1]) > 15 || hex(text[i+2]) > 15 {
				return nil, i
			}
			out = append(out, hex(text[i+1])<<4|hex(text[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out, -1
}

// hex returns the digit's value, or more than 15.
func hex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}
