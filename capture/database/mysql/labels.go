package mysql

import (
	"errors"
	"strings"
)

var errLabels = errors.New("the list of labels does not end")

// parseLabels reads the labels of enum('a','it”s') or set(…): quotes are doubled,
// a backslash escapes.
func parseLabels(declared string) ([]string, error) {
	_, rest, ok := strings.Cut(declared, "(")
	var labels []string
	for ok && strings.HasPrefix(rest, "'") {
		label, n := parseLabel(rest[1:])
		if n < 0 {
			return nil, errLabels
		}
		labels = append(labels, label)
		if rest = rest[1+n:]; strings.HasPrefix(rest, ")") {
			return labels, nil
		}
		rest, ok = strings.CutPrefix(rest, ",")
	}
	return nil, errLabels
}

// parseLabel returns the label and how many bytes it takes with its closing quote;
// -1 where there is none.
func parseLabel(s string) (label string, n int) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\'' && i+1 < len(s) && s[i+1] == '\'':
			b.WriteByte('\'')
			i++
		case s[i] == '\'':
			return b.String(), i + 1
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(unescaped(s[i]))
		default:
			b.WriteByte(s[i])
		}
	}
	return "", -1
}

func unescaped(c byte) byte {
	switch c {
	case '0':
		return 0
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 'Z':
		return 26
	}
	return c
}
