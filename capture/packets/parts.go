package packets

import (
	"bytes"

	"parallax/capture/packets/tcp"
)

// probe holds a stream's first bytes while they do not tell what they are.
type probe struct {
	bytes   []byte
	at, ack int64
	// passed: bytes were given up, and what follows may lie within a body.
	passed bool
}

// longProbe is from when on only a line's end lets a probe be looked at again:
// looking at all of it for each byte that comes would take the square of its
// length.
const longProbe = 4 << 10

// waits reports whether looking at the probe, to which p was just added, can be
// left for later.
func (b *probe) waits(p []byte) bool {
	return len(b.bytes) > longProbe && len(b.bytes) < maxProbe && bytes.IndexByte(p, '\n') < 0
}

// message is where and when the message in progress began.
type message struct {
	open         bool
	at, ack, pos int64
}

// hole says between which positions messages may be missing.
type hole struct {
	seen     bool
	from, to int64
}

// widen notes that messages may be missing from one position to another.
func (h *hole) widen(from, to int64) {
	if !h.seen {
		h.seen, h.from = true, from
	}
	h.to = to
}

// backlog holds chunks that must wait for the other direction.
type backlog struct {
	chunks []tcp.Chunk
	bytes  int
}

// chunkCost is what a waiting chunk costs besides its bytes.
const chunkCost = 64

// add keeps a copy of a chunk.
func (b *backlog) add(ch tcp.Chunk) {
	ch.Data = append([]byte(nil), ch.Data...)
	b.keep(ch)
}

// keep takes over a chunk that is the backlog's own already.
func (b *backlog) keep(ch tcp.Chunk) {
	b.chunks = append(b.chunks, ch)
	b.bytes += len(ch.Data) + chunkCost
}

// identity is what a connection's exchanges are named by.
type identity struct {
	firstAt  int64
	since    int64 // the clock then
	sequence uint32
	// Known from the first exchange on, as is which end is the client.
	session, client, server string
}

// order is what is known of which response answers which request.
type order struct {
	// unsure: the beginning was not captured, or bytes are missing, so that the
	// k-th response need not answer the k-th request; acknowledgements decide.
	unsure bool
	// pipelines: the client was seen to send a request before the answer to
	// another one.
	pipelines bool
	// settled is the position behind the last response that has its request.
	settled int64
	// paired: some response has been paired since the capture began.
	paired bool
	// doubtful are the pairs made while unsure. Their responses may be those of
	// requests before them, which are not in the capture and were sent at the same
	// time; then one response too many must follow. So they are kept until the
	// client's next request shows that none did.
	doubtful []*open
}

// maxDoubtful bounds the pairs that wait to be confirmed.
const maxDoubtful = 64
