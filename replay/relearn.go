package replay

import (
	"slices"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// again takes over what the interrupted run did with ex: its place in a shard's
// schedule, and what its answer brought.
func (e *engine) again(ex *recording.Exchange, session string) error {
	e.taken(ex)
	if e.o.Resume.Row == nil || ex.Response == nil {
		return nil
	}
	row, err := e.o.Resume.Row(ex.Origin())
	if err != nil {
		return err
	}
	if row != nil && row.Response != nil {
		e.relearn(ex, row.Response, session)
	}
	return nil
}

// relearn lets a session know what an answer brought that an interrupted run got.
// Credentials in it were redacted before it was written and are not known any more. A
// session of which a request is under way is a worker's, and learns nothing.
func (e *engine) relearn(ex *recording.Exchange, r *recording.Response, name string) {
	answered := storedAnswer(r)
	answered.Headers = slices.DeleteFunc(slices.Clone(r.Headers), func(h httpmsg.Header) bool { return e.o.HoldsToken(h.Value) })
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.sessionNamed(name)
	if len(answered.Headers) < len(r.Headers) || len(s.open) > 0 {
		e.state.result.Unlearnt++
	}
	if len(s.open) == 0 {
		e.carry.Learn(&s.carry, ex.Request, storedAnswer(ex.Response), answered)
		e.forget(s)
	}
}
