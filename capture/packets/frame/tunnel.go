package frame

import "encoding/binary"

// The ethertypes that are looked into.
const (
	etherIPv4       = 0x0800
	etherVLAN       = 0x8100
	etherQinQ       = 0x88a8
	etherQinQ9100   = 0x9100
	etherQinQ9200   = 0x9200
	etherQinQ9300   = 0x9300
	etherIPv6       = 0x86dd
	etherMPLS       = 0x8847
	etherMPLSMulti  = 0x8848
	etherPPPoE      = 0x8864
	etherPPP        = 0x880b
	etherTrustSec   = 0x8909
	etherVNTag      = 0x8926
	etherBridged    = 0x6558
	etherERSPAN     = 0x88be
	etherERSPAN3    = 0x22eb
	etherNovellSLL  = 0x0001
	largestLength   = 1500
	vxlanHeader     = 8
	udpHeader       = 8
	vntagHeader     = 6
	trustSecHeader  = 8
	erspan2Header   = 8
	erspan3Header   = 12
	erspan3Platform = 8
)

// ether follows an ethertype; p begins behind it.
func (d *Decoder) ether(kind uint16, p []byte) Verdict {
	for d.deeper() {
		size := 0
		switch kind {
		case etherIPv4, etherIPv6:
			return d.ip(p)
		case etherVLAN, etherQinQ, etherQinQ9100, etherQinQ9200, etherQinQ9300:
			size = 4
		case etherVNTag:
			size = vntagHeader
		case etherTrustSec:
			size = trustSecHeader
		default:
			return d.etherOther(kind, p)
		}
		if len(p) < size {
			return Bad
		}
		kind, p = binary.BigEndian.Uint16(p[size-2:]), p[size:]
	}
	return Bad
}

func (d *Decoder) etherOther(kind uint16, p []byte) Verdict {
	switch {
	case kind == etherMPLS || kind == etherMPLSMulti:
		return d.mpls(p)
	case kind == etherPPPoE:
		return d.pppoe(p)
	case kind == etherPPP:
		return d.ppp(p)
	case kind == etherBridged:
		return d.link(linkEthernet, p)
	case kind == etherNovellSLL:
		return NotIP
	case kind <= largestLength: // 802.3, and LLC in Linux cooked captures
		return d.llc(p)
	}
	return NotIP
}

func (d *Decoder) pppoe(p []byte) Verdict {
	if len(p) < 8 {
		return Bad
	}
	if p[1] != 0 {
		return NotIP // discovery
	}
	return d.ppp(p[6:])
}

// ppp reads the protocol field, which may be compressed, behind the optional
// address and control.
func (d *Decoder) ppp(p []byte) Verdict {
	if len(p) >= 2 && p[0] == 0xff && p[1] == 0x03 {
		p = p[2:]
	}
	if len(p) < 3 {
		return Bad
	}
	protocol, rest := binary.BigEndian.Uint16(p), p[2:]
	if p[0]&1 != 0 {
		protocol, rest = uint16(p[0]), p[1:]
	}
	switch protocol {
	case 0x0021, 0x0057:
		return d.ip(rest)
	case 0x0281, 0x0283:
		return d.mpls(rest)
	}
	return NotIP
}

// mpls steps over labels; what follows the last one is IP by its first four
// bits, or Ethernet with or without a control word.
func (d *Decoder) mpls(p []byte) Verdict {
	for d.deeper() {
		if len(p) < 5 {
			return Bad
		}
		bottom := p[2]&1 != 0
		p = p[4:]
		if !bottom {
			continue
		}
		switch p[0] >> 4 {
		case 4, 6:
			return d.ip(p)
		case 0:
			return d.link(linkEthernet, from(p, 4))
		}
		return d.link(linkEthernet, p)
	}
	return Bad
}

