package tables

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
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

// lists judges two lists, whose texts differ.
func lists(c *cells) verdict {
	var found counting
	if err := jsondiff.Compare(c.a, c.b, nil, &found, jsondiff.Limits{}); err != nil {
		return changed("")
	}
	if found == 0 {
		return equalBy(listForm)
	}
	return changed("")
}

// counting counts differences.
type counting int

func (n *counting) Difference(*jsondiff.Place, jsondiff.Difference) { *n++ }
func (n *counting) Equal(*jsondiff.Place, jsondiff.Equality)        {}

// listAcross judges a list beside a text: the members of a set, or a list's own
// text.
func listAcross(c *cells) (verdict, bool) {
	if c.newClass != snapshot.Text && c.newClass != snapshot.JSON {
		return verdict{}, false
	}
	own, ok := textsOf(c.a)
	switch {
	case bytes.HasPrefix(bytes.TrimSpace(c.b), []byte("[")):
		v := lists(c)
		return v, true
	case ok && sameMembers(own, members(c.b)):
		return equalBy(setOrder), true
	}
	return verdict{kind: comparison.TypeChanged, class: ClassTypeDrift, severity: comparison.Error}, true
}

// textsOf returns a list's members where all are texts.
func textsOf(list []byte) ([]string, bool) {
	var out []string
	if err := json.Unmarshal(list, &out); err != nil {
		return nil, false
	}
	return out, true
}
