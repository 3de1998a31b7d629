package tables

import (
	"strings"
	"unicode"

	unicodenorm "golang.org/x/text/unicode/norm"

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
}

type collapsed struct {
	d      comparison.Difference
	folded string
	ofOld  bool
	other  string
}

// may takes a missing row in, where its key can collapse; else it is false.
func (p *collapses) may(t *tableRun, c *cursor, row int, d *comparison.Difference) bool {
	if len(p.pending) >= maxCollapses || !t.plan.folds() {
		return false
	}
	old := c.side == &t.plan.old
	p.pending = append(p.pending, collapsed{d: *d, ofOld: old, folded: t.plan.foldedKey(c.batch, row, old)})
	return true
}

// blindness is what a collation does not see.
type blindness struct{ letterCase, accents, blanks bool }

func blindnessOf(c *snapshot.Column) blindness {
	name := strings.ToLower(c.Collation)
	mysql := strings.Contains(name, "_") && (strings.HasPrefix(name, "utf8") || strings.HasPrefix(name, "latin") || strings.HasPrefix(name, "ascii") || strings.HasPrefix(name, "ucs2") || strings.HasPrefix(name, "uca"))
	return blindness{
		letterCase: strings.Contains(name, "_ci") || name == "nocase",
		accents:    strings.Contains(name, "_ci") && !strings.Contains(name, "_as"),
		blanks:     c.Padded || name == "rtrim" || mysql && !strings.Contains(name, "0900") && !strings.Contains(name, "nopad"),
	}
}

func (a blindness) or(b blindness) blindness {
	return blindness{a.letterCase || b.letterCase, a.accents || b.accents, a.blanks || b.blanks}
}

func (q *pair) blindness() blindness {
	if q.oldColumn.Class != snapshot.Text && q.newColumn.Class != snapshot.Text {
		return blindness{}
	}
	return blindnessOf(q.oldColumn).or(blindnessOf(q.newColumn))
}

// folds reports whether a collation of the key calls different texts equal.
func (p *plan) folds() bool {
	for _, q := range p.keys {
		if q.blindness() != (blindness{}) {
			return true
		}
	}
	return false
}

// foldedKey is a row's key as the collations see it.
func (p *plan) foldedKey(b *snapshot.Batch, row int, old bool) string {
	var key []byte
	for _, q := range p.keys {
		at := q.new
		if old {
			at = q.old
		}
		class, c := b.Columns[at].Cell(row)
		if class == snapshot.Text {
			c = []byte(q.blindness().fold(string(c)))
		}
		key = snapshot.AppendKey(key, class, c)
	}
	return string(key)
}

func (b blindness) fold(s string) string {
	if b.blanks {
		s = strings.TrimRight(s, " ")
	}
	if ascii(s) {
		if b.letterCase {
			s = strings.ToLower(s)
		}
		return s
	}
	if b.accents {
		s = strings.Map(func(r rune) rune {
			if unicode.Is(unicode.Mn, r) {
				return -1
			}
			return r
		}, unicodenorm.NFD.String(s))
	}
	if b.letterCase {
		s = strings.ToLower(strings.ToUpper(s))
	}
	return unicodenorm.NFC.String(s)
}

// ascii reports whether neither accents nor normalisation can matter.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// settleCollapses reads the keys of the sides in which rows were missing, and
// writes the rows that waited.
func (t *tableRun) settleCollapses() error {
	for _, old := range []bool{true, false} {
		waiting := map[string][]*collapsed{}
		for i := range t.collapse.pending {
			if p := &t.collapse.pending[i]; p.ofOld != old {
				waiting[p.folded] = append(waiting[p.folded], p)
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
			for _, p := range waiting[t.plan.foldedKey(b, row, old)] {
				if p.other == "" {
					p.other = string(snapshot.AppendKeyJSON(nil, s.schema, b, row))
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
