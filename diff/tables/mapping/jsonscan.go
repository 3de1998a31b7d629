package mapping

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A JSON document is walked by its tokens and cut into the texts of its values:
// numbers keep their digits, texts their bytes. The functions here are for
// documents that json.Valid has passed, so they check nothing.

// skipSpace returns the first place at or after i that is no white space.
func skipSpace(s []byte, i int) int {
	for i < len(s) && (s[i] == ' ' || s[i] == '\n' || s[i] == '\r' || s[i] == '\t') {
		i++
	}
	return i
}

// valueEnd returns the place behind the value that begins at i.
func valueEnd(s []byte, i int) int {
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

// elements calls each with the elements of the array s.
func elements(s []byte, each func(value []byte) error) error {
	i := skipSpace(s, 1)
	for s[i] != ']' {
		end := valueEnd(s, i)
		if err := each(s[i:end:end]); err != nil {
			return err
		}
		i = next(s, end)
	}
	return nil
}

// next passes a comma.
func next(s []byte, i int) int {
	if i = skipSpace(s, i); s[i] == ',' {
		i = skipSpace(s, i+1)
	}
	return i
}

// member returns the value of an object's key, and how often the key is there.
func member(s []byte, key string) (value []byte, times int) {
	for i := skipSpace(s, 1); s[i] != '}'; {
		nameEnd := stringEnd(s, i)
		name := unquote(s[i:nameEnd])
		i = skipSpace(s, skipSpace(s, nameEnd)+1)
		end := valueEnd(s, i)
		if name == key {
			value, times = s[i:end:end], times+1
		}
		i = next(s, end)
	}
	return value, times
}

// element returns an array's element by the digits of its index.
func element(s []byte, index string) (value []byte) {
	want, err := strconv.Atoi(index)
	if err != nil || strconv.Itoa(want) != index {
		return nil
	}
	n := 0
	_ = elements(s, func(v []byte) error {
		if n == want {
			value = v
		}
		n++
		return nil
	})
	return value
}

// unquote returns the text of a JSON string. Bytes that are not UTF-8 stay; half
// of a surrogate pair becomes U+FFFD, as it has no UTF-8.
func unquote(s []byte) string {
	s = s[1 : len(s)-1]
	if bytes.IndexByte(s, '\\') < 0 {
		return string(s)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			out = append(out, s[i])
			i++
			continue
		}
		r, size := escape(s[i:])
		out, i = utf8.AppendRune(out, r), i+size
	}
	return string(out)
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
