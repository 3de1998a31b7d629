// Package jsontext finds scalars in a JSON text and puts others in their place;
// all other bytes stay. It walks tokens, so that duplicate names and long numbers
// are seen as they stand.
package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// ParsePointer takes a JSON Pointer apart; the empty one is the whole document.
func ParsePointer(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	if text[0] != '/' {
		return nil, fmt.Errorf("JSON Pointer %q does not begin with /", text)
	}
	parts := strings.Split(text[1:], "/")
	for i, p := range parts {
		parts[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(p)
	}
	return parts, nil
}

// Scalar is a string or number in a JSON text, which it is text[Start:End] of.
type Scalar struct {
	Path       []string // valid during the visit
	Text       string   // a string's value, a number as it stands
	Start, End int
	Quoted     bool
}

// level is one open array or object.
type level struct {
	array bool
	index int
	name  bool // the next token of an object is a member's name
}

// Visit calls f with each string and number of a JSON text in order.
func Visit(text []byte, f func(Scalar)) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	w := walker{f: f}
	for {
		before := int(d.InputOffset())
		token, err := d.Token()
		if err != nil {
			if w.seen && len(w.levels) == 0 {
				return nil // the end, or something after the value
			}
			return fmt.Errorf("json: %w", err)
		}
		w.take(token, text, before, int(d.InputOffset()))
	}
}

type walker struct {
	f      func(Scalar)
	levels []level
	path   []string
	seen   bool
}

func (w *walker) take(token json.Token, text []byte, before, end int) {
	w.seen = true
	if d, ok := token.(json.Delim); ok {
		w.delim(d)
		return
	}
	if top := w.top(); top != nil && !top.array && top.name {
		w.path[len(w.path)-1], _ = token.(string)
		top.name = false
		return
	}
	start := before + bytes.IndexFunc(text[before:end], func(r rune) bool { return !strings.ContainsRune(" \t\r\n,:", r) })
	switch v := token.(type) {
	case string:
		w.f(Scalar{w.path, v, start, end, true})
	case json.Number:
		w.f(Scalar{w.path, v.String(), start, end, false})
	}
	w.next()
}

func (w *walker) top() *level {
	if len(w.levels) == 0 {
		return nil
	}
	return &w.levels[len(w.levels)-1]
}

func (w *walker) delim(d json.Delim) {
	switch d {
	case '{', '[':
		w.levels = append(w.levels, level{array: d == '[', name: d == '{'})
		w.path = append(w.path, "0")
	default:
		w.levels, w.path = w.levels[:len(w.levels)-1], w.path[:len(w.path)-1]
		w.next()
	}
}

// next moves on behind a value.
func (w *walker) next() {
	top := w.top()
	switch {
	case top == nil:
	case top.array:
		top.index++
		w.path[len(w.path)-1] = fmt.Sprint(top.index)
	default:
		top.name = true
	}
}

// Match reports whether path is the pattern's, in which * is any part.
func Match(pattern, path []string) bool {
	if len(pattern) != len(path) {
		return false
	}
	for i := range pattern {
		if pattern[i] != "*" && pattern[i] != path[i] {
			return false
		}
	}
	return true
}

// Replace puts new text for the scalars that swap knows. The other bytes stay.
func Replace(text []byte, swap func(Scalar) (string, bool)) (out []byte, n int) {
	done := 0
	err := Visit(text, func(s Scalar) {
		value, ok := swap(s)
		if !ok {
			return
		}
		out = append(out, text[done:s.Start]...)
		out = appendScalar(out, value, s.Quoted)
		done = s.End
		n++
	})
	if err != nil || n == 0 {
		return text, 0
	}
	return append(out, text[done:]...), n
}

// appendScalar writes value as a string, or as the number it replaces where it
// is one.
func appendScalar(dst []byte, value string, quoted bool) []byte {
	if !quoted && json.Valid([]byte(value)) {
		return append(dst, value...)
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(value); err != nil {
		return append(dst, `""`...)
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}
