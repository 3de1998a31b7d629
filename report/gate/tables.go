package gate

import (
	"fmt"
	"strconv"

	"parallax/diff/comparison"
)

// structure checks that every table and column has its partner: no share of
// rows speaks for a column that only one side has.
func (j *judge) structure() {
	before := len(j.checks)
	for i := range j.summary.Subjects {
		s := &j.summary.Subjects[i]
		for k := range s.Groups {
			g := &s.Groups[k]
			if (g.Class == comparison.TableMissing || g.Class == comparison.ColumnMissing) && !j.accepted(s.Name, g) {
				text := fmt.Sprintf("%s %s: %s, %s", s.Name, g.Pattern, g.Class, g.Kind)
				j.check("structure", s.Name, false, Fail, "every table and column on both sides", string(g.Kind), text)
			}
		}
	}
	if len(j.summary.Tables) > 0 && len(j.checks) == before {
		j.check("structure", "", true, Fail, "every table and column on both sides", "they are", "every table and column has its partner")
	}
}

// rereads checks the blocks whose checksums were equal and that were read all
// the same: one that is not equal takes the ground from under all others.
func (j *judge) rereads() {
	var read, wrong int64
	for i := range j.summary.Tables {
		read += j.summary.Tables[i].Reread
		wrong += j.summary.Tables[i].RereadWrong
	}
	if read > 0 {
		text := fmt.Sprintf("%d of %d blocks with equal checksums were read and are not equal", wrong, read)
		j.check("checksums_hold", "", wrong == 0, Unverified, "0", strconv.FormatInt(wrong, 10), text)
	}
}

// invariants checks what the user declared.
func (j *judge) invariants() {
	for _, v := range j.summary.Invariants {
		otherwise := Unverified
		if v.State == "broken" {
			otherwise = Fail
		}
		j.check("invariants", v.Name, v.State == "holds", otherwise, "holds", v.State, fmt.Sprintf("%s (%s): %s", v.Name, v.Side, v.Detail))
	}
}
