package replay

import (
	"fmt"

	"parallax/capture/recording"
	"parallax/replay/schedule"
)

// Shard is a share of a run. All shards compute one schedule of the whole
// recording, and each sends what falls to it: whole sessions, dealt by
// recording.HashSession modulo Of. The zero value is the whole run.
type Shard struct {
	// Index is from 1 to Of.
	Index, Of int
}

func (s Shard) check() error {
	if s != (Shard{}) && (s.Of < 1 || s.Index < 1 || s.Index > s.Of) {
		return fmt.Errorf("shard %d of %d: want 1 to %d", s.Index, s.Of, max(s.Of, 1))
	}
	return nil
}

// whole reports whether nothing falls to another shard.
func (s Shard) whole() bool { return s.Of <= 1 }

// has reports whether a session falls to the shard.
func (s Shard) has(session string) bool {
	return recording.HashSession(session)%uint64(s.Of) == uint64(s.Index-1)
}

// sessionOf names what ex must keep its order with.
func (e *engine) sessionOf(ex *recording.Exchange) string {
	return e.o.Sessions.Of(ex)
}

// ours reports whether ex falls to this shard. What falls to another one, and is
// sent there, takes its place in the schedule all the same.
func (e *engine) ours(ex *recording.Exchange, session string) bool {
	if e.o.Shard.whole() {
		return true
	}
	ours := e.o.Shard.has(session)
	if !ours {
		e.holdPlace(ex)
	}
	e.noteValues(ex, ours)
	return ours
}

// maxForeign bounds the values of other shards that are known; Result.Foreign is a
// lower bound where there are more.
const maxForeign = 1 << 17

// noteValues counts the requests of this shard that name a value which another
// shard's answer brought before in the recording: nobody carries it over.
func (e *engine) noteValues(ex *recording.Exchange, ours bool) {
	if end, _ := e.leftOut(ex); end != "" {
		return
	}
	if ours && len(e.foreign) > 0 {
		for _, key := range e.carry.Needs(ex.Request, e.writer.plainBody(ex.Request)) {
			if e.foreign[key] {
				e.state.result.Foreign++ // touched by feed alone until it has ended
				break
			}
		}
	}
	if ex.Response == nil {
		return
	}
	for _, key := range e.carry.Sources(ex.Request, storedAnswer(ex.Response)) {
		if _, known := e.foreign[key]; known || len(e.foreign) < maxForeign {
			e.foreign[key] = !ours
		}
	}
}

// holdPlace moves the schedule on for an exchange that is not sent here, or not
// again.
func (e *engine) holdPlace(ex *recording.Exchange) {
	if end, _ := e.leftOut(ex); end == "" {
		e.o.Schedule.Due(ex.FirstAt())
	}
}

// taken holds the place of what a shard sent before it was cut off. Of a whole run
// nobody else counts on it.
func (e *engine) taken(ex *recording.Exchange) {
	if !e.o.Shard.whole() {
		e.holdPlace(ex)
	}
}

// due is when the schedule wants ex sent, from the start. A shard that is taken up
// again goes on in the common schedule: what it has left first is due at once, and
// the rest at the same distances.
func (e *engine) due(ex *recording.Exchange) int64 {
	due := e.o.Schedule.Due(ex.FirstAt())
	if due == schedule.Never || e.o.Shard.whole() || len(e.o.Resume.Ended)+len(e.o.Resume.Open) == 0 {
		return due
	}
	if !e.resumed {
		e.resumed, e.skipped = true, due
	}
	return due - e.skipped
}
