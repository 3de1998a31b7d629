package body

import (
	"fmt"

	"github.com/google/go-cmp/cmp"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// named is a record that calls built-in normalisations by name.
type named struct {
	record
	rules *rules.RouteRules
	count int // rules that are no builtins
}

func (n *named) Equal(rule int, at Place, old, new jsondiff.Value) {
	if rule < n.count {
		n.record.Equal(rule, at, old, new)
		return
	}
	n.lines = append(n.lines, fmt.Sprintf("%s (%s) %s", at.AppendPointer(nil), at.AppendPattern(nil), rules.Builtin(rule-n.count)))
}

func diffLines(want, got []string) string { return cmp.Diff(want, got) }
