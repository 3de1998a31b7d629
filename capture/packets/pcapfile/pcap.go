package pcapfile

import "encoding/binary"

// pcap is the classic format.
type pcap struct {
	order binary.ByteOrder
	// unit is what one step of the header's fraction is in nanoseconds.
	unit int64
	// header is a packet header's length: 16, and 24 in the modified variant.
	header int
	link   uint16
}

const pcapFileHeader = 24

// openPcap reads the file's header.
func openPcap(r *Reader, magic []byte) (*pcap, error) {
	f, ok := pcapVariant(magic)
	if !ok {
		return nil, ErrNotCapture
	}
	head, err := r.peek(pcapFileHeader, false, "file header")
	if err != nil {
		return nil, err
	}
	// The upper half of the word holds the length of a frame check sequence,
	// which the lengths in the packets make needless.
	f.link = uint16(f.order.Uint32(head[20:]))
	return f, r.skip(pcapFileHeader, "file header")
}

// pcapVariant tells byte order, resolution and variant by the magic.
func pcapVariant(magic []byte) (*pcap, bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		switch order.Uint32(magic) {
		case 0xa1b2c3d4:
			return &pcap{order: order, unit: 1000, header: 16}, true
		case 0xa1b23c4d:
			return &pcap{order: order, unit: 1, header: 16}, true
		case 0xa1b2cd34: // Kuznetzov's: interface, protocol and type follow
			return &pcap{order: order, unit: 1000, header: 24}, true
		}
	}
	return nil, false
}

// next reads one packet.
func (f *pcap) next(r *Reader, p *Packet) error {
	head, err := r.peek(f.header, true, "packet header")
	if err != nil {
		return err
	}
	captured, length := f.order.Uint32(head[8:]), f.order.Uint32(head[12:])
	if int64(captured) > int64(r.maxPacket) {
		return r.damaged("packet of %d bytes, more than %d", captured, r.maxPacket)
	}
	p.Time = int64(f.order.Uint32(head))*1e9 + int64(f.order.Uint32(head[4:]))*f.unit
	p.Length, p.Link = max(int(length), int(captured)), f.link
	all, err := r.peek(f.header+int(captured), false, "packet")
	if err != nil {
		return err
	}
	p.Data = all[f.header:]
	r.held = len(all)
	return nil
}
