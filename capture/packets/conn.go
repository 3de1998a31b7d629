package packets

import (
	"parallax/capture/packets/frame"
	"parallax/capture/packets/tcp"
	"parallax/capture/recording"
)

// connKey names the two ends of a connection, the lower address first.
type connKey struct {
	low, high frame.Addr
}

// connCost is what a connection without a byte costs; connections are bounded
// by memory, not by number.
const connCost = 1024

// conn is one TCP connection: its two directions in byte order, and the
// exchanges that stand open in it.
type conn struct {
	s    *Source
	key  connKey
	link links

	halves  [2]tcp.Half
	streams [2]stream
	packets [2]int64

	identity identity
	touched  int64
	cost     int
	// held is what open exchanges hold: their heads, and the room of their bodies.
	held int

	// queue holds requests whose final response has not begun, in order.
	queue []*open
	// client is the direction that carries requests, -1 until it is known.
	client int
	order  order

	reset   bool // an RST was seen
	closing bool // nothing more is waited for
	done    bool // all was emitted; what still comes is late
	cause   cause
}

// cause says why a connection is finished.
type cause uint8

const (
	causeClosed cause = iota
	causeCaptureEnd
	causeReused
	causeIdle
	causeMemory
)

func newConn(s *Source, key connKey, t int64) *conn {
	c := &conn{s: s, key: key, identity: identity{firstAt: t, since: s.clock}, client: -1}
	for dir := range c.streams {
		c.streams[dir] = stream{c: c, dir: dir}
	}
	return c
}

// reused reports whether the segment opens another connection between the same
// ends: a SYN with another initial number. Otherwise it has taken the SYN.
func (c *conn) reused(seg *frame.Segment, dir int) bool {
	if !seg.SYN {
		return false
	}
	return !c.halves[dir].Start(seg.Seq + 1)
}

// outlived reports whether the segment brings new bytes although the connection
// is over: another one, whose SYN was not captured.
func (c *conn) outlived(seg *frame.Segment, dir int) bool {
	half := &c.halves[dir]
	ahead := half.At(seg.Seq) - half.Position()
	switch {
	case len(seg.Payload) == 0:
		return false
	case c.done:
		return ahead+int64(len(seg.Payload)) > 1 || half.Precedes(seg.Seq)
	}
	return c.reset && (ahead >= window || half.Precedes(seg.Seq))
}

// window is the farthest ahead of a stream that an RST is believed, and that bytes
// behind an RST may be its own.
const window = 1 << 20

// packet takes one segment at time t.
func (c *conn) packet(seg *frame.Segment, dir int, t int64) {
	c.packets[dir]++
	half, peer := &c.halves[dir], &c.halves[1-dir]
	seq, ack := seg.Seq, int64(-1)
	if seg.SYN {
		seq++
	}
	if seg.ACK {
		if seg.SYN {
			peer.Accepted(seg.Ack)
		}
		ack = credible(peer, seg.Ack)
	}
	if !seg.RST {
		half.Guess(seq)
	}
	st := &c.streams[dir]
	fate := half.Segment(seq, tcp.Chunk{Data: seg.Payload, Time: t, Ack: ack}, seg.Cut, c.s.options.EarlyCap, c.s.clock, st)
	st.count(fate)
	if seg.FIN {
		half.End(seq + uint32(len(seg.Payload)+seg.Cut))
	}
	if seg.RST && c.believes(half, seq) {
		c.reset = true
	}
	if half.Gapped() || peer.Gapped() {
		c.releaseGaps()
	}
	c.settle()
}

// credible returns the position that an acknowledgement names, -1 where it can
// be none of this stream: captures made by hand hold such.
func credible(peer *tcp.Half, number uint32) int64 {
	const behind, ahead = 1 << 16, 1 << 30
	if number == 0 {
		return -1
	}
	peer.Guess(number)
	at := peer.At(number)
	if at-peer.Position() > ahead || at < peer.First()-behind {
		return -1
	}
	return max(peer.Acknowledge(number), 0)
}

