package jsondiff

import "bytes"

// shadow is the fast path for two documents of the same shape: while the old
// one is read, the new one is followed at memory speed from mismatch to
// mismatch. As long as each mismatch lies within a scalar, and the new document
// has a scalar there too, the new document is the old one with those scalars
// replaced: it needs no reading of its own. On the first mismatch elsewhere the
// shadow is lost and both documents are walked; nothing was reported by then.
//
// Its plain twin is the walk itself; a property test holds them equal.
type shadow struct {
	other []byte
	// mismatch is the first position, in the document being read, from which on
	// the documents differ; other is at the same place delta bytes further.
	mismatch, delta int
	lost            bool
	pairs           []scalarPair
	frames          []frame // the places of the pairs, one after the other
}

// scalarPair is a scalar of each document at one place.
type scalarPair struct {
	oldFrom, oldTo, newFrom, newTo int
	framesFrom, framesTo           int
}

// maxPairs bounds what is kept before it is reported.
const maxPairs = 1024

// maxFrames bounds the memory of their places.
const maxFrames = 1 << 16

func (s *shadow) off() {
	s.other, s.mismatch, s.delta, s.lost = nil, never, 0, true
	s.pairs, s.frames = s.pairs[:0], s.frames[:0]
}

// follow begins to follow other beside text.
func (s *shadow) follow(text, other []byte) {
	s.off()
	s.other, s.lost = other, false
	s.find(text, 0)
}

// find sets the first mismatch at or after from.
func (s *shadow) find(text []byte, from int) {
	s.mismatch = from + commonPrefix(text[from:], s.other[from+s.delta:])
	if s.mismatch == len(text) && s.mismatch+s.delta == len(s.other) {
		s.mismatch = never
	}
}

func (s *shadow) lose() { s.mismatch, s.lost = never, true }

// scalar is told of the scalar text[from:to], which a mismatch comes before,
// within, or directly after.
func (s *shadow) scalar(text []byte, from, to int, stack []frame) {
	if s.mismatch < from || len(s.pairs) >= maxPairs || len(s.frames)+len(stack) > maxFrames {
		s.lose()
		return
	}
	otherFrom := from + s.delta
	otherTo, _ := scalarEnd(s.other, otherFrom)
	if otherTo < 0 {
		s.lose()
		return
	}
	if bytes.Equal(text[from:to], s.other[otherFrom:otherTo]) {
		return // the mismatch comes directly after
	}
	at := len(s.frames)
	s.frames = append(s.frames, stack...)
	s.pairs = append(s.pairs, scalarPair{from, to, otherFrom, otherTo, at, len(s.frames)})
	s.delta = otherTo - to
	s.find(text, to)
}

// same reports, at the end of the document, whether the pairs are all that
// differs.
func (s *shadow) same() bool { return !s.lost && s.mismatch == never }
