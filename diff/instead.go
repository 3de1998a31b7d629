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

// notes says it once for each pair of methods. The reason tells where it is a part's
// type that asks.
func (m instead) notes() []string {
	var notes []string
	for key, seen := range m {
		notes = append(notes, fmt.Sprintf("bodies compared by %s, though their types ask for %s: %d (in %s: %s)",
			key.used, key.wanted, seen.pairs, seen.record, seen.reason))
	}
	sort.Strings(notes)
	return notes
}
