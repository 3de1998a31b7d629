package rules

import (
	"fmt"
	"reflect"
)

// conflicts compares every two rules; lists are short.
func (s *Set) conflicts() error {
	for j := range s.rules {
		for i := range s.rules[:j] {
			if why := conflict(&s.rules[i], &s.rules[j]); why != "" {
				return fmt.Errorf("%s and %s: %s",
					label(i, &s.source[i]), label(j, &s.source[j]), why)
			}
		}
	}
	return nil
}

// conflict says why a and b contradict each other, or "".
func conflict(a, b *compiled) string {
	if a.kind != b.kind || a.kind == inBuiltin || !meet(a.route, b.route) {
		return ""
	}
	if why := renameConflict(a, b); why != "" {
		return why
	}
	if !meet(a.place, b.place) || a.slot != b.slot && a.slot != slotIgnore && b.slot != slotIgnore {
		return ""
	}
	switch compareRules(a, b) {
	case same:
		return "both claim the same place"
	case neither:
		if !a.says(b) {
			return "both claim places that meet, and neither is the more specific"
		}
	}
	return ""
}

// renameConflict finds two old names that would become one new name.
func renameConflict(a, b *compiled) string {
	if a.slot != slotRename || b.slot != slotRename || a.newName != b.newName {
		return ""
	}
	n, m := len(a.place)-1, len(b.place)-1
	if a.place[n].text != b.place[m].text && meet(a.place[:n], b.place[:m]) {
		return "both rename to the same place"
	}
	return ""
}

// says reports whether a and b have the same action.
func (c *compiled) says(o *compiled) bool {
	return c.slot == o.slot && c.said == o.said && c.states == o.states &&
		c.newName == o.newName && reflect.DeepEqual(c.keys, o.keys)
}
