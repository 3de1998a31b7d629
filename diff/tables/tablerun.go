package tables

import (
	"iter"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/rules"
)

// The methods, as comparison.TableProof names them.
const (
	methodBlocks   = "blocks"
	methodMerge    = "merge"
	methodMultiset = "multiset"
	methodNone     = "not compared"
)

// tableRun compares one pair of tables.
type tableRun struct {
	*run
	plan  *plan
	proof comparison.TableProof
	rows  account // of the pair; missing is in new
	extra int64   // missing in old
	// lost and left are rows of new that could not be compared, and were filtered,
	// where that is another number than of old.
	lost, left int64
	candidates proofs
	collapse   collapses
	row        rowState
	merger     merger
	text       []byte
	sampleAt   uint64 // a key whose hash is below is in the sample

	documentRules *rules.RouteRules
}

func newTableRun(r *run, p *plan) *tableRun {
	t := &tableRun{run: r, plan: p, documentRules: r.opts.Rules.ForCells(p.subject)}
	t.proof = comparison.TableProof{
		Table: p.subject, Old: p.old.name, New: p.new.name, NewSchema: p.new.entry.Schema, OldRows: p.old.entry.Rows, NewRows: p.new.entry.Rows,
		Duplicates: p.old.entry.DuplicateKeys + p.new.entry.DuplicateKeys,
	}
	t.sampleAt = shareOf(r.opts.Sample)
	t.candidates = newProofs(r, p.subject)
	return t
}

// compare does everything about the pair.
func (t *tableRun) compare() error {
	if err := t.columnsAlone(); err != nil {
		return err
	}
	if err := t.prepare(); err != nil {
		return err
	}
	err := t.byMethod()
	if err == nil {
		err = t.settleCollapses()
	}
	if err != nil {
		return err
	}
	t.notes = append(t.notes, t.schemaNotes()...) // once it is known what does not fit
	t.finish()
	return nil
}

// prepare opens both sides and brings them into one order.
func (t *tableRun) prepare() error {
	p := t.plan
	for _, s := range []*side{&p.old, &p.new} {
		if s.entry.Invalid != "" {
			p.notComparable("%s: %s", s.name, s.entry.Invalid)
		}
	}
	if p.why != "" {
		return nil
	}
	if len(p.active())+len(p.keys) == 0 {
		p.notComparable("no column is compared")
		return nil
	}
	return t.align()
}

// byMethod compares the rows.
func (t *tableRun) byMethod() error {
	way, err := t.method()
	if err != nil {
		return err
	}
	t.proof.Method = way
	if way != methodNone && len(t.plan.keys) == 0 {
		t.proof.Method = methodMultiset
	}
	switch way {
	case methodNone:
		return t.nothingCompared()
	case methodMerge:
		return t.everything()
	}
	if err := t.blocks(); err != nil {
		return err
	}
	return t.reread()
}

// method chooses how rows are compared; it may read the index.
func (t *tableRun) method() (string, error) {
	p := t.plan
	switch {
	case p.why != "":
		return methodNone, nil
	case len(p.keys) > 0 && p.old.dups+p.new.dups > 0: // sums over rows of one key do not tell which cells belong together
		return methodMerge, nil
	}
	share, indexed, err := t.estimate()
	if err != nil || indexed && share <= t.opts.MergeShare {
		return methodBlocks, err
	}
	return methodMerge, nil
}

// estimate goes through the index and returns the share of stretches that differ.
func (t *tableRun) estimate() (share float64, indexed bool, err error) {
	var all, differ, rows int64
	for s, err := range t.plan.stretches() {
		if err != nil {
			return 0, false, err
		}
		all++
		rows += s.old.rows + s.new.rows
		if !s.equal() {
			differ++
		}
	}
	if all == 0 {
		return 0, t.plan.old.total+t.plan.new.total == 0, nil
	}
	return float64(differ) / float64(all), rows == t.plan.old.total+t.plan.new.total, nil
}

func (t *tableRun) cursor(s *side, label string, columns []int) *cursor {
	c := &cursor{keys: &s.keys, side: s, label: label, unique: s.dups == 0 && len(s.key) > 0, rowsRead: &t.proof.RowsRead, cellsRead: &t.proof.CellsRead}
	if c.columns = int64(len(columns)); columns == nil {
		c.columns = int64(len(s.schema.Columns))
	}
	return c
}

// everything compares all rows of both sides.
func (t *tableRun) everything() error {
	if err := t.sumUp(); err != nil {
		return err
	}
	a, b := t.cursor(&t.plan.old, "old", nil), t.cursor(&t.plan.new, "new", nil)
	var stopA, stopB func()
	a.next, stopA = pulled(a.side.rows.Batches(nil))
	defer stopA()
	b.next, stopB = pulled(b.side.rows.Batches(nil))
	defer stopB()
	return t.merge(a, b, t.plan.active())
}

// sumUp leaves the sums of whole columns in the pairs, and counts stretches. Where
// a side has no index there is nothing to sum up.
func (t *tableRun) sumUp() error {
	var blocks, rows int64
	for s, err := range t.plan.stretches() {
		if err != nil {
			return err
		}
		blocks++
		rows += s.old.rows + s.new.rows
	}
	if rows == t.plan.old.total+t.plan.new.total {
		t.proof.Blocks = blocks
	}
	return nil
}

// pulled turns a sequence of batches into a function.
func pulled(seq iter.Seq2[*snapshot.Batch, error]) (next func() (*snapshot.Batch, error), stop func()) {
	pull, stop := iter.Pull2(seq)
	return func() (*snapshot.Batch, error) {
		b, err, ok := pull()
		if !ok {
			return nil, nil
		}
		return b, err
	}, stop
}

// nothingCompared counts all rows of a pair that cannot be compared.
func (t *tableRun) nothingCompared() error {
	t.proof.Why = t.plan.why
	t.rows.notCompared, t.lost = t.proof.OldRows, t.proof.NewRows
	return t.write(&comparison.Difference{
		Subject: t.plan.subject, Part: comparison.Row, Kind: comparison.NotCompared,
		Class: "table", Severity: comparison.Error,
		Old: comparison.MakeValue("text", t.plan.why), New: comparison.MakeValue("text", t.plan.why),
	})
}
