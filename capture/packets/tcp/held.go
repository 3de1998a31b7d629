package tcp

import "bytes"

// held is a segment that came too early.
type held struct {
	pos  int64
	data []byte
	cut  int
	time int64
	ack  int64
}

func (s *held) end() int64 { return s.pos + int64(len(s.data)+s.cut) }
