package recording

import "fmt"

// groupEncoder turns rows in order into row groups: one is filled while others
// are encoded, each by a goroutine of its own, and they are committed in order.
// Where groups end depends on the rows alone.
type groupEncoder struct {
	limit    int64 // bytes in a row group
	parallel int
	layout   *layout
	codec    *zstdCodec
	out      *partFile

	rows  []timedRow
	bytes int64
	// flight holds the groups being encoded, oldest first; idle those that can
	// be used again.
	flight []*groupJob
	idle   []*groupJob
}

type groupJob struct {
	sinks   []sink
	leaves  []*leafWriter // of all sinks, in order
	scratch pageScratch
	check   textCheck
	rows    []timedRow
	done    chan error
}

// add takes one row.
func (g *groupEncoder) add(row timedRow) error {
	g.rows = append(g.rows, row)
	g.bytes += row.size
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
	go func() { job.done <- job.encode(g.layout.cols) }()
	return nil
}

func (g *groupEncoder) job() *groupJob {
	if n := len(g.idle); n > 0 {
		job := g.idle[n-1]
		g.idle = g.idle[:n-1]
		return job
	}
	return newJob(g.layout, g.codec)
}

func newJob(l *layout, codec *zstdCodec) *groupJob {
	job := &groupJob{sinks: make([]sink, len(l.cols)), scratch: pageScratch{codec: codec}, done: make(chan error, 1)}
	for i := range l.cols {
		for k := range l.leaves[i] {
			job.sinks[i].leaves = append(job.sinks[i].leaves, &leafWriter{leaf: &l.leaves[i][k]})
		}
		job.leaves = append(job.leaves, job.sinks[i].leaves...)
	}
	return job
}

func (g *groupEncoder) commitOldest() error {
	job := g.flight[0]
	g.flight = append(g.flight[:0], g.flight[1:]...)
	if err := <-job.done; err != nil {
		return err
	}
	if err := g.out.append(len(job.rows), job.leaves); err != nil {
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

// stretchRows is the number of rows that are taken column by column: few enough
// to stay in the processor's caches.
const stretchRows = 128

func (j *groupJob) encode(cols []column) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("encoding a row group failed: %v", p)
		}
	}()
	for rest := j.rows; len(rest) > 0; {
		n := min(len(rest), stretchRows)
		if err := j.stretch(cols, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	j.check.forget()
	for i := range j.sinks {
		if err := j.sinks[i].flush(&j.scratch); err != nil {
			return fmt.Errorf("field %q: %w", cols[i].name, err)
		}
	}
	return nil
}

// stretch adds rows column by column.
func (j *groupJob) stretch(cols []column, rows []timedRow) error {
	replaced := false
	for k := range rows {
		rows[k].replaced = !j.check.valid(rows[k].ex)
		replaced = replaced || rows[k].replaced
	}
	for i := range cols {
		add := cols[i].fill
		if replaced || add == nil {
			add = fillEach(cols[i].write)
		}
		if err := j.column(i, add, rows); err != nil {
			return fmt.Errorf("field %q: %w", cols[i].name, err)
		}
	}
	return nil
}

// column adds the rows of a stretch to one column.
func (j *groupJob) column(i int, add fill, rows []timedRow) error {
	for s := &j.sinks[i]; len(rows) > 0; {
		n := add(s, rows)
		if err := s.end(n, &j.scratch); err != nil {
			return fmt.Errorf("exchange %s: %w", rows[n-1].ex.ID, err)
		}
		rows = rows[n:]
	}
	return nil
}
