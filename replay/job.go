package replay

import (
	"math"
	"slices"

	"parallax/capture/recording"
	"parallax/replay/carry"
)

// job is one exchange on its way to be sent. The engine's mutex guards it until
// a worker has it.
type job struct {
	ex      *recording.Exchange
	session *session
	size    int64

	// firstAt and lastAt are when the recorded request began and its answer
	// ended (where none was recorded: when the request did); most is the greatest
	// lastAt of the session so far.
	firstAt, lastAt, most int64

	due int64
	// turn is when the job could leave, as far as we know yet.
	turn     int64
	waits    int // unfinished jobs that it stands behind, and 1 until released
	next     []*job
	first    [1]*job     // the memory of next, for most
	keys     []carry.Key // what its answer is the source of
	named    *named      // the entities that it names; nil: none
	queued   *job        // the next in the pool's queue
	intended bool
	durable  chan struct{} // closed when the intent is on disk; nil: not asked for
}

// session is the jobs that must keep their order, and what was learnt in it.
type session struct {
	id      string
	open    []*job // not ended, in the recording's order
	most    int64
	workers int // that hold a connection of this session
	carry   carry.Session
}

// maxSessions bounds the sessions that are kept only for what they learnt.
const maxSessions = 1 << 16

// enqueue makes ex a job once there is room, and releases it when it is due.
func (e *engine) enqueue(ex *recording.Exchange, session string, due int64) {
	j := newJob(ex, e.carry)
	e.name(j)
	e.mu.Lock()
	held := e.waitForRoom()
	s := &e.state
	s.alive++
	s.bytes += j.size
	e.place(j, session)
	j.due = s.startAt + due
	if held {
		j.turn = e.now() // it was read late because the target is slow
	}
	if s.queue == nil {
		j.due = e.now()
		e.release(j)
		e.mu.Unlock()
		return
	}
	e.mu.Unlock()
	s.queue <- j
}

// newJob frees what the replay does not need of the recorded answer.
func newJob(ex *recording.Exchange, set *carry.Set) *job {
	j := &job{ex: ex, firstAt: ex.Request.FirstAt, lastAt: lastAt(ex), waits: 1}
	if r := ex.Response; r != nil {
		if !set.FromBody(ex.Request.Method, ex.Request.Target) {
			r.Body.Bytes = nil
		}
		j.size += int64(len(r.Body.Bytes)) + int64(64*len(r.Headers))
	}
	j.size += int64(len(ex.Request.Body.Bytes)) + int64(64*len(ex.Request.Headers)) + 1024
	return j
}

// lastAt is when a recorded exchange ended: its request where no answer was.
func lastAt(ex *recording.Exchange) int64 {
	if ex.Response == nil {
		return ex.Request.LastAt
	}
	return max(ex.Request.LastAt, ex.Response.LastAt)
}

// waitForRoom returns with the mutex held, and whether it had to wait because
// the bounds were reached.
func (e *engine) waitForRoom() (held bool) {
	s := &e.state
	full := func() bool {
		return s.alive >= e.o.Pool.Requests || s.alive > 0 && s.bytes >= e.o.Pool.Bytes
	}
	for full() || e.sated() {
		if full() && !held {
			held = true
			s.result.BacklogFull++
		}
		s.room.Wait()
	}
	return held
}

// aheadOfEach is how many requests a connection need have waiting.
const aheadOfEach = 8

// sated reports whether nothing need be read because all connections are busy
// and have something to go on with. What is read later is still in the
// processor's caches when it is sent.
func (e *engine) sated() bool {
	s := &e.state
	return e.readsLittle() && s.alive >= aheadOfEach*e.o.Pool.Connections && s.pool.busy()
}

// readsLittle reports whether it does no harm to read little ahead. A schedule
// with times may want many requests at once; and where sessions take turns on a
// connection, it is kept for as many requests of one as were read.
func (e *engine) readsLittle() bool {
	s := &e.state
	return s.queue == nil && (s.pool.shared || len(s.sessions) <= e.o.Pool.Connections)
}

