package pcapfile

import (
	"bytes"
	"encoding/binary"
)

// sample is a packet to be written.
type sample struct {
	time int64
	data string
	wire int // 0: as long as data
}

func (s sample) length() uint32 { return uint32(max(s.wire, len(s.data))) }

// words appends 32-bit words.
func words(order binary.AppendByteOrder, b []byte, v ...uint32) []byte {
	for _, w := range v {
		b = order.AppendUint32(b, w)
	}
	return b
}

// classic writes a pcap file.
func classic(order binary.AppendByteOrder, magic uint32, link uint32, samples []sample) []byte {
	b := words(order, nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	b = words(order, b, 0, 0, 65535, link)
	unit := int64(1000)
	if magic == 0xa1b23c4d {
		unit = 1
	}
	for _, s := range samples {
		b = words(order, b, uint32(s.time/1e9), uint32(s.time%1e9/unit), uint32(len(s.data)), s.length())
		if magic == 0xa1b2cd34 {
			b = words(order, b, 7, 8)
		}
		b = append(b, s.data...)
	}
	return b
}

// ng writes pcapng blocks.
type ng struct {
	order binary.AppendByteOrder
	bytes.Buffer
}

func (n *ng) block(kind uint32, body []byte) *ng {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	length := uint32(len(body) + 12)
	b := words(n.order, nil, kind, length)
	b = append(b, body...)
	n.Write(words(n.order, b, length))
	return n
}

func (n *ng) section() *ng {
	b := words(n.order, nil, byteOrderMagic)
	b = n.order.AppendUint16(b, 1)
	b = n.order.AppendUint16(b, 0)
	return n.block(blockSection, words(n.order, b, 0xffffffff, 0xffffffff))
}

// option is an interface's option.
type option struct {
	code  uint16
	value []byte
}

func (n *ng) iface(link uint16, snap uint32, options ...option) *ng {
	b := n.order.AppendUint16(nil, link)
	b = n.order.AppendUint16(b, 0)
	b = words(n.order, b, snap)
	for _, o := range options {
		b = n.order.AppendUint16(b, o.code)
		b = n.order.AppendUint16(b, uint16(len(o.value)))
		b = append(b, o.value...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	return n.block(blockInterface, words(n.order, b, 0))
}

func (n *ng) enhanced(iface uint32, ticks uint64, s sample) *ng {
	b := words(n.order, nil, iface, uint32(ticks>>32), uint32(ticks), uint32(len(s.data)), s.length())
	return n.block(blockEnhanced, append(b, s.data...))
}

func (n *ng) old(iface uint16, ticks uint64, s sample) *ng {
	b := n.order.AppendUint16(nil, iface)
	b = n.order.AppendUint16(b, 0)
	b = words(n.order, b, uint32(ticks>>32), uint32(ticks), uint32(len(s.data)), s.length())
	return n.block(blockOldPacket, append(b, s.data...))
}

func (n *ng) simple(s sample) *ng {
	return n.block(blockSimple, append(words(n.order, nil, s.length()), s.data...))
}
