// Package records reads bodies that are many JSON documents, one after the other.
//
// # Terms
//
// A record is one document. JSON lines (NDJSON) have one on each line; a JSON
// sequence (RFC 7464) has a record separator in front of each. The framing is what
// stands between the records: line ends, blank lines, white space.
//
// # Steps
//
// Every record is checked by itself. Then they become the elements of one JSON array,
// their bytes untouched, so that the comparison of arrays, its alignment and its rules
// hold for records as they are.
//
// # Limits
//
// One record that is not JSON makes the whole body malformed. A byte order mark stays
// in front of the array.
package records

import (
	"bytes"
	"fmt"
)

// SyntaxError says that a record is not JSON.
type SyntaxError struct {
	Record int // from 0
	Offset int // where the record begins, in bytes
	Err    error
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("record %d, from byte %d: %v", e.Record, e.Offset, e.Err)
}

// Unwrap returns why.
func (e *SyntaxError) Unwrap() error { return e.Err }

// List is a body that was read.
type List struct {
	// Array is the records as one JSON array.
	Array []byte
	// Framing is what stood between them.
	Framing []byte
	// Len is the number of records.
	Len int
}

// separator stands in front of each record of a sequence.
const separator = 0x1E

const byteOrderMark = "\xEF\xBB\xBF"

// Lines reads JSON lines. check returns an error where a text is not one JSON
// document.
func Lines(text []byte, check func([]byte) error) (*List, error) {
	return read(text, '\n', check)
}

// Sequence reads a JSON sequence.
func Sequence(text []byte, check func([]byte) error) (*List, error) {
	if first := bytes.TrimPrefix(text, []byte(byteOrderMark)); len(first) > 0 && first[0] != separator {
		return nil, &SyntaxError{Err: fmt.Errorf("no record separator before it")}
	}
	return read(text, separator, check)
}

func read(text []byte, end byte, check func([]byte) error) (*List, error) {
	l := &List{Array: make([]byte, 0, len(text)+3)}
	at := 0
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		at = len(byteOrderMark)
	}
	l.Array = append(append(l.Array, text[:at]...), '[')
	for at < len(text) {
		next := len(text)
		if i := bytes.IndexByte(text[at:], end); i >= 0 {
			next = at + i + 1
		}
		if err := l.record(text[at:next], end, at, check); err != nil {
			return nil, err
		}
		at = next
	}
	l.Array = append(l.Array, ']')
	return l, nil
}

// record takes what stands up to the next end, which may be nothing.
func (l *List) record(line []byte, end byte, at int, check func([]byte) error) error {
	text := bytes.Trim(bytes.TrimSuffix(line, []byte{end}), " \t\r\n")
	before := bytes.Index(line, text)
	l.Framing = append(l.Framing, line[:before]...)
	if len(text) > 0 {
		if err := check(text); err != nil {
			return &SyntaxError{l.Len, at + before, err}
		}
		if l.Len > 0 {
			l.Array = append(l.Array, ',')
		}
		l.Array = append(l.Array, text...)
		l.Framing = append(l.Framing, 0) // where the record stood
		l.Len++
	}
	l.Framing = append(l.Framing, line[before+len(text):]...)
	return nil
}
