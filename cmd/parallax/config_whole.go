package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/token"
)

// fractionError is a number that is not whole where one must be.
type fractionError struct{ word string }

func (e fractionError) Error() string {
	return fmt.Sprintf("%.60s is no whole number that fits here", e.word)
}

// refuseFractions refuses 1.5 where a whole number is wanted: the decoder itself
// makes 1 of it. It is asked once the text is known to decode otherwise, since its
// errors have no places of their own.
func refuseFractions(text []byte, tokens token.Tokens) error {
	err := yaml.UnmarshalWithOptions(text, &config{}, yaml.CustomUnmarshaler(whole[int]), yaml.CustomUnmarshaler(whole[int64]), yaml.CustomUnmarshaler(whole[uint64]))
	var fraction fractionError
	if !errors.As(err, &fraction) {
		return nil // whatever else it is, the decoder has had no objection
	}
	if at := placeOf(tokens, fraction.word); at != "" {
		return fmt.Errorf("%s %w", at, fraction)
	}
	return fraction
}

func whole[T int | int64 | uint64](n *T, text []byte) error {
	word := strings.Trim(strings.TrimSpace(string(text)), `"'`)
	parsed, err := strconv.ParseInt(strings.ReplaceAll(word, "_", ""), 0, 64)
	if err != nil || int64(T(parsed)) != parsed || T(parsed) < 0 != (parsed < 0) {
		return fractionError{word}
	}
	*n = T(parsed)
	return nil
}

// placeOf is [line:column] of the value that is spelt so, where it is the only one.
func placeOf(tokens token.Tokens, word string) string {
	at := ""
	for _, t := range tokens {
		if t.Value != word {
			continue
		}
		if at != "" {
			return ""
		}
		at = fmt.Sprintf("[%d:%d]", t.Position.Line, t.Position.Column)
	}
	return at
}
