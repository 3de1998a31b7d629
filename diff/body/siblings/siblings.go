// Package siblings compares what stands side by side under names: the fields of a
// form, the parts of a multipart body, the children of an XML element.
//
// # Terms
//
// An item has a name, its token in a pointer, and a group: items of two groups never
// pair. An item without a name has its number among those alone.
//
// # Steps
//
// Where both sides have the same groups in the same order, the first pairs with the
// first. Otherwise each group is paired by itself. Items are then visited in the order
// of the old side, and then what only the new one has.
//
// # Limits
//
// An item of the old side, alone or with its pair, has its number there; one that only
// the new side has, its number on the new side.
package siblings

import (
	"slices"

	"parallax/diff/body/field"
	"parallax/diff/body/pairing"
)

// Item is one of the siblings.
type Item struct{ Name, Group string }

// Matcher knows what the items are. Pair, Old and New are called while the walk is at
// the item's place.
type Matcher interface {
	// Positional reports whether no rule pairs items otherwise than by position.
	Positional() bool
	// Pairs pairs the items of one group, by their positions.
	Pairs(old, new []int) *pairing.Pairs
	Pair(i, j int)
	Old(i int)
	New(j int)
}

// Compare visits the items of both sides. It reports false where the groups of what
// was paired come in two orders.
func Compare(w *field.Walk, old, new []Item, m Matcher) (sameOrder bool) {
	c := comparer{w: w, m: m, old: old, new: new}
	var short [few]int // on the stack, as most lists are short
	c.oldNumbers = c.numbers(short[:0], old)
	if m.Positional() && slices.EqualFunc(old, new, sameGroup) {
		c.inOrder()
		return true
	}
	c.newNumbers = c.numbers(nil, new)
	w.Coarsely(c.pair(), c.visit)
	return c.sameOrder()
}

// inOrder visits two lists of the same groups in the same order.
func (c *comparer) inOrder() {
	for i := range c.old {
		c.enter(&c.old[i], c.oldNumbers[i])
		c.m.Pair(i, i)
		c.w.Leave()
	}
}

func sameGroup(a, b Item) bool { return a.Group == b.Group }

type comparer struct {
	w        *field.Walk
	m        Matcher
	old, new []Item
	// several holds the names of which a side has more than one.
	several    map[string]bool
	oldNumbers []int
	newNumbers []int
	pairs      *pairing.Pairs
}

// few is the length up to which looking at all is cheaper than a map.
const few = 8

// numbers appends the number of each item among those of its name.
func (c *comparer) numbers(dst []int, items []Item) []int {
	var counts map[string]int
	if len(items) > few {
		counts = make(map[string]int)
	}
	for i := range items {
		name := items[i].Name
		var n int
		if counts != nil {
			n = counts[name]
			counts[name]++
		} else {
			n = countBefore(items[:i], name)
		}
		if n == 1 {
			c.isSeveral(name)
		}
		dst = append(dst, n)
	}
	return dst
}

func (c *comparer) isSeveral(name string) {
	if c.several == nil {
		c.several = map[string]bool{}
	}
	c.several[name] = true
}

func countBefore(items []Item, name string) (n int) {
	for i := range items {
		if items[i].Name == name {
			n++
		}
	}
	return n
}

// pair pairs group by group.
func (c *comparer) pair() (coarse bool) {
	c.pairs = pairing.None(len(c.old), len(c.new))
	old, new := grouped(c.old), grouped(c.new)
	for i := range c.old {
		x := old[c.old[i].Group]
		if x[0] != i {
			continue
		}
		y := new[c.old[i].Group]
		p := c.m.Pairs(x, y)
		coarse = coarse || p.Coarse
		for k, l := range p.Old {
			if l >= 0 {
				c.pairs.Join(x[k], y[l])
			}
		}
	}
	return coarse
}

func grouped(items []Item) map[string][]int {
	groups := make(map[string][]int)
	for i := range items {
		groups[items[i].Group] = append(groups[items[i].Group], i)
	}
	return groups
}

func (c *comparer) visit() {
	for i, j := range c.pairs.Old {
		c.enter(&c.old[i], c.oldNumbers[i])
		if j >= 0 {
			c.m.Pair(i, j)
		} else {
			c.m.Old(i)
		}
		c.w.Leave()
	}
	for j, i := range c.pairs.New {
		if i < 0 {
			c.enter(&c.new[j], c.newNumbers[j])
			c.m.New(j)
			c.w.Leave()
		}
	}
}

func (c *comparer) enter(item *Item, number int) {
	switch {
	case item.Name == "":
		c.w.EnterIndex(number)
	case c.several[item.Name]:
		c.w.Enter(item.Name, number)
	default:
		c.w.Enter(item.Name, -1)
	}
}

// sameOrder compares the sequences of groups of what was paired.
func (c *comparer) sameOrder() bool {
	j := 0
	for i := range c.pairs.Old {
		if c.pairs.Old[i] < 0 {
			continue
		}
		for c.pairs.New[j] < 0 {
			j++
		}
		if c.old[i].Group != c.new[j].Group {
			return false
		}
		j++
	}
	return true
}
