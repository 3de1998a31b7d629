package field

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"parallax/diff/jsondiff"
)

// Place is where a Sink's call is about. It is valid during the call only.
type Place interface {
	AppendPointer(dst []byte) []byte
	AppendPattern(dst []byte) []byte
}

// step leads from a place to one below it.
type step struct {
	name  string
	index int // -1: the name stands once on both sides
	// unnamed: the step is an element of a list, by its index alone.
	unnamed bool
	rules   int // where the rules about the place begin in Walk.nodes
}

// AppendPointer implements Place.
func (w *Walk) AppendPointer(dst []byte) []byte {
	for i := range w.steps {
		s := &w.steps[i]
		if !s.unnamed {
			dst = jsondiff.AppendName(append(dst, '/'), s.name)
		}
		if s.index >= 0 {
			dst = strconv.AppendInt(append(dst, '/'), int64(s.index), 10)
		}
	}
	return dst
}

// AppendPattern implements Place.
func (w *Walk) AppendPattern(dst []byte) []byte {
	for i := range w.steps {
		switch s := &w.steps[i]; {
		case s.unnamed:
			dst = append(dst, "/*"...)
		case s.name == "*":
			dst = append(dst, "/~2"...)
		default:
			dst = jsondiff.AppendName(append(dst, '/'), s.name)
		}
	}
	return dst
}

// Spelled returns name with the bytes that are no UTF-8 spelled out, \xFF, as
// places and rules have it.
func Spelled(name []byte) string {
	if utf8.Valid(name) {
		return string(name)
	}
	var b strings.Builder
	for len(name) > 0 {
		r, n := utf8.DecodeRune(name)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02X`, name[0])
		} else {
			b.Write(name[:n])
		}
		name = name[n:]
	}
	return b.String()
}
