package diff

import (
	"fmt"
	"sort"

	"parallax/diff/body"
)

// instead counts the pairs of bodies that were not compared as their content types
// ask for.
type instead map[insteadKey]*insteadSeen

type insteadKey struct{ wanted, used body.Method }

// insteadSeen holds the first record in order, and why.
type insteadSeen struct {
	pairs          int64
	record, reason string
}

func (m instead) add(record string, r *body.Result) {
	if r.Instead == "" {
		return
	}
	key := insteadKey{r.Instead, r.Method}
	if m[key] == nil {
		m[key] = &insteadSeen{record: record, reason: r.Reason}
	}
	m[key].pairs++
}

// notes says it once for each pair of methods.
func (m instead) notes() []string {
	var notes []string
	for key, seen := range m {
		what := fmt.Sprintf("%s and not %s", key.used, key.wanted)
		if key.used == key.wanted {
			what = fmt.Sprintf("%s, but for parts of them", key.used)
		}
		notes = append(notes, fmt.Sprintf("pairs of bodies compared by %s, as their types ask for: %d; in %s, %s",
			what, seen.pairs, seen.record, seen.reason))
	}
	sort.Strings(notes)
	return notes
}
