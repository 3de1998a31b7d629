// Package tcp puts the segments of one direction of a TCP connection into the
// order of their bytes.
//
// Terms: a position counts a direction's bytes, from 0 where its SYN was seen
// first and from a large number elsewhere; a gap is a stretch of positions that no
// captured packet holds; a held segment waits for what stands before it.
//
// Steps: Segment takes each segment as it comes and gives what is next in order
// to a Sink at once, without copying; what comes too early is copied and held.
// Release declares the first gap and goes on behind it: when to do that is the
// caller's decision (acknowledged by the other side, at the end, over a bound).
//
// Limits: of bytes that come twice the first copy wins; copies that contradict
// held bytes are counted, copies of bytes already handed on cannot be compared
// and count as duplicates. Held segments are bounded in bytes and number. A
// segment more than 1 GiB away from where the stream is belongs to no stream.
package tcp

// Chunk is a stretch of bytes in order.
type Chunk struct {
	// Data is only valid during the call.
	Data []byte
	// Gap is a number of missing bytes; Data is then nil.
	Gap int64
	// Time is that of the packet, in nanoseconds.
	Time int64
	// Ack is the position in the other direction up to which the packet's
	// sender had received, -1 where it did not say.
	Ack int64
	// Evicted: the gap was declared because a bound was reached.
	Evicted bool
}

// Sink takes the chunks of one direction in order.
type Sink interface {
	Chunk(Chunk)
}

// Fate says what became of a segment.
type Fate uint8

// The fates.
const (
	Used        Fate = iota // handed on, in whole or in part
	Held                    // waits for what stands before it
	Empty                   // no payload
	Duplicate               // all its bytes had come before
	BeforeStart             // before the first byte of a stream seen from its middle
	AfterEnd                // behind the FIN
	Astray                  // too far from where the stream is, or before its SYN
)

const (
	// reach is the farthest that a segment is believed to lie from the stream.
	reach = 1 << 30
	// maxHeld bounds the number of held segments, which are kept in a slice: a
	// window of 6 MiB, which Linux opens by itself, has 4,494 of 1,400 bytes.
	maxHeld = 8192
	// heldCost is what a held segment costs besides its bytes.
	heldCost = 64
	// rebase is how far before the first acknowledged position a stream seen
	// from its middle may still begin.
	rebase = 1 << 20
	// guessed is the position of the first byte of a stream seen from its middle.
	// It may move down, and positions named before keep their meaning.
	guessed = 1 << 40
)

// Half is one direction. The zero value has seen nothing.
type Half struct {
	next  uint32
	first int64 // position of the first byte known
	pos   int64
	fin   int64 // position of the end, where known
	acked int64

	waiting      []held
	waitingBytes int
	// HeldSince is the clock's time when the first gap began to wait.
	HeldSince int64

	known, firm, started, ended bool

	// Dropped counts payload bytes not handed on: duplicate, before the start,
	// behind the end, astray.
	Dropped int64
	// Contradictions counts segments that disagree with a held copy.
	Contradictions int64
}

// Known reports whether any packet told where the stream is.
func (h *Half) Known() bool { return h.known }

// Firm reports whether the stream was seen from its SYN.
func (h *Half) Firm() bool { return h.firm }

// First is the position of the first byte: 0 where the SYN told it. It does not
// change once something was handed on.
func (h *Half) First() int64 { return h.first }

// Position is that of the next byte in order.
func (h *Half) Position() int64 { return h.pos }

// Waiting returns the cost in bytes of what is held.
func (h *Half) Waiting() int { return h.waitingBytes }

// Gapped reports whether segments wait behind a gap.
func (h *Half) Gapped() bool { return len(h.waiting) > 0 }

// Covers reports whether all bytes before an acknowledged position were handed
// on; the FIN counts as one.
func (h *Half) Covers(ack int64) bool {
	return ack <= h.pos || h.Finished() && ack == h.fin+1
}

