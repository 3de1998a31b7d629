package tables

import (
	"context"
	"encoding/hex"
	"errors"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// compare walks both indexes, and reads what they do not prove.
func (c *comparer) compare() (err error) {
	if err := c.missingColumns(); err != nil {
		return err
	}
	if c.tableOld, err = c.r.old.Table(c.pair.old); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.tableOld.Close()) }()
	if c.tableNew, err = c.r.new.Table(c.pair.new); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.tableNew.Close()) }()
	a, b, err := c.indexes()
	if err != nil {
		return err
	}
	sample := a.sampled(c.r.o.Sample)
	if err := stretches(a, b, func(ai, ae, bi, be int) error {
		if c.r.ctx.Err() != nil {
			return context.Cause(c.r.ctx)
		}
		return c.stretch(a, b, ai, ae, bi, be, sample)
	}); err != nil {
		return err
	}
	if c.proof.Method == "blocks" && c.proof.BlocksEqual == 0 && c.proof.Blocks > 0 {
		c.proof.Method = "merge"
	}
	c.columnProofs(a, b)
	return nil
}

func (c *comparer) indexes() (a, b *index, err error) {
	if a, err = readIndex(c.tableOld, len(c.old.Columns)); err != nil {
		return nil, nil, err
	}
	if b, err = readIndex(c.tableNew, len(c.new.Columns)); err != nil {
		return nil, nil, err
	}
	if a.len() == 0 || b.len() == 0 { // files without an index, or empty tables
		a, b = oneBlock(c.old.Rows, len(c.old.Columns)), oneBlock(c.new.Rows, len(c.new.Columns))
	}
	return a, b, nil
}

// stretch compares what lies between two common keys.
func (c *comparer) stretch(a, b *index, ai, ae, bi, be int, sample map[int]bool) error {
	c.proof.Blocks++
	c.sampling = false
	for i := ai; i < ae; i++ {
		c.sampling = c.sampling || sample[i]
	}
	rowsA, keysA, sumsA := a.total(ai, ae)
	rowsB, keysB, sumsB := b.total(bi, be)
	indexed := len(a.lastKeys) > 0 && a.lastKeys[0] != nil
	keysEqual := indexed && rowsA == rowsB && keysA == keysB && rowsA > 0
	active, equal := c.toRead(sumsA, sumsB, keysEqual)
	if equal && !c.sampling && len(active) == 0 {
		c.proof.BlocksEqual++
		c.subject.Recorded += rowsA
		c.subject.Equal += rowsA
		c.r.counted[0] += rowsA
		c.r.counted[1] += rowsB
		return nil
	}
	if equal {
		c.proof.BlocksEqual++
	}
	proving := equal && c.sampling
	if proving {
		c.proof.Reread++
		active = c.allPaired()
	}
	before := c.subject.Mismatched()
	if err := c.rows(a.span(ai, ae), b.span(bi, be), active, keysEqual && !proving); err != nil {
		return err
	}
	if proving && c.subject.Mismatched() != before && c.onlyChecksums(active) {
		c.proof.RereadWrong++
	}
	return nil
}

// toRead lists the column pairs whose cells have to be looked at; equal says that
// everything that checksums can say is equal.
func (c *comparer) toRead(a, b []snapshot.Sum, keysEqual bool) (active []int, equal bool) {
	equal = keysEqual
	for i := range c.columns {
		p := &c.columns[i]
		switch {
		case p.old < 0 || p.new < 0 || p.ignored >= 0:
		case c.byValue(p):
			active = append(active, i)
		case !keysEqual || a[p.old] != b[p.new]:
			active, equal = append(active, i), false
		}
	}
	return active, equal && len(c.computed) == 0
}

// byValue: checksums say nothing of the pair.
func (c *comparer) byValue(p *columnPair) bool {
	return c.old.Columns[p.old].Class != c.new.Columns[p.new].Class || p.judge != nil && p.judge.Transforms()
}

func (c *comparer) allPaired() []int {
	var all []int
	for i := range c.columns {
		if p := &c.columns[i]; p.old >= 0 && p.new >= 0 && p.ignored < 0 {
			all = append(all, i)
		}
	}
	return all
}

// onlyChecksums reports whether no pair is judged by value, so that a difference
// in an "equal" block is the checksums' fault.
func (c *comparer) onlyChecksums(active []int) bool {
	for _, i := range active {
		if c.byValue(&c.columns[i]) {
			return false
		}
	}
	return true
}

// missingColumns writes one difference for each column that only one side has.
func (c *comparer) missingColumns() error {
	for i := range c.columns {
		p := &c.columns[i]
		if p.ignored >= 0 || p.old >= 0 && p.new >= 0 {
			continue
		}
		d := &comparison.Difference{Subject: c.pair.name, Part: comparison.Column, Class: comparison.ColumnMissing, Severity: comparison.Error}
		if p.old >= 0 {
			column := &c.old.Columns[p.old]
			d.Kind, d.Field, d.Old = comparison.MissingInNew, column.Name, comparison.MakeValue("text", column.Declared)
		} else {
			column := &c.new.Columns[p.new]
			d.Kind, d.Field, d.New = comparison.MissingInOld, column.Name, comparison.MakeValue("text", column.Declared)
		}
		d.Pattern = d.Field
		c.r.tally.Difference(d, 0)
		if err := c.r.out.Write(d); err != nil {
			return err
		}
	}
	return nil
}

// columnProofs says of each pair what its checksums and its cells say.
func (c *comparer) columnProofs(a, b *index) {
	_, _, sumsA := a.total(0, a.len())
	_, _, sumsB := b.total(0, b.len())
	for i := range c.columns {
		p := &c.columns[i]
		proof := comparison.ColumnProof{Differences: c.differences[i]}
		if p.old >= 0 {
			proof.Old = c.old.Columns[p.old].Name
		}
		if p.new >= 0 {
			proof.New = c.new.Columns[p.new].Name
		}
		proof.State = c.columnState(i, sumsA, sumsB)
		if p.old >= 0 && p.new >= 0 && !c.byValue(p) && a.len() > 0 {
			proof.OldSum, proof.NewSum = sumText(sumsA[p.old]), sumText(sumsB[p.new])
		}
		c.proof.Columns = append(c.proof.Columns, proof)
	}
}

func (c *comparer) columnState(i int, a, b []snapshot.Sum) string {
	p := &c.columns[i]
	switch {
	case p.ignored >= 0:
		return "ignored"
	case p.old < 0 || p.new < 0:
		return "unpaired"
	case p.key:
		return "key"
	case c.differences[i] > 0 || c.subject.MissingNew+c.subject.MissingOld > 0:
		return "differs"
	case c.byValue(p) || a[p.old] != b[p.new] || c.readByValue[i]:
		return "equal by value"
	}
	return "equal"
}

func sumText(s snapshot.Sum) string { return hex.EncodeToString(snapshot.AppendSum(nil, s)) }
