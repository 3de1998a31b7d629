package pcapfile

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The blocks that matter; all others are stepped over.
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockOldPacket  = 2
	blockSimple     = 3
	blockEnhanced   = 6
	byteOrderMagic  = 0x1a2b3c4d
	optionEnd       = 0
	optionTsResol   = 9
	optionTsOffset  = 14
	maxInterfaces   = 1 << 16
	maxInterfaceLen = 64 << 10
)

// pcapng is the block format.
type pcapng struct {
	order      binary.ByteOrder
	interfaces []netInterface
	// last is the time of the packet before, for packets that have none.
	last int64
}

// netInterface is what an interface block says.
type netInterface struct {
	link    uint16
	snap    uint32
	clock   clock
	offsetS int64
}

// next reads blocks until one holds a packet.
func (f *pcapng) next(r *Reader, p *Packet) error {
	for {
		head, err := r.peek(8, true, "block header")
		if err != nil {
			return err
		}
		if binary.BigEndian.Uint32(head) == blockSection {
			err = f.section(r)
		} else {
			var found bool
			found, err = f.block(r, head, p)
			if found && err == nil {
				return nil
			}
		}
		if err != nil {
			return err
		}
	}
}

// section begins a section: byte order anew, no interfaces.
func (f *pcapng) section(r *Reader) error {
	head, err := r.peek(12, false, "section header")
	if err != nil {
		return err
	}
	switch uint32(byteOrderMagic) {
	case binary.LittleEndian.Uint32(head[8:]):
		f.order = binary.LittleEndian
	case binary.BigEndian.Uint32(head[8:]):
		f.order = binary.BigEndian
	default:
		return r.damaged("section without a byte order mark")
	}
	length := f.order.Uint32(head[4:])
	if length < 28 || length%4 != 0 {
		return r.damaged("section header of %d bytes", length)
	}
	f.interfaces = f.interfaces[:0]
	return r.skip(int(length), "section header")
}

// block reads one block other than a section's header and says whether it held
// a packet.
func (f *pcapng) block(r *Reader, head []byte, p *Packet) (bool, error) {
	kind, length := f.order.Uint32(head), f.order.Uint32(head[4:])
	if length < 12 || length%4 != 0 {
		return false, r.damaged("block of type %d with %d bytes", kind, length)
	}
	switch kind {
	case blockInterface:
		if err := f.addInterface(r, int64(length)); err != nil {
			return false, err
		}
	case blockEnhanced, blockOldPacket:
		return true, f.packet(r, kind, int64(length), p)
	case blockSimple:
		return true, f.simple(r, int64(length), p)
	}
	return false, r.skip(int(length), "block")
}

// addInterface reads an interface block, which stays in the buffer.
func (f *pcapng) addInterface(r *Reader, length int64) error {
	if length < 20 || length > maxInterfaceLen {
		return r.damaged("interface block of %d bytes", length)
	}
	if len(f.interfaces) >= maxInterfaces {
		return r.damaged("more than %d interfaces", maxInterfaces)
	}
	b, err := r.peek(int(length), false, "interface block")
	if err != nil {
		return err
	}
	i := netInterface{link: f.order.Uint16(b[8:]), snap: f.order.Uint32(b[12:]), clock: decimalClock(6)}
	f.options(b[16:len(b)-4], &i)
	f.interfaces = append(f.interfaces, i)
	return nil
}

// options reads the two options that concern time.
func (f *pcapng) options(b []byte, i *netInterface) {
	for len(b) >= 4 {
		code, n := f.order.Uint16(b), int(f.order.Uint16(b[2:]))
		if code == optionEnd || 4+n > len(b) {
			return
		}
		value := b[4 : 4+n]
		switch {
		case code == optionTsResol && n == 1:
			i.clock = newClock(value[0])
		case code == optionTsOffset && n == 8:
			i.offsetS = int64(f.order.Uint64(value))
		}
		b = b[min(len(b), 4+(n+3)&^3):]
	}
}

