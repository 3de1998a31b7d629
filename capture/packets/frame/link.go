package frame

import "encoding/binary"

// The link types that are read (LINKTYPE_ registry).
const (
	linkNull      = 0
	linkEthernet  = 1
	linkPPP       = 9
	linkFDDI      = 10
	linkRaw12     = 12
	linkRaw14     = 14
	linkPPPHDLC   = 50
	linkPPPEther  = 51
	linkRaw       = 101
	linkCiscoHDLC = 104
	link80211     = 105
	linkLoop      = 108
	linkEncrypted = 109
	linkSLL       = 113
	linkPFLog     = 117
	linkRadiotap  = 127
	linkPPI       = 192
	linkIPv4      = 228
	linkIPv6      = 229
	linkNFLog     = 239
	linkSLL2      = 276
)

// fixedHeader are link types whose header has one length and ends in, or holds,
// an ethertype.
type fixedHeader struct {
	length, ethertype int
}

// fixed returns the header of link types that need no more than that.
func fixed(link uint16) (fixedHeader, bool) {
	switch link {
	case linkEthernet:
		return fixedHeader{14, 12}, true
	case linkSLL:
		return fixedHeader{16, 14}, true
	case linkSLL2:
		return fixedHeader{20, 0}, true
	case linkCiscoHDLC:
		return fixedHeader{4, 2}, true
	}
	return fixedHeader{}, false
}

// link leaves the link header.
func (d *Decoder) link(link uint16, p []byte) Verdict {
	if !d.deeper() {
		return Bad
	}
	if h, ok := fixed(link); ok {
		if len(p) < h.length {
			return Bad
		}
		return d.ether(binary.BigEndian.Uint16(p[h.ethertype:]), p[h.length:])
	}
	switch link {
	case linkRaw, linkRaw12, linkRaw14, linkIPv4, linkIPv6:
		return d.ip(p)
	case linkNull, linkLoop:
		return d.family(p, 4)
	case linkEncrypted:
		return d.family(p, 12)
	case linkPPP, linkPPPHDLC:
		return d.ppp(p)
	case linkPPPEther:
		return d.pppoe(p)
	case linkFDDI:
		return d.llc(from(p, 13))
	case link80211:
		return d.wireless(p)
	}
	return d.described(link, p)
}

// described reads link headers that say their own length.
func (d *Decoder) described(link uint16, p []byte) Verdict {
	if len(p) < 8 {
		return Bad
	}
	switch link {
	case linkPFLog: // length, address family
		return d.ip(from(p, (int(p[0])+3)&^3))
	case linkRadiotap:
		return d.wireless(from(p, int(binary.LittleEndian.Uint16(p[2:]))))
	case linkPPI:
		inner := binary.LittleEndian.Uint32(p[4:])
		return d.link(uint16(inner), from(p, int(binary.LittleEndian.Uint16(p[2:]))))
	case linkNFLog:
		return d.nflog(p[4:])
	}
	return BadLink
}

// from returns p without its first n bytes, nil where it is shorter.
func from(p []byte, n int) []byte {
	if n > len(p) {
		return nil
	}
	return p[n:]
}

// family reads BSD's loopback headers: an address family in either byte order,
// which differs between systems for IPv6; the version in the packet does not.
func (d *Decoder) family(p []byte, length int) Verdict {
	if len(p) <= length {
		return Bad
	}
	switch p[length] >> 4 {
	case 4, 6:
		little, big := binary.LittleEndian.Uint32(p), binary.BigEndian.Uint32(p)
		if min(little, big) <= 0xff {
			return d.ip(p[length:])
		}
	}
	return NotIP
}

// nflog finds the packet among netfilter's attributes.
func (d *Decoder) nflog(p []byte) Verdict {
	const payload = 9
	for len(p) >= 4 {
		size := int(binary.LittleEndian.Uint16(p))
		kind := binary.LittleEndian.Uint16(p[2:])
		if size < 4 || size > len(p) {
			return Bad
		}
		if kind == payload {
			return d.ip(p[4:size])
		}
		p = p[min(len(p), (size+3)&^3):]
	}
	return NotIP
}

// wireless finds the LLC header of an 802.11 data frame.
func (d *Decoder) wireless(p []byte) Verdict {
	if len(p) < 24 {
		return Bad
	}
	const data, protected = 2, 0x40
	if p[0]>>2&3 != data || p[0]&0x40 != 0 || p[1]&protected != 0 {
		return NotIP // management, control, no data, encrypted
	}
	size := 24
	if p[1]&3 == 3 {
		size += 6 // a fourth address
	}
	if p[0]&0x80 != 0 {
		size += 2 // quality of service
		if p[1]&0x80 != 0 {
			size += 4
		}
	}
	return d.llc(from(p, size))
}

// llc reads LLC and SNAP.
func (d *Decoder) llc(p []byte) Verdict {
	if len(p) < 3 {
		return Bad
	}
	switch {
	case p[0] == 0xaa && p[1] == 0xaa && len(p) >= 8:
		return d.ether(binary.BigEndian.Uint16(p[6:]), p[8:])
	case p[0] == 0x06 && p[1] == 0x06:
		return d.ip(p[3:])
	}
	return NotIP
}
