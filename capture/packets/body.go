package packets

import (
	"crypto/sha256"
	"hash"

	"parallax/capture/recording"
)

// firstAlloc bounds what is allocated on the word of a Content-Length.
const firstAlloc = 256 << 10

// body collects a message's body: whole up to a cap, beyond it only its length
// and hash.
type body struct {
	bytes  []byte
	length int64
	// digest is used once the body is cut; a body kept whole is hashed at its end.
	digest hash.Hash
	cut    bool
}

// begin makes room for what the head announces, at most room, and returns how
// much it took.
func (b *body) begin(announced int64, room int) int {
	if announced <= 0 || room <= 0 {
		return 0
	}
	b.bytes = make([]byte, 0, min(announced, firstAlloc, int64(room)))
	return cap(b.bytes)
}

// add takes a piece; room is how many more bytes may be kept.
func (b *body) add(p []byte, room int) {
	b.length += int64(len(p))
	if !b.cut && len(p) <= room {
		b.bytes = append(b.bytes, p...)
		return
	}
	if !b.cut {
		b.cut = true
		b.digest = sha256.New()
		b.digest.Write(b.bytes)
		b.bytes = append(b.bytes, p[:max(room, 0)]...)
	}
	b.digest.Write(p)
}

// finish returns what the exchange keeps.
func (b *body) finish() recording.Body {
	if !b.cut {
		return recording.StoredBody(b.bytes)
	}
	out := recording.Body{State: recording.BodyTruncated, Bytes: b.bytes, Length: b.length}
	b.digest.Sum(out.SHA256[:0])
	return out
}
