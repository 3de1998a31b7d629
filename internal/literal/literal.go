// Package literal keeps scalars of a configuration file as they are spelled.
//
// A decoder of YAML makes a binary fraction of 0.10000000000000000000001 and an 8
// of 010 before it makes a text of them. A Text is decoded from the scalar's own
// characters, so that numbers stay exact and labels stay what they are.
package literal

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Text is a scalar as it is spelled, without its quotes.
type Text string

var errNull = errors.New(`null is no value here; the text is written "null"`)

// UnmarshalYAML takes the scalar's characters.
func (t *Text) UnmarshalYAML(raw []byte) error {
	s := strings.TrimSpace(strings.TrimPrefix(string(raw), "? ")) // a key may be written so
	switch {
	case s == "null" || s == "~" || s == "Null" || s == "NULL":
		return errNull
	case strings.HasPrefix(s, "'"):
		if len(s) < 2 || !strings.HasSuffix(s, "'") {
			return fmt.Errorf("%.60s: a quote is open", s)
		}
		*t = Text(strings.ReplaceAll(s[1:len(s)-1], "''", "'"))
		return nil
	case strings.HasPrefix(s, `"`):
		text, err := strconv.Unquote(s)
		if err != nil {
			return fmt.Errorf("%.60s: %w", s, err)
		}
		*t = Text(text)
		return nil
	case strings.ContainsRune(s, '\n') || s == "" || strings.ContainsRune("[{|>&*!", rune(s[0])):
		return fmt.Errorf("%.60q is not one word or text in quotes", s)
	}
	*t = Text(s)
	return nil
}
