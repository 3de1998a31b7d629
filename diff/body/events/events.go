// Package events reads bodies of the type text/event-stream.
//
// # Terms
//
// An event is a block of lines that an empty one ends; a line is a field, its name and
// its value, or a comment. An event that no empty line ends is unfinished: a client
// drops it.
//
// # Steps
//
// Each event becomes a JSON object in one array, so that the comparison of arrays, its
// alignment and its rules hold for events as they are: a member for each field,
// sorted by name, the lines of data as one. Data that is JSON stands there as it is,
// unless it is a string; all other values are strings, but for a whole number of
// retry. So a text never equals JSON that spells it. An unfinished event has the
// member Unfinished.
//
// # Limits
//
// Fields that a client does not know are members as well. Comments, line ends, the
// blank after a colon, the order of an event's fields and empty lines beyond the first
// are not in the array: Stream tells them apart.
package events

import (
	"bytes"
	"slices"
)

// Unfinished is the member of an event that no empty line ends.
const Unfinished = "#unfinished"

// Stream is a body that was read.
type Stream struct {
	// Array is the events as a JSON array.
	Array []byte
	// Form says for each event which of the forms of a line it has.
	Form []Form
	// Comments are the comments, each with a line end.
	Comments []byte
}

// Form is a set of ways to write an event.
type Form uint8

// The ways.
const (
	LineFeed      Form = 1 << iota // a line ends in LF
	Return                         // … in CR
	Both                           // … in CR LF
	NoBlank                        // no blank after a colon
	NoColon                        // a field without a colon
	OtherOrder                     // the fields are not sorted by name, with data last
	MoreLines                      // empty lines before it
	ByteOrderMark                  // a byte order mark before it
)

// event is the one that is being read.
type event struct {
	members []member
	data    []byte
	hasData bool
	form    Form
}

type member struct{ name, value []byte }

type reader struct {
	Stream
	event
	check func([]byte) error
}

const byteOrderMark = "\xEF\xBB\xBF"

// Read reads a stream. It takes every text. check returns an error where a text is not
// one JSON document.
func Read(text []byte, check func([]byte) error) *Stream {
	r := &reader{check: check}
	r.Array = append(r.Array, '[')
	if rest, ok := bytes.CutPrefix(text, []byte(byteOrderMark)); ok {
		text, r.form = rest, ByteOrderMark
	}
	for len(text) > 0 {
		line, end, n := cutLine(text)
		r.line(line, end)
		text = text[n:]
	}
	if r.open() {
		r.finish(true)
	}
	r.Array = append(r.Array, ']')
	return &r.Stream
}

// cutLine returns the first line without its end, how it ends (0: it does not), and
// the length of both.
func cutLine(text []byte) (line []byte, end Form, n int) {
	i := bytes.IndexAny(text, "\r\n")
	switch {
	case i < 0:
		return text, 0, len(text)
	case text[i] == '\n':
		return text[:i], LineFeed, i + 1
	case i+1 < len(text) && text[i+1] == '\n':
		return text[:i], Both, i + 2
	}
	return text[:i], Return, i + 1
}

func (r *reader) open() bool { return r.hasData || len(r.members) > 0 }

func (r *reader) line(line []byte, end Form) {
	r.form |= end
	switch {
	case len(line) > 0 && line[0] == ':':
		r.Comments = append(append(r.Comments, line...), '\n')
	case len(line) > 0:
		r.field(line)
	case r.open():
		r.finish(false)
	default:
		r.form |= MoreLines
	}
}

func (r *reader) field(line []byte) {
	name, value, colon := bytes.Cut(line, []byte(":"))
	if !colon {
		r.form |= NoColon
	} else if rest, blank := bytes.CutPrefix(value, []byte(" ")); blank {
		value = rest
	} else if len(value) > 0 {
		r.form |= NoBlank
	}
	if string(name) != "data" {
		if r.hasData {
			r.form |= OtherOrder
		}
		r.members = append(r.members, member{name, value})
		return
	}
	if r.hasData {
		r.data = append(r.data, '\n')
	}
	r.data, r.hasData = append(r.data, value...), true
}

// finish writes the event as an element.
func (r *reader) finish(unfinished bool) {
	if len(r.Form) > 0 {
		r.Array = append(r.Array, ',')
	}
	r.Array = append(r.Array, '{')
	if !slices.IsSortedFunc(r.members, byName) {
		r.form |= OtherOrder
		slices.SortStableFunc(r.members, byName)
	}
	for _, m := range r.members {
		r.key(m.name)
		r.value(m)
	}
	if r.hasData {
		r.key([]byte("data"))
		r.dataValue()
	}
	if unfinished {
		r.key([]byte(Unfinished))
		r.Array = append(r.Array, "true"...)
	}
	r.Array = append(r.Array, '}')
	r.Form = append(r.Form, r.form)
	r.event = event{members: r.members[:0], data: r.data[:0]}
}

func byName(a, b member) int { return bytes.Compare(a.name, b.name) }

func (r *reader) key(name []byte) {
	if r.Array[len(r.Array)-1] != '{' {
		r.Array = append(r.Array, ',')
	}
	r.Array = append(appendString(r.Array, name), ':')
}

func (r *reader) value(m member) {
	if string(m.name) == "retry" && wholeNumber(m.value) {
		r.Array = append(r.Array, m.value...)
		return
	}
	r.Array = appendString(r.Array, m.value)
}

func wholeNumber(text []byte) bool {
	if len(text) == 0 || text[0] == '0' && len(text) > 1 {
		return false
	}
	return len(bytes.Trim(text, "0123456789")) == 0
}

// dataValue writes JSON as it is, and a JSON string as the text that it is.
func (r *reader) dataValue() {
	first := bytes.TrimLeft(r.data, " \t\r\n")
	if len(first) > 0 && first[0] != '"' && r.check(r.data) == nil {
		r.Array = append(r.Array, r.data...)
		return
	}
	r.Array = appendString(r.Array, r.data)
}

// appendString appends text as a JSON string. Bytes that are no UTF-8 stay.
func appendString(dst, text []byte) []byte {
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"', c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
