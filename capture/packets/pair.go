package packets

import (
	"bytes"
	"slices"

	"parallax/capture/packets/tcp"
	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// open is an exchange in the making.
type open struct {
	ex   recording.Exchange
	req  recording.Request
	resp recording.Response

	reqBody, respBody     body
	held                  int // bytes charged to the connection
	interim               []recording.Interim
	reqReason, respReason recording.Reason
	// headEnd is the position behind the request's head, ack what its sender
	// had received by then.
	headEnd, ack int64
	begin        int64 // the position of its first byte

	responding       bool // the final response's head was read
	reqEnd, respOver bool
}

// gapReason tells bytes that the capture lacks from those a bound gave up.
func gapReason(ch tcp.Chunk) recording.Reason {
	if ch.Evicted {
		return recording.Evicted
	}
	return recording.Gap
}

// take removes the i-th waiting request.
func (c *conn) take(i int) *open {
	o := c.queue[i]
	c.queue = slices.Delete(c.queue, i, i+1)
	return o
}

// mustWait reports whether a response whose packet acknowledged ack has to wait
// for a request that may still come.
func (c *conn) mustWait(ack int64) bool {
	dir := c.client
	half, st := &c.halves[dir], &c.streams[dir]
	begun := half.Firm() && !c.order.unsure
	if (c.packets[dir] == 0 || !begun && st.used == 0) && !st.ended {
		// Its packets, or those with bytes, may have been captured late.
		return c.s.clock-c.identity.since < int64(c.s.options.GapWait)
	}
	if st.ended || st.mode != modeNew && st.mode != modeHTTP && st.mode != modeResync {
		return false
	}
	if begun {
		return len(c.queue) == 0
	}
	// What the sender had received will come yet, or be declared missing.
	return !half.Covers(ack)
}

// candidates returns how many of the waiting requests, from the first on, a
// response may answer by the acknowledgements alone: those whose head the
// server had and whose sender had not yet received the response. proven is set
// where it can only be the last of them and no other request can have been
// missed.
func (c *conn) candidates(ack int64) (n int, proven bool) {
	if ack < 0 && len(c.queue) > 0 && !c.streams[0].lost && !c.streams[1].lost {
		// The packet acknowledged nothing that can be believed; order decides as
		// long as nothing is missing.
		return 1, true
	}
	client, at := &c.streams[c.client], c.streams[1-c.client].pos
	for _, o := range c.queue {
		if o.headEnd > ack || o.ack > at {
			break
		}
		n++
	}
	if n > 0 && c.crossed(c.queue[0]) {
		return n, false
	}
	if n > 1 && !client.hole.seen && !c.streams[1-c.client].hole.seen && c.halves[c.client].Covers(ack) {
		// Only what came before the capture is missing: the order decides, as long
		// as no response too many shows that one of these was not for them.
		return 1, true
	}
	return n, n > 0 && c.single(n) && c.halves[c.client].Covers(ack) && !client.missed(c.queue[n-1], ack)
}

// crossed reports whether the request's sender had yet to receive bytes that came
// before the first ones captured: its answer may be among them.
func (c *conn) crossed(o *open) bool {
	server := &c.halves[1-c.client]
	return !server.Firm() && o.ack >= 0 && o.ack < server.First()
}

// single reports whether the last of the n requests that a response may answer
// is the only one that can be meant: the others' answers lie in a gap that its
// sender, who waits for answers, had received.
func (c *conn) single(n int) bool {
	server := &c.streams[1-c.client]
	return n == 1 || !c.order.pipelines && server.hole.seen &&
		c.queue[n-1].ack >= server.hole.to && c.queue[n-2].ack <= server.hole.from
}

// missed reports whether a gap may hold the request that a response which
// acknowledged ack really answers: one behind o, or one before o that had no
// answer when o was sent.
func (st *stream) missed(o *open, ack int64) bool {
	switch {
	case !st.hole.seen:
		return false
	case o.begin >= st.hole.to:
		return o.ack <= max(st.c.order.settled, st.c.halves[1-st.dir].First())
	}
	return st.hole.from < ack
}

// choose finds the exchange that the next response belongs to.
func (st *stream) choose(ack int64) {
	c := st.c
	if !c.order.unsure {
		if len(c.queue) > 0 {
			st.cur = c.take(0)
			return
		}
		st.cur = c.orphan()
		return
	}
	n, proven := c.candidates(ack)
	if proven {
		for range n - 1 {
			c.answerFails(c.take(0), recording.Gap)
		}
		st.cur = c.take(0)
		if st.hole.seen {
			st.cur.ex.Errors = append(st.cur.ex.Errors, "bytes are missing before the response: an interim answer may be lost")
		}
		if len(c.order.doubtful) >= maxDoubtful {
			c.confirm()
		}
		c.order.doubtful = append(c.order.doubtful, st.cur)
		c.stepOver(st.cur)
		return
	}
	for range n {
		c.answerFails(c.take(0), recording.Gap)
	}
	st.cur = c.orphan()
}

// orphan opens an exchange for a response without a request.
func (c *conn) orphan() *open {
	c.refute()
	o := &open{reqEnd: true, reqReason: c.missingRequest()}
	if o.reqReason == recording.Malformed {
		o.ex.Errors = append(o.ex.Errors, "a response that no request asked for")
	}
	c.identify(&o.ex)
	return o
}

// missingRequest says why a response has no request.
func (c *conn) missingRequest() recording.Reason {
	st, half := &c.streams[c.client], &c.halves[c.client]
	switch {
	case c.packets[c.client] == 0:
		return recording.OneSided
	case st.mode == modeBroken || st.mode == modeOther || st.mode == modeNew && len(st.probe.bytes) > 0:
		return recording.Malformed
	case st.lost || c.streams[1-c.client].lost:
		return recording.Gap
	case !half.Firm() && (!c.order.paired || c.order.unsure):
		return recording.RequestBeforeStart
	}
	return recording.Malformed
}

// missingAnswer says why a request has no response when its connection ends.
func (c *conn) missingAnswer() recording.Reason {
	dir := 1 - c.client
	st := &c.streams[dir]
	switch {
	case c.packets[dir] == 0:
		return recording.OneSided
	case st.mode == modeBroken || st.mode == modeOther:
		return recording.Malformed
	case st.lost:
		return recording.Gap
	case c.cause == causeMemory || c.cause == causeIdle:
		return recording.Evicted
	case c.reset || c.halves[dir].Finished() || c.cause == causeReused:
		return recording.NoAnswer
	}
	return recording.ResponseAfterEnd
}

// cutReason says why a message in progress is not whole when its connection
// ends.
func (c *conn) cutReason(st *stream) recording.Reason {
	switch {
	case c.cause == causeMemory || c.cause == causeIdle:
		return recording.Evicted
	case c.reset || st.ended || c.cause == causeReused:
		return recording.ConnectionClosed
	case st.role == requests:
		return recording.RequestAfterEnd
	}
	return recording.ResponseAfterEnd
}

// requestDone closes the request's side.
func (c *conn) requestDone(o *open) {
	o.reqEnd = true
	o.req.Body = o.reqBody.finish()
	c.emitWhole(o)
}

// responseDone closes the response's side.
func (c *conn) responseDone(o *open) {
	o.respOver = true
	if o.ex.Response != nil {
		o.resp.Body = o.respBody.finish()
		c.order.paired = c.order.paired || o.ex.Request != nil
	}
	c.emitWhole(o)
}

// answerFails closes the response's side of a request that gets none.
func (c *conn) answerFails(o *open, reason recording.Reason) {
	o.respReason = reason
	c.responseDone(o)
}

// emitWhole hands an exchange out once both sides are closed.
func (c *conn) emitWhole(o *open) {
	if !o.reqEnd || !o.respOver {
		return
	}
	if o.ex.Request == nil && o.ex.Response == nil {
		return // a response's head that never became one: counted as a message
	}
	if slices.Contains(c.order.doubtful, o) {
		return // until confirm
	}
	c.held, o.held = c.held-o.held, 0
	o.reqBody, o.respBody = body{}, body{}
	o.ex.Incomplete = o.reqReason
	if o.reqReason == "" {
		o.ex.Incomplete = o.respReason
	}
	if o.ex.Response == nil && len(o.interim) > 0 {
		o.ex.Errors = append(o.ex.Errors, "interim responses came without a final one")
	}
	o.ex.ID = recording.MakeID(o.ex.FirstAt(), o.ex.Session, o.ex.Sequence)
	c.s.emit(&o.ex)
}

// confirm hands out the doubtful pairs that are whole; the others follow when
// they are.
func (c *conn) confirm() {
	pairs := c.order.doubtful
	c.order.doubtful = nil
	for _, o := range pairs {
		c.emitWhole(o)
	}
}

// judge looks at the doubtful pairs when a request begins whose sender had
// received all before ack.
func (c *conn) judge(ack int64) {
	n := len(c.order.doubtful)
	if n == 0 || !c.order.doubtful[n-1].respOver {
		return
	}
	switch {
	case ack == c.order.settled:
		client := &c.streams[c.client]
		c.order.unsure = client.mode != modeHTTP || client.hole.seen
		c.confirm()
	case ack > c.order.settled && len(c.queue) == 0:
		c.refute()
	}
}

// refute marks the doubtful pairs: more came, or was lost, behind their
// responses than they, and the requests behind them, asked for.
func (c *conn) refute() {
	reason := recording.RequestBeforeStart
	if c.streams[0].lost || c.streams[1].lost {
		reason = recording.Gap
	}
	for _, o := range c.order.doubtful {
		if o.respReason == "" {
			o.respReason = reason
		}
		o.ex.Errors = append(o.ex.Errors, "more follows than was asked for: the response may answer a request that is not in the capture")
	}
	c.confirm()
}

// stepOver forgets the holes once a response has its request o and nothing is
// missing behind that.
func (c *conn) stepOver(o *open) {
	client, server := &c.streams[c.client], &c.streams[1-c.client]
	if client.mode == modeHTTP && (!client.hole.seen || client.hole.to <= o.begin) {
		client.hole.seen, server.hole.seen = false, false
	}
}

// answered lets a client that waited for this answer go on.
func (c *conn) answered(o *open, h *httpmsg.Head) {
	client := &c.streams[c.client]
	if client.waits != o {
		return
	}
	if h.Status == 101 || o.req.Method == "CONNECT" && h.Status/100 == 2 {
		return // the tunnel opens once the response is whole
	}
	client.resume()
}

// resume goes on with HTTP behind a CONNECT or Upgrade that was refused.
func (st *stream) resume() {
	st.waits = nil
	if st.dec != nil {
		st.dec.Resume()
	}
}

// unanswered decides what follows a CONNECT or Upgrade whose answer was not
// captured, by the bytes themselves.
func (st *stream) unanswered(waiting []tcp.Chunk) {
	connect := st.waits.req.Method == "CONNECT"
	st.resume()
	if connect || len(waiting[0].Data) > 0 && !speaks(waiting[0].Data) {
		st.mode, st.dec, st.inTunnel = modeTunnel, nil, true
	}
}

// confirmsSimple reports whether the other direction speaks HTTP, without which
// "GET /x" alone proves nothing.
func (st *stream) confirmsSimple() bool {
	return st.c.streams[1-st.dir].role == responses
}

// retrySimple takes up a first line that may be HTTP/0.9's once the other
// direction has shown what it speaks.
func (st *stream) retrySimple() bool {
	if st.mode != modeNew || len(st.probe.bytes) == 0 || !st.confirmsSimple() {
		return false
	}
	role, skip := recognise(st.probe.bytes)
	if role != simple {
		return false
	}
	st.decide(role, skip, st.probe.bytes, tcp.Chunk{Data: st.probe.bytes, Time: st.probe.at, Ack: -1})
	return true
}

// simpleMarker is what HTTP/0.9's first line lacks.
const simpleMarker = " HTTP/1.0"

// simpleRequest lets the decoder read a request without a version, which some
// clients send header lines with, as if it had one.
func (st *stream) simpleRequest(ch tcp.Chunk) {
	end := bytes.IndexByte(ch.Data, '\n')
	if ch.Data[end-1] == '\r' {
		end--
	}
	whole := append([]byte(nil), ch.Data[:end]...)
	whole = append(whole, simpleMarker...)
	ch.Data = append(whole, ch.Data[end:]...)
	st.simple = true
	st.advance(-int64(len(simpleMarker)))
	st.process(ch)
}

// completeSimple ends the head of a request that was no more than its first
// line.
func (st *stream) completeSimple() {
	if !st.simple || st.cur != nil || st.mode != modeHTTP || !st.message.open {
		return
	}
	const empty = "\r\n"
	st.advance(-int64(len(empty)))
	st.process(tcp.Chunk{Data: []byte(empty), Time: st.message.at, Ack: st.message.ack})
}
