package proxy

import (
	"fmt"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// cause is why a connection ended, for the exchanges that it left unfinished.
type cause struct {
	reason recording.Reason
	text   string
}

// serverEnded says that the upstream ended its direction cleanly, which ends a
// body without a length.
func (r *recorder) serverEnded() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers.dead || r.finished {
		return
	}
	r.answers.dead = true
	// The error is that of a cut answer, which finish reports with the cause.
	if ev, err := r.answers.decoder.Finish(); err == nil && ev.Kind == httpmsg.KindEnd {
		r.answer(ev, r.answers.lastAt)
	}
}

// finish hands on what the connection's end left unfinished.
func (r *recorder) finish(why cause) ending {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finished = true
	if !r.requests.dead && r.requests.decoder.Buffered() > 0 {
		r.tally.begun()
		r.tally.ended("request head cut by the client", recording.Edge)
	}
	for _, p := range r.open {
		r.cutShort(p, why)
		r.hand(p)
	}
	r.open = nil
	return r.end
}

func (r *recorder) cutShort(p *pending, why cause) {
	switch {
	case p.answerDone && !p.requestDone:
		r.spoil(p, recording.ConnectionClosed, "request: the connection ended within it")
	case !p.answerDone && p.exchange.Incomplete == "":
		r.spoil(p, why.reason, why.text)
	}
	if answer := p.exchange.Response; answer != nil && answer.Status == 0 {
		p.exchange.Response = nil
		p.exchange.Errors = append(p.exchange.Errors, fmt.Sprintf("response: only %d interim answers came", len(answer.Interim)))
	}
}

// idle reports whether nothing is in flight that the recorder can see.
func (r *recorder) idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.open) == 0 && r.requests.decoder.Idle() && r.answers.decoder.Idle() && !r.requests.dead
}

// owed describes what a connection waits for.
type owed struct {
	answer bool   // a request is there whose answer has not begun
	whole  bool   // and it is there to its last byte
	method string // its method
	lastAt int64  // when the last byte passed, in either direction
	blind  bool   // the requests cannot be read: nothing is known
}

func (r *recorder) owed() owed {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := owed{lastAt: r.lastAt, blind: r.requests.dead}
	if len(r.open) > 0 {
		p := r.open[0]
		o.answer = p.exchange.Response == nil
		o.whole = p.requestDone
		if p.exchange.Request != nil {
			o.method = p.exchange.Request.Method
		}
	}
	return o
}
