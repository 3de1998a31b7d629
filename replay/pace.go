package replay

import (
	"time"

	"parallax/internal/httpmsg"
	"parallax/replay/schedule"
)

// intentLead is how long before an unsafe request is due its intent is
// written, so that the sync does not delay it. A crash within that time leaves
// it unknown although it was not sent: the safe side.
const intentLead = 25 * time.Millisecond

// pace releases jobs when they are due. It runs in a goroutine of its own until
// the queue is closed.
func (e *engine) pace() {
	defer close(e.state.paced)
	p := pacer{e: e, intents: make(chan *job, e.o.Pool.Requests), synced: make(chan struct{})}
	go p.syncIntents()
	for j := p.next(); j != nil; j = p.next() {
		e.mu.Lock()
		e.release(j)
		e.mu.Unlock()
	}
	close(p.intents)
	<-p.synced
}

// pacer holds the jobs that are due soon.
type pacer struct {
	e       *engine
	ahead   []*job
	known   int // of ahead: their intents were asked for
	intents chan *job
	synced  chan struct{}
}

// next returns the next job at its time, or nil after the last.
func (p *pacer) next() *job {
	if len(p.ahead) == 0 {
		j, ok := <-p.e.state.queue
		if !ok {
			return nil
		}
		p.ahead, p.known = append(p.ahead, j), 0
	}
	head := p.ahead[0]
	if p.e.journal != nil {
		p.sleep(head.due - int64(intentLead))
		p.lookAhead()
	}
	p.sleep(head.due)
	p.ahead = p.ahead[1:]
	p.known = max(p.known-1, 0)
	return head
}

// sleep waits until at; a stopped run does not wait.
func (p *pacer) sleep(at int64) {
	if d := schedule.Wait(p.e.now(), at); d > 0 {
		p.e.timer.Sleep(p.e.pacing, d)
	}
}

// lookAhead asks for the intents of what is due within the lead.
func (p *pacer) lookAhead() {
	horizon := p.e.now() + int64(intentLead)
	for p.pull(horizon) {
	}
	for p.known < len(p.ahead) && p.ahead[p.known].due <= horizon {
		j := p.ahead[p.known]
		p.known++
		if !httpmsg.IsSafe(j.ex.Request.Method) && !p.e.stopped.Load() {
			j.durable = make(chan struct{})
			p.intents <- j
		}
	}
}

// pull takes one more job if the last is due before horizon.
func (p *pacer) pull(horizon int64) bool {
	if p.ahead[len(p.ahead)-1].due > horizon {
		return false
	}
	select {
	case j, ok := <-p.e.state.queue:
		if ok {
			p.ahead = append(p.ahead, j)
		}
		return ok
	default:
		return false
	}
}

// syncIntents writes intents in groups with one sync each.
func (p *pacer) syncIntents() {
	defer close(p.synced)
	for first := range p.intents {
		group := append([]*job(nil), first)
		for more := true; more; {
			select {
			case j, ok := <-p.intents:
				if more = ok; ok {
					group = append(group, j)
				}
			default:
				more = false
			}
		}
		p.e.intendAll(group)
	}
}

// intendAll makes the intents durable, or fails the run; then it lets the jobs
// know.
func (e *engine) intendAll(group []*job) {
	var err error
	for _, j := range group {
		if err == nil {
			err = e.journal.Intend(j.ex.Origin())
		}
	}
	if err == nil {
		err = e.journal.Sync()
	}
	if err != nil {
		e.fail(intentError(err))
	}
	for _, j := range group {
		j.intended = err == nil
		close(j.durable)
	}
}
