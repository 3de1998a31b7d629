package postgres

import (
	"context"
	"errors"
	"sync"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// aheadBatches is how many batches of a range are read ahead of their turn, each of
// batchBytes at the most: what a connection waits with in memory.
const aheadBatches = 8

// slots counts the connections that read. Each table has one, and takes further
// ones a range at a time while there are.
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

func (s *source) readParallel(ctx context.Context, p *plan, ranges []condition, emit func(*snapshot.Batch) error) (notes map[string]int64, err error) {
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
			if err := emit(b); err != nil {
				return nil, &refusal{err}
			}
			r.free.Put(b)
		}
		if piece.err != nil {
			return nil, piece.err
		}
		for note, n := range piece.notes {
			notes[note] += n
		}
	}
	return notes, nil
}

// refusal is what emit said.
type refusal struct{ error }

func (r *refusal) Unwrap() error { return r.error }

// work takes one range after the other. The first goroutine has the table's own
// slot and begins others; those give their slot back after each range.
func (r *parallel) work(ctx context.Context, first bool) {
	for {
		if first {
			r.recruit(ctx)
		} else if !r.s.slots.tryTake() {
			return
		}
		i, ok := r.take()
		if ok {
			r.read(ctx, i)
		}
		if !first {
			r.s.slots.give()
		}
		if !ok {
			return
		}
	}
}

// recruit begins a goroutine for each slot that is free.
func (r *parallel) recruit(ctx context.Context) {
	for range cap(r.s.slots) - len(r.s.slots) {
		r.all.Go(func() { r.work(ctx, false) })
	}
}

func (r *parallel) take() (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.next == len(r.ranges) {
		return 0, false
	}
	r.next++
	return r.next - 1, true
}

// read reads one range; what is left of it after an error was never handed on.
func (r *parallel) read(ctx context.Context, i int) {
	piece := r.pieces[i]
	defer close(piece.batches)
	for again := true; ; again = false {
		sent := false
		rows, err := r.s.rows(r.p, nil)
		if err != nil {
			piece.err = err
			return
		}
		rows.emit = func(b *snapshot.Batch) error {
			sent = true
			select {
			case piece.batches <- b:
				rows.batch = r.batch()
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		err = r.s.work(ctx, func(ctx context.Context, w *session) error { return copyOut(ctx, w, r.p, r.ranges[i], rows) })
		switch {
		case err == nil:
			piece.notes = rows.notes
			return
		case again && !sent && errors.Is(err, database.ErrReadBroken) && ctx.Err() == nil:
			continue
		case errors.Is(err, errEmit):
			err = rows.refused
		}
		piece.err = err
		return
	}
}

func (r *parallel) batch() *snapshot.Batch {
	if b, ok := r.free.Get().(*snapshot.Batch); ok {
		b.Reset()
		return b
	}
	return snapshot.NewBatch(r.p.table.Columns)
}
