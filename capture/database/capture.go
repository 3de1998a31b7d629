package database

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"parallax/capture/snapshot"
)

// Ends of a table.
const (
	EndCaptured   = "captured"
	EndInvalid    = "invalid"
	EndFailed     = "failed"
	EndSkipped    = "skipped by choice"
	EndNotReached = "not reached"
)

// Result says how each table ended, also where Capture returns an error.
type Result struct {
	Point  snapshot.Point
	Tables []TableResult // in the order of the plan
	Ledger snapshot.Ledger
}

// TableResult is one table's end.
type TableResult struct {
	Table *snapshot.Table
	End   string
	Rows  int64 // that the sink holds
	Tries int
	// Why says what made the table invalid or fail.
	Why string
	// Err is the same where it failed.
	Err error

	written, again, dropped int64
}

// Finished reports whether the sink holds the whole table.
func (t *TableResult) Finished() bool { return t.End == EndCaptured || t.End == EndInvalid }

// Capture reads the tables of src into w.
//
// A table that cannot be read is left out, the others go on, and the error is
// ErrIncomplete. What the sink or the stage refuses, and a point that is lost,
// end the capture; so does ctx. Tables that were finished before stay finished.
func Capture(ctx context.Context, src Source, w Sink, o CaptureOptions) (Result, error) {
	if err := o.validate(src); err != nil {
		return Result{}, err
	}
	tables, err := src.Tables(ctx)
	if err != nil {
		return Result{}, err
	}
	if err := checkPlan(tables, &o.Options); err != nil {
		return Result{}, err
	}
	r := newRun(src, w, o, tables)
	err = r.all(ctx)
	return Result{Point: src.Point(), Tables: r.results, Ledger: account(r.results, r.read.Load())}, err
}

// run is one capture.
type run struct {
	src      Source
	w        Sink
	o        CaptureOptions
	pacer    pacer
	gate     *strainGate
	progress reporter
	read     atomic.Int64 // rows that the source gave

	mu      sync.Mutex // guards the rest but the results, and the order of Sink.Table
	next    int
	err     error // what ended the capture
	results []TableResult
}

func newRun(src Source, w Sink, o CaptureOptions, tables []snapshot.Table) *run {
	r := &run{src: src, w: w, o: o, pacer: pacer{rate: o.MaxRowsPerSecond}, gate: newStrainGate(src, &o)}
	r.results = make([]TableResult, len(tables))
	r.progress = reporter{to: o.Progress}
	for i := range tables {
		r.results[i] = TableResult{Table: &tables[i], End: EndNotReached}
		if o.Skip != nil && o.Skip(&tables[i]) {
			r.results[i].End = EndSkipped
		} else {
			r.progress.of++
		}
	}
	return r
}

// all reads the tables, as many at once as there are connections.
func (r *run) all(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var workers sync.WaitGroup
	for range min(r.o.Options.Connections, len(r.results)) {
		workers.Go(func() {
			if err := r.work(ctx); err != nil {
				r.end(err)
				stop()
			}
		})
	}
	workers.Wait()
	if r.err != nil {
		return r.explain(r.err)
	}
	return r.failures()
}

// end keeps the first error that ends the capture; the others follow from it.
func (r *run) end(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// work reads one table after the other; an error ends the capture.
func (r *run) work(ctx context.Context) error {
	for {
		a, err := r.take(ctx)
		if a == nil || err != nil {
			return err
		}
		if err := r.table(ctx, a); err != nil {
			return err
		}
	}
}

// take opens the next table of the plan in the sink.
func (r *run) take(ctx context.Context) (*attempt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.next < len(r.results) && r.results[r.next].End == EndSkipped {
		r.next++
	}
	if r.next == len(r.results) {
		return nil, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r.next++
	return r.open(&r.results[r.next-1])
}

func (r *run) reopen(res *TableResult) (*attempt, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open(res)
}

// failures is the error of the tables that could not be read.
func (r *run) failures() error {
	var first *TableResult
	n := 0
	for i := range r.results {
		if r.results[i].End != EndFailed {
			continue
		}
		if n++; first == nil {
			first = &r.results[i]
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d of %d; %w", ErrIncomplete, n, len(r.results), named(first.Table, first.Err))
}

// explain adds to a lost point what can be done about it.
func (r *run) explain(err error) error {
	switch {
	case !errors.Is(err, ErrPointLost):
		return err
	case r.o.AllowMixedPoints:
		return fmt.Errorf("%w\nhint: the finished tables are kept; open the store again and capture the rest at its new point", err)
	}
	return fmt.Errorf("%w\nhint: no other table can be read at the point of the finished ones; capture again, or allow tables of different points", err)
}