// packet reads an enhanced or an old packet block.
func (f *pcapng) packet(r *Reader, kind uint32, length int64, p *Packet) error {
	const fixed = 28
	if length < fixed+4 {
		return r.damaged("packet block of %d bytes", length)
	}
	b, err := r.peek(fixed, false, "packet block")
	if err != nil {
		return err
	}
	number := f.order.Uint32(b[8:])
	if kind == blockOldPacket {
		number = uint32(f.order.Uint16(b[8:]))
	}
	if int64(number) >= int64(len(f.interfaces)) {
		return r.damaged("packet of interface %d of %d", number, len(f.interfaces))
	}
	i := &f.interfaces[number]
	ticks := uint64(f.order.Uint32(b[12:]))<<32 | uint64(f.order.Uint32(b[16:]))
	p.Time = i.clock.nanoseconds(ticks, i.offsetS)
	f.last = p.Time
	return f.data(r, length, fixed, f.order.Uint32(b[20:]), f.order.Uint32(b[24:]), i, p)
}

// simple reads a simple packet block: first interface, no time of its own.
func (f *pcapng) simple(r *Reader, length int64, p *Packet) error {
	const fixed = 12
	if len(f.interfaces) == 0 {
		return r.damaged("packet of interface 0 of 0")
	}
	if length < fixed+4 {
		return r.damaged("simple packet block of %d bytes", length)
	}
	b, err := r.peek(fixed, false, "packet block")
	if err != nil {
		return err
	}
	i, wire := &f.interfaces[0], f.order.Uint32(b[8:])
	captured := min(wire, uint32(length-fixed-4))
	if i.snap != 0 {
		captured = min(captured, i.snap)
	}
	p.Time = f.last
	return f.data(r, length, fixed, captured, wire, i, p)
}

// data hands out the packet's bytes and leaves the block to the next call.
func (f *pcapng) data(r *Reader, length int64, fixed int, captured, wire uint32, i *netInterface, p *Packet) error {
	if int64(captured) > int64(r.maxPacket) {
		return r.damaged("packet of %d bytes, more than %d", captured, r.maxPacket)
	}
	if int64(fixed)+int64(captured)+4 > length {
		return r.damaged("packet of %d bytes in a block of %d", captured, length)
	}
	b, err := r.peek(fixed+int(captured), false, "packet")
	if err != nil {
		return err
	}
	p.Data, p.Length, p.Link = b[fixed:], max(int(wire), int(captured)), i.link
	if room := r.buf.Size(); length > int64(room) {
		return r.damaged("packet block of %d bytes, more than %d", length, room)
	}
	if _, err := r.peek(int(length), false, "packet block"); err != nil {
		return err
	}
	// Peek may have moved the bytes within the buffer.
	b, _ = r.buf.Peek(int(length))
	if tail := f.order.Uint32(b[length-4:]); int64(tail) != length {
		return r.damaged("block of %d bytes ends as one of %d", length, tail)
	}
	p.Data = b[fixed : fixed+int(captured)]
	r.held = int(length)
	return nil
}

// clock turns ticks into nanoseconds: ticks × mul / div, or a shift where div
// would not fit.
type clock struct {
	mul, div uint64
}

// newClock reads if_tsresol: a power of ten, or of two with the top bit set.
func newClock(resolution byte) clock {
	n := int(resolution &^ 0x80)
	if resolution&0x80 == 0 {
		return decimalClock(n)
	}
	if n > 63 {
		return clock{mul: 0, div: 1} // finer than the counter is wide
	}
	return clock{mul: 1e9, div: 1 << n}
}

func decimalClock(n int) clock {
	c := clock{mul: 1, div: 1}
	for ; n < 9; n++ {
		c.mul *= 10
	}
	for ; n > 9; n-- {
		if c.div > math.MaxUint64/10 {
			return clock{mul: 0, div: 1}
		}
		c.div *= 10
	}
	return c
}

// nanoseconds is exact (no float) and stays at the greatest time where the
// counter says more than 64 bits hold.
func (c clock) nanoseconds(ticks uint64, offsetS int64) int64 {
	hi, lo := bits.Mul64(ticks, c.mul)
	if hi >= c.div {
		return math.MaxInt64
	}
	ns, _ := bits.Div64(hi, lo, c.div)
	const most int64 = math.MaxInt64 / 2
	if ns > uint64(most) || offsetS > most/1e9 || offsetS < -most/1e9 {
		return math.MaxInt64
	}
	return int64(ns) + offsetS*1e9
}
