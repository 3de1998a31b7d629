package recording

import (
	"fmt"

	"github.com/parquet-go/parquet-go"
)

// groupEncoder turns rows in order into row groups: one is filled while others
// are encoded, each by a goroutine of its own, and they are committed in order.
// Where groups end depends on the rows alone.
type groupEncoder struct {
	limit    int64 // bytes in a row group
	parallel int
	cols     []column
	out      *parquet.GenericWriter[any]

	rows  []*Exchange
	bytes int64
	// flight holds the groups being encoded, oldest first; idle those that can
	// be used again.
	flight []*groupJob
	idle   []*groupJob
}

type groupJob struct {
	writer *parquet.ConcurrentRowGroupWriter
	sinks  []sink
	rows   []*Exchange
	done   chan error
}

// add takes one row.
func (g *groupEncoder) add(ex *Exchange) error {
	g.rows = append(g.rows, ex)
	g.bytes += ex.size()
	if g.bytes < g.limit {
		return nil
	}
	return g.cut()
}

// cut ends the current row group.
func (g *groupEncoder) cut() error {
	if len(g.rows) == 0 {
		return nil
	}
	if len(g.flight) >= g.parallel {
		if err := g.commitOldest(); err != nil {
			return err
		}
	}
	job := g.job()
	// The rows change hands; the job's old slice, emptied, is filled next.
	job.rows, g.rows = g.rows, job.rows
	g.bytes = 0
	g.flight = append(g.flight, job)
	go func() { job.done <- job.encode(g.cols) }()
	return nil
}

func (g *groupEncoder) job() *groupJob {
	if n := len(g.idle); n > 0 {
		job := g.idle[n-1]
		g.idle = g.idle[:n-1]
		return job
	}
	job := &groupJob{writer: g.out.BeginRowGroup(), sinks: make([]sink, len(g.cols)), done: make(chan error, 1)}
	leaf := 0
	for i := range g.cols {
		for k := range g.cols[i].leaves() {
			job.sinks[i].leaves[k] = sinkLeaf{index: leaf, writer: job.writer.ColumnWriters()[leaf]}
			leaf++
		}
	}
	return job
}

func (g *groupEncoder) commitOldest() error {
	job := g.flight[0]
	g.flight = append(g.flight[:0], g.flight[1:]...)
	if err := <-job.done; err != nil {
		return err
	}
	if _, err := job.writer.Commit(); err != nil {
		return err
	}
	clear(job.rows)
	job.rows = job.rows[:0]
	g.idle = append(g.idle, job)
	return nil
}

// finish commits everything and waits for all goroutines, also on failure.
func (g *groupEncoder) finish() error {
	err := g.cut()
	for err == nil && len(g.flight) > 0 {
		err = g.commitOldest()
	}
	g.wait()
	return err
}

func (g *groupEncoder) wait() {
	for _, job := range g.flight {
		<-job.done
	}
	g.flight = nil
}

func (j *groupJob) encode(cols []column) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the Parquet writer failed: %v", p)
		}
	}()
	for _, ex := range j.rows {
		if err := j.encodeRow(cols, ex); err != nil {
			return err
		}
	}
	for i := range j.sinks {
		if err := j.sinks[i].flush(); err != nil {
			return fmt.Errorf("field %q: %w", cols[i].name, err)
		}
	}
	return j.writer.Flush()
}

func (j *groupJob) encodeRow(cols []column, ex *Exchange) error {
	replaced := !validText(ex)
	for i := range cols {
		s := &j.sinks[i]
		s.replaced = replaced
		cols[i].write(s, ex)
		if err := s.endRow(); err != nil {
			return fmt.Errorf("exchange %s: field %q: %w", ex.ID, cols[i].name, err)
		}
	}
	return nil
}
