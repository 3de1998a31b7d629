package tables

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"parallax/capture/snapshot"
)

// isSet reports whether a column holds members of a declared set.
func isSet(c *snapshot.Column) bool { return strings.HasPrefix(strings.ToLower(c.Declared), "set(") }

// members splits what MySQL writes of a set.
func members(text []byte) []string {
	if len(text) == 0 {
		return nil
	}
	return strings.Split(string(text), ",")
}

func sameMembers(a, b []string) bool {
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// listAcross judges a list beside a text: the members of a set, or a list's own
// text.
func listAcross(c *cells) (verdict, bool) {
	if c.newClass != snapshot.Text && c.newClass != snapshot.JSON {
		return verdict{}, false
	}
	own, ok := textsOf(c.a)
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(c.b), []byte("[")):
		return verdict{document: true}, true
	case ok && sameMembers(own, members(c.b)):
		return equalBy(setOrder), true
	}
	return drift(), true
}

// textsOf returns a list's members where all are texts.
func textsOf(list []byte) ([]string, bool) {
	var out []string
	if err := json.Unmarshal(list, &out); err != nil {
		return nil, false
	}
	return out, true
}
