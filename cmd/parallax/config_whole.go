package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// fractionError is a number that is not whole where one must be.
type fractionError struct{ word string }

func (e fractionError) Error() string {
	return fmt.Sprintf("%.60s is no whole number that fits here", e.word)
}

// refuseFractions refuses 1.5 where a whole number is wanted: the decoder itself
// makes 1 of it. It is asked once the text is known to decode otherwise, since its
// errors have no places of their own.
func refuseFractions(text []byte) error {
	options := []yaml.DecodeOption{yaml.CustomUnmarshaler(whole[int]), yaml.CustomUnmarshaler(whole[int64]), yaml.CustomUnmarshaler(whole[uint64])}
	err := yaml.UnmarshalWithOptions(text, &config{}, options...)
	var fraction fractionError
	if !errors.As(err, &fraction) {
		return nil // whatever else it is, the decoder has had no objection
	}
	return withPlace(text, fraction, func(n ast.Node) error { return yaml.NodeToValue(n, &config{}, options...) })
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
