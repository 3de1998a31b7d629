package packets

import (
	"slices"

	"parallax/capture/packets/tcp"
	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// mode is what a direction's next bytes are taken for.
type mode uint8

const (
	modeNew    mode = iota // not known yet
	modeResync             // HTTP perhaps, from the next message start on
	modeHTTP
	modeOther  // another protocol
	modeTunnel // behind CONNECT or 101
	modeBroken // behind bytes that are not HTTP
	modeLate   // behind the connection's end
)

// stream is one direction of a connection, above TCP. It is the tcp.Sink of its
// half.
type stream struct {
	c    *conn
	dir  int
	mode mode
	role speech
	dec  *httpmsg.Decoder

	// pos is the position of the next byte, once some have come.
	pos     int64
	begun   bool
	probe   probe
	backlog backlog
	// waits is the request whose answer decides what follows it (CONNECT,
	// Upgrade).
	waits *open

	cur     *open
	message message

	inTunnel bool
	simple   bool // the request in progress has no version (HTTP/0.9)
	lost     bool // a gap was seen
	unseen   bool // it ended before a message start was found
	http     bool // some message was found
	hole     hole

	ended bool
	used  int64 // packets with payload
	// missing bytes are booked once it is known what the stream was.
	missing int64
}

// count books a segment's fate.
func (st *stream) count(fate tcp.Fate) {
	if fate == tcp.Used || fate == tcp.Held {
		st.used++
		return
	}
	st.c.s.account.packetFate[fate]++
}

// Chunk takes what is next in order.
func (st *stream) Chunk(ch tcp.Chunk) {
	if !st.begun {
		st.begun, st.pos = true, st.c.halves[st.dir].First()
	}
	st.missing += ch.Gap
	if len(st.backlog.chunks) > 0 {
		st.backlog.add(ch)
		return
	}
	st.process(ch)
}

// process takes a chunk that does not have to wait.
func (st *stream) process(ch tcp.Chunk) {
	if ch.Gap > 0 {
		st.gap(ch)
		return
	}
	switch st.mode {
	case modeNew:
		st.begin(ch)
	case modeResync:
		st.resync(ch)
	case modeHTTP:
		st.feed(ch)
	default:
		st.pass(int64(len(ch.Data)))
	}
}

// pass counts bytes that are no HTTP messages.
func (st *stream) pass(n int64) {
	st.pos += n
	if st.mode == modeResync && st.lost {
		st.c.s.account.afterGap += n
		return
	}
	st.c.s.account.bytes[st.mode] += n
}

// mayGoOn reports whether a stalled stream need not wait any more.
func (st *stream) mayGoOn() bool {
	c := st.c
	if c.closing || c.done || st.backlog.bytes > c.s.options.EarlyCap {
		return true
	}
	if st.waits != nil {
		return st.waits.respOver
	}
	return st.role != responses || !c.mustWait(st.backlog.chunks[0].Ack)
}

// goOn processes what was stalled, until it has to wait again.
func (st *stream) goOn() {
	waiting := st.backlog.chunks
	st.backlog.chunks, st.backlog.bytes = nil, 0
	if st.waits != nil {
		st.unanswered(waiting)
	}
	forced := true // mayGoOn has decided for the first one
	for i, ch := range waiting {
		if len(st.backlog.chunks) > 0 {
			for _, rest := range waiting[i:] {
				st.backlog.keep(rest)
			}
			return
		}
		st.force(forced, ch)
		forced = false
	}
}

// force processes a chunk whose first message need not wait.
func (st *stream) force(forced bool, ch tcp.Chunk) {
	if forced && st.role == responses && st.mode == modeHTTP && ch.Gap == 0 && st.cur == nil {
		st.choose(ch.Ack)
	}
	st.process(ch)
}

// begin looks at the first bytes of a stream.
func (st *stream) begin(ch tcp.Chunk) {
	if !st.c.halves[st.dir].Firm() && !st.inTunnel {
		st.c.order.unsure = true
		st.mode = modeResync
		st.resync(ch)
		return
	}
	p := ch.Data
	if len(st.probe.bytes) > 0 {
		st.probe.bytes = append(st.probe.bytes, ch.Data...)
		if st.probe.waits(ch.Data) {
			return
		}
		p = st.probe.bytes
	}
	role, skip := recognise(p)
	if role == simple && !st.confirmsSimple() {
		role = undecided
	}
	if role == undecided && len(p) < maxProbe {
		if len(st.probe.bytes) == 0 {
			st.probe = probe{bytes: append([]byte(nil), ch.Data...), at: ch.Time, ack: ch.Ack}
		}
		return
	}
	st.decide(role, skip, p, ch)
}

// decide takes up the role found in p, the probe with the last chunk at its end.
func (st *stream) decide(role speech, skip int, p []byte, ch tcp.Chunk) {
	if !st.accept(role) {
		st.probe = probe{}
		st.mode = modeOther
		if st.inTunnel {
			st.mode = modeTunnel
		}
		st.pass(int64(len(p)))
		return
	}
	st.pos += int64(skip)
	st.c.s.account.preamble += int64(skip)
	if role == simple {
		st.probe = probe{}
		st.simpleRequest(tcp.Chunk{Data: p[skip:], Time: ch.Time, Ack: ch.Ack})
		return
	}
	st.decided(p[skip:], len(p)-len(ch.Data)-skip, ch)
}

// decided goes on with p, of which all but the first bytes came with ch.
func (st *stream) decided(p []byte, before int, ch tcp.Chunk) {
	first := tcp.Chunk{Time: st.probe.at, Ack: st.probe.ack}
	st.probe = probe{}
	if before <= 0 {
		ch.Data = p
		st.process(ch)
		return
	}
	first.Data = p[:before]
	st.process(first)
	if len(st.backlog.chunks) > 0 {
		st.backlog.add(ch)
		return
	}
	st.process(ch)
}

// accept makes the stream one of requests or responses, unless the other
// direction already is that.
func (st *stream) accept(role speech) bool {
	client := st.dir
	switch role {
	case requests, simple:
		st.role = requests
		st.dec = httpmsg.NewRequestDecoder(httpmsg.Limits{})
	case responses:
		st.role, client = responses, 1-st.dir
		st.dec = httpmsg.NewResponseDecoder(httpmsg.Limits{})
	default:
		return false
	}
	st.dec.Remember(st.c.s.heads)
	if st.c.client >= 0 && st.c.client != client {
		st.role, st.dec = undecided, nil
		return false
	}
	st.c.client = client
	st.mode, st.http = modeHTTP, true
	return true
}

// resync looks for a message start at the start of a packet. Anywhere else the
// same bytes may stand in a body; so a start line in pieces is taken up only
// where nothing was passed over since the stream, or a gap, was entered.
func (st *stream) resync(ch tcp.Chunk) {
	if len(st.probe.bytes) == 0 {
		st.probe.at, st.probe.ack = ch.Time, ch.Ack
	}
	p := ch.Data
	if len(st.probe.bytes) > 0 {
		st.probe.bytes = append(st.probe.bytes, ch.Data...)
		if st.probe.waits(ch.Data) {
			return
		}
		p = st.probe.bytes
	}
	role, more := beginning(p)
	known := role != undecided && (st.role == undecided || role == st.role)
	switch {
	case known && st.accept(role):
		st.decided(p, len(p)-len(ch.Data), ch)
	case role == undecided && more && !st.probe.passed && len(p) < maxProbe:
		if len(st.probe.bytes) == 0 {
			st.probe.bytes = append([]byte(nil), ch.Data...)
		}
	default:
		before := len(p) - len(ch.Data)
		st.probe = probe{passed: true}
		if before > 0 {
			st.pass(int64(before))
			st.resync(ch)
			return
		}
		st.pass(int64(len(p)))
	}
}

// gap goes over missing bytes.
func (st *stream) gap(ch tcp.Chunk) {
	st.lost = true
	if st.role == responses {
		st.c.refute()
	}
	from := st.pos
	st.pos += ch.Gap
	switch st.mode {
	case modeNew, modeResync:
		st.dropProbe()
		st.c.order.unsure = true
		st.mode = modeResync
		st.hole.widen(from, st.pos)
	case modeHTTP:
		if st.gapInHTTP(ch); st.mode == modeResync {
			st.hole.widen(from, st.pos)
		}
	}
}

// dropProbe gives up the first bytes of a stream.
func (st *stream) dropProbe() {
	n := int64(len(st.probe.bytes))
	st.probe = probe{}
	st.c.s.account.afterGap += n
	st.pos += n
}

// gapInHTTP steps over the gap within a body whose framing survives it, or
// gives up the message and looks for the next.
func (st *stream) gapInHTTP(ch tcp.Chunk) {
	reason := gapReason(ch)
	if !st.dec.Idle() {
		if skipped := st.dec.SkipBody(ch.Gap); skipped == ch.Gap {
			st.gapInBody(reason)
			return
		}
	}
	if st.role == responses && st.cur != nil && st.cur.ex.Response == nil {
		st.giveBack(reason)
	} else {
		st.abandon(reason)
	}
	st.c.order.unsure = true
	st.mode, st.dec, st.probe = modeResync, nil, probe{}
}

// giveBack ends the message in progress but leaves its request waiting: what is
// missing may have been an interim answer only.
func (st *stream) giveBack(reason recording.Reason) {
	o := st.cur
	st.cur = nil
	st.endMessage(reason)
	if o.ex.Request == nil {
		return
	}
	// Whether the interim answers before the gap were this request's is as
	// doubtful as the rest.
	if len(o.interim) > 0 {
		o.interim = nil
		o.ex.Errors = append(o.ex.Errors, "interim answers before a gap are left out")
	}
	st.c.queue = slices.Insert(st.c.queue, 0, o)
}

// forget lets go of what a finished stream held.
func (st *stream) forget() {
	st.unseen = st.mode == modeResync
	st.mode, st.dec, st.probe, st.backlog = modeLate, nil, probe{}, backlog{}
	st.cur, st.waits, st.ended = nil, nil, true
}
