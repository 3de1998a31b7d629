package diff

import (
	"sort"
	"strings"
)

// sortedItems cuts values at commas, as lists in headers are written.
func sortedItems(values []string) []string {
	var items []string
	for _, v := range values {
		items = appendItems(items, v)
	}
	sort.Strings(items)
	return items
}

// appendItems cuts at the commas that stand neither in quotes nor between the angle
// brackets of a link. What is opened and not closed is a character like others; that
// is found once, since a value may be a mebibyte of them.
func appendItems(items []string, s string) []string {
	begin, quotes, links := 0, true, true
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == ',':
			items = append(items, strings.TrimSpace(s[begin:i]))
			begin = i + 1
		case s[i] == '"' && quotes:
			n := closedBy(s[i:], '"')
			i, quotes = i+n, n > 0
		case s[i] == '<' && links:
			n := closedBy(s[i:], '>')
			i, links = i+n, n > 0
		}
	}
	return append(items, strings.TrimSpace(s[begin:]))
}

// closedBy returns where what s opens with is closed, 0 where it is not.
func closedBy(s string, closing byte) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == closing:
			return i
		case s[i] == '\\' && closing == '"':
			i++
		}
	}
	return 0
}
