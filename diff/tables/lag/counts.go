package lag

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Kind says what became of a difference.
type Kind string

// The kinds.
const (
	Lag        Kind = "lag"        // in the first comparison only: the difference is the first one's
	Divergence Kind = "divergence" // in both: the difference is the second one's
	New        Kind = "new"        // in the second comparison only
)

// Counts say how many differences are of which kind.
type Counts struct {
	Total  Count
	Tables []Table // sorted by name
}

// Count is the number of differences of each kind.
type Count struct {
	Lag        int64 `json:"lag"`
	Divergence int64 `json:"divergence"`
	New        int64 `json:"new"`
}

// Table is one table's count.
type Table struct {
	Name string `json:"name"`
	Count
}

func (c *Count) add(k Kind) {
	switch k {
	case Lag:
		c.Lag++
	case Divergence:
		c.Divergence++
	case New:
		c.New++
	}
}

// tally counts by table.
type tally struct {
	total  Count
	tables map[string]*Table
}

func (t *tally) add(k Kind, table string) {
	c := t.tables[table]
	if c == nil {
		c = &Table{Name: table}
		t.tables[table] = c
	}
	c.add(k)
	t.total.add(k)
}

func (t *tally) counts() Counts {
	c := Counts{Total: t.total}
	for _, table := range t.tables {
		c.Tables = append(c.Tables, *table)
	}
	slices.SortFunc(c.Tables, func(a, b Table) int { return cmp.Compare(a.Name, b.Name) })
	return c
}

// Points are the times of the four snapshots (Point.At of their manifests), each
// by its own store's clock, in nanoseconds since 1970.
type Points struct {
	FirstOld, FirstNew, SecondOld, SecondNew int64
}

// ErrNoTime says that a snapshot's point has no time, so that there is no bound.
var ErrNoTime = errors.New("a snapshot has no time of its point: the lag has no bound")

// Bound is the time within which what was behind at the first pair had caught up:
// from the new side's first point to its second. One clock measures both; the old
// side's is only asked whether its second point is the later one.
func (p Points) Bound() (time.Duration, error) {
	switch {
	case p.FirstOld == 0 || p.FirstNew == 0 || p.SecondOld == 0 || p.SecondNew == 0:
		return 0, ErrNoTime
	case p.SecondOld < p.FirstOld:
		return 0, notLater("old", p.FirstOld, p.SecondOld)
	case p.SecondNew <= p.FirstNew:
		return 0, notLater("new", p.FirstNew, p.SecondNew)
	}
	return time.Duration(p.SecondNew - p.FirstNew), nil
}

func notLater(side string, first, second int64) error {
	text := func(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
	return fmt.Errorf("the %s side's second snapshot is of %s, which is not after the first one's %s\nexchange the two comparisons",
		side, text(second), text(first))
}
