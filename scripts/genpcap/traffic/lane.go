package traffic

import (
	"encoding/binary"
	"math/rand/v2"
)

const (
	segmentSize = 1448
	serverPort  = 8080
	firstPort   = 10000
)

// The TCP flags.
const (
	flagFIN = 1
	flagSYN = 2
	flagPSH = 8
	flagACK = 16
)

// segment is one TCP segment of a script.
type segment struct {
	client   bool // it is sent by the client
	flags    byte
	seq, ack uint32
	data     []byte
}

// lane is one client.
type lane struct {
	number      int
	connections int
	open        bool
	spoken      int
	// seq are the next numbers of client and server.
	seq    [2]uint32
	script []segment
	next   int
}

func side(client bool) int {
	if client {
		return 0
	}
	return 1
}

// say adds a segment.
func (l *lane) say(client bool, flags byte, data []byte) {
	own, other := side(client), side(!client)
	l.script = append(l.script, segment{client: client, flags: flags, seq: l.seq[own], ack: l.seq[other], data: data})
	l.seq[own] += uint32(len(data))
	if flags&(flagSYN|flagFIN) != 0 {
		l.seq[own]++
	}
}

// send adds data in segments, each second one acknowledged.
func (l *lane) send(client bool, data []byte) {
	for n := 1; len(data) > 0; n++ {
		part := data[:min(len(data), segmentSize)]
		data = data[len(part):]
		flags := byte(flagACK)
		if len(data) == 0 {
			flags |= flagPSH
		}
		l.say(client, flags, part)
		if n%2 == 0 || len(data) == 0 {
			l.say(!client, flagACK, nil)
		}
	}
}

// dial opens a connection from a new port with drawn sequence numbers, some of
// which will wrap.
func (l *lane) dial(random *rand.Rand) {
	l.connections++
	l.open, l.spoken = true, 0
	l.seq = [2]uint32{random.Uint32(), random.Uint32()}
	l.say(true, flagSYN, nil)
	l.say(false, flagSYN|flagACK, nil)
	l.say(true, flagACK, nil)
}

func (l *lane) hangUp() {
	l.say(true, flagFIN|flagACK, nil)
	l.say(false, flagFIN|flagACK, nil)
	l.say(true, flagACK, nil)
	l.open = false
}

// frame writes the Ethernet, IP and TCP headers of s.
func (l *lane) frame(h []byte, s *segment) {
	binary.BigEndian.PutUint16(h[12:], 0x0800)
	ip, tcp := h[14:34], h[34:54]
	client := [4]byte{10, 1, byte(l.number >> 8), byte(l.number)}
	server := [4]byte{10, 2, 0, 1}
	clientPort := uint16(firstPort + l.connections%50000)
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(40+len(s.data)))
	src, dst, srcPort, dstPort := client, server, clientPort, uint16(serverPort)
	if !s.client {
		src, dst, srcPort, dstPort = server, client, serverPort, clientPort
	}
	copy(ip[12:], src[:])
	copy(ip[16:], dst[:])
	binary.BigEndian.PutUint16(tcp, srcPort)
	binary.BigEndian.PutUint16(tcp[2:], dstPort)
	binary.BigEndian.PutUint32(tcp[4:], s.seq)
	if s.flags&flagACK != 0 {
		binary.BigEndian.PutUint32(tcp[8:], s.ack)
	}
	tcp[12], tcp[13] = 5<<4, s.flags
	binary.BigEndian.PutUint16(tcp[14:], 65535)
}
