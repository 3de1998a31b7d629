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
	interim               []recording.Interim
	reqReason, respReason recording.Reason
	// headEnd is the position behind the request's head, ack what its sender
	// had received by then.
	headEnd, ack int64

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
	if st.ended || c.packets[dir] == 0 || st.mode != modeNew && st.mode != modeHTTP && st.mode != modeResync {
		return false
	}
	if !c.unsure && half.Firm() {
		return len(c.queue) == 0
	}
	if i, _ := c.candidate(ack); i >= 0 {
		return false
	}
	return half.Gapped() && ack > half.Position()
}

// candidate returns the index of the waiting request that a response answers
// by the acknowledgements alone, -1 for none: the last one whose head the
// server had and whose sender had not yet received the response. It is
// ambiguous where several were sent at once. Where the packet acknowledged
// nothing that can be believed, order decides as long as nothing is missing.
func (c *conn) candidate(ack int64) (index int, ambiguous bool) {
	if ack < 0 && len(c.queue) > 0 && !c.streams[0].lost && !c.streams[1].lost {
		return 0, false
	}
	at := c.streams[1-c.client].pos
	index = -1
	for i, o := range c.queue {
		if o.headEnd <= ack && o.ack <= at {
			ambiguous = index >= 0 && c.queue[index].ack == o.ack
			index = i
		}
	}
	return index, ambiguous
}

// choose finds the exchange that the next response belongs to.
func (st *stream) choose(ack int64) {
	c := st.c
	if !c.unsure {
		if len(c.queue) > 0 {
			st.cur = c.take(0)
			return
		}
		st.cur = c.orphan()
		return
	}
	i, ambiguous := c.candidate(ack)
	if ambiguous {
		for range i + 1 {
			c.answerFails(c.take(0), recording.Gap)
		}
		i = -1
	}
	if i < 0 {
		st.cur = c.orphan()
		return
	}
	for range i {
		c.answerFails(c.take(0), recording.Gap)
	}
	st.cur = c.take(0)
}

// orphan opens an exchange for a response without a request.
func (c *conn) orphan() *open {
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
	case st.mode == modeBroken || st.mode == modeOther || len(st.probe) > 0:
		return recording.Malformed
	case st.lost || c.streams[1-c.client].lost:
		return recording.Gap
	case !half.Firm() && !c.paired:
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
		c.paired = c.paired || o.ex.Request != nil
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
	c.bodies -= len(o.reqBody.bytes) + len(o.respBody.bytes)
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
	if c.unsure && len(c.queue) == 0 && o.ex.Whole() && c.streams[c.client].cur == nil {
		c.unsure = false // both directions stand behind the same exchange
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
	if st.mode != modeNew || len(st.probe) == 0 || !st.confirmsSimple() {
		return false
	}
	role, skip := recognise(st.probe)
	if role != simple {
		return false
	}
	st.decide(role, skip, st.probe, tcp.Chunk{Data: st.probe, Time: st.probeAt, Ack: -1})
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
	if !st.simple || st.cur != nil || st.mode != modeHTTP || !st.inMessage {
		return
	}
	const empty = "\r\n"
	st.advance(-int64(len(empty)))
	st.process(tcp.Chunk{Data: []byte(empty), Time: st.begunAt, Ack: st.begunAck})
}

// likelyRequest reports whether a packet begins a request whose first line is
// longer than the packet.
func likelyRequest(p []byte) bool {
	method, rest, ok := bytes.Cut(p[:min(len(p), 16)], []byte(" "))
	if !ok || len(rest) == 0 || len(p) < 256 {
		return false
	}
	switch string(method) {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return rest[0] == '/' || rest[0] == 'h'
	}
	return false
}
