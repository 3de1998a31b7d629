package packets

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"parallax/capture/recording"
)

// packet is one TCP segment over raw IPv4 to be written to a capture.
type packet struct {
	client bool
	flags  byte
	seq    uint32
	ack    uint32
	data   string
	at     int64 // seconds, where not 0
}

const (
	fin = 1
	syn = 2
	rst = 4
	ack = 16
)

// talk writes down a conversation packet by packet.
type talk struct {
	seq     [2]uint32
	size    int // longest segment
	packets []packet
	port    uint16
}

func newTalk() *talk { return &talk{seq: [2]uint32{0xfffffff0, 5000}, size: 1400, port: 40000} }

func index(client bool) int {
	if client {
		return 0
	}
	return 1
}

// say adds one packet.
func (k *talk) say(client bool, flags byte, data string) *talk {
	own := index(client)
	p := packet{client: client, flags: flags, seq: k.seq[own], data: data}
	if flags&ack != 0 {
		p.ack = k.seq[1-own]
	}
	k.packets = append(k.packets, p)
	k.seq[own] += uint32(len(data))
	if flags&(syn|fin) != 0 {
		k.seq[own]++
	}
	return k
}

func (k *talk) open() *talk {
	return k.say(true, syn, "").say(false, syn|ack, "").say(true, ack, "")
}

// send adds data in segments, each acknowledged.
func (k *talk) send(client bool, data string) *talk {
	for len(data) > 0 {
		n := min(len(data), k.size)
		k.say(client, ack, data[:n]).say(!client, ack, "")
		data = data[n:]
	}
	return k
}

func (k *talk) asks(data string) *talk    { return k.send(true, data) }
func (k *talk) answers(data string) *talk { return k.send(false, data) }

func (k *talk) shut() *talk {
	return k.say(true, fin|ack, "").say(false, fin|ack, "").say(true, ack, "")
}

// header is a pcap header of raw IP.
func header() []byte {
	h := make([]byte, 24)
	binary.LittleEndian.PutUint32(h, 0xa1b2c3d4)
	h[4], h[6] = 2, 4
	binary.LittleEndian.PutUint32(h[16:], 65535)
	binary.LittleEndian.PutUint32(h[20:], 101)
	return h
}

// record is a packet as it stands in the file; i makes its time.
func (k *talk) record(p packet, i int) []byte {
	b := make([]byte, 16+40, 16+40+len(p.data))
	second := uint32(1700000000 + p.at)
	binary.LittleEndian.PutUint32(b, second)
	binary.LittleEndian.PutUint32(b[4:], uint32(i%1000000))
	binary.LittleEndian.PutUint32(b[8:], uint32(40+len(p.data)))
	binary.LittleEndian.PutUint32(b[12:], uint32(40+len(p.data)))
	ip, tcp := b[16:36], b[36:56]
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(40+len(p.data)))
	client, server := []byte{10, 0, 0, 1}, []byte{10, 0, 0, 2}
	ports := [2]uint16{k.port, 8080}
	if !p.client {
		client, server = server, client
		ports[0], ports[1] = ports[1], ports[0]
	}
	copy(ip[12:], client)
	copy(ip[16:], server)
	binary.BigEndian.PutUint16(tcp, ports[0])
	binary.BigEndian.PutUint16(tcp[2:], ports[1])
	binary.BigEndian.PutUint32(tcp[4:], p.seq)
	binary.BigEndian.PutUint32(tcp[8:], p.ack)
	tcp[12], tcp[13] = 5<<4, p.flags
	return append(b, p.data...)
}

// file is a capture of the packets in their order.
func (k *talk) file(packets []packet) []byte {
	b := header()
	for i, p := range packets {
		b = append(b, k.record(p, i)...)
	}
	return b
}

// line is an exchange in one line: request, response, bodies, reason.
func line(ex *recording.Exchange) string {
	var b bytes.Buffer
	if r := ex.Request; r != nil {
		fmt.Fprintf(&b, "%s %s", r.Method, r.Target)
		bodyText(&b, r.Body, r.Trailers)
	} else {
		b.WriteString("-")
	}
	b.WriteString(" > ")
	if r := ex.Response; r != nil {
		for _, i := range r.Interim {
			fmt.Fprintf(&b, "%d ", i.Status)
		}
		fmt.Fprintf(&b, "%d", r.Status)
		bodyText(&b, r.Body, r.Trailers)
	} else {
		b.WriteString("-")
	}
	if ex.Incomplete != "" {
		fmt.Fprintf(&b, " (%s)", ex.Incomplete)
	}
	return b.String()
}

func bodyText(b *bytes.Buffer, body recording.Body, trailers []recording.Header) {
	if body.State != recording.BodyNone {
		if body.Length <= 40 {
			fmt.Fprintf(b, " %q", body.Bytes)
		} else {
			fmt.Fprintf(b, " %d:%x", body.Length, body.SHA256[:4])
		}
	}
	for _, h := range trailers {
		fmt.Fprintf(b, " %s=%s", h.Name, h.Value)
	}
}

// readLines reads a capture and returns its exchanges as lines.
func readLines(t *testing.T, data []byte, o Options) ([]string, recording.Ledger) {
	t.Helper()
	out, ledger, err := readAll(t, data, o)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, ex := range out {
		lines = append(lines, line(ex))
	}
	return lines, ledger
}
