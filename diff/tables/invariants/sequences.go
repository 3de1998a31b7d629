package invariants

import (
	"bytes"
	"fmt"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// sequences checks that every declared sequence gives a value next that no row
// has.
func (c *checker) sequences(v *view) ([]comparison.InvariantResult, error) {
	var out []comparison.InvariantResult
	for i := range v.tables {
		for _, q := range v.tables[i].Sequences {
			holds, detail, err := c.sequence(v, i, q)
			r, err := c.result(v.name, v.tables[i].FullName()+"."+q.Column, holds, detail, err)
			if err != nil {
				return nil, err
			}
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		r, err := c.result(v.name, "", false, "", unverifiedf("%s side: no table declares a sequence", v.name))
		return []comparison.InvariantResult{r}, err
	}
	return out, nil
}

func (c *checker) sequence(v *view, table int, q snapshot.Sequence) (holds bool, detail string, err error) {
	t, err := v.columnsOf(table, []string{q.Column})
	if err != nil {
		return false, "", err
	}
	if t.column(0).Redacted {
		return false, "", unverifiedf("%s: column %s is redacted", t, q.Column)
	}
	next, err := snapshot.AppendNumberText(nil, q.Next)
	if err != nil {
		return false, "", unverifiedf("%s: column %s: the next value %q is no number", t, q.Column, q.Next)
	}
	largest, err := c.largest(t)
	switch {
	case err != nil:
		return false, "", err
	case largest == nil:
		return true, fmt.Sprintf("next %s, no rows", q.Next), nil
	}
	return bytes.Compare(next, largest) > 0, fmt.Sprintf("next %s, largest %s", q.Next, snapshot.AppendNumber(nil, largest)), nil
}

// largest is the largest number of a column; their bytes sort as they do.
func (c *checker) largest(t *columns) (largest []byte, err error) {
	err = t.rows(c.ctx, func(b *snapshot.Batch, row int) error {
		class, cell := b.Columns[t.at[0]].Cell(row)
		if class != snapshot.Number && class != snapshot.Null {
			return unverifiedf("%s: column %s holds %s, no number", t, t.column(0).Name, class)
		}
		if class == snapshot.Number && (largest == nil || bytes.Compare(cell, largest) > 0) {
			largest = append(largest[:0], cell...)
		}
		return nil
	})
	return largest, err
}
