// Package jsoncut cuts a JSON document into the texts of its values: numbers keep
// their digits, texts their bytes.
//
// The functions are for documents that json.Valid has passed, so they check
// nothing. What they return lies within the document.
package jsoncut

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// SkipSpace returns the first place at or after i that is no white space.
func SkipSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// ValueEnd returns the place behind the value that begins at i.
func ValueEnd(s []byte, i int) int {
	switch s[i] {
	case '"':
		return stringEnd(s, i)
	case '{', '[':
		return containerEnd(s, i)
	}
	for i < len(s) && !strings.ContainsRune(" \n\r\t,]}", rune(s[i])) {
		i++
	}
	return i
}

func stringEnd(s []byte, i int) int {
	for i++; s[i] != '"'; i++ {
		if s[i] == '\\' {
			i++
		}
	}
	return i + 1
}

func containerEnd(s []byte, i int) int {
	for depth := 0; ; i++ {
		switch s[i] {
		case '"':
			i = stringEnd(s, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

// Elements calls each with the elements of the array s.
func Elements(s []byte, each func(value []byte) error) error {
	i := SkipSpace(s, 1)
	for s[i] != ']' {
		end := ValueEnd(s, i)
		if err := each(s[i:end:end]); err != nil {
			return err
		}
		i = next(s, end)
	}
	return nil
}

// next passes a comma.
func next(s []byte, i int) int {
	if i = SkipSpace(s, i); s[i] == ',' {
		i = SkipSpace(s, i+1)
	}
	return i
}

// Members calls each with the names and values of the object s.
func Members(s []byte, each func(name string, value []byte) error) error {
	for i := SkipSpace(s, 1); s[i] != '}'; {
		nameEnd := stringEnd(s, i)
		name := Unquote(s[i:nameEnd])
		i = SkipSpace(s, SkipSpace(s, nameEnd)+1)
		end := ValueEnd(s, i)
		if err := each(name, s[i:end:end]); err != nil {
			return err
		}
		i = next(s, end)
	}
	return nil
}

// Member returns the value of an object's key, and how often the key is there.
func Member(s []byte, key string) (value []byte, times int) {
	_ = Members(s, func(name string, v []byte) error {
		if name == key {
			value, times = v, times+1
		}
		return nil
	})
	return value, times
}

// Element returns an array's element by the digits of its index.
func Element(s []byte, index string) (value []byte) {
	want, err := strconv.Atoi(index)
	if err != nil || strconv.Itoa(want) != index {
		return nil
	}
	n := 0
	_ = Elements(s, func(v []byte) error {
		if n == want {
			value = v
		}
		n++
		return nil
	})
	return value
}

// Unquote returns the text of a JSON string. Bytes that are not UTF-8 stay; half
// of a surrogate pair becomes U+FFFD, as it has no UTF-8.
func Unquote(s []byte) string {
	text, _ := Text(s)
	return text
}

// Text is Unquote that reports whether all of the string is characters.
func Text(s []byte) (text string, whole bool) {
	s = s[1 : len(s)-1]
	whole = utf8.Valid(s)
	if bytes.IndexByte(s, '\\') < 0 {
		return string(s), whole
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			out = append(out, s[i])
			i++
			continue
		}
		r, size := escape(s[i:])
		whole = whole && !utf16.IsSurrogate(r)
		out, i = utf8.AppendRune(out, r), i+size
	}
	return string(out), whole
}

// escape reads one escape, or the two of a surrogate pair.
func escape(s []byte) (rune, int) {
	if s[1] != 'u' {
		return rune("\"\\/\b\f\n\r\t"[strings.IndexByte(`"\/bfnrt`, s[1])]), 2
	}
	r := hex4(s[2:])
	if utf16.IsSurrogate(r) && len(s) >= 12 && s[6] == '\\' && s[7] == 'u' {
		if pair := utf16.DecodeRune(r, hex4(s[8:])); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return r, 6 // AppendRune writes U+FFFD for half a pair
}

func hex4(s []byte) rune {
	n, _ := strconv.ParseUint(string(s[:4]), 16, 32)
	return rune(n)
}
