package packets

import (
	"parallax/capture/packets/tcp"
	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// feed gives bytes to the decoder and follows its events.
func (st *stream) feed(ch tcp.Chunk) {
	for st.mode == modeHTTP {
		idle := st.dec.Idle()
		if idle {
			ch.Data = st.skipEmptyLines(ch.Data)
			if len(ch.Data) == 0 {
				return
			}
		}
		if st.waits != nil || idle && st.mustStall(ch.Ack) {
			if len(ch.Data) > 0 {
				st.backlog.add(ch)
			}
			return
		}
		n, ev, err := st.dec.Feed(ch.Data)
		if idle {
			st.beginMessage(ch)
		}
		st.advance(int64(n))
		ch.Data = ch.Data[n:]
		if err != nil {
			st.broken(err)
			break
		}
		st.event(&ev, ch.Time)
		if ev.Kind == httpmsg.KindMore {
			return
		}
	}
	if len(ch.Data) > 0 {
		st.process(ch)
	}
}

// advance counts bytes that the decoder took.
func (st *stream) advance(n int64) {
	st.pos += n
	st.c.s.account.bytes[modeHTTP] += n
}

// skipEmptyLines leaves line ends between messages, which belong to none.
func (st *stream) skipEmptyLines(p []byte) []byte {
	n := 0
	for n < len(p) && (p[n] == '\r' || p[n] == '\n') {
		n++
	}
	st.advance(int64(n))
	return p[n:]
}

// mustStall reports whether the next message has to wait for the other
// direction; if not, a response's request is chosen.
func (st *stream) mustStall(ack int64) bool {
	if st.role != responses || st.cur != nil {
		return false
	}
	if !st.c.closing && st.c.mustWait(ack) {
		return true
	}
	st.choose(ack)
	return false
}

// beginMessage notes where and when a message begins.
func (st *stream) beginMessage(ch tcp.Chunk) {
	st.message.open = true
	st.message.at, st.message.ack, st.message.pos = ch.Time, ch.Ack, st.pos
	st.c.s.account.messages++
}

// endMessage books how a message ended; the empty reason is whole.
func (st *stream) endMessage(reason recording.Reason) {
	if st.message.open {
		st.message.open = false
		st.c.s.account.messageEnds.add(reason)
	}
}

// event follows one event of the decoder.
func (st *stream) event(ev *httpmsg.Event, t int64) {
	switch {
	case ev.Kind == httpmsg.KindMore:
		st.touch(t)
	case st.role == requests:
		st.requestEvent(ev, t)
	default:
		st.responseEvent(ev, t)
	}
}

// touch moves the time of the last byte of the message in progress.
func (st *stream) touch(t int64) {
	switch {
	case st.cur == nil || !st.message.open:
	case st.role == requests:
		st.cur.req.LastAt = t
	default:
		st.cur.resp.LastAt = t
	}
}

func (st *stream) requestEvent(ev *httpmsg.Event, t int64) {
	switch ev.Kind {
	case httpmsg.KindHead:
		st.openRequest(ev.Head)
		st.touch(t)
	case httpmsg.KindData:
		st.touch(t)
		st.keep(&st.cur.reqBody, ev.Data)
	case httpmsg.KindEnd:
		st.touch(t)
		st.endRequest(ev)
	case httpmsg.KindTunnel:
		st.touch(t)
		st.waits = st.cur
		st.endRequest(ev)
	}
}

// openRequest begins an exchange.
func (st *stream) openRequest(h *httpmsg.Head) {
	st.c.judge(st.message.ack)
	o := &open{begin: st.message.pos, headEnd: st.pos, ack: st.message.ack}
	o.req = recording.Request{
		Method: h.Method, Scheme: "http", Target: h.Target, Version: h.Version, Headers: h.Headers,
		FirstAt: st.message.at, LastAt: st.message.at,
	}
	if st.simple {
		o.req.Version, st.simple = "0.9", false
	}
	o.ex.Request = &o.req
	st.hold(o, openCost+st.headCost())
	st.hold(o, o.reqBody.begin(announced(h), st.room()))
	st.c.identify(&o.ex)
	if n := len(st.c.queue); n > 0 && st.c.queue[n-1].ack == o.ack {
		st.c.order.pipelines = true
	}
	st.c.queue = append(st.c.queue, o)
	st.cur = o
}

// announced returns the body's length where the framing is by length.
func announced(h *httpmsg.Head) int64 {
	if h.Framing == httpmsg.FramingLength {
		return h.ContentLength
	}
	return 0
}

// openCost is what an open exchange costs without a byte of its messages.
const openCost = 1024

// headCost is what the head just read costs: its bytes, and as much again for the
// lists that point into them.
func (st *stream) headCost() int { return 2 * int(st.pos-st.message.pos) }

// hold charges n bytes to the connection until the exchange leaves it.
func (st *stream) hold(o *open, n int) {
	o.held += n
	st.c.held += n
}

// room is how many more bytes of bodies may be held. An eighth is left for what
// cannot be cut: heads, and connections.
func (st *stream) room() int {
	limit := st.c.s.options.MemoryCap
	return limit - limit/8 - st.c.s.used - st.c.held
}

// keep adds to the body of the exchange in progress within the caps.
func (st *stream) keep(b *body, p []byte) {
	before := cap(b.bytes)
	// What was allocated for it already may be filled.
	b.add(p, min(st.c.s.options.BodyCap-len(b.bytes), st.room()+before-len(b.bytes)))
	st.hold(st.cur, cap(b.bytes)-before)
}

// endRequest closes the request of the exchange in progress.
func (st *stream) endRequest(ev *httpmsg.Event) {
	o := st.cur
	st.cur = nil
	st.noteAnomalies(o, "request", ev.Head)
	o.req.Trailers = ev.Trailers
	if ev.Kind == httpmsg.KindEnd && httpmsg.HasToken(o.req.Headers, "Connection", "upgrade") && !o.responding {
		st.waits = o
	}
	st.endMessage(o.reqReason)
	st.c.requestDone(o)
}

// noteAnomalies keeps what was odd about a message.
func (st *stream) noteAnomalies(o *open, what string, h *httpmsg.Head) {
	if h == nil || h.Anomalies == 0 {
		return
	}
	for _, name := range h.Anomalies.Names() {
		o.ex.Errors = append(o.ex.Errors, what+": "+name)
	}
}

func (st *stream) responseEvent(ev *httpmsg.Event, t int64) {
	switch ev.Kind {
	case httpmsg.KindHead:
		st.openResponse(ev.Head, t)
	case httpmsg.KindData:
		st.touch(t)
		st.keep(&st.cur.respBody, ev.Data)
	case httpmsg.KindEnd:
		if ev.Head.Interim() {
			st.endMessage("")
			return
		}
		st.touch(t)
		st.endResponse(ev)
	case httpmsg.KindTunnel:
		st.touch(t)
		st.endResponse(ev)
		st.tunnel(ev.Head.Status == 101)
	}
}

// openResponse takes a head; choose has set the exchange it belongs to.
func (st *stream) openResponse(h *httpmsg.Head, t int64) {
	o := st.cur
	if h.Interim() {
		st.hold(o, st.headCost())
		o.interim = append(o.interim, recording.Interim{Status: h.Status, Reason: h.Reason, Headers: h.Headers, At: t})
		return
	}
	o.resp = recording.Response{
		Status: h.Status, Reason: h.Reason, Version: h.Version, Headers: h.Headers, Interim: o.interim,
		FirstAt: st.message.at, LastAt: t,
	}
	o.ex.Response = &o.resp
	o.responding = true
	st.dec.AnswerTo(o.req.Method)
	st.hold(o, st.headCost())
	st.hold(o, o.respBody.begin(announced(h), st.room()))
	st.c.answered(o, h)
}

// endResponse closes the response in progress.
func (st *stream) endResponse(ev *httpmsg.Event) {
	o := st.cur
	st.cur = nil
	st.noteAnomalies(o, "response", ev.Head)
	o.resp.Trailers = ev.Trailers
	st.endMessage(o.respReason)
	if o.ex.Request != nil {
		st.c.order.settled = st.pos
	}
	st.c.responseDone(o)
}

// tunnel leaves HTTP in both directions. What CONNECT opened may carry HTTP
// again, which its first bytes tell.
func (st *stream) tunnel(upgraded bool) {
	for dir := range st.c.streams {
		s := &st.c.streams[dir]
		s.waits, s.role, s.dec, s.inTunnel = nil, undecided, nil, true
		s.mode = modeNew
		if upgraded {
			s.mode = modeTunnel
		}
	}
}

// broken gives up a direction whose bytes stopped being HTTP.
func (st *stream) broken(err error) {
	if st.cur != nil {
		st.cur.ex.Errors = append(st.cur.ex.Errors, err.Error())
	}
	st.abandon(recording.Malformed)
	st.mode, st.dec = modeBroken, nil
	if st.role == responses {
		st.c.refute()
	}
}

// abandon ends the message in progress for a reason.
func (st *stream) abandon(reason recording.Reason) {
	o := st.cur
	st.cur = nil
	st.endMessage(reason)
	switch {
	case o == nil:
	case st.role == requests:
		o.reqReason = reason
		st.c.requestDone(o)
	default:
		o.respReason = reason
		st.c.responseDone(o)
	}
}

// gapInBody marks the message in progress.
func (st *stream) gapInBody(reason recording.Reason) {
	switch {
	case st.cur == nil:
	case st.role == requests:
		st.cur.reqReason = reason
	default:
		st.cur.respReason = reason
	}
}

// end follows the direction's FIN.
func (st *stream) end() {
	st.ended = true
	if len(st.probe.bytes) > 0 {
		return // cutOff counts it, unless the other direction confirms it first
	}
	if st.mode != modeHTTP {
		return
	}
	st.completeSimple()
	ev, err := st.dec.Finish()
	if err != nil {
		st.abandon(recording.ConnectionClosed)
		st.mode, st.dec = modeBroken, nil
		return
	}
	if ev.Kind == httpmsg.KindEnd {
		st.event(&ev, st.lastByte())
	}
}

// lastByte is the time of the last byte of the message in progress.
func (st *stream) lastByte() int64 {
	if st.role == requests {
		return st.cur.req.LastAt
	}
	return st.cur.resp.LastAt
}

// cutOff ends what is in progress when the connection is given up.
func (st *stream) cutOff() {
	if n := int64(len(st.probe.bytes)); n > 0 {
		st.probe = probe{}
		if st.mode == modeNew {
			st.mode = modeOther
		}
		st.pass(n)
	}
	st.completeSimple()
	if st.cur != nil || st.message.open {
		st.abandon(st.c.cutReason(st))
	}
}
