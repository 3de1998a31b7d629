package packets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"parallax/capture/packets/frame"
	"parallax/capture/packets/pcapfile"
)

// wirePacket is one captured packet, as a test writes it.
type wirePacket struct {
	time   int64
	link   uint16
	data   []byte
	length int
}

// segment is one TCP segment with its time.
type segment struct {
	frame.Segment
	time int64
}

// packetsOf reads a capture's packets; what is damaged ends it.
func packetsOf(t testing.TB, data []byte) []wirePacket {
	t.Helper()
	r, err := pcapfile.New(bytes.NewReader(data), pcapfile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []wirePacket
	var p pcapfile.Packet
	for {
		if err := r.Next(&p); err != nil {
			if !errors.Is(err, io.EOF) {
				t.Logf("the capture ends with: %v", err)
			}
			return out
		}
		out = append(out, wirePacket{p.Time, p.Link, bytes.Clone(p.Data), p.Length})
	}
}

// segmentsOf finds the TCP segments in packets.
func segmentsOf(packets []wirePacket) []segment {
	d := frame.NewDecoder(frame.Options{})
	var out []segment
	for _, p := range packets {
		if d.Decode(p.link, p.data, p.length, p.time) != frame.TCP {
			continue
		}
		s := segment{d.Segment, p.time}
		s.Payload = bytes.Clone(s.Payload)
		out = append(out, s)
	}
	return out
}

// datagram is a segment in IP, without its link. The bytes that were not
// captured lower wirePacket's data only.
func (s *segment) datagram() []byte {
	var flags byte
	for i, set := range []bool{s.FIN, s.SYN, s.RST, false, s.ACK} {
		if set {
			flags |= 1 << i
		}
	}
	b := binary.BigEndian.AppendUint16(nil, s.Src.Port)
	b = binary.BigEndian.AppendUint16(b, s.Dst.Port)
	b = binary.BigEndian.AppendUint32(b, s.Seq)
	b = binary.BigEndian.AppendUint32(b, s.Ack)
	b = append(b, 5<<4, flags, 0xff, 0xff, 0, 0, 0, 0)
	return s.ip(append(b, s.Payload...), s.Cut)
}

// ip puts a TCP segment behind an IP header.
func (s *segment) ip(tcp []byte, cut int) []byte {
	if s.Src.Family == 6 {
		h := make([]byte, 40, 40+len(tcp))
		h[0], h[6], h[7] = 0x60, 6, 64
		binary.BigEndian.PutUint16(h[4:], uint16(len(tcp)+cut))
		copy(h[8:], s.Src.IP[:])
		copy(h[24:], s.Dst.IP[:])
		return append(h, tcp...)
	}
	h := make([]byte, 20, 20+len(tcp))
	h[0], h[8], h[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(tcp)+cut))
	copy(h[12:], s.Src.IP[:4])
	copy(h[16:], s.Dst.IP[:4])
	return append(h, tcp...)
}

const linkTypeRaw = 101

// raw is the segments as packets of raw IP.
func raw(segments []segment) []wirePacket {
	var out []wirePacket
	for i := range segments {
		data := segments[i].datagram()
		out = append(out, wirePacket{segments[i].time, linkTypeRaw, data, len(data) + segments[i].Cut})
	}
	return out
}

// linked puts packets of raw IP behind a link header; head is what stands
// before IPv4, with the ethertype as its last two bytes where wide is set.
func linked(packets []wirePacket, link uint16, head func(ip []byte) []byte) []wirePacket {
	var out []wirePacket
	for _, p := range packets {
		h := head(p.data)
		out = append(out, wirePacket{p.time, link, append(h, p.data...), p.length + len(h)})
	}
	return out
}

// etherType is that of an IP packet.
func etherType(ip []byte) []byte {
	if ip[0]>>4 == 6 {
		return []byte{0x86, 0xdd}
	}
	return []byte{0x08, 0x00}
}

// classicFile writes packets of one link type as pcap.
func classicFile(order binary.AppendByteOrder, nanos bool, packets []wirePacket) []byte {
	magic, unit := uint32(0xa1b2c3d4), int64(1000)
	if nanos {
		magic, unit = 0xa1b23c4d, 1
	}
	b := order.AppendUint32(nil, magic)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(b, 4)
	link := uint32(linkTypeRaw)
	if len(packets) > 0 {
		link = uint32(packets[0].link)
	}
	b = append32(order, b, 0, 0, 262144, link)
	for _, p := range packets {
		b = append32(order, b, uint32(p.time/1e9), uint32(p.time%1e9/unit), uint32(len(p.data)), uint32(p.length))
		b = append(b, p.data...)
	}
	return b
}

func append32(order binary.AppendByteOrder, b []byte, words ...uint32) []byte {
	for _, w := range words {
		b = order.AppendUint32(b, w)
	}
	return b
}

// pcapngFile writes packets as pcapng, with nanoseconds and an interface for
// each link type.
func pcapngFile(order binary.AppendByteOrder, packets []wirePacket) []byte {
	mark := append32(order, nil, 0x1a2b3c4d)
	mark = order.AppendUint16(mark, 1)
	mark = order.AppendUint16(mark, 0)
	b := ngBlock(order, nil, 0x0a0d0d0a, append32(order, mark, 0xffffffff, 0xffffffff))
	numbers := map[uint16]uint32{}
	for _, p := range packets {
		n, known := numbers[p.link]
		if !known {
			n = uint32(len(numbers))
			numbers[p.link] = n
			i := order.AppendUint16(nil, p.link)
			i = append32(order, order.AppendUint16(i, 0), 262144)
			i = order.AppendUint16(order.AppendUint16(i, 9), 1)
			b = ngBlock(order, b, 1, append32(order, append(i, 9, 0, 0, 0), 0))
		}
		body := append32(order, nil, n, uint32(p.time>>32), uint32(p.time), uint32(len(p.data)), uint32(p.length))
		b = ngBlock(order, b, 6, append(body, p.data...))
	}
	return b
}

// ngBlock appends one block.
func ngBlock(order binary.AppendByteOrder, b []byte, kind uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b = append32(order, b, kind, uint32(len(body)+12))
	return append32(order, append(b, body...), uint32(len(body)+12))
}

func gzipped(t testing.TB, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := gzip.NewWriter(&buf)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func zstandard(t testing.TB, data []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll(data, nil)
}
