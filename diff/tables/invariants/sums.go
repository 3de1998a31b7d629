package invariants

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// maxExamples bounds what a detail shows.
const maxExamples = 3

// group is one group of rows.
type group struct {
	text string // its values, as a JSON array; "" without by
	sum  number
	rows int64
}

// sums compares the sums of the groups.
func (c *checker) sums() ([]comparison.InvariantResult, error) {
	sides := make([]map[string]*group, len(c.views))
	for i, v := range c.views {
		var err error
		if sides[i], err = c.groups(v); err != nil {
			r, err := c.result(c.sideName(), "", false, "", err)
			return []comparison.InvariantResult{r}, err
		}
	}
	if c.equals == nil {
		holds, detail := c.compare(sides[0], sides[1])
		r, err := c.result("both", "", holds, detail, nil)
		return []comparison.InvariantResult{r}, err
	}
	var out []comparison.InvariantResult
	for i, v := range c.views {
		sum := total(sides[i])
		r, err := c.result(v.name, "", sum.near(c.equals, c.tolerance), fmt.Sprintf("%s, wanted %s", sum, c.equals), nil)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

func total(groups map[string]*group) *number {
	sum := &number{new(big.Int), 0}
	for _, g := range groups {
		sum.add(&g.sum)
	}
	return sum
}

// groups reads one side's table and sums it.
func (c *checker) groups(v *view) (map[string]*group, error) {
	t, err := v.find(c.Of, append(slices.Clone(c.By), c.Sum)...)
	if err != nil {
		return nil, err
	}
	value := len(c.By)
	if t.column(value).Redacted {
		return nil, unverifiedf("%s: column %s is redacted", t, t.column(value).Name)
	}
	s := summing{table: t, groups: map[string]*group{}, maxGroups: c.options.MaxGroups}
	return s.groups, t.rows(c.ctx, s.row)
}

// summing is one reading of a table.
type summing struct {
	table     *columns
	groups    map[string]*group
	maxGroups int
	bytes     int
	key       []byte
}

func (s *summing) row(b *snapshot.Batch, row int) error {
	value := len(s.table.at) - 1
	s.key = s.key[:0]
	for _, at := range s.table.at[:value] {
		class, c := b.Columns[at].Cell(row)
		s.key = snapshot.AppendKey(s.key, class, c)
	}
	g := s.groups[string(s.key)]
	if g == nil {
		var err error
		if g, err = s.begin(b, row); err != nil {
			return err
		}
	}
	g.rows++
	class, c := b.Columns[s.table.at[value]].Cell(row)
	if class == snapshot.Null {
		return nil
	}
	n, ok := parseNumber(class, c)
	if !ok {
		return unverifiedf("%s: column %s holds %.60q, which cannot be summed", s.table, s.table.column(value).Name, snapshot.AppendText(nil, class, c))
	}
	g.sum.add(n)
	return nil
}

// begin adds a group, within the bounds.
func (s *summing) begin(b *snapshot.Batch, row int) (*group, error) {
	var text []byte
	if by := s.table.at[:len(s.table.at)-1]; len(by) > 0 {
		text = appendValues(nil, b, by, row)
	}
	s.bytes += len(s.key) + len(text)
	if len(s.groups) >= s.maxGroups || s.bytes > MaxGroupBytes {
		return nil, unverifiedf("%s: more than %d groups, or than %d bytes of their keys", s.table, s.maxGroups, MaxGroupBytes)
	}
	g := &group{text: string(text), sum: number{new(big.Int), 0}}
	s.groups[string(s.key)] = g
	return g, nil
}

// appendValues appends cells' texts as a JSON array, as a record is named.
func appendValues(dst []byte, b *snapshot.Batch, columns []int, row int) []byte {
	texts := make([]*string, len(columns))
	for i, at := range columns {
		if class, c := b.Columns[at].Cell(row); class != snapshot.Null {
			text := string(snapshot.AppendText(nil, class, c))
			texts[i] = &text
		}
	}
	out, _ := json.Marshal(texts) // texts always encode
	return append(dst, out...)
}

// compare tells two sides' groups apart, in the order of their keys.
func (c *checker) compare(old, new map[string]*group) (holds bool, detail string) {
	keys := slices.Collect(maps.Keys(old))
	for k := range new {
		if old[k] == nil {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	different, examples := 0, []string{}
	for _, k := range keys {
		if c.sameGroup(old[k], new[k]) {
			continue
		}
		if different++; different <= maxExamples {
			examples = append(examples, groupText(old[k], new[k]))
		}
	}
	switch {
	case different == 0 && len(c.By) == 0:
		return true, groupText(old[""], new[""])
	case different == 0:
		return true, fmt.Sprintf("%d groups, %s / %s in all", len(keys), total(old), total(new))
	}
	return false, fmt.Sprintf("%d of %d groups differ: %s", different, len(keys), strings.Join(examples, "; "))
}

// sameGroup: a group that one side lacks is none, except that without groups a
// table without rows sums to 0.
func (c *checker) sameGroup(old, new *group) bool {
	if (old == nil || new == nil) && len(c.By) > 0 {
		return false
	}
	a, b := sumOf(old), sumOf(new)
	return a.near(b, c.tolerance)
}

func sumOf(g *group) *number {
	if g == nil {
		return &number{new(big.Int), 0}
	}
	return &g.sum
}

func groupText(old, new *group) string {
	name := ""
	for _, g := range []*group{old, new} {
		if g != nil && g.text != "" {
			name = g.text + " "
		}
	}
	side := func(g *group) string {
		if g == nil {
			return "no rows"
		}
		return fmt.Sprintf("%s of %d rows", &g.sum, g.rows)
	}
	return name + side(old) + " / " + side(new)
}