// AckedBeyond reports whether the other side has acknowledged bytes that were
// not handed on.
func (h *Half) AckedBeyond() bool { return h.acked > h.pos }

// Oldest returns the earliest time among what is held; ok is false where
// nothing is.
func (h *Half) Oldest() (t int64, ok bool) {
	for i := range h.waiting {
		if !ok || h.waiting[i].time < t {
			t, ok = h.waiting[i].time, true
		}
	}
	return t, ok
}

// Start says that the first byte is at seq: a SYN's number plus one. It returns
// false where the stream is already known to begin elsewhere: another
// connection between the same ends.
func (h *Half) Start(seq uint32) bool {
	if !h.known || !h.started && !h.firm && len(h.waiting) == 0 {
		if at := h.At(seq); h.known && at-h.pos <= rebase && h.pos-at <= rebase {
			h.pos = at
		} else {
			h.pos = 0
		}
		h.next, h.first, h.acked, h.known, h.firm = seq, h.pos, h.pos, true, true
		return true
	}
	h.moveStart(seq)
	if h.next-uint32(h.pos-h.first) != seq {
		return false
	}
	h.firm = true
	return true
}

// Accepted says that a SYN was answered, with the number of the first byte. What was
// acknowledged before, by an end that still knew an older connection, does not count.
func (h *Half) Accepted(seq uint32) {
	if !h.known {
		h.Start(seq)
	}
	if h.firm && !h.started && h.At(seq) == h.first {
		h.acked = h.first
	}
}

// Guess says that the next byte may be at seq, from a packet in the middle.
func (h *Half) Guess(seq uint32) {
	if !h.known {
		h.next, h.first, h.pos, h.acked, h.known = seq, guessed, guessed, guessed, true
	}
}

// At returns the position of seq.
func (h *Half) At(seq uint32) int64 { return h.pos + int64(int32(seq-h.next)) }

// Acknowledge takes the other side's acknowledgement and returns its position.
func (h *Half) Acknowledge(ack uint32) int64 {
	at := h.At(ack)
	if at > h.acked && at-h.pos < reach {
		h.acked = at
	}
	return at
}

// Segment takes a segment's payload, of which cut bytes were not captured.
// limit bounds what is held, in bytes.
func (h *Half) Segment(seq uint32, c Chunk, cut, limit int, clock int64, sink Sink) Fate {
	if len(c.Data) == 0 && cut == 0 {
		return Empty
	}
	h.Guess(seq)
	h.moveStart(seq)
	h.passProbe(seq)
	n := int64(len(c.Data))
	pos := h.At(seq)
	switch {
	case pos-h.pos > reach || h.pos-pos > reach:
		h.Dropped += n
		return Astray
	case h.ended && pos >= h.fin:
		h.Dropped += n
		return AfterEnd
	case pos+n+int64(cut) <= h.pos:
		h.Dropped += n
		return h.old(pos)
	case pos > h.pos:
		return h.hold(held{pos: pos, data: c.Data, cut: cut, time: c.Time, ack: c.Ack}, limit, clock, sink)
	}
	old := min(h.pos-pos, n)
	h.Dropped += old
	c.Data = c.Data[old:]
	end := pos + n + int64(cut)
	rest := int(end - h.pos - (n - old))
	if len(h.waiting) > 0 && h.waiting[0].pos < end {
		// Bytes that are held came first.
		h.insert(held{pos: h.pos, data: c.Data, cut: rest, time: c.Time, ack: c.Ack})
	} else {
		h.hand(c, int64(rest), sink)
	}
	h.drain(sink)
	return Used
}

// old says what a segment is that brings nothing new. Before a SYN lies nothing but
// keep-alive probes.
func (h *Half) old(pos int64) Fate {
	switch {
	case pos >= h.first || h.firm && pos == h.first-1:
		return Duplicate
	case h.firm:
		return Astray
	}
	return BeforeStart
}

