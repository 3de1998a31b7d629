package proxy

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parallax/capture/recording"
)

// finished is an exchange on its way to the sink, with the bytes that it holds
// of the budget.
type finished struct {
	exchange *recording.Exchange
	cost     int64
}

// queue stands between the traffic, which must not wait, and the sink, which
// may. One budget of bytes covers what is queued and the bodies in the making;
// where it is used up, the traffic goes on unrecorded.
type queue struct {
	sink  Sink
	tally *tally

	mu      sync.Mutex
	wake    *sync.Cond
	waiting []finished
	free    int64
	closed  bool
	err     error
	done    chan struct{}
}

func newQueue(sink Sink, bytes int64, t *tally) *queue {
	q := &queue{sink: sink, tally: t, free: bytes, done: make(chan struct{})}
	q.wake = sync.NewCond(&q.mu)
	go q.drain()
	return q
}

// take reserves n bytes, or says that they are not there.
func (q *queue) take(n int64) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n > q.free {
		return false
	}
	q.free -= n
	return true
}

func (q *queue) give(n int64) {
	q.mu.Lock()
	q.free += n
	q.mu.Unlock()
}

// overhead is what an exchange holds besides its heads and bodies.
const overhead = 1 << 10

// size is what header lines hold.
func size(headers []recording.Header) (n int64) {
	for _, h := range headers {
		n += int64(len(h.Name) + len(h.Value) + 32)
	}
	return n
}

// put hands over an exchange that holds cost bytes of the budget.
func (q *queue) put(ex *recording.Exchange, cost int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		q.tally.missed(overflow, ex)
		return
	}
	q.waiting = append(q.waiting, finished{ex, cost})
	q.wake.Signal()
}

func (q *queue) next() (finished, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && !q.closed {
		q.wake.Wait()
	}
	if len(q.waiting) == 0 {
		return finished{}, false
	}
	f := q.waiting[0]
	q.waiting[0] = finished{}
	q.waiting = q.waiting[1:]
	return f, true
}

func (q *queue) drain() {
	defer close(q.done)
	for {
		f, ok := q.next()
		if !ok {
			return
		}
		seal(f.exchange)
		// The sink owns the exchange once it has it: what is counted is read before.
		reason, cut := f.exchange.Incomplete, bodyCut(f.exchange)
		if err := q.write(f.exchange); err != nil {
			q.fail(err)
			q.tally.missed(refused, f.exchange)
		} else {
			q.tally.recorded(reason, cut)
		}
		q.give(f.cost)
	}
}

// write turns a panic of the sink into an error: it must not end the serving.
func (q *queue) write(ex *recording.Exchange) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("proxy: the sink panicked: %v", cause)
		}
	}()
	return q.sink.Write(ex)
}

func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err == nil {
		q.err = err
	}
}

func (q *queue) firstError() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err
}

// sinkGrace is how long the sink may go on taking what waits once Shutdown's
// time is over.
const sinkGrace = 300 * time.Millisecond

// close lets the sink take what waits. When ctx and a grace end first the rest
// is dropped and counted; the one exchange that the sink is at stays counted as
// open.
func (q *queue) close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	q.wake.Signal()
	q.mu.Unlock()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-q.done:
		return nil
	case <-time.After(sinkGrace):
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, f := range q.waiting {
		q.tally.missed(overflow, f.exchange)
	}
	dropped := len(q.waiting)
	q.waiting = nil
	return fmt.Errorf("proxy: %d exchanges were not recorded: the sink is too slow: %w", dropped, ctx.Err())
}

func bodyCut(ex *recording.Exchange) bool {
	return ex.Request != nil && ex.Request.Body.State == recording.BodyTruncated ||
		ex.Response != nil && ex.Response.Body.State == recording.BodyTruncated
}