// gre reads generic routing encapsulation, versions 0 and 1.
func (d *Decoder) gre(p []byte) Verdict {
	if len(p) < 4 {
		return Bad
	}
	flags, kind := binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
	sequence, size := flags&0x1000 != 0, 4
	for _, bit := range []uint16{0x8000, 0x2000, 0x1000} { // checksum, key, sequence
		if flags&bit != 0 {
			size += 4
		}
	}
	if flags&7 == 1 && flags&0x0080 != 0 { // version 1's acknowledgement
		size += 4
	}
	p = from(p, size)
	switch {
	case p == nil || !d.deeper():
		return Bad
	case kind == etherERSPAN && sequence:
		return d.link(linkEthernet, from(p, erspan2Header))
	case kind == etherERSPAN:
		return d.link(linkEthernet, p)
	case kind == etherERSPAN3:
		return d.erspan3(p)
	}
	return d.ether(kind, p)
}

func (d *Decoder) erspan3(p []byte) Verdict {
	if len(p) < erspan3Header {
		return Bad
	}
	size := erspan3Header
	if p[11]&1 != 0 {
		size += erspan3Platform
	}
	return d.link(linkEthernet, from(p, size))
}

// udp looks into tunnels over UDP, told by port and by their first bytes.
func (d *Decoder) udp(p []byte) Verdict {
	if len(p) < udpHeader {
		return NotTCP
	}
	src, dst := binary.BigEndian.Uint16(p), binary.BigEndian.Uint16(p[2:])
	body := p[udpHeader:]
	if len(body) < 8 || !d.deeper() {
		return NotTCP
	}
	switch dst {
	case 4789, 8472:
		if body[0]&0x08 != 0 {
			return d.tunnelled(linkEthernet, body[vxlanHeader:])
		}
	case 6081:
		return d.geneve(body)
	case 2152:
		return d.gtp(body)
	case 6635:
		return d.inner(d.mpls(body))
	}
	if src == 3544 || dst == 3544 {
		return d.teredo(body)
	}
	return NotTCP
}

// tunnelled decodes what a port only suggests to be a tunnel.
func (d *Decoder) tunnelled(link uint16, p []byte) Verdict {
	return d.inner(d.link(link, p))
}

// inner makes of a payload that turned out to be none the datagram it is in.
func (d *Decoder) inner(v Verdict) Verdict {
	if v == Bad || v == NotIP {
		return NotTCP
	}
	return v
}

func (d *Decoder) geneve(p []byte) Verdict {
	rest := from(p, 8+int(p[0]&0x3f)*4)
	if p[0]>>6 != 0 || rest == nil {
		return NotTCP
	}
	return d.inner(d.ether(binary.BigEndian.Uint16(p[2:]), rest))
}

// gtp reads GTP-U's user data.
func (d *Decoder) gtp(p []byte) Verdict {
	const userData = 0xff
	if p[0]>>5 != 1 || p[1] != userData {
		return NotTCP
	}
	rest := p[8:]
	if p[0]&7 != 0 {
		if len(rest) < 4 {
			return NotTCP
		}
		next := rest[3]
		rest = rest[4:]
		for next != 0 && p[0]&4 != 0 {
			if len(rest) < 4 || rest[0] == 0 || int(rest[0])*4 > len(rest) {
				return NotTCP
			}
			size := int(rest[0]) * 4
			next, rest = rest[size-1], rest[size:]
		}
	}
	return d.inner(d.ip(rest))
}

// teredo steps over its authentication and origin indications.
func (d *Decoder) teredo(p []byte) Verdict {
	if len(p) >= 4 && p[0] == 0 && p[1] == 1 {
		p = from(p, 13+int(p[2])+int(p[3]))
	}
	if len(p) >= 8 && p[0] == 0 && p[1] == 0 {
		p = p[8:]
	}
	if len(p) < 40 || p[0]>>4 != 6 {
		return NotTCP
	}
	return d.inner(d.ip(p))
}
