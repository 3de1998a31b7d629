// Package frame finds the TCP segment in a captured packet.
//
// Terms: a link type says how a packet begins; a verdict says what a packet was
// found to be; a cut segment is one whose last bytes the capture's snap length
// left out.
//
// Steps: the link header by its type, then ethertypes and tunnels (VLAN tags,
// PPPoE, MPLS, GRE, IP in IP, VXLAN, Geneve, GTP, Teredo) to any nesting up to
// a limit, then IP with its fragments, then TCP. gopacket decodes IP and TCP;
// what lies below is a few bytes a header and is read here.
//
// Limits: headers nested more than 32 deep are bad; checksums are not verified
// (captures at a sender hold offloaded, wrong ones); fragments are held within
// Options.FragmentBytes for 30 s of capture time; encrypted 802.11 and ESP hold
// no TCP that could be seen. Addresses alone name a connection: the same
// addresses in two VLANs or tunnels at once are taken for one connection.
package frame

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// Verdict says what a packet is.
type Verdict uint8

// The verdicts. A packet has exactly one.
const (
	TCP      Verdict = iota // the decoder's Segment is filled
	NotIP                   // ARP, STP, 802.11 management …
	NotTCP                  // UDP, ICMP, SCTP, ESP …
	Fragment                // a piece of an IP packet that is not whole yet
	Bad                     // a header is cut or contradicts itself
	BadLink                 // the link type is not known
)

var verdictNames = [...]string{"tcp", "not ip", "not tcp", "ip fragment", "bad header", "unknown link type"}

// String returns the verdict in words.
func (v Verdict) String() string { return verdictNames[v] }

// Addr is one end of a connection: a comparable value without padding.
type Addr struct {
	IP   [16]byte // an IPv4 address fills the first four
	Port uint16
	// Family is 4 or 6.
	Family uint16
}

// String returns "ip:port", an IPv6 address in brackets.
func (a Addr) String() string {
	ip := netip.AddrFrom16(a.IP)
	if a.Family == 4 {
		ip = netip.AddrFrom4([4]byte(a.IP[:4]))
	}
	return netip.AddrPortFrom(ip, a.Port).String()
}

// Before orders addresses, in any order that is total.
func (a *Addr) Before(b *Addr) bool {
	if a.Port != b.Port {
		return a.Port < b.Port
	}
	return bytes.Compare(a.IP[:], b.IP[:]) < 0
}

// Segment is one TCP segment.
type Segment struct {
	Src, Dst           Addr
	Seq, Ack           uint32
	SYN, ACK, FIN, RST bool
	// Payload is part of the packet (of the Decoder's buffer after fragments).
	Payload []byte
	// Cut is how many bytes of the payload the snap length left out.
	Cut int
}

// Options are the limits of a Decoder; the zero value is the default.
type Options struct {
	// FragmentBytes bounds what is held of unfinished IP packets: 4 MiB.
	FragmentBytes int
}

// maxDepth bounds nested headers.
const maxDepth = 32

// Decoder decodes packets one by one. It is not safe for concurrent use.
type Decoder struct {
	// Segment is what the last packet held where its verdict was TCP.
	Segment Segment

	ip4       layers.IPv4
	tcp       layers.TCP
	fragments fragments
	now       int64
	// cut is how many bytes the snap length left out of the packet.
	cut   int
	depth int
}

// NewDecoder returns a Decoder.
func NewDecoder(o Options) *Decoder {
	if o.FragmentBytes <= 0 {
		o.FragmentBytes = 4 << 20
	}
	return &Decoder{fragments: fragments{limit: o.FragmentBytes, held: map[fragmentKey]*assembly{}}}
}

// Lost returns how many fragments were given up, their packets never whole.
func (d *Decoder) Lost() int64 { return d.fragments.lost }

// Pending returns how many fragments are held now.
func (d *Decoder) Pending() int64 { return d.fragments.pending }

// Decode looks at one packet of link type link, of which data was captured of
// length bytes on the wire at time now (nanoseconds).
func (d *Decoder) Decode(link uint16, data []byte, length int, now int64) Verdict {
	d.now, d.depth, d.cut = now, 0, max(length-len(data), 0)
	if link == linkEthernet && d.direct(data) {
		return TCP
	}
	return d.link(link, data)
}

// deeper counts a nested header.
func (d *Decoder) deeper() bool {
	d.depth++
	return d.depth <= maxDepth
}

// ip decodes IPv4 or IPv6 by its first four bits.
func (d *Decoder) ip(p []byte) Verdict {
	switch {
	case len(p) == 0 || !d.deeper():
		return Bad
	case p[0]>>4 == 4:
		return d.ipv4(p)
	case p[0]>>4 == 6:
		return d.ipv6(p)
	}
	return Bad
}

