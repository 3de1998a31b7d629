package tables

import (
	"fmt"
	"slices"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/internal/ledger"
)

// finish leaves what was found of the pair in the run.
func (t *tableRun) finish() {
	s, a := t.tally.Subject(t.plan.subject), &t.rows
	t.proof.Columns = t.columnProofs()
	if t.plan.why == "" {
		t.countForms()
	}
	notCompared, filtered := max(a.notCompared, t.lost), max(a.filtered, t.left)
	s.Equal += a.equal
	s.UnderRules += a.underRules
	s.Different += a.different
	s.Partly += a.partly
	s.MissingNew += a.missing
	s.MissingOld += t.extra
	s.NotCompared += notCompared
	s.Filtered += filtered
	s.Recorded += a.equal + a.underRules + a.different + a.missing + t.extra + notCompared + filtered
	t.proofs = append(t.proofs, t.proof)

	of := *a
	of.total = t.proof.OldRows
	t.count(0, of)
	of.total, of.missing, of.notCompared, of.filtered = t.proof.NewRows, t.extra, t.lost, t.left
	t.count(1, of)
}

// columnProofs says of every column what was proven.
func (t *tableRun) columnProofs() []comparison.ColumnProof {
	out := []comparison.ColumnProof{}
	for _, q := range t.plan.pairs {
		c := comparison.ColumnProof{
			Old: q.oldColumn.Name, New: q.newColumn.Name, Key: slices.Index(t.plan.keys, q) + 1, Differences: q.differences, State: t.state(q),
			OldClass: q.oldColumn.Class.String(), NewClass: q.newColumn.Class.String(), NewDeclared: q.newColumn.Declared,
		}
		if t.summed(q) {
			c.OldSum, c.NewSum = hexSum(q.oldSum), hexSum(q.newSum)
		}
		out = append(out, c)
	}
	out = append(out, t.computedProofs()...)
	for _, l := range t.plan.lones {
		c := comparison.ColumnProof{State: "unpaired"}
		if l.ignored {
			c.State = "ignored"
		} else if l.covered {
			c.State = t.state(&pair{})
		}
		if l.inOld {
			c.Old = l.name
		} else {
			c.New = l.name
		}
		out = append(out, c)
	}
	return out
}

// summed reports whether the sums of a whole column mean the same on both sides.
func (t *tableRun) summed(q *pair) bool { return q.mode == byChecksum && t.proof.Blocks > 0 }

func hexSum(s snapshot.Sum) string { return fmt.Sprintf("%016x%016x", s.Hi, s.Lo) }

func (t *tableRun) state(q *pair) string {
	missing := t.rows.missing + t.extra
	switch {
	case q.mode == ignored:
		return "ignored"
	case t.plan.why != "":
		return "differs"
	case q.key:
		return "key"
	case q.differences > 0:
		return "differs"
	case t.summed(q) && q.oldSum == q.newSum && t.proof.RereadWrong == 0:
		return "equal"
	case missing > 0 || t.rows.notCompared+t.lost+t.rows.filtered+t.left > 0:
		return "differs"
	}
	return "equal by value"
}

// countForms counts the rows that were found only once cells were brought into one
// form.
func (t *tableRun) countForms() {
	pairs := t.rows.equal + t.rows.underRules + t.rows.different
	for _, q := range t.plan.pairs {
		if !q.converted || pairs == 0 {
			continue
		}
		rule := t.names.ofNorm(keyForm)
		if q.mode == always {
			rule = t.names.ofMapping(q.judge.Rule())
		}
		t.hiddenAt(rule, t.plan.subject, comparison.Column, q.name()).count += pairs
		t.rows.underRules += t.rows.equal
		t.rows.equal = 0
	}
}