// believes reports whether an RST lies where the stream is; another one is no
// end.
func (c *conn) believes(half *tcp.Half, seq uint32) bool {
	ahead := half.At(seq) - half.Position()
	return !half.Known() || ahead >= -1 && ahead < window
}

// releaseGaps gives up waiting for what the receiver has acknowledged.
func (c *conn) releaseGaps() {
	for dir := range c.halves {
		half := &c.halves[dir]
		for half.Gapped() && half.AckedBeyond() && c.s.clock-half.HeldSince >= int64(c.s.options.GapWait) {
			half.Release(c.s.clock, &c.streams[dir])
		}
	}
}

// settle lets waiting streams go on and ends those whose FIN has been reached,
// until nothing moves.
func (c *conn) settle() {
	for moved := true; moved; {
		moved = false
		for dir := range c.streams {
			st := &c.streams[dir]
			if len(st.backlog.chunks) > 0 && st.mayGoOn() {
				st.goOn()
				moved = true
			}
			moved = st.retrySimple() || moved
			if len(st.backlog.chunks) == 0 && !st.ended && c.halves[dir].Finished() {
				st.end()
				moved = true
			}
		}
	}
}

// over reports whether the connection has ended and nothing is outstanding.
func (c *conn) over() bool {
	return c.streams[0].ended && c.streams[1].ended
}

// finish ends the connection for the cause: gaps are declared, open exchanges
// emitted with their reasons.
func (c *conn) finish(why cause) {
	if c.done {
		return
	}
	c.cause = why
	for dir := range c.halves {
		c.halves[dir].Flush(c.s.lastTime, why == causeMemory, &c.streams[dir])
	}
	c.closing = true
	c.settle()
	for dir := range c.streams {
		c.streams[dir].cutOff()
	}
	for len(c.queue) > 0 {
		c.answerFails(c.take(0), c.missingAnswer())
	}
	c.confirm()
	c.done = true
	for dir := range c.streams {
		c.streams[dir].forget()
	}
}

// size returns what the connection holds, in bytes.
func (c *conn) size() int {
	n := connCost + c.held
	for dir := range c.streams {
		st := &c.streams[dir]
		n += c.halves[dir].Waiting() + st.backlog.bytes + len(st.probe.bytes)
		if st.dec != nil {
			n += st.dec.Buffered()
		}
	}
	return n
}

// oldest returns the earliest time that an exchange of the connection may still
// get.
func (c *conn) oldest() (t int64, ok bool) {
	earlier := func(at int64) {
		if !ok || at < t {
			t, ok = at, true
		}
	}
	for _, o := range c.queue {
		earlier(o.ex.FirstAt())
	}
	for _, o := range c.order.doubtful {
		earlier(o.ex.FirstAt())
	}
	for dir := range c.streams {
		st := &c.streams[dir]
		if st.cur != nil && (st.cur.ex.Request != nil || st.cur.ex.Response != nil) {
			earlier(st.cur.ex.FirstAt())
		}
		if st.message.open {
			earlier(st.message.at)
		}
		if len(st.probe.bytes) > 0 {
			earlier(st.probe.at)
		}
		for i := range st.backlog.chunks {
			earlier(st.backlog.chunks[i].Time)
		}
		if at, held := c.halves[dir].Oldest(); held {
			earlier(at)
		}
	}
	return t, ok
}

// ends returns the client's and the server's address.
func (c *conn) ends() (client, server string) {
	low, high := c.key.low.String(), c.key.high.String()
	if c.client == 1 {
		return high, low
	}
	return low, high
}

// identify gives an exchange the connection's identity and its place in it.
func (c *conn) identify(ex *recording.Exchange) {
	id := &c.identity
	if id.session == "" {
		id.client, id.server = c.ends()
		id.session = recording.MakeSession(id.client, id.server, id.firstAt)
	}
	ex.Session, ex.Sequence = id.session, id.sequence
	id.sequence++
	ex.Protocol, ex.Client, ex.Server = "http/1.1", id.client, id.server
}
