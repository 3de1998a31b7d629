package form

import (
	"bytes"
	"slices"

	"github.com/zeebo/xxh3"
	"parallax/diff/body/field"
	"parallax/diff/body/pairing"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// Escape is the class of two spellings where form-escape is off.
const Escape = "form escape"

// Compare reports to w's sink where two forms differ. Where one is malformed or too
// large it returns a *jsondiff.SideError and has reported nothing.
func Compare(old, new []byte, w *field.Walk) error {
	x, blankX, errX := Parse(old)
	y, blankY, errY := Parse(new)
	if errX != nil || errY != nil {
		return &jsondiff.SideError{Old: errX, New: errY}
	}
	c := comparer{w: w, x: x, y: y, oldOf: byName(x), newOf: byName(y)}
	c.whole(old, new, blankX != blankY)
	c.names()
	c.order(old, new)
	return nil
}

type comparer struct {
	w            *field.Walk
	x, y         []Field
	oldOf, newOf map[string][]int
	// pairedX, pairedY are the fields that were compared with one of the other side.
	pairedX, pairedY []int
}

func byName(fields []Field) map[string][]int {
	m := make(map[string][]int, len(fields))
	for i := range fields {
		m[fields[i].Name] = append(m[fields[i].Name], i)
	}
	return m
}

// whole counts what stands between no names.
func (c *comparer) whole(old, new []byte, blanks bool) {
	if blanks {
		c.w.Spelling(rules.FormEscape, Escape, field.Value("text", old), field.Value("text", new))
	}
}

// names compares name by name, in the order of the old form and then of the new.
func (c *comparer) names() {
	for i := range c.x {
		name := c.x[i].Name
		if list := c.oldOf[name]; list[0] == i {
			c.values(name, list, c.newOf[name])
		}
	}
	for j := range c.y {
		name := c.y[j].Name
		if list := c.newOf[name]; list[0] == j && c.oldOf[name] == nil {
			c.values(name, nil, list)
		}
	}
}

// values compares the values of one name.
func (c *comparer) values(name string, x, y []int) {
	pairs := c.pairs(name, x, y)
	c.w.Coarsely(pairs.Coarse, func() {
		several := len(x) > 1 || len(y) > 1
		for i, j := range pairs.Old {
			c.enter(name, i, several)
			if j < 0 {
				c.missing(&c.x[x[i]], nil)
			} else {
				c.pairedX, c.pairedY = append(c.pairedX, x[i]), append(c.pairedY, y[j])
				c.pair(&c.x[x[i]], &c.y[y[j]])
			}
			c.w.Leave()
		}
		for j, i := range pairs.New {
			if i < 0 {
				c.enter(name, j, several)
				c.missing(nil, &c.y[y[j]])
				c.w.Leave()
			}
		}
	})
}

func (c *comparer) enter(name string, index int, several bool) {
	if !several {
		index = -1
	}
	c.w.Enter(name, index)
}

// pairs pairs the values of one name, and counts a use of the rule that takes them
// in any order.
func (c *comparer) pairs(name string, x, y []int) *pairing.Pairs {
	c.w.Enter(name, -1)
	defer c.w.Leave()
	rule, unordered := c.w.Unordered()
	if !unordered {
		if len(x) == len(y) {
			return pairing.InOrder(len(x), len(y))
		}
		return pairing.Aligned(hashes(c.x, x), hashes(c.y, y), nil)
	}
	pairs := pairing.Bag(hashes(c.x, x), hashes(c.y, y), nil)
	if pairs.Moved() {
		c.w.Equal(rule, joined(c.x, x), joined(c.y, y))
	}
	return pairs
}

func hashes(fields []Field, list []int) []uint64 {
	sums := make([]uint64, len(list))
	for i, at := range list {
		sums[i] = xxh3.Hash(fields[at].Value.Text)
	}
	return sums
}

// joined shows the fields of one name.
func joined(fields []Field, list []int) jsondiff.Value {
	var all [][]byte
	for _, at := range list {
		all = append(all, fields[at].Raw)
	}
	return field.Value("text", bytes.Join(all, []byte("&")))
}

// pair compares two fields of one name. A name that is spelled otherwise is told
// apart from a value that is.
func (c *comparer) pair(x, y *Field) {
	if !bytes.Equal(rawName(x), rawName(y)) {
		if rule, ok := c.w.Ignored(); ok {
			c.w.Equal(rule, field.Value("text", x.Raw), field.Value("text", y.Raw))
			return
		}
		c.w.Spelling(rules.FormEscape, Escape, field.Value("text", x.Raw), field.Value("text", y.Raw))
	}
	c.w.Texts(x.Value, y.Value, rules.FormEscape, Escape)
}

// rawName is the name as it stands, with the "=" that follows.
func rawName(f *Field) []byte { return f.Raw[:len(f.Raw)-len(f.Value.Raw)] }

func (c *comparer) missing(x, y *Field) {
	if y == nil {
		c.w.Missing(field.Value("text", x.Value.Raw), jsondiff.Value{}, len(x.Value.Text) == 0)
		return
	}
	c.w.Missing(jsondiff.Value{}, field.Value("text", y.Value.Raw), len(y.Value.Text) == 0)
}

// order compares the order of the names of the fields that were paired.
func (c *comparer) order(old, new []byte) {
	slices.Sort(c.pairedX)
	slices.Sort(c.pairedY)
	for k := range c.pairedX {
		if c.x[c.pairedX[k]].Name != c.y[c.pairedY[k]].Name {
			c.otherOrder(field.Value("text", old), field.Value("text", new))
			return
		}
	}
}

func (c *comparer) otherOrder(old, new jsondiff.Value) {
	if rule, on := c.w.Rules().Builtin(rules.FormOrder); on {
		c.w.Equal(rule, old, new)
	} else if rule, ok := c.w.Unordered(); ok {
		c.w.Equal(rule, old, new)
	} else {
		c.w.Differ(comparison.Changed, field.Order, old, new)
	}
}
