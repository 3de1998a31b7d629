package recording

import (
	"fmt"

	"parallax/internal/pagefile"
)

// groupEncoder turns rows in order into row groups: one is filled while others
// are encoded, each by a goroutine of its own, and another goroutine commits them
// in order: hashing the file is not left to the one that reads the capture.
// Where groups end depends on the rows alone.
type groupEncoder struct {
	limit    int64 // bytes in a row group
	parallel int
	layout   *layout
	codec    *pagefile.Codec
	out      *pagefile.Writer

	rows  []timedRow
	bytes int64
	// order takes jobs to the one that commits, idle brings them back. Each has
	// room for all of them.
	order, idle chan *groupJob
	// made is the number of jobs that there are, busy of those not taken back.
	made, busy int
}

type groupJob struct {
	sinks   []sink
	leaves  []*leafWriter // of all sinks, in order
	scratch pageScratch
	check   textCheck
	rows    []timedRow
	done    chan error
	err     error // why the group, or one before it, was not committed
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
	job, err := g.job()
	if err != nil {
		return err
	}
	// The rows change hands; the job's old slice, emptied, is filled next.
	job.rows, g.rows = g.rows, job.rows
	g.bytes = 0
	g.busy++
	go func() { job.done <- job.encode(g.layout.cols) }()
	g.order <- job
	return nil
}

// job returns a job that is free: one more than are encoded at once, since one
// is being committed.
func (g *groupEncoder) job() (*groupJob, error) {
	if g.order == nil {
		g.order, g.idle = make(chan *groupJob, g.parallel+1), make(chan *groupJob, g.parallel+1)
		go g.commit(g.order, g.idle)
	}
	if len(g.idle) > 0 || g.made > g.parallel {
		return g.await()
	}
	g.made++
	return newJob(g.layout, g.codec), nil
}

// await takes back the oldest job once it is committed.
func (g *groupEncoder) await() (*groupJob, error) {
	job := <-g.idle
	g.busy--
	return job, job.err
}

// commit writes groups in order until the first fault, which all jobs that
// follow carry.
func (g *groupEncoder) commit(order <-chan *groupJob, idle chan<- *groupJob) {
	var fault error
	for job := range order {
		err := <-job.done
		if fault == nil {
			fault = err
		}
		if fault == nil {
			fault = job.commit(g.out)
		}
		job.err = fault
		clear(job.rows)
		job.rows = job.rows[:0]
		idle <- job
	}
}

// commit writes the group and empties its leaves.
func (j *groupJob) commit(out *pagefile.Writer) error {
	if err := out.AppendEncoded(int64(len(j.rows)), encoded(j.leaves)); err != nil {
		return err
	}
	for _, l := range j.leaves {
		l.done.reset()
	}
	return nil
}

// finish commits everything and waits for all goroutines, also on failure.
func (g *groupEncoder) finish() error {
	err := g.cut()
	if late := g.wait(); err == nil {
		err = late
	}
	return err
}

// wait waits for what is under way.
func (g *groupEncoder) wait() (err error) {
	for g.busy > 0 {
		if _, fault := g.await(); err == nil {
			err = fault
		}
	}
	if g.order != nil {
		close(g.order)
		g.order, g.made = nil, 0
	}
	return err
}

func newJob(l *layout, codec *pagefile.Codec) *groupJob {
	job := &groupJob{sinks: make([]sink, len(l.cols)), scratch: pageScratch{codec: codec}, done: make(chan error, 1)}
	for i := range l.cols {
		for k := range l.leaves[i] {
			job.sinks[i].leaves = append(job.sinks[i].leaves, &leafWriter{leaf: &l.leaves[i][k]})
		}
		job.leaves = append(job.leaves, job.sinks[i].leaves...)
	}
	return job
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
