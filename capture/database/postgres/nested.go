package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"parallax/capture/snapshot"
)

// element is what arrays and ranges hold.
type element struct {
	class  snapshot.Class
	decode decoder
}

// Names in Table.Notes.
const noteLowerBound = "array whose first index is not 1"

// list decodes arrays into a JSON array's text.
type list struct {
	element element
	notes   map[string]int64 // counted into
	scratch []byte
}

// maxDimensions is PostgreSQL's own.
const maxDimensions = 6

// decode reads the number of dimensions, flags, the elements' type, per dimension
// length and first index, and the elements.
func (l *list) decode(dst, src []byte) ([]byte, error) {
	if len(src) < 12 {
		return badLength(dst, src)
	}
	n := int(binary.BigEndian.Uint32(src))
	if n > maxDimensions || len(src) < 12+8*n {
		return dst, fmt.Errorf("an array of %d dimensions: %w", n, errForm)
	}
	if n == 0 {
		return append(dst, "[]"...), nil
	}
	sizes, odd := make([]int, n), false
	for i := range sizes {
		at := src[12+8*i:]
		if sizes[i] = int(int32(binary.BigEndian.Uint32(at))); sizes[i] < 1 {
			return dst, fmt.Errorf("an array dimension of %d: %w", sizes[i], errForm)
		}
		odd = odd || int32(binary.BigEndian.Uint32(at[4:])) != 1
	}
	if odd {
		l.notes[noteLowerBound]++
	}
	dst, rest, err := l.dimension(dst, src[12+8*n:], sizes)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes behind the array: %w", len(rest), errForm)
	}
	return dst, err
}

func (l *list) dimension(dst, src []byte, sizes []int) (_, rest []byte, err error) {
	dst = append(dst, '[')
	for i := range sizes[0] {
		if i > 0 {
			dst = append(dst, ',')
		}
		if len(src) < 4 { // an element is at least its length
			return dst, nil, fmt.Errorf("an array that ends early: %w", errForm)
		}
		if len(sizes) > 1 {
			dst, src, err = l.dimension(dst, src, sizes[1:])
		} else {
			dst, src, err = l.one(dst, src)
		}
		if err != nil {
			return dst, nil, err
		}
	}
	return append(dst, ']'), src, nil
}

func (l *list) one(dst, src []byte) (_, rest []byte, err error) {
	value, null, rest, err := field(src)
	switch {
	case err != nil:
		return dst, nil, err
	case null:
		return append(dst, "null"...), rest, nil
	}
	if l.scratch, err = l.element.decode(l.scratch[:0], value); err != nil {
		return dst, nil, err
	}
	return appendJSON(dst, l.element.class, l.scratch), rest, nil
}

// field cuts a value off with its length in front.
func field(src []byte) (value []byte, null bool, rest []byte, err error) {
	if len(src) < 4 {
		return nil, false, nil, fmt.Errorf("a value that ends early: %w", errForm)
	}
	n := int(int32(binary.BigEndian.Uint32(src)))
	src = src[4:]
	switch {
	case n == -1:
		return nil, true, src, nil
	case n < 0 || n > len(src):
		return nil, false, nil, fmt.Errorf("a value of %d bytes where %d are left: %w", n, len(src), errForm)
	}
	return src[:n], false, src[n:], nil
}

// appendJSON appends a cell as JSON: numbers and documents as they are, all that
// JSON has no form for as a text.
func appendJSON(dst []byte, class snapshot.Class, c []byte) []byte {
	switch class {
	case snapshot.Bool, snapshot.JSON, snapshot.List:
		return snapshot.AppendText(dst, class, c)
	case snapshot.Number:
		if _, _, finite := snapshot.NumberBig(c); finite {
			return snapshot.AppendNumber(dst, c)
		}
	case snapshot.Float:
		if v := snapshot.FloatValue(c); v == v && !math.IsInf(v, 0) {
			return snapshot.AppendText(dst, class, c)
		}
	case snapshot.Text:
		return appendQuoted(dst, c)
	}
	return appendQuoted(dst, snapshot.AppendText(nil, class, c))
}

// appendQuoted writes a JSON string; beyond what must be escaped all stays as it is.
func appendQuoted(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, b := range text {
		switch {
		case b == '"' || b == '\\':
			dst = append(dst, '\\', b)
		case b < 0x20:
			dst = fmt.Appendf(dst, `\u%04x`, b)
		default:
			dst = append(dst, b)
		}
	}
	return append(dst, '"')
}

// The flags of a range.
const (
	rangeEmpty   = 0x01
	rangeLowInc  = 0x02
	rangeHighInc = 0x04
	rangeLowInf  = 0x08
	rangeHighInf = 0x10
)

// decodeRange writes a range as PostgreSQL does, its bounds in canonical text.
func decodeRange(e element) decoder {
	return func(dst, src []byte) ([]byte, error) {
		if len(src) < 1 {
			return badLength(dst, src)
		}
		flags, rest := src[0], src[1:]
		if flags&rangeEmpty != 0 {
			return append(dst, "empty"...), nil
		}
		dst = append(dst, pick(flags&rangeLowInc != 0, '[', '('))
		dst, rest, err := e.bound(dst, rest, flags&rangeLowInf != 0)
		if err != nil {
			return dst, err
		}
		if dst, rest, err = e.bound(append(dst, ','), rest, flags&rangeHighInf != 0); err != nil {
			return dst, err
		}
		if len(rest) > 0 {
			return dst, fmt.Errorf("%d bytes behind the range: %w", len(rest), errForm)
		}
		return append(dst, pick(flags&rangeHighInc != 0, ']', ')')), nil
	}
}

func pick(yes bool, a, b byte) byte {
	if yes {
		return a
	}
	return b
}

func (e element) bound(dst, src []byte, endless bool) (_, rest []byte, err error) {
	if endless {
		return dst, src, nil
	}
	value, null, rest, err := field(src)
	if err != nil || null {
		return dst, nil, fmt.Errorf("a range without its bound: %w", errForm)
	}
	c, err := e.decode(nil, value)
	if err != nil {
		return dst, nil, err
	}
	return appendBound(dst, snapshot.AppendText(nil, e.class, c)), rest, nil
}

// appendBound quotes a text that would be mistaken for a range's own signs.
func appendBound(dst, text []byte) []byte {
	if len(text) > 0 && !strings.ContainsAny(string(text), "\"\\()[], \t\n\r\v\f") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for _, b := range text {
		if b == '"' || b == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, b)
	}
	return append(dst, '"')
}

// decodeMultirange writes {range,range}.
func decodeMultirange(one decoder) decoder {
	return func(dst, src []byte) ([]byte, error) {
		if len(src) < 4 {
			return badLength(dst, src)
		}
		n, rest := binary.BigEndian.Uint32(src), src[4:]
		dst = append(dst, '{')
		for i := range n {
			if i > 0 {
				dst = append(dst, ',')
			}
			value, null, after, err := field(rest)
			if err != nil || null {
				return dst, fmt.Errorf("a multirange that ends early: %w", errForm)
			}
			if dst, err = one(dst, value); err != nil {
				return dst, err
			}
			rest = after
		}
		if len(rest) > 0 {
			return dst, fmt.Errorf("%d bytes behind the multirange: %w", len(rest), errForm)
		}
		return append(dst, '}'), nil
	}
}
