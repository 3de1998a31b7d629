package tables

import (
	"context"
	"errors"
	"fmt"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// Run compares two snapshots and writes the comparison's folder at dir. Nothing
// stands there unless all of it does. Finish may add to the summary before it is
// written; nil is nothing.
func Run(ctx context.Context, dir string, old, new Input, o Options, finish func(*comparison.Summary) error) (s *comparison.Summary, err error) {
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
	if finish != nil {
		if err := finish(s); err != nil {
			return nil, err
		}
	}
	return s, w.Close(s)
}

// Compare compares two snapshots.
func Compare(ctx context.Context, old, new Input, o Options, out Output) (*comparison.Summary, error) {
	if err := o.normalise(); err != nil {
		return nil, err
	}
	if a, b := old.Manifest.Redaction, new.Manifest.Redaction; a.KeyID != b.KeyID || a.Profile != b.Profile {
		return nil, fmt.Errorf("%w: %s is %s, %s is %s\nhint: capture both with the same key and profile", ErrRedaction, old.Name, redaction(old.Manifest), new.Name, redaction(new.Manifest))
	}
	pairs, err := pairTables(old.Manifest.Tables, new.Manifest.Tables, o.Mapping)
	if err != nil {
		return nil, err
	}
	r := &run{ctx: ctx, old: old, new: new, o: &o, names: ruleNames{o.Mapping, o.Rules}, tally: comparison.NewTally(), out: out}
	shared := 0
	for _, p := range pairs {
		if p.old >= 0 && p.new >= 0 {
			shared++
		}
		if err := r.pair(p); err != nil {
			return nil, err
		}
	}
	if shared == 0 {
		return nil, fmt.Errorf("%w: %d tables in %s, %d in %s", ErrNothingShared, len(old.Manifest.Tables), old.Name, len(new.Manifest.Tables), new.Name)
	}
	return r.summary(), nil
}

func redaction(m *snapshot.Manifest) string {
	if m.Redaction.KeyID == "" {
		return m.Redaction.Profile
	}
	return m.Redaction.Profile + ", key " + m.Redaction.KeyID
}

// run is one comparison of two snapshots.
type run struct {
	ctx      context.Context
	old, new Input
	o        *Options
	names    ruleNames
	tally    *comparison.Tally
	out      Output
	proofs   []comparison.TableProof
	notes    []comparison.SchemaNote
	// counted are the rows of each side that ended in a counter.
	counted [2]int64
}

func (r *run) pair(p tablePair) error {
	if p.old < 0 || p.new < 0 {
		return r.missing(p)
	}
	c, why, err := r.comparer(p)
	if err != nil {
		return err
	}
	if why == "" {
		err = c.compare()
		if errors.Is(err, ErrOrder) || errors.Is(err, snapshot.ErrDamaged) {
			return fmt.Errorf("table %s: %w", p.name, err)
		}
	} else {
		err = c.notCompared(why)
	}
	if err != nil {
		return fmt.Errorf("table %s: %w", p.name, err)
	}
	r.proofs = append(r.proofs, c.proof)
	return nil
}

// missing counts a table that only one side has.
func (r *run) missing(p tablePair) error {
	proof := comparison.TableProof{Table: p.name, Method: "not compared", Columns: []comparison.ColumnProof{}}
	d := comparison.Difference{Subject: p.name, Part: comparison.Row, Class: comparison.TableMissing, Severity: comparison.Error}
	s := r.tally.Subject(p.name)
	if p.old >= 0 {
		e := &r.old.Manifest.Tables[p.old]
		proof.Old, proof.OldRows, proof.Why = e.Name, e.Rows, "no such table in new"
		d.Kind, d.Old = comparison.MissingInNew, comparison.MakeValue("text", fmt.Sprintf("table %s of %d rows", e.FullName(), e.Rows))
		s.Recorded, s.MissingNew = e.Rows, e.Rows
		r.counted[0] += e.Rows
	} else {
		e := &r.new.Manifest.Tables[p.new]
		proof.New, proof.NewRows, proof.Why = e.Name, e.Rows, "no such table in old"
		d.Kind, d.New = comparison.MissingInOld, comparison.MakeValue("text", fmt.Sprintf("table %s of %d rows", e.FullName(), e.Rows))
		s.Recorded, s.MissingOld = e.Rows, e.Rows
		r.counted[1] += e.Rows
	}
	r.proofs = append(r.proofs, proof)
	r.tally.Difference(&d, 0)
	return r.out.Write(&d)
}
