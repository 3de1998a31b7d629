// Package traffic makes a capture file of HTTP traffic that is the same for the
// same options, and says what is in it.
//
// Terms: a lane is a client that speaks over one connection after the other; a
// script is the packets of one exchange in the order in which they were sent.
//
// Steps: each exchange is written as a script of its lane; packets are taken
// from the lanes in a drawn order and get rising times; few are swapped with
// the next or repeated.
//
// Limits: IPv4 over Ethernet, microsecond pcap, valid checksums are not made.
package traffic

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/bits"
	"math/rand/v2"
)

// Options say what is made; the zero value of a field is its default.
type Options struct {
	// Exchanges is their number: 60,000.
	Exchanges int
	// Size is every body's length in bytes; 0 draws from 1 to 20 KB.
	Size int
	// Lanes is the number of connections open at a time: 64.
	Lanes int
	// PerConnection is after how many exchanges a lane opens a new one: 200.
	PerConnection int
	// Seed chooses among equal kinds of traffic.
	Seed uint64
}

func (o Options) withDefaults() Options {
	for _, f := range []struct {
		value *int
		zero  int
	}{{&o.Exchanges, 60000}, {&o.Lanes, 64}, {&o.PerConnection, 200}} {
		if *f.value <= 0 {
			*f.value = f.zero
		}
	}
	return o
}

// Expected is what a reader must find: the number of exchanges, and a sum over
// all of them that does not depend on their order.
type Expected struct {
	Exchanges int64
	high, low uint64
}

// Add takes one exchange: the hashes are SHA-256 of the bodies after transfer
// decoding, zero where there is none.
func (e *Expected) Add(method, target string, status int, request, response [sha256.Size]byte) {
	line := fmt.Appendf(nil, "%s\n%s\n%d\n%x\n%x", method, target, status, request, response)
	sum := sha256.Sum256(line)
	var carry uint64
	e.low, carry = bits.Add64(e.low, binary.BigEndian.Uint64(sum[8:]), 0)
	e.high, _ = bits.Add64(e.high, binary.BigEndian.Uint64(sum[:]), carry)
	e.Exchanges++
}

// String returns "N exchanges, sum HEX".
func (e Expected) String() string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:], e.high)
	binary.BigEndian.PutUint64(b[8:], e.low)
	return fmt.Sprintf("%d exchanges, sum %s", e.Exchanges, hex.EncodeToString(b[:]))
}

// startTime is the first packet's time in microseconds: 2026-01-01T00:00:00Z.
const startTime = 1767225600 * 1000000

// generator is the state of one Generate.
type generator struct {
	options  Options
	random   *rand.Rand
	out      *bufio.Writer
	now      int64 // microseconds
	lanes    []*lane
	made     int
	expected Expected
	packed   gzipper
}

// Generate writes the capture to w.
func Generate(w io.Writer, o Options) (Expected, error) {
	o = o.withDefaults()
	g := &generator{
		options: o,
		random:  rand.New(rand.NewPCG(o.Seed, 0x9e3779b97f4a7c15)),
		out:     bufio.NewWriterSize(w, 1<<20),
		now:     startTime,
	}
	for i := range o.Lanes {
		g.lanes = append(g.lanes, &lane{number: i})
	}
	g.header()
	for g.step() {
	}
	if err := g.out.Flush(); err != nil {
		return Expected{}, fmt.Errorf("write capture: %w", err)
	}
	return g.expected, nil
}

// header writes the file's header; write errors stay in the bufio.Writer until
// Flush.
func (g *generator) header() {
	h := make([]byte, 24)
	binary.LittleEndian.PutUint32(h, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(h[4:], 2)
	binary.LittleEndian.PutUint16(h[6:], 4)
	binary.LittleEndian.PutUint32(h[16:], 262144)
	binary.LittleEndian.PutUint32(h[20:], 1)
	g.out.Write(h)
}

// step writes some packets of a drawn lane; it returns false once all is
// written.
func (g *generator) step() bool {
	if len(g.lanes) == 0 {
		return false
	}
	i := g.random.IntN(len(g.lanes))
	l := g.lanes[i]
	if l.next == len(l.script) && !g.refill(l) {
		g.lanes[i] = g.lanes[len(g.lanes)-1]
		g.lanes = g.lanes[:len(g.lanes)-1]
		return true
	}
	for n := 1 + g.random.IntN(6); n > 0 && l.next < len(l.script); n-- {
		g.packet(l, &l.script[l.next])
		l.next++
	}
	return true
}

// refill writes the lane's next exchange, or its connection's end; it returns
// false where the lane has nothing more to say.
func (g *generator) refill(l *lane) bool {
	l.script, l.next = l.script[:0], 0
	switch {
	case l.open && (l.spoken == g.options.PerConnection || g.made == g.options.Exchanges):
		l.hangUp()
	case g.made == g.options.Exchanges:
		return false
	default:
		if !l.open {
			l.dial(g.random)
		}
		g.exchange(l)
		g.made++
		l.spoken++
	}
	g.disturb(l)
	return true
}

// disturb swaps 0.1 % of the data segments with the next one and repeats 0.1 %.
func (g *generator) disturb(l *lane) {
	const inTenThousand = 10
	s := l.script
	for i := 0; i+1 < len(s); i++ {
		if len(s[i].data) == 0 || len(s[i+1].data) == 0 || s[i].client != s[i+1].client {
			continue
		}
		switch r := g.random.IntN(10000); {
		case r < inTenThousand:
			s[i], s[i+1] = s[i+1], s[i]
			i++
		case r < 2*inTenThousand:
			s = append(s, segment{})
			copy(s[i+2:], s[i+1:])
			s[i+1] = s[i]
			i++
		}
	}
	l.script = s
}

// packet writes one segment.
func (g *generator) packet(l *lane, s *segment) {
	g.now += int64(1 + g.random.IntN(8))
	var head [16 + 14 + 20 + 20]byte
	size := len(head) - 16 + len(s.data)
	binary.LittleEndian.PutUint32(head[0:], uint32(g.now/1000000))
	binary.LittleEndian.PutUint32(head[4:], uint32(g.now%1000000))
	binary.LittleEndian.PutUint32(head[8:], uint32(size))
	binary.LittleEndian.PutUint32(head[12:], uint32(size))
	l.frame(head[16:], s)
	g.out.Write(head[:])
	g.out.Write(s.data)
}
