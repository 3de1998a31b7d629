package database

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"parallax/capture/snapshot"
)

// attempt is one reading of one table.
type attempt struct {
	r    *run
	res  *TableResult
	sink TableSink
	// table is this attempt's copy: a source adds notes while it reads, and those of
	// a reading that broke are not to be kept.
	table    *snapshot.Table
	estimate int64
	rows     int64 // that the source gave
	// fatal is what the sink, the stage or a limit said; kept here because a source
	// may hand it back in words of its own.
	fatal error
}

// open begins an attempt; the caller holds r.mu.
func (r *run) open(res *TableResult) (*attempt, error) {
	sink, err := r.w.Table(res.Table)
	if err != nil {
		res.fail(err)
		return nil, named(res.Table, err)
	}
	res.Tries++
	t := *res.Table
	t.Notes = maps.Clone(t.Notes)
	t.Sequences = slices.Clone(t.Sequences)
	return &attempt{r: r, res: res, sink: sink, table: &t}, nil
}

// table reads one table to its end, again where the reading breaks. An error ends
// the capture.
func (r *run) table(ctx context.Context, a *attempt) error {
	for {
		err := a.read(ctx)
		if err == nil {
			return a.finish(ctx)
		}
		again := errors.Is(err, ErrReadBroken) && a.fatal == nil && a.res.Tries < r.o.Tries && ctx.Err() == nil
		if err := a.drop(err, again); err != nil {
			return err
		}
		if !again {
			return a.verdict(ctx, err)
		}
		if a, err = r.reopen(a.res); err != nil {
			return err
		}
	}
}

func (a *attempt) read(ctx context.Context) error {
	if e, ok := a.r.src.(Estimator); ok {
		a.estimate, _ = e.Estimate(ctx, a.table) // a guess for a person; none is as good
	}
	if a.fatal = a.r.gate.pass(ctx, a.paused); a.fatal != nil {
		return a.fatal
	}
	err := a.r.src.Read(ctx, a.table, func(b *snapshot.Batch) error { return a.emit(ctx, b) })
	if a.fatal != nil {
		err = a.fatal
	}
	return err
}

func (a *attempt) emit(ctx context.Context, b *snapshot.Batch) error {
	if a.fatal == nil {
		a.rows += int64(b.Rows)
		a.r.read.Add(int64(b.Rows))
		a.fatal = a.pass(ctx, b)
	}
	return a.fatal
}

func (a *attempt) pass(ctx context.Context, b *snapshot.Batch) error {
	n := b.Rows
	if stage := a.r.o.Stage; stage != nil {
		if err := stage(a.table, b); err != nil {
			return fmt.Errorf("stage: %w", err)
		}
	}
	if err := a.sink.Write(b); err != nil {
		return err
	}
	a.r.progress.say(a.state())
	if err := a.r.pacer.wait(ctx, n); err != nil {
		return err
	}
	return a.r.gate.pass(ctx, a.paused)
}

func (a *attempt) state() Progress {
	return Progress{Table: a.table.FullName(), Rows: a.rows, Estimate: a.estimate}
}

func (a *attempt) paused(why string) {
	p := a.state()
	p.Paused = why
	a.r.progress.say(p)
}

// finish checks the table once more and closes it.
func (a *attempt) finish(ctx context.Context) error {
	invalid, err := a.r.src.Recheck(ctx, a.table)
	if err != nil {
		if ctx.Err() != nil || errors.Is(err, ErrPointLost) {
			return errors.Join(a.drop(err, false), err)
		}
		invalid = fmt.Sprintf("whether its description changed could not be checked: %v", err)
	}
	c := TableClosing{Invalid: invalid, Sequences: a.table.Sequences, Notes: a.table.Notes}
	if a.r.o.AllowMixedPoints {
		point := a.r.src.Point()
		c.Point = &point
	}
	if err := a.sink.Close(c); err != nil {
		a.res.dropped += a.rows
		a.res.fail(err)
		return named(a.table, err)
	}
	a.close(invalid)
	return nil
}

func (a *attempt) close(invalid string) {
	a.res.written, a.res.Rows = a.rows, a.rows
	a.res.End, a.res.Why = EndCaptured, invalid
	if invalid != "" {
		a.res.End = EndInvalid
	}
	a.ended()
}

func (a *attempt) ended() {
	p := a.state()
	p.Ended = true
	a.r.progress.say(p)
}

// drop takes the rows of this attempt back.
func (a *attempt) drop(why error, again bool) error {
	if again {
		a.res.again += a.rows
	} else {
		a.res.dropped += a.rows
		a.res.fail(why)
		a.ended()
	}
	if err := a.sink.Abort(); err != nil {
		a.res.fail(err)
		return named(a.table, err)
	}
	return nil
}

// verdict decides whether the failure of a table ends the capture.
func (a *attempt) verdict(ctx context.Context, err error) error {
	err = named(a.table, err)
	if a.fatal != nil || errors.Is(err, ErrPointLost) {
		return err
	}
	return ctx.Err()
}

func (t *TableResult) fail(err error) { t.End, t.Err, t.Why = EndFailed, err, err.Error() }
