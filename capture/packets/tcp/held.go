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

// hold copies and keeps a segment that came too early.
func (h *Half) hold(s held, limit int, clock int64, sink Sink) Fate {
	if len(h.waiting) == 0 {
		h.HeldSince = clock
	}
	if !h.insert(s) {
		return Duplicate
	}
	for len(h.waiting) > 0 && (h.waitingBytes > limit || len(h.waiting) > maxHeld) {
		h.release(sink, true)
	}
	return Held
}

// insert keeps those bytes of s that are not held yet, and reports whether
// there were any.
func (h *Half) insert(s held) bool {
	i := h.place(s.pos)
	kept := false
	for len(s.data)+s.cut > 0 {
		if i == len(h.waiting) || h.waiting[i].pos >= s.end() {
			h.put(i, s)
			return true
		}
		other := &h.waiting[i]
		if before := other.pos - s.pos; before > 0 {
			part := s
			part.data = s.data[:min(before, int64(len(s.data)))]
			part.cut = int(before) - len(part.data)
			h.put(i, part)
			kept = true
			s = s.from(before)
			i++
			other = &h.waiting[i]
		}
		h.compare(&s, other)
		same := min(other.end(), s.end()) - s.pos
		h.Dropped += min(same, int64(len(s.data)))
		s = s.from(same)
		i++
	}
	return kept
}

// from returns s without its first n bytes.
func (s held) from(n int64) held {
	data := min(n, int64(len(s.data)))
	s.pos += n
	s.data = s.data[data:]
	s.cut -= int(n - data)
	return s
}

// compare counts a copy that is not what is held.
func (h *Half) compare(s, other *held) {
	at := s.pos - other.pos
	if at >= int64(len(other.data)) {
		return
	}
	n := min(int64(len(s.data)), int64(len(other.data))-at)
	if !bytes.Equal(s.data[:n], other.data[at:at+n]) {
		h.Contradictions++
	}
}

// place returns the index of the first held segment that ends behind pos.
func (h *Half) place(pos int64) int {
	i := len(h.waiting)
	for i > 0 && h.waiting[i-1].end() > pos {
		i--
	}
	return i
}

// put copies s into the slice at i.
func (h *Half) put(i int, s held) {
	s.data = bytes.Clone(s.data)
	h.waiting = append(h.waiting, held{})
	copy(h.waiting[i+1:], h.waiting[i:])
	h.waiting[i] = s
	h.waitingBytes += len(s.data) + heldCost
}
