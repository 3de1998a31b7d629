package invariants

import (
	"fmt"
	"math/big"

	"parallax/diff/comparison"
)

// count compares numbers of rows, which the manifests hold.
func (c *checker) count() ([]comparison.InvariantResult, error) {
	var found []*columns
	for _, v := range c.views {
		t, err := v.find(c.Count)
		if err != nil {
			r, err := c.result(c.sideName(), "", false, "", err)
			return []comparison.InvariantResult{r}, err
		}
		found = append(found, t)
	}
	if c.equals == nil {
		old, new := found[0].entry.Rows, found[1].entry.Rows
		r, err := c.result("both", "", old == new, fmt.Sprintf("%d rows / %d rows", old, new), nil)
		return []comparison.InvariantResult{r}, err
	}
	var out []comparison.InvariantResult
	for _, t := range found {
		rows := &number{big.NewInt(t.entry.Rows), 0}
		r, err := c.result(t.view.name, "", rows.near(c.equals, nil), fmt.Sprintf("%s rows, wanted %s", rows, c.equals), nil)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// sideName names the sides that are asked.
func (c *checker) sideName() string {
	if len(c.views) == 2 {
		return "both"
	}
	return c.views[0].name
}
