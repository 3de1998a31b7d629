package packets

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"

	"parallax/capture/packets/frame"
	"parallax/capture/packets/pcapfile"
	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// Source is a capture file as a stream of exchanges. It is for one goroutine.
type Source struct {
	options Options
	file    *pcapfile.Reader
	frames  *frame.Decoder
	table   table
	account account
	// heads lets messages with equal header lines share them.
	heads *httpmsg.Heads

	// clock is the time that timeouts run on: it never goes backwards and moves
	// at most maxStep a packet, so that one wrong timestamp ends nothing.
	clock    int64
	lastTime int64
	// recent says how far back the file's times reach now.
	recent recentTimes
	// used is what all connections hold, in bytes.
	used  int
	peak  int // the most that used ever was, between two packets
	ready []*recording.Exchange

	mark      int64
	markedAt  int64 // the number of the packet at which mark was found
	exhausted bool
}

const maxStep = 60e9

// Open reads the header of the capture in r, a pcap or pcapng file, also
// compressed.
func Open(r io.Reader, o Options) (*Source, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	file, err := pcapfile.New(r, pcapfile.Options{MaxPacket: o.MaxPacket})
	if err != nil {
		return nil, err
	}
	s := &Source{options: o, file: file, frames: frame.NewDecoder(frame.Options{}), mark: math.MinInt64,
		heads: httpmsg.NewHeads()}
	s.table.conns = map[connKey]*conn{}
	return s, nil
}

// Exchanges yields each exchange once it is known to be whole or never to be.
// The exchange is the caller's to keep; its header lists may be those of others,
// too, and are replaced rather than written to. An error comes once, last, after all
// exchanges that were captured before it. It can be called once.
func (s *Source) Exchanges() iter.Seq2[*recording.Exchange, error] {
	return func(yield func(*recording.Exchange, error) bool) {
		if s.exhausted {
			yield(nil, errors.New("packets: the capture has been read already"))
			return
		}
		s.exhausted = true
		defer s.file.Close()
		err := s.read(yield)
		if errors.Is(err, errStopped) {
			return
		}
		s.finish()
		if !s.yieldReady(yield) {
			return
		}
		s.mark = math.MaxInt64
		if errors.Is(err, io.EOF) {
			return
		}
		yield(nil, fmt.Errorf("capture: %w", err))
	}
}

// errStopped: the consumer wants no more.
var errStopped = errors.New("stopped")

// read takes packets until the file ends.
func (s *Source) read(yield func(*recording.Exchange, error) bool) error {
	var p pcapfile.Packet
	for {
		if err := s.file.Next(&p); err != nil {
			return err
		}
		s.packet(&p)
		if len(s.ready) > 0 && !s.yieldReady(yield) {
			return errStopped
		}
	}
}

func (s *Source) yieldReady(yield func(*recording.Exchange, error) bool) bool {
	for i, ex := range s.ready {
		s.ready[i] = nil
		if !yield(ex, nil) {
			return false
		}
	}
	s.ready = s.ready[:0]
	return true
}

// emit queues an exchange for the consumer.
func (s *Source) emit(ex *recording.Exchange) {
	s.account.exchanges.add(ex.Incomplete)
	s.ready = append(s.ready, ex)
}

// packet follows one packet to its connection.
func (s *Source) packet(p *pcapfile.Packet) {
	if p.Time < s.mark {
		p.Time = s.mark
		s.account.datedBack++
	}
	s.tick(p.Time)
	s.account.packets++
	verdict := s.frames.Decode(p.Link, p.Data, p.Length, p.Time)
	if verdict != frame.TCP {
		s.account.verdicts[verdict]++
		return
	}
	seg := &s.frames.Segment
	s.account.payload += int64(len(seg.Payload))
	c, dir := s.connection(seg, p.Time)
	c.packet(seg, dir, p.Time)
	if !c.done && c.over() {
		c.finish(causeClosed)
	}
	s.table.touch(c, s.clock, len(seg.Payload) > 0)
	s.charge(c)
	s.expire()
}

// tick moves the clocks.
func (s *Source) tick(t int64) {
	if s.account.packets == 0 {
		s.clock = t
	}
	s.lastTime = t
	s.recent.add(t)
	if t > s.clock {
		s.clock += min(t-s.clock, maxStep)
	}
}

// connection finds or opens the segment's connection and says which direction
// the segment belongs to.
func (s *Source) connection(seg *frame.Segment, t int64) (*conn, int) {
	key, dir := connKey{low: seg.Src, high: seg.Dst}, 0
	if seg.Dst.Before(&seg.Src) {
		key, dir = connKey{low: seg.Dst, high: seg.Src}, 1
	}
	c := s.table.find(&key)
	if c != nil && (c.reused(seg, dir) || c.outlived(seg, dir)) {
		s.remove(c, causeReused)
		c = nil
	}
	if c == nil {
		c = newConn(s, key, t)
		s.table.add(c)
		c.reused(seg, dir)
	}
	return c, dir
}

// charge books what the connection holds and evicts others, it last, while the
// bound is passed.
func (s *Source) charge(c *conn) {
	size := c.size()
	s.used += size - c.cost
	c.cost = size
	for s.used > s.options.MemoryCap {
		victim := s.table.victim(c)
		if victim == nil {
			return
		}
		s.remove(victim, causeMemory)
	}
	s.peak = max(s.peak, s.used)
}

// remove ends a connection and forgets it.
func (s *Source) remove(c *conn, why cause) {
	c.finish(why)
	for dir := range c.halves {
		c.halves[dir].Flush(s.lastTime, false, &c.streams[dir])
	}
	s.account.connection(c)
	s.table.remove(c)
	s.used -= c.cost
	c.cost = 0
}

// lingerTime is how long, in capture time, a closed connection is remembered
// for what comes late.
const lingerTime = 5e9

// expire ends what was silent for too long.
func (s *Source) expire() {
	s.table.expire(listOver, s.clock-lingerTime, func(c *conn) { s.remove(c, causeClosed) })
	idle := s.clock - int64(s.options.IdleTimeout)
	s.table.expire(listEmpty, idle, func(c *conn) { s.remove(c, causeIdle) })
	s.table.expire(listLive, idle, func(c *conn) { s.remove(c, causeIdle) })
}

// finish ends all connections, in the order in which they were last seen.
func (s *Source) finish() {
	for _, list := range []listName{listOver, listEmpty, listLive} {
		s.table.expire(list, math.MaxInt64, func(c *conn) { s.remove(c, causeCaptureEnd) })
	}
}

// Watermark returns a time before which no exchange will begin that is still to
// be yielded. It does not fall. A later packet that is dated before it counts as
// of the watermark's time, and is counted.
func (s *Source) Watermark() int64 {
	if s.mark == math.MaxInt64 || s.account.packets-s.markedAt < int64(max(1024, len(s.table.conns))) {
		return s.mark
	}
	s.markedAt = s.account.packets
	low := s.recent.least()
	for _, ex := range s.ready {
		if ex != nil {
			low = min(low, ex.FirstAt())
		}
	}
	for _, c := range s.table.conns {
		if t, ok := c.oldest(); ok {
			low = min(low, t)
		}
	}
	s.mark = max(s.mark, low)
	return s.mark
}

// Ledger says where every packet, byte, message, exchange and connection ended.
// It is complete once Exchanges has ended.
func (s *Source) Ledger() recording.Ledger { return s.account.ledger(s.frames) }