// makeRoom lets the reading go on, where there is room for more than a few.
func (e *engine) makeRoom() {
	s := &e.state
	low := s.alive <= e.o.Pool.Requests*3/4 && s.bytes <= e.o.Pool.Bytes*3/4
	if e.readsLittle() {
		low = low && (s.alive <= aheadOfEach*e.o.Pool.Connections*3/4 || !s.pool.busy())
	}
	if s.alive == 0 || low {
		s.room.Signal()
	}
}

// place puts j, of the session called name, behind the jobs that it must wait for.
func (e *engine) place(j *job, name string) {
	s := e.sessionNamed(name)
	j.session = s
	j.followSession()
	s.most = max(s.most, j.lastAt)
	j.most = s.most
	s.open = append(s.open, j)
	e.followSources(j)
	if j.named != nil {
		e.followEntities(j)
	}
}

func (e *engine) sessionNamed(name string) *session {
	s := e.state.sessions[name]
	if s == nil {
		s = &session{id: name}
		e.state.sessions[name] = s
	}
	return s
}

// followSession makes j wait for the requests of its session whose answers had
// ended when it began. It names only those that others do not imply.
func (j *job) followSession() {
	implied := int64(math.MinInt64) // what ended by then is waited for already
	for i := len(j.session.open) - 1; i >= 0; i-- {
		before := j.session.open[i]
		if before.most <= implied {
			return
		}
		if before.lastAt <= j.firstAt && before.lastAt > implied {
			j.after(before)
			implied = max(implied, before.firstAt)
		}
	}
}

func (j *job) after(before *job) {
	if before != j && !slices.Contains(before.next, j) {
		if before.next == nil {
			before.next = before.first[:0]
		}
		before.next = append(before.next, j)
		j.waits++
	}
}

// followSources makes j wait for answers in other sessions that bring a value
// it carries, and says what its own will bring.
func (e *engine) followSources(j *job) {
	s := &e.state
	if len(s.sources) > 0 {
		for _, key := range e.carry.Needs(j.ex.Request, e.writer.plainBody(j.ex.Request)) {
			if source := s.sources[key]; source != nil && source.lastAt <= j.firstAt {
				j.after(source)
			}
		}
	}
	if j.ex.Response == nil {
		return
	}
	j.keys = e.carry.Sources(j.ex.Request, storedAnswer(j.ex.Response))
	for _, key := range j.keys {
		if s.sources[key] == nil {
			s.sources[key] = j
		}
	}
}

// release lets j go as far as the schedule is concerned.
func (e *engine) release(j *job) {
	if j.waits--; j.waits == 0 {
		j.turn = max(j.turn, j.due)
		e.dispatch(j)
	}
}

// ended takes j out and frees those behind it. It returns one of its session
// that can go now; the others are dispatched.
func (e *engine) ended(j *job) (own *job) {
	s := &e.state
	at := e.now()
	if i := slices.Index(j.session.open, j); i >= 0 {
		j.session.open = slices.Delete(j.session.open, i, i+1)
	}
	for _, key := range j.keys {
		if s.sources[key] == j {
			delete(s.sources, key)
		}
	}
	if j.named != nil {
		e.leaveLines(j)
	}
	for _, next := range j.next {
		if next.waits--; next.waits > 0 {
			continue
		}
		next.turn = max(next.turn, next.due, at)
		if own == nil && next.session == j.session {
			own = next
		} else {
			e.dispatch(next)
		}
	}
	s.alive--
	s.bytes -= j.size
	return own
}

// forget drops a session that nothing refers to any more.
func (e *engine) forget(s *session) {
	if len(s.open) > 0 || s.workers > 0 {
		return
	}
	known := s.carry.Known()
	if known && len(e.state.sessions) <= maxSessions {
		return
	}
	if known {
		e.state.result.Forgotten++
	}
	delete(e.state.sessions, s.id)
}
