package replay

import (
	"sync"
	"sync/atomic"

	"parallax/capture/recording"
	"parallax/replay/transport"
)

// pool is the workers, each with at most one connection. The engine's mutex
// guards it.
type pool struct {
	limit   int
	shared  bool
	workers []*worker
	running sync.WaitGroup

	// Idle workers, the longest idle first.
	oldest, newest *worker
	// Jobs that could go, and found no worker.
	head, tail *job
}

// worker sends one request at a time over its connection.
type worker struct {
	e    *engine
	wake chan *job
	// conn may be aborted by others; only the worker sets it.
	conn atomic.Pointer[transport.Conn]
	// bound is the session that the connection is kept for (guarded by the
	// engine's mutex), served the one that it was last used for (the worker's).
	bound, served *session
	idleSince     int64 // when the last answer came
	older, newer  *worker

	// Memory for one request after the other.
	composed composed
	row      recording.Exchange
	outcome  recording.Outcome
	// client and server are the connection's ends.
	client, server string
}

// dispatch hands j to a worker, or lets it wait for one.
func (e *engine) dispatch(j *job) {
	w := e.pick(j.session)
	if w == nil {
		e.state.pool.enqueue(j)
		return
	}
	e.bind(w, j.session)
	w.wake <- j
}

// pick returns an idle worker, best the one that has the session's connection,
// else one without a connection, else a new one, else the one idle for longest.
func (e *engine) pick(s *session) *worker {
	p := &e.state.pool
	w := p.oldest
	if s.workers > 0 || p.shared {
		w = p.find(s)
	}
	if w == nil || w.bound != s && w.bound != nil && !p.shared {
		if len(p.workers) < p.limit {
			return e.hire()
		}
		w = p.oldest
	}
	if w != nil {
		p.take(w)
	}
	return w
}

// find returns the idle worker of s; where there is none, the one used last if
// connections are shared, else the one idle for longest.
func (p *pool) find(s *session) *worker {
	for w := p.newest; w != nil; w = w.older {
		if w.bound == s {
			return w
		}
	}
	if p.shared {
		return p.newest
	}
	return p.oldest
}

func (e *engine) hire() *worker {
	w := &worker{e: e, wake: make(chan *job, 1)}
	e.state.pool.workers = append(e.state.pool.workers, w)
	e.state.pool.running.Add(1)
	go w.loop()
	return w
}

// bind notes whose connection w holds from now on.
func (e *engine) bind(w *worker, s *session) {
	if w.bound == s {
		return
	}
	if was := w.bound; was != nil {
		was.workers--
		e.forget(was)
	}
	w.bound = s
	s.workers++
}

func (p *pool) enqueue(j *job) {
	if p.tail == nil {
		p.head = j
	} else {
		p.tail.queued = j
	}
	p.tail = j
}

func (p *pool) dequeue() *job {
	j := p.head
	if j == nil {
		return nil
	}
	if p.head = j.queued; p.head == nil {
		p.tail = nil
	}
	j.queued = nil
	return j
}

// busy reports whether no worker is idle and no other can be had.
func (p *pool) busy() bool { return p.oldest == nil && len(p.workers) >= p.limit }

// rest puts w at the end of the idle.
func (p *pool) rest(w *worker) {
	w.older, w.newer = p.newest, nil
	if p.newest != nil {
		p.newest.newer = w
	} else {
		p.oldest = w
	}
	p.newest = w
}

// take takes w out of the idle.
func (p *pool) take(w *worker) {
	if w.older != nil {
		w.older.newer = w.newer
	} else {
		p.oldest = w.newer
	}
	if w.newer != nil {
		w.newer.older = w.older
	} else {
		p.newest = w.older
	}
	w.older, w.newer = nil, nil
}

// close ends the workers, which are all idle.
func (p *pool) close() *sync.WaitGroup {
	for _, w := range p.workers {
		close(w.wake)
	}
	return &p.running
}

// abortAll ends what the grace did not suffice for.
func (e *engine) abortAll() {
	e.giveUp()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, w := range e.state.pool.workers {
		if c := w.conn.Load(); c != nil {
			c.Abort()
		}
	}
}

// loop runs jobs until the pool closes. After one job the worker takes the
// next itself, without going to sleep, where there is one.
func (w *worker) loop() {
	defer w.e.state.pool.running.Done()
	defer w.hangUp()
	for j := range w.wake {
		for j != nil {
			end := w.run(j)
			j = w.e.settle(w, j, end)
		}
	}
}

// settle counts what j came to and chooses what w does next.
func (e *engine) settle(w *worker, j *job, done outcome) *job {
	e.mu.Lock()
	trip := e.count(j, &done)
	broken := e.state.watched.add(&done)
	next := e.ended(j)
	e.forget(j.session)
	if next == nil {
		next = e.state.pool.dequeue()
		if next != nil {
			e.waited(next)
		}
	}
	if next != nil {
		e.bind(w, next.session)
	} else {
		e.state.pool.rest(w)
	}
	e.makeRoom()
	e.mu.Unlock()
	if trip {
		e.stop(StopCircuit, circuitText)
	}
	if broken != nil {
		e.abortBy(broken)
	}
	return next
}

const circuitText = "more than half of the last 200 requests got no connection or no answer"

// waited moves the turn of a job that stood in line for a connection: what
// keeps connections busy is the target.
func (e *engine) waited(j *job) {
	if e.state.queue != nil {
		e.state.result.PoolWaits++
	}
	j.turn = max(j.turn, e.now())
}
