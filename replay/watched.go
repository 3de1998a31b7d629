package replay

import (
	"parallax/capture/recording"
	"parallax/internal/literal"
	"parallax/replay/transport"
)

// noted is what the conditions look at of one request.
type noted struct {
	answered, recorded, serverError, diverged bool
	took                                      int64
}

// condition is one limit with the last answers.
type condition struct {
	name, limit string
	allowed     int
	// look reports whether the answer counts at all, and whether it breaks the limit.
	look func(*noted) (counts, breaks bool)

	last    []bool
	next    int
	counted int
	answers int64
}

// conditions returns those that are set, in a fixed order.
func (a *Abort) conditions() []*condition {
	window := a.Window
	if window == 0 {
		window = defaultAbortWindow
	}
	var list []*condition
	add := func(name string, s Share, look func(*noted) (bool, bool)) {
		if !s.IsZero() {
			list = append(list, &condition{name: name, limit: s.String(), allowed: s.most(window), look: look, last: make([]bool, window)})
		}
	}
	add("errors", a.Errors, func(s *noted) (bool, bool) { return true, !s.answered })
	add("server_errors", a.ServerErrors, func(s *noted) (bool, bool) { return s.answered, s.serverError })
	add("divergence", a.Divergence, func(s *noted) (bool, bool) { return s.answered && s.recorded, s.diverged })
	for _, q := range []struct {
		name  string
		limit literal.Duration
		above int64 // of 1,000 answers may take longer
	}{{"p50", a.Latency.P50, 500}, {"p90", a.Latency.P90, 100}, {"p99", a.Latency.P99, 10}} {
		if q.limit == 0 {
			continue
		}
		list = append(list, &condition{
			name: "latency " + q.name, limit: q.limit.String(), allowed: int(int64(window) * q.above / 1000), last: make([]bool, window),
			look: func(s *noted) (bool, bool) { return s.answered, s.took > int64(q.limit) },
		})
	}
	return list
}

// add takes one request's end and reports whether the condition is broken.
func (c *condition) add(s *noted) *Aborted {
	counts, breaks := c.look(s)
	if !counts {
		return nil
	}
	if c.last[c.next] {
		c.counted--
	}
	if c.last[c.next] = breaks; breaks {
		c.counted++
	}
	c.next = (c.next + 1) % len(c.last)
	c.answers++
	if c.answers < int64(len(c.last)) || c.counted <= c.allowed {
		return nil
	}
	return &Aborted{c.name, c.limit, c.counted, c.allowed, len(c.last), c.answers}
}

// watched are a run's conditions. Nil has none. Its list does not change; what the
// conditions count is guarded by the engine's mutex.
type watched struct{ list []*condition }

func newWatched(a *Abort) *watched {
	if list := a.conditions(); len(list) > 0 {
		return &watched{list}
	}
	return nil
}

// look takes what is needed of an answer, while it is there.
func (w *watched) look(j *job, a *transport.Answer) (s noted) {
	if w == nil {
		return s
	}
	s.answered, s.took = a.End == recording.Answered, a.DoneAt-a.SentAt
	before := j.ex.Response
	s.recorded = before != nil && j.ex.Incomplete == ""
	if !s.answered {
		return s
	}
	s.serverError = a.Response.Status >= 500 && (before == nil || before.Status < 500)
	s.diverged = before != nil && diverged(before, a.Response)
	return s
}

// diverged compares status and body, by length and hash of the whole.
func diverged(before, now *recording.Response) bool {
	if before.Status != now.Status {
		return true
	}
	b, n := &before.Body, &now.Body
	known := !b.Redacted && b.State != recording.BodyTruncated
	return known && (b.Length != n.Length || b.Length > 0 && b.SHA256 != n.SHA256)
}

// add counts one request that was tried and returns the condition that it broke.
func (w *watched) add(o *outcome) *Aborted {
	if w == nil || !o.attempted {
		return nil
	}
	var broken *Aborted
	seen := o.noted // a copy, so that o stays off the heap where nothing is watched
	for _, c := range w.list {
		if b := c.add(&seen); broken == nil {
			broken = b
		}
	}
	return broken
}

// abortBy stops the run because of a condition; the first stays.
func (e *engine) abortBy(broken *Aborted) {
	e.mu.Lock()
	if e.state.result.Stopped == StopComplete {
		e.state.result.Aborted = broken
	}
	e.mu.Unlock()
	e.stop(StopAbort, broken.String())
}
