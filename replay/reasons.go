package replay

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Reasons counts requests by why they were not sent. It is bounded: what finds no
// room is counted under otherReasons.
type Reasons map[string]int64

const (
	maxReasons   = 16
	otherReasons = "other reasons"
)

// Add counts n for why, which is not kept.
func (r Reasons) Add(why string, n int64) {
	if _, known := r[why]; !known {
		if len(r) >= maxReasons {
			why = otherReasons
		}
		why = strings.Clone(why)
	}
	r[why] += n
}

// Sorted returns the reasons, the most frequent first.
func (r Reasons) Sorted() []string {
	return slices.SortedFunc(maps.Keys(r), func(a, b string) int {
		return cmp.Or(cmp.Compare(r[b], r[a]), cmp.Compare(a, b))
	})
}
