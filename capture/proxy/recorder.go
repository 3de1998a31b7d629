package proxy

import (
	"errors"
	"sync"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// peers is what the exchanges of one connection have in common.
type peers struct {
	session, client, server, scheme string
}

// pending is an exchange in the making.
type pending struct {
	exchange                *recording.Exchange
	request, response       body
	requestDone, answerDone bool
	upgrade                 bool  // bytes behind the request may be another protocol's
	cost                    int64 // of the budget, without the bodies
	dropped                 bool  // the budget was used up: only what pairing needs is kept
}

// measure sets the lengths of the bodies, all that is told of an exchange that
// is given up.
func (p *pending) measure() {
	if p.exchange.Request != nil {
		p.exchange.Request.Body.Length = p.request.length
	}
	if p.exchange.Response != nil {
		p.exchange.Response.Body.Length = p.response.length
	}
}

// direction is one half of the connection.
type direction struct {
	decoder *httpmsg.Decoder
	firstAt int64 // of the message begun
	lastAt  int64 // of any byte
	dead    bool  // its bytes cannot be read any more
}

// feed decodes p and hands each event on, as long as want says so. It returns
// what was left unread.
func (d *direction) feed(p []byte, at int64, handle func(httpmsg.Event) (goOn bool)) ([]byte, error) {
	d.lastAt = at
	for {
		if d.decoder.Idle() {
			d.firstAt = at
		}
		n, ev, err := d.decoder.Feed(p)
		p = p[n:]
		if err != nil {
			d.dead = true
			return nil, err
		}
		if ev.Kind == httpmsg.KindMore || !handle(ev) {
			return p, nil
		}
	}
}

// recorder reads copies of both directions of a connection and makes exchanges
// of them. Its methods are called from the connection's two goroutines.
type recorder struct {
	peers peers
	limit int64 // of a body
	queue *queue
	tally *tally

	mu       sync.Mutex
	requests direction
	answers  direction
	open     []*pending // in the order of their requests
	sequence uint32
	opening  []byte // the connection's first bytes, until a request is known
	end      ending
	finished bool
	lastAt   int64 // of any byte, in either direction

	// holding: an Upgrade or a CONNECT is not yet answered, so that it is not
	// known of what protocol the client's next bytes are.
	holding bool
	held    []byte
}

// preface begins an HTTP/2 connection with prior knowledge.
const preface = "PRI * HTTP/2.0\r\n"

// heldLimit bounds what a client sends behind an unanswered Upgrade.
const heldLimit = 256 << 10

func newRecorder(ps peers, limit int64, q *queue, t *tally) *recorder {
	return &recorder{
		peers: ps, limit: limit, queue: q, tally: t, end: endRead,
		requests: direction{decoder: httpmsg.NewRequestDecoder(httpmsg.Limits{})},
		answers:  direction{decoder: httpmsg.NewResponseDecoder(httpmsg.Limits{})},
	}
}

// fromClient takes a copy of what the client sent.
func (r *recorder) fromClient(p []byte, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastAt = at
	r.readRequests(p, at)
}

func (r *recorder) readRequests(p []byte, at int64) {
	switch {
	case r.requests.dead || r.finished:
		return
	case r.holding:
		r.hold(p)
		return
	}
	if r.sequence == 0 && len(r.opening) < len(preface) {
		r.opening = append(r.opening, p[:min(len(p), len(preface)-len(r.opening))]...)
	}
	rest, err := r.requests.feed(p, at, func(ev httpmsg.Event) bool {
		r.request(ev, at)
		return !r.holding
	})
	if err != nil {
		r.requestFault(err)
	} else if r.holding {
		r.hold(rest)
	}
}

func (r *recorder) hold(p []byte) {
	if len(r.held)+len(p) > heldLimit {
		r.requests.dead, r.end, r.held = true, endMalformed, nil
		return
	}
	r.held = append(r.held, p...)
}

func (r *recorder) request(ev httpmsg.Event, at int64) {
	if ev.Kind == httpmsg.KindHead {
		r.beginRequest(ev.Head, at)
		return
	}
	p := r.open[len(r.open)-1]
	request := p.exchange.Request
	request.LastAt = at
	switch ev.Kind {
	case httpmsg.KindData:
		if p.dropped {
			p.request.length += int64(len(ev.Data))
			return
		}
		p.request.add(ev.Data, ev.Head.ContentLength, r.limit, r.queue)
	case httpmsg.KindEnd, httpmsg.KindTunnel:
		request.Trailers = r.charged(p, ev.Trailers)
		p.requestDone = true
		r.note(p, "request", ev.Head.Anomalies)
		r.holding = (p.upgrade || ev.Kind == httpmsg.KindTunnel) && !p.answerDone
		if !r.holding {
			r.requests.decoder.Resume()
		}
		r.flush()
	}
}

func (r *recorder) beginRequest(h *httpmsg.Head, at int64) {
	p := r.begin(r.requests.firstAt)
	p.upgrade = wantsUpgrade(h.Headers)
	p.exchange.Request = &recording.Request{
		Method: h.Method, Scheme: r.peers.scheme, Target: h.Target, Version: h.Version,
		Headers: r.charged(p, h.Headers), FirstAt: r.requests.firstAt, LastAt: at,
	}
	r.charge(p, int64(len(h.Method)+len(h.Target)))
}

// charge takes n bytes from the budget. Without them the exchange is given up,
// so that no peer can fill the memory with heads.
func (r *recorder) charge(p *pending, n int64) bool {
	if !p.dropped && r.queue.take(n) {
		p.cost += n
		return true
	}
	p.dropped = true
	return false
}

// charged returns the headers if there is room for them.
func (r *recorder) charged(p *pending, headers []recording.Header) []recording.Header {
	if !r.charge(p, size(headers)) {
		return nil
	}
	return headers
}

// begin opens the next exchange of the connection.
func (r *recorder) begin(firstAt int64) *pending {
	p := &pending{exchange: &recording.Exchange{
		ID:       recording.MakeID(firstAt, r.peers.session, r.sequence),
		Session:  r.peers.session,
		Sequence: r.sequence,
		Protocol: "http/1.1",
		Client:   r.peers.client,
		Server:   r.peers.server,
	}}
	r.sequence++
	r.charge(p, overhead)
	r.open = append(r.open, p)
	r.tally.begun()
	return p
}

func (r *recorder) note(p *pending, what string, anomalies httpmsg.Anomaly) {
	for _, name := range anomalies.Names() {
		p.exchange.Errors = append(p.exchange.Errors, what+": "+name)
	}
}

// requestFault ends the reading of requests. The one that has a head is kept as
// far as it came; a head that could not be read is counted.
func (r *recorder) requestFault(err error) {
	r.requests.dead = true
	if n := len(r.open); n > 0 && !r.open[n-1].requestDone {
		p := r.open[n-1]
		p.requestDone = true
		r.spoil(p, recording.Malformed, "request: "+err.Error())
		r.end = endMalformed
		r.flush()
		return
	}
	switch {
	case string(r.opening) == preface:
		r.end = endHTTP2
	case r.sequence == 0 && errors.Is(err, httpmsg.ErrMalformed):
		r.end = endForeign
	default:
		r.end = endMalformed
		r.tally.begun()
		r.tally.ended("request head unreadable", recording.Lost)
		return
	}
	r.answers.dead = true
}

// spoil marks an exchange as not whole; the first reason stays.
func (r *recorder) spoil(p *pending, reason recording.Reason, text string) {
	if p.exchange.Incomplete == "" {
		p.exchange.Incomplete = reason
	}
	p.exchange.Errors = append(p.exchange.Errors, text)
}

// fromServer takes a copy of what the upstream sent.
func (r *recorder) fromServer(p []byte, at int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lastAt = at
	if r.answers.dead || r.finished {
		return
	}
	_, err := r.answers.feed(p, at, func(ev httpmsg.Event) bool {
		r.answer(ev, at)
		return ev.Kind != httpmsg.KindTunnel
	})
	if err != nil {
		r.answerFault(err)
	}
}

// answerFault ends the reading of answers: what they were to is not known.
func (r *recorder) answerFault(err error) {
	if r.sequence == 0 {
		r.requests.dead, r.end = true, endForeign
		return
	}
	r.end = endMalformed
	for _, p := range r.open {
		if !p.answerDone {
			r.spoil(p, recording.Malformed, "response: "+err.Error())
			return
		}
	}
}

func (r *recorder) answer(ev httpmsg.Event, at int64) {
	if ev.Head != nil && ev.Head.Interim() {
		if ev.Kind == httpmsg.KindHead {
			r.interim(ev.Head, at)
		}
		return
	}
	p := r.unanswered()
	if ev.Kind == httpmsg.KindHead {
		r.beginAnswer(p, ev.Head, at)
		return
	}
	p.exchange.Response.LastAt = at
	switch ev.Kind {
	case httpmsg.KindData:
		if p.dropped {
			p.response.length += int64(len(ev.Data))
			return
		}
		p.response.add(ev.Data, ev.Head.ContentLength, r.limit, r.queue)
	case httpmsg.KindEnd, httpmsg.KindTunnel:
		p.exchange.Response.Trailers = r.charged(p, ev.Trailers)
		p.answerDone = true
		r.note(p, "response", ev.Head.Anomalies)
		r.afterAnswer(p, ev.Kind == httpmsg.KindTunnel, at)
	}
}

// unanswered returns the exchange that the next answer is to. An answer that
// nothing asked for (a 408 to an idle connection, say) gets one of its own.
func (r *recorder) unanswered() *pending {
	for _, p := range r.open {
		if !p.answerDone {
			return p
		}
	}
	p := r.begin(r.answers.firstAt)
	p.requestDone = true
	r.spoil(p, recording.Malformed, "response: no readable request that it could be to")
	return p
}

func (r *recorder) interim(h *httpmsg.Head, at int64) {
	p := r.unanswered()
	if p.exchange.Response == nil {
		p.exchange.Response = &recording.Response{}
	}
	if !r.charge(p, overhead+size(h.Headers)) {
		return
	}
	answer := p.exchange.Response
	answer.Interim = append(answer.Interim, recording.Interim{Status: h.Status, Reason: h.Reason, Headers: h.Headers, At: at})
}

func (r *recorder) beginAnswer(p *pending, h *httpmsg.Head, at int64) {
	if p.exchange.Request != nil {
		r.answers.decoder.AnswerTo(p.exchange.Request.Method)
	}
	if p.exchange.Response == nil {
		p.exchange.Response = &recording.Response{}
	}
	answer := p.exchange.Response
	answer.Status, answer.Reason, answer.Version, answer.Headers = h.Status, h.Reason, h.Version, r.charged(p, h.Headers)
	answer.FirstAt, answer.LastAt = r.answers.firstAt, at
}

// afterAnswer settles what the client's held bytes are.
func (r *recorder) afterAnswer(p *pending, tunnel bool, at int64) {
	held := r.held
	switch {
	case tunnel:
		r.requests.dead, r.answers.dead, r.end = true, true, endTunnel
		r.held = nil
	case r.holding:
		r.holding, r.held = false, nil
		r.requests.decoder.Resume()
	default:
		held = nil
	}
	r.flush()
	if !tunnel && len(held) > 0 {
		r.readRequests(held, at)
	}
}

// flush hands on the exchanges that are over, in the order of their requests.
func (r *recorder) flush() {
	for len(r.open) > 0 && r.open[0].requestDone && r.open[0].answerDone {
		p := r.open[0]
		r.open = r.open[1:]
		r.hand(p)
	}
}

func (r *recorder) hand(p *pending) {
	ex := p.exchange
	cost := p.cost + int64(len(p.request.kept)+len(p.response.kept))
	switch {
	case p.dropped:
		r.queue.give(cost)
		p.measure()
		r.tally.missed(overflow, ex)
		return
	case ex.Request == nil && ex.Response == nil:
		r.queue.give(cost)
		r.tally.ended("interim answers to nothing", recording.Lost)
		return
	case p.request.lost || p.response.lost:
		r.spoil(p, recording.Evicted, "a body was cut: the queue to the recording is full")
	}
	if ex.Request != nil {
		ex.Request.Body = p.request.finish()
	}
	if ex.Response != nil {
		ex.Response.Body = p.response.finish()
	}
	r.queue.put(ex, cost)
}
