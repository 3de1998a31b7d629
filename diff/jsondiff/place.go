package jsondiff

import (
	"bytes"
	"strconv"
)

// step leads from a container to a value in it: by key, or by index where key
// is nil.
type step struct {
	key   []byte // as it stands in the document, between its quotes
	index int
}

// Place is where a Sink's call is about. It is valid during the call only, and
// its text is built only when asked for.
type Place struct{ steps []step }

// Depth is the number of keys and indices that lead to the place.
func (p *Place) Depth() int { return len(p.steps) }

// AppendPointer appends the JSON Pointer (RFC 6901). Elements of arrays have
// their index in the old document, those that only the new one has their index
// there. What is no character in a key is spelled out: \xFF, \uD800.
func (p *Place) AppendPointer(dst []byte) []byte {
	for i := range p.steps {
		dst = append(dst, '/')
		if s := &p.steps[i]; s.key == nil {
			dst = strconv.AppendInt(dst, int64(s.index), 10)
		} else {
			dst = appendKey(dst, s.key)
		}
	}
	return dst
}

// AppendPattern appends the pointer with "*" for every index, and "~2" for a
// key that is a star itself.
func (p *Place) AppendPattern(dst []byte) []byte {
	for i := range p.steps {
		dst = append(dst, '/')
		switch s := &p.steps[i]; {
		case s.key == nil:
			dst = append(dst, '*')
		case len(s.key) == 1 && s.key[0] == '*':
			dst = append(dst, "~2"...)
		default:
			dst = appendKey(dst, s.key)
		}
	}
	return dst
}

func appendKey(dst, key []byte) []byte {
	if plainKey(key) {
		return append(dst, key...)
	}
	return AppendName(dst, appendDecoded(nil, key))
}

// AppendName appends a name as a JSON Pointer's token.
func AppendName[T string | []byte](dst []byte, name T) []byte {
	for i := 0; i < len(name); i++ {
		switch c := name[i]; c {
		case '~':
			dst = append(dst, "~0"...)
		case '/':
			dst = append(dst, "~1"...)
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// plainKey reports whether a key is ASCII and means itself in a pointer.
func plainKey(key []byte) bool {
	for _, c := range key {
		if c >= 0x80 || c == '\\' {
			return false
		}
	}
	return bytes.IndexByte(key, '~') < 0 && bytes.IndexByte(key, '/') < 0
}

func (p *Place) pushKey(key []byte) { p.steps = append(p.steps, step{key: key}) }

func (p *Place) pushIndex(i int) { p.steps = append(p.steps, step{index: i}) }

func (p *Place) pop() { p.steps = p.steps[:len(p.steps)-1] }