// summary makes the summary of a run that has ended.
func (r *run) summary() *comparison.Summary {
	s := &comparison.Summary{
		Format: comparison.SummaryFormat, Version: 1, Tool: r.opts.Tool,
		Old: sideOf(&r.old), New: sideOf(&r.new), RulesDigest: r.digest(),
		Subjects: r.tally.Subjects(), Rules: r.ruleCounts(),
		Tables: r.proofs, SchemaNotes: r.notes,
	}
	s.Ledgers = append(s.Ledgers, comparison.Named("old", &r.old.Manifest.Ledger), comparison.Named("new", &r.new.Manifest.Ledger), comparison.NamedLedger{
		Name:     comparison.OwnLedger,
		Accounts: []comparison.Account{r.accounts[0].of("rows of old", "missing in new"), r.accounts[1].of("rows of new", "missing in old")},
	})
	s.Notes = r.allNotes()
	return s
}

// digest names the effective rules, the mapping's among them.
func (r *run) digest() string {
	if r.opts.Mapping == nil {
		return r.opts.Rules.Digest()
	}
	return digestOf(r.opts.Rules.Digest(), r.opts.Mapping.Digest())
}

func sideOf(in *Input) comparison.Side {
	return comparison.Side{
		Name: in.Name, Manifest: in.Digest, Kind: "snapshot", Redacted: redaction(in.Manifest),
		Engine: in.Manifest.Source.Engine, PointAt: in.Manifest.Point.At, Interrupted: in.Manifest.Interrupted,
	}
}

func (a *account) of(name, missing string) comparison.Account {
	return comparison.Account{
		Name: name, Total: a.total,
		Buckets: []comparison.Bucket{
			{Name: comparison.NotComparedBucket, Count: a.notCompared, Class: ledger.Lost},
			{Name: "different", Count: a.different, Class: ledger.Fine},
			{Name: "equal", Count: a.equal, Class: ledger.Fine},
			{Name: "equal under rules", Count: a.underRules, Class: ledger.Fine},
			{Name: "filtered", Count: a.filtered, Class: ledger.Fine},
			{Name: missing, Count: a.missing, Class: ledger.Fine},
		},
	}
}

// allNotes says what a reader must know, in a fixed order.
func (r *run) allNotes() []string {
	var notes []string
	for _, in := range []*Input{&r.old, &r.new} {
		notes = append(notes, inputNotes(in)...)
	}
	if r.old.Manifest.BlockRows != r.new.Manifest.BlockRows {
		notes = append(notes, fmt.Sprintf("blocks of %d rows in old and of %d in new: more is read than with one size", r.old.Manifest.BlockRows, r.new.Manifest.BlockRows))
	}
	notes = append(notes, r.remarks...)
	for i := range r.names.mapped() {
		if rule := r.names.ofMapping(i); !r.used(rule) {
			notes = append(notes, fmt.Sprintf("%s was never used", r.names.Name(rule)))
		}
	}
	return notes
}

// inputNotes are those of one snapshot: its point and what it does not guarantee.
func inputNotes(in *Input) []string {
	m := in.Manifest
	var notes []string
	if m.Interrupted != "" {
		notes = append(notes, fmt.Sprintf("%s was interrupted: %s", in.Name, m.Interrupted))
	}
	notes = append(notes, pointNote(in.Name, &m.Point))
	for _, c := range m.Point.Caveats {
		notes = append(notes, fmt.Sprintf("%s: %s", in.Name, c))
	}
	for i := range m.Tables {
		if p := m.Tables[i].Point; p != nil {
			notes = append(notes, pointNote(fmt.Sprintf("%s: table %s is of another point", in.Name, m.Tables[i].FullName()), p))
		}
	}
	for _, n := range m.Notes {
		notes = append(notes, fmt.Sprintf("%s: %s", in.Name, n))
	}
	return notes
}

func pointNote(name string, p *snapshot.Point) string {
	switch {
	case p.Method == "":
		return name + ": nothing is said of its consistent point"
	case p.Position == "":
		return fmt.Sprintf("%s: %s", name, p.Method)
	}
	return fmt.Sprintf("%s: %s at %s", name, p.Method, p.Position)
}
