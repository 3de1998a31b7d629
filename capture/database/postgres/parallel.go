package postgres

import (
	"context"
	"errors"
	"sync"

	"parallax/capture/snapshot"
)

// aheadBatches is how many batches of a range are read ahead of their turn, each of
// batchBytes at the most: what a connection waits with in memory.
const aheadBatches = 8

// slots counts the connections that read. Each table has one, and takes further
// ones while there are.
type slots chan struct{}

func newSlots(n int) slots { return make(slots, max(n, 1)) }

func (s slots) take(ctx context.Context) error {
	select {
	case s <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s slots) tryTake() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

func (s slots) give() { <-s }

// ahead is one range on its way: its batches, in order, and how it ended.
type ahead struct {
	batches chan *snapshot.Batch // closed at the end
	notes   map[string]int64
	err     error // read once batches is closed
}

// parallel reads ranges over several connections and hands their batches on in the
// order of the ranges, from one goroutine.
type parallel struct {
	s      *source
	p      *plan
	ranges []condition
	pieces []*ahead

	mu   sync.Mutex
	next int // the first range that nobody has taken
	free sync.Pool
	all  sync.WaitGroup
}

// readParallel hands on what the ranges hold. A table that another session replaces
// between two ranges would be read in halves: each connection locks it.
func (s *source) readParallel(ctx context.Context, p *plan, ranges []condition, emit func(*snapshot.Batch) error) (emitted int64, notes map[string]int64, err error) {
	ctx, stop := context.WithCancel(ctx)
	r := &parallel{s: s, p: p, ranges: ranges}
	for range ranges {
		r.pieces = append(r.pieces, &ahead{batches: make(chan *snapshot.Batch, aheadBatches)})
	}
	defer r.all.Wait()
	defer stop()
	r.all.Go(func() { r.work(ctx, true) })
	notes = map[string]int64{}
	for _, piece := range r.pieces {
		for b := range piece.batches {
			emitted += int64(b.Rows)
			if err := emit(b); err != nil {
				return emitted, nil, &refusal{err}
			}
			r.free.Put(b)
		}
		if piece.err != nil {
			return emitted, nil, piece.err
		}
		for note, n := range piece.notes {
			notes[note] += n
		}
	}
	return emitted, notes, nil
}

// refusal is what emit said.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// work reads ranges over one connection, in one transaction that locks the table from
// its beginning: who wants to replace the table would else wait for the ranges before,
// and those behind for it. The first has the table's own slot and begins the others,
// which stay until the table is read; where one cannot begin, the others do its work.
func (r *parallel) work(ctx context.Context, first bool) {
	current := -1
	err := r.s.work(ctx, func(own context.Context, w *session) error { // own ends with this worker
		if _, err := w.query(own, "select from "+from(r.p)+" limit 0"); err != nil {
			return err
		}
		for {
			if first {
				r.recruit(ctx)
			}
			i, ok := r.take()
			if !ok {
				return nil
			}
			current = i
			if err := r.read(own, w, i); err != nil {
				return err
			}
			r.close(i, nil)
			current = -1
		}
	})
	if err != nil && current < 0 && first {
		current, _ = r.take()
	}
	if err != nil && current >= 0 {
		r.close(current, err)
	}
}

// recruit begins as many as there are free slots, and ranges.
func (r *parallel) recruit(ctx context.Context) {
	for r.left() && r.s.slots.tryTake() {
		r.all.Go(func() {
			defer r.s.slots.give()
			r.work(ctx, false)
		})
	}
}

func (r *parallel) left() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.next < len(r.ranges)
}

func (r *parallel) take() (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == len(r.ranges) {
		return -1, false
	}
	r.next++
	return r.next - 1, true
}

func (r *parallel) close(i int, err error) {
	r.pieces[i].err = err
	close(r.pieces[i].batches)
}

// read reads one range ahead of its turn.
func (r *parallel) read(ctx context.Context, w *session, i int) error {
	piece := r.pieces[i]
	rows, err := r.s.rows(r.p, nil)
	if err != nil {
		return err
	}
	rows.emit = func(b *snapshot.Batch) error {
		select {
		case piece.batches <- b:
			rows.batch = r.batch()
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	err = copyOut(ctx, w, r.p, r.ranges[i], rows)
	if errors.Is(err, errEmit) {
		return rows.refused
	}
	piece.notes = rows.notes
	return err
}

func (r *parallel) batch() *snapshot.Batch {
	if b, ok := r.free.Get().(*snapshot.Batch); ok {
		b.Reset()
		return b
	}
	return snapshot.NewBatch(r.p.table.Columns)
}
