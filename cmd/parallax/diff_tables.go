package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/tables"
	"parallax/diff/tables/invariants"
	"parallax/diff/tables/mapping"
)

// areSnapshots reports whether both sides are; one alone is refused by name.
func areSnapshots(old, new string) (bool, error) {
	a, err := kindOf(old)
	if err != nil {
		return false, err
	}
	b, err := kindOf(new)
	if err != nil {
		return false, err
	}
	if (a == isSnapshot) != (b == isSnapshot) {
		return false, usagef("%s is a %s and %s is a %s: they do not compare", old, a, new, b)
	}
	return a == isSnapshot, nil
}

func runDiffTables(ctx context.Context, o diffOptions, s streams) error {
	if len(o.Controls) > 0 {
		return usagef("--control is for answers: two snapshots of one store are a comparison of their own")
	}
	options, err := tableOptions(o)
	if err != nil {
		return err
	}
	old, err := openSnapshot(o.Old, false)
	if err != nil {
		return err
	}
	defer old.Close()
	new, err := openSnapshot(o.New, false)
	if err != nil {
		return err
	}
	defer new.Close()
	options.Finish = func(summary *comparison.Summary) error {
		return checkInvariants(ctx, o.Config, options.Mapping, old, new, summary)
	}
	summary, err := tables.Run(ctx, o.Out, tableInput(o.Old, old), tableInput(o.New, new), options)
	if err != nil {
		return tablesError(err)
	}
	return o.finish(summary, s)
}

// tableOptions compiles what the configuration says of tables.
func tableOptions(o diffOptions) (tables.Options, error) {
	set, err := o.Config.ruleSet()
	if err != nil {
		return tables.Options{}, usageError{err}
	}
	mapped, err := mapping.Compile(o.Config.Mapping)
	if err != nil {
		return tables.Options{}, usageError{err}
	}
	return tables.Options{
		Tool: tool(), Rules: set, Mapping: mapped, Strict: o.Strict, Sample: o.Sample, SampleOnly: o.SampleOnly, Proof: o.Proof,
	}, nil
}

func tableInput(dir string, r *snapshot.Reader) tables.Input {
	return tables.FromReader(filepath.Base(filepath.Clean(dir)), r)
}

// tablesError marks the errors that the user's choice of inputs causes.
func tablesError(err error) error {
	if errors.Is(err, tables.ErrRedaction) || errors.Is(err, tables.ErrPairing) {
		return usageError{err}
	}
	return err
}

// checkInvariants adds what the user declared, on either side.
func checkInvariants(ctx context.Context, c *config, names invariants.Names, old, new *snapshot.Reader, summary *comparison.Summary) error {
	set, err := invariants.Compile(c.Invariants, invariants.Options{Names: names})
	if err != nil {
		return usageError{err}
	}
	if set.Len() == 0 {
		return nil
	}
	summary.Invariants, err = invariants.Check(ctx, set, invariantSide{old}, invariantSide{new})
	return err
}

// invariantSide reads a snapshot's tables for invariants.
type invariantSide struct{ r *snapshot.Reader }

func (s invariantSide) Tables() []snapshot.TableEntry { return s.r.Manifest().Tables }

func (s invariantSide) Batches(table int, columns []int) iter.Seq2[*snapshot.Batch, error] {
	return func(yield func(*snapshot.Batch, error) bool) {
		t, err := s.r.Table(table)
		if err != nil {
			yield(nil, err)
			return
		}
		defer t.Close() // read only: what could be wrong was seen while reading
		for b, err := range t.Batches(columns) {
			if err != nil {
				err = fmt.Errorf("table %s: %w", s.Tables()[table].FullName(), err)
			}
			if !yield(b, err) || err != nil {
				return
			}
		}
	}
}
