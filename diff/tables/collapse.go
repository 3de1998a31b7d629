package tables

import (
	"fmt"
	"strings"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// maxCollapses bounds the rows for which a key that means the same is looked for.
const maxCollapses = 10_000

// collapses are rows without a partner whose keys may mean the same as another key
// of the other side, under a collation that does not tell them apart. They wait
// until that side's keys have been read.
type collapses struct {
	pending []collapsed
	views   []view
	ready   bool
	unknown string // the name of a collation of the key's that is not known here
	missed  int64  // rows without a partner that nothing was looked for
}

type collapsed struct {
	d      comparison.Difference
	folded []string // by view
	ofOld  bool
	other  string
}

// view is the key as one side's collations see it, a collation for each column.
type view []collation

// prepare finds the views that are blind to something.
func (p *collapses) prepare(keys []*pair) {
	if p.ready {
		return
	}
	p.ready = true
	seen := ""
	for _, old := range []bool{true, false} {
		v, names, blind := p.view(keys, old)
		if blind && names != seen {
			p.views, seen = append(p.views, v), names
		}
	}
}

func (p *collapses) view(keys []*pair, old bool) (v view, names string, blind bool) {
	for _, q := range keys {
		c := q.newColumn
		if old {
			c = q.oldColumn
		}
		if c.Class != snapshot.Text || c.Redacted {
			v = append(v, collation{})
			continue
		}
		found := collationOf(c)
		if found.unknown {
			p.unknown = c.Collation
		}
		v, blind = append(v, found), blind || found.isBlind()
		names += fmt.Sprintf("%q %t %s,", c.Collation, found.blanks, strings.ToLower(c.Declared))
	}
	return v, names, blind
}

// may takes a missing row in, where its key can collapse; else it is false.
func (p *collapses) may(t *tableRun, c *cursor, row int, d *comparison.Difference) bool {
	p.prepare(t.plan.keys)
	if p.unknown != "" || len(p.views) > 0 && len(p.pending) >= maxCollapses {
		p.missed++
	}
	if len(p.views) == 0 || len(p.pending) >= maxCollapses {
		return false
	}
	old := c.side == &t.plan.old
	p.pending = append(p.pending, collapsed{d: *d, ofOld: old, folded: p.keysOf(t.plan, c.batch, row, old)})
	return true
}

// keysOf is a row's key in each view.
func (p *collapses) keysOf(plan *plan, b *snapshot.Batch, row int, old bool) []string {
	keys := make([]string, len(p.views))
	for i, v := range p.views {
		key := []byte{byte(i)}
		for j, q := range plan.keys {
			at := q.new
			if old {
				at = q.old
			}
			class, c := b.Columns[at].Cell(row)
			if class == snapshot.Text {
				c = []byte(v[j].key(string(c)))
			}
			key = snapshot.AppendKey(key, class, c)
		}
		keys[i] = string(key)
	}
	return keys
}

// note says what was not looked for, and why.
func (p *collapses) note(t *tableRun) {
	switch {
	case p.missed == 0:
	case p.unknown != "":
		t.remark("table %s: which keys the collation %q calls equal is not known: %d rows without a partner may be key collapses that are not told as such",
			t.plan.subject, p.unknown, p.missed)
	default:
		t.remark("table %s: key collapse was looked for with the first %d rows without a partner, not with %d more", t.plan.subject, maxCollapses, p.missed)
	}
}

// settleCollapses reads the keys of the sides in which rows were missing, and
// writes the rows that waited.
func (t *tableRun) settleCollapses() error {
	t.collapse.note(t)
	for _, old := range []bool{true, false} {
		waiting := map[string][]*collapsed{}
		for i := range t.collapse.pending {
			if p := &t.collapse.pending[i]; p.ofOld != old {
				for _, key := range p.folded {
					waiting[key] = append(waiting[key], p)
				}
			}
		}
		if len(waiting) == 0 {
			continue
		}
		if err := t.lookForKeys(waiting, old); err != nil {
			return err
		}
	}
	for i := range t.collapse.pending {
		if err := t.settleCollapse(&t.collapse.pending[i]); err != nil {
			return err
		}
	}
	return nil
}

// lookForKeys goes through one side's keys.
func (t *tableRun) lookForKeys(waiting map[string][]*collapsed, old bool) error {
	s := &t.plan.new
	if old {
		s = &t.plan.old
	}
	for b, err := range s.rows.Batches(s.key) {
		if err == nil {
			err = t.ctx.Err()
		}
		if err != nil {
			return err
		}
		for row := range b.Rows {
			for _, key := range t.collapse.keysOf(t.plan, b, row, old) {
				for _, p := range waiting[key] {
					if p.other != "" {
						continue
					}
					if other := string(snapshot.AppendKeyJSON(nil, s.schema, b, row)); other != p.d.Record { // rows of one key are no collapse
						p.other = other
					}
				}
			}
		}
	}
	return nil
}

// settleCollapse writes a row that waited; the side without it shows the key that
// means the same there.
func (t *tableRun) settleCollapse(p *collapsed) error {
	if p.other == "" {
		return t.write(&p.d)
	}
	t.proof.KeyCollapse++
	p.d.Class, p.d.Severity = ClassKeyCollapse, comparison.Warning
	if p.ofOld {
		p.d.New = comparison.MakeValue("array", p.other)
	} else {
		p.d.Old = comparison.MakeValue("array", p.other)
	}
	return t.write(&p.d)
}
