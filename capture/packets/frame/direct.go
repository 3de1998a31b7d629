package frame

import "encoding/binary"

// direct reads what nearly all packets are in one step: TCP in a whole IPv4
// packet without options, in an Ethernet frame. It reports false for every other
// packet and for all that is odd, which are then read layer by layer, as this
// one could be (a test holds the two equal).
func (d *Decoder) direct(p []byte) bool {
	const ether, ip, tcp = 14, 20, 20
	if len(p) < ether+ip+tcp || binary.BigEndian.Uint16(p[12:]) != etherIPv4 || p[ether] != 4<<4|ip/4 || p[ether+9] != protocolTCP {
		return false
	}
	h := p[ether:]
	length := int(binary.BigEndian.Uint16(h[2:]))
	const dontFragment = 0x4000
	if length < ip+tcp || length > len(h) || binary.BigEndian.Uint16(h[6:])&^dontFragment != 0 {
		return false
	}
	t := h[ip:length]
	head := int(t[12]>>4) * 4
	if head < tcp || head > len(t) {
		return false
	}
	s := &d.Segment
	*s = Segment{Seq: binary.BigEndian.Uint32(t[4:]), Ack: binary.BigEndian.Uint32(t[8:]), Payload: t[head:]}
	s.FIN, s.SYN, s.RST, s.ACK = t[13]&1 != 0, t[13]&2 != 0, t[13]&4 != 0, t[13]&16 != 0
	s.Src.Family, s.Src.Port = 4, binary.BigEndian.Uint16(t)
	s.Dst.Family, s.Dst.Port = 4, binary.BigEndian.Uint16(t[2:])
	copy(s.Src.IP[:4], h[12:16])
	copy(s.Dst.IP[:4], h[16:20])
	return true
}
