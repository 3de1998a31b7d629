package tables

import (
	"context"
	"errors"
	"fmt"
	"io"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
)

// Run compares and writes the comparison's folder at dir: differences and summary.
// Nothing stands at dir unless all of it does.
func Run(ctx context.Context, dir string, old, new Input, o Options) (s *comparison.Summary, err error) {
	w, err := comparison.Create(dir)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Abort())
		}
	}()
	if s, err = Compare(ctx, old, new, o, w); err != nil {
		return nil, err
	}
	if o.Finish != nil {
		if err := o.Finish(s); err != nil {
			return nil, err
		}
	}
	return s, w.Close(s)
}

// Compare writes every difference to out, table by table in the old snapshot's
// order and by key within a table, and returns the summary.
func Compare(ctx context.Context, old, new Input, o Options, out Output) (*comparison.Summary, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	if err := comparable(&old, &new); err != nil {
		return nil, err
	}
	r := &run{
		ctx: ctx, old: old, new: new, opts: o, out: out, tally: comparison.NewTally(),
		names: ruleNames{o.Rules, o.Mapping}, hides: map[hiddenKey]*hidden{},
	}
	err := r.all()
	if err := errors.Join(err, closeAll(r.closers)); err != nil {
		return nil, err
	}
	return r.summary(), nil
}

// all pairs the tables and compares each pair.
func (r *run) all() error {
	if err := r.flatten(); err != nil {
		return err
	}
	r.oldNames, r.newNames = shownNames(r.old.Manifest), shownNames(r.new.Manifest)
	pairs, err := pairTables(r.old.Manifest, r.new.Manifest, r.opts.Mapping)
	if err != nil {
		return err
	}
	for _, t := range pairs {
		if err := r.tables(t); err != nil {
			return err
		}
	}
	return nil
}

// run is one comparison.
type run struct {
	ctx      context.Context
	old, new Input
	opts     Options
	out      Output
	tally    *comparison.Tally
	names    ruleNames
	hides    map[hiddenKey]*hidden
	oldNames []string // of tables, as shown
	newNames []string

	proofs   []comparison.TableProof
	notes    []comparison.SchemaNote
	remarks  []string
	accounts [2]account
	scratch  int            // tables written so far
	closers  []func() error // at the end
	json     jsondiff.Comparer
}

// account says where the rows of one side ended.
type account struct {
	total, equal, underRules, different, missing, notCompared, filtered int64
	partly                                                              int64 // of those different
}

// shownNames are the tables' names without their schemas, where that is enough.
func shownNames(m *snapshot.Manifest) []string {
	count := map[string]int{}
	for i := range m.Tables {
		count[m.Tables[i].Name]++
	}
	names := make([]string, len(m.Tables))
	for i := range m.Tables {
		if names[i] = m.Tables[i].Name; count[names[i]] > 1 {
			names[i] = m.Tables[i].FullName()
		}
	}
	return names
}

// tables compares one pair.
func (r *run) tables(t tablePair) error {
	if t.old < 0 || t.new < 0 {
		return r.withoutPartner(t)
	}
	if t.folded {
		r.hide(r.names.ofNorm(namesFolded), r.oldNames[t.old], comparison.Row, "", nil, func() comparison.Sample {
			return comparison.Sample{Old: r.oldNames[t.old], New: r.newNames[t.new], OldType: "text", NewType: "text"}
		})
		r.remark("table %s is paired with %s: names folded", r.oldNames[t.old], r.newNames[t.new])
	}
	p, err := r.newPlan(t)
	if err != nil {
		return err
	}
	c := newTableRun(r, p)
	if err = c.compare(); err != nil {
		err = fmt.Errorf("table %s: %w", p.subject, err)
	}
	return errors.Join(err, p.old.release(), p.new.release())
}

func (r *run) remark(format string, args ...any) {
	r.remarks = append(r.remarks, fmt.Sprintf(format, args...))
}

func (r *run) foldedNames(subject string, q *pair) {
	r.hide(r.names.ofNorm(namesFolded), subject, comparison.Column, q.name(), nil, func() comparison.Sample {
		return comparison.Sample{Field: q.name(), Old: q.oldColumn.Name, New: q.newColumn.Name, OldType: "text", NewType: "text"}
	})
}

// withoutPartner reports a table that only one side has.
func (r *run) withoutPartner(t tablePair) error {
	d := comparison.Difference{Part: comparison.Row, Class: comparison.TableMissing, Severity: comparison.Error}
	proof := comparison.TableProof{Method: "not compared"}
	if t.old >= 0 {
		d.Subject, d.Kind, proof.Why = r.oldNames[t.old], comparison.MissingInNew, "no such table in new"
		proof.Old, proof.OldRows = d.Subject, r.old.Manifest.Tables[t.old].Rows
	} else {
		d.Subject, d.Kind, proof.Why = r.newNames[t.new], comparison.MissingInOld, "no such table in old"
		proof.New, proof.NewRows = d.Subject, r.new.Manifest.Tables[t.new].Rows
	}
	proof.Table = d.Subject
	s := r.tally.Subject(d.Subject)
	s.Recorded += proof.OldRows + proof.NewRows
	s.MissingNew += proof.OldRows
	s.MissingOld += proof.NewRows
	r.count(0, account{total: proof.OldRows, missing: proof.OldRows})
	r.count(1, account{total: proof.NewRows, missing: proof.NewRows})
	r.proofs = append(r.proofs, proof)
	return r.write(&d)
}

func (r *run) count(side int, a account) {
	t := &r.accounts[side]
	t.total += a.total
	t.equal += a.equal
	t.underRules += a.underRules
	t.different += a.different
	t.missing += a.missing
	t.notCompared += a.notCompared
	t.filtered += a.filtered
}

func (r *run) write(d *comparison.Difference) error {
	r.tally.Difference(d, 0)
	return r.out.Write(d)
}

// release closes what the side opened.
func (s *side) release() error {
	err := closeAll(s.close)
	s.close = nil
	return err
}

// closeAll closes what was opened last first.
func closeAll(closers []func() error) error {
	var errs []error
	for i := len(closers) - 1; i >= 0; i-- {
		errs = append(errs, closers[i]())
	}
	return errors.Join(errs...)
}

// open opens the side's table as it is.
func (s *side) open(in *Input) (err error) {
	if s.rows, err = in.Table(s.index); err != nil {
		return err
	}
	if c, ok := s.rows.(io.Closer); ok {
		s.close = append(s.close, c.Close)
	}
	s.schema, s.total, s.dups = &s.entry.Table, s.entry.Rows, s.entry.DuplicateKeys
	s.key, err = s.schema.KeyIndexes()
	return err
}
