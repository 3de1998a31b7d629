package expression

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"
)

func textFunctions() []function {
	return []function{
		{"text", 1, 1, func(a []any) (any, error) { return textOf(a[0]) }, false},
		{"trim", 1, 1, onText(strings.TrimSpace), false},
		{"ltrim", 1, 1, onText(func(s string) string { return strings.TrimLeft(s, blanks) }), false},
		{"rtrim", 1, 1, onText(func(s string) string { return strings.TrimRight(s, blanks) }), false},
		{"lower", 1, 1, onCharacters(strings.ToLower), false},
		{"upper", 1, 1, onCharacters(strings.ToUpper), false},
		{"split", 2, 2, split, false},
		{"replace", 3, 3, replace, false},
		{"substr", 2, 3, substr, false},
		{"len", 1, 1, length, false},
	}
}

const blanks = " \t\r\n"

func onText(do func(string) string) func([]any) (any, error) {
	return func(args []any) (any, error) {
		s, err := texts(args)
		if err != nil {
			return nil, err
		}
		return do(s[0]), nil
	}
}

// onCharacters is onText for what would make one character of all bytes that are none.
func onCharacters(do func(string) string) func([]any) (any, error) {
	same := onText(do)
	return func(args []any) (any, error) {
		if s, ok := args[0].(string); ok && !utf8.ValidString(s) {
			return nil, errNoCharacter
		}
		return same(args)
	}
}

var errNoCharacter = errors.New("a text that holds what is no character")

// split cuts a text; an empty separator would count bytes where a person counts
// characters.
func split(args []any) (any, error) {
	s, err := texts(args)
	if err != nil {
		return nil, err
	}
	if s[1] == "" {
		return nil, errors.New("the separator is empty")
	}
	if n := strings.Count(s[0], s[1]); n >= maxMemory {
		return nil, fmt.Errorf("a list of %d texts: expressions make %d", n+1, maxMemory)
	}
	return strings.Split(s[0], s[1]), nil
}

func replace(args []any) (any, error) {
	s, err := texts(args)
	if err != nil {
		return nil, err
	}
	if s[1] == "" {
		return nil, errors.New("the text to replace is empty")
	}
	if grown := len(s[0]) + strings.Count(s[0], s[1])*(len(s[2])-len(s[1])); grown > maxText {
		return nil, fmt.Errorf("a text of %d bytes: expressions make %d", grown, maxText)
	}
	return strings.ReplaceAll(s[0], s[1], s[2]), nil
}

// substr takes characters from a position, the first being 0, to the end or as
// many as said. What is not there is left out.
func substr(args []any) (any, error) {
	s, err := texts(args[:1])
	if err != nil {
		return nil, err
	}
	from, err := small(args[1], maxText)
	if err != nil {
		return nil, err
	}
	count := maxText
	if len(args) == 3 {
		if count, err = small(args[2], maxText); err != nil {
			return nil, err
		}
	}
	if from < 0 || count < 0 {
		return nil, errors.New("a position or a count below 0")
	}
	rest := s[0][width(s[0], from):]
	return rest[:width(rest, count)], nil
}

// width is the bytes of the first n characters.
func width(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[at:])
		at += size
	}
	return at
}

// length counts a text's characters or a list's texts.
func length(args []any) (any, error) {
	switch v := args[0].(type) {
	case string:
		return new(big.Rat).SetInt64(int64(utf8.RuneCountInString(v))), nil
	case []string:
		return new(big.Rat).SetInt64(int64(len(v))), nil
	case []any:
		return new(big.Rat).SetInt64(int64(len(v))), nil
	case document:
		return new(big.Rat).SetInt64(int64(v.count())), nil
	}
	return nil, fmt.Errorf("%s has no length", kindOf(args[0]))
}