// Precedes reports whether seq lies before the stream's SYN, where the stream has no
// bytes.
func (h *Half) Precedes(seq uint32) bool { return h.firm && h.At(seq) < h.first-1 }

// moveStart lets a stream whose start was only guessed begin earlier, as long
// as nothing of it was handed on.
func (h *Half) moveStart(seq uint32) {
	if h.started || h.firm {
		return
	}
	if back := int32(h.next - seq); back > 0 && back <= rebase {
		h.next = seq
		h.pos -= int64(back)
		h.first = h.pos
	}
}

// passProbe lets a stream that was seen first by a keep-alive probe, which has the
// number of a byte long received, begin behind that.
func (h *Half) passProbe(seq uint32) {
	if h.started || h.firm || len(h.waiting) > 0 || seq != h.next+1 || !h.AckedBeyond() {
		return
	}
	h.next++
	h.pos++
	h.first++
}

// hand gives c and then a gap of cut bytes to the sink.
func (h *Half) hand(c Chunk, cut int64, sink Sink) {
	h.started = true
	n := int64(len(c.Data))
	h.pos += n + cut
	h.next += uint32(n + cut)
	if n > 0 {
		sink.Chunk(c)
	}
	if cut > 0 {
		sink.Chunk(Chunk{Gap: cut, Time: c.Time, Ack: c.Ack})
	}
}

// drain hands on what has become next in order.
func (h *Half) drain(sink Sink) {
	for len(h.waiting) > 0 && h.waiting[0].pos <= h.pos {
		s := h.waiting[0]
		h.forget()
		if s.end() <= h.pos {
			h.Dropped += int64(len(s.data))
			continue
		}
		old := min(h.pos-s.pos, int64(len(s.data)))
		h.Dropped += old
		cut := s.end() - h.pos - (int64(len(s.data)) - old)
		h.hand(Chunk{Data: s.data[old:], Time: s.time, Ack: s.ack}, cut, sink)
	}
}

// forget removes the first held segment.
func (h *Half) forget() {
	h.waitingBytes -= len(h.waiting[0].data) + heldCost
	h.waiting[0] = held{}
	h.waiting = h.waiting[1:]
	if len(h.waiting) == 0 {
		h.waiting = nil
	}
}

// Release declares the first gap and hands on what stands behind it.
func (h *Half) Release(clock int64, sink Sink) {
	h.HeldSince = clock
	h.release(sink, false)
}

func (h *Half) release(sink Sink, evicted bool) {
	if len(h.waiting) == 0 {
		return
	}
	h.lose(h.waiting[0].pos-h.pos, h.waiting[0].time, evicted, sink)
	h.drain(sink)
}

// lose hands on a gap of n bytes.
func (h *Half) lose(n, t int64, evicted bool, sink Sink) {
	h.started = true
	h.pos += n
	h.next += uint32(n)
	sink.Chunk(Chunk{Gap: n, Time: t, Ack: -1, Evicted: evicted})
}

// Flush declares all gaps, also the one before an acknowledged or finished end
// behind which nothing came. It is called when no more can come.
func (h *Half) Flush(t int64, evicted bool, sink Sink) {
	for len(h.waiting) > 0 {
		h.release(sink, evicted)
	}
	end := h.fin
	if !h.ended {
		// A FIN that was not captured takes one number: it is no lost byte.
		end = h.acked - 1
	}
	if h.known && end > h.pos && end-h.pos < reach {
		h.lose(end-h.pos, t, evicted, sink)
	}
}

// End says that the stream ends at seq (a FIN).
func (h *Half) End(seq uint32) {
	h.Guess(seq)
	if pos := h.At(seq); !h.ended && pos >= h.pos && pos-h.pos < reach {
		h.ended, h.fin = true, pos
	}
}

// Finished reports whether everything up to the FIN was handed on.
func (h *Half) Finished() bool { return h.ended && h.pos >= h.fin }