func (d *Decoder) ipv4(p []byte) Verdict {
	d.ip4.Payload = nil
	if err := d.ip4.DecodeFromBytes(p, gopacket.NilDecodeFeedback); err != nil && d.ip4.Payload == nil {
		return Bad
	}
	h := &d.ip4
	body, head := h.Payload, int(h.IHL)*4
	cut := int(h.Length) - head - len(body)
	if binary.BigEndian.Uint16(p[2:]) == 0 {
		// Segmentation offload: the length was not yet known, and gopacket's
		// guess wraps at 64 KiB.
		body, cut = p[head:], d.cut
	}
	var src, dst Addr
	src.Family, dst.Family = 4, 4
	copy(src.IP[:], h.SrcIP)
	copy(dst.IP[:], h.DstIP)
	if h.Flags&layers.IPv4MoreFragments != 0 || h.FragOffset != 0 {
		key := fragmentKey{src: src, dst: dst, id: uint32(h.Id), protocol: uint8(h.Protocol)}
		piece := piece{offset: int(h.FragOffset) * 8, more: h.Flags&layers.IPv4MoreFragments != 0, data: body}
		return d.fragment(key, piece, uint8(h.Protocol), cut)
	}
	return d.transport(uint8(h.Protocol), src, dst, body, cut)
}

func (d *Decoder) ipv6(p []byte) Verdict {
	if len(p) < 40 {
		return Bad
	}
	var src, dst Addr
	src.Family, dst.Family = 6, 6
	src.IP, dst.IP = [16]byte(p[8:24]), [16]byte(p[24:40])
	body, cut := p[40:], d.cut
	// A length of 0 is a jumbogram or offload: what is there counts.
	if length := int(binary.BigEndian.Uint16(p[4:])); length != 0 {
		cut = max(length-len(body), 0)
		body = body[:min(len(body), length)]
	}
	return d.extensions(p[6], src, dst, body, cut)
}

// The IPv6 extension headers that are stepped over or reassembled.
const (
	nextHopByHop = 0
	nextRouting  = 43
	nextFragment = 44
	nextAuth     = 51
	nextOptions  = 60
	nextMobility = 135
	nextHIP      = 139
	nextShim6    = 140
)

// extensions walks IPv6 extension headers to the transport header.
func (d *Decoder) extensions(next uint8, src, dst Addr, p []byte, cut int) Verdict {
	for d.deeper() {
		size := 0
		switch next {
		case nextHopByHop, nextRouting, nextOptions, nextMobility, nextHIP, nextShim6:
			if len(p) >= 2 {
				size = (int(p[1]) + 1) * 8
			}
		case nextAuth:
			if len(p) >= 2 {
				size = (int(p[1]) + 2) * 4
			}
		case nextFragment:
			return d.fragment6(src, dst, p, cut)
		default:
			return d.transport(next, src, dst, p, cut)
		}
		if size == 0 || size > len(p) {
			return Bad
		}
		next, p = p[0], p[size:]
	}
	return Bad
}

func (d *Decoder) fragment6(src, dst Addr, p []byte, cut int) Verdict {
	if len(p) < 8 {
		return Bad
	}
	word := binary.BigEndian.Uint16(p[2:])
	offset, more := int(word&^7), word&1 != 0
	if offset == 0 && !more { // an atomic fragment
		return d.extensions(p[0], src, dst, p[8:], cut)
	}
	key := fragmentKey{src: src, dst: dst, id: binary.BigEndian.Uint32(p[4:]), protocol: 0}
	return d.fragment(key, piece{offset: offset, more: more, data: p[8:]}, p[0], cut)
}

// The transport protocols that are looked into.
const (
	protocolIPIP = 4
	protocolTCP  = 6
	protocolUDP  = 17
	protocolIPv6 = 41
	protocolGRE  = 47
	protocolAH   = 51
	protocolMPLS = 137
)

// transport decodes what an IP packet carries.
func (d *Decoder) transport(protocol uint8, src, dst Addr, p []byte, cut int) Verdict {
	switch protocol {
	case protocolTCP:
		return d.segment(src, dst, p, cut)
	case protocolUDP:
		return d.udp(p)
	case protocolIPIP, protocolIPv6:
		return d.ip(p)
	case protocolGRE:
		return d.gre(p)
	case protocolMPLS:
		return d.mpls(p)
	case protocolAH:
		if src.Family == 4 {
			return d.extensions(protocol, src, dst, p, cut)
		}
	}
	return NotTCP
}

// segment decodes a TCP header. Options that contradict themselves do not hide
// the payload behind them.
func (d *Decoder) segment(src, dst Addr, p []byte, cut int) Verdict {
	t := &d.tcp
	t.Contents = nil
	if err := t.DecodeFromBytes(p, gopacket.NilDecodeFeedback); err != nil && len(t.Contents) < 20 {
		return Bad
	}
	if int(t.DataOffset)*4 > len(p) {
		return Bad
	}
	src.Port, dst.Port = uint16(t.SrcPort), uint16(t.DstPort)
	d.Segment = Segment{
		Src: src, Dst: dst, Seq: t.Seq, Ack: t.Ack,
		SYN: t.SYN, ACK: t.ACK, FIN: t.FIN, RST: t.RST,
		Payload: t.Payload,
		Cut:     min(max(cut, 0), d.cut),
	}
	return TCP
}
