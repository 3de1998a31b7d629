package proxy

import (
	"crypto/sha256"
	"hash"

	"parallax/capture/recording"
)

// body gathers a message's body: the bytes up to a cap and as far as the queue's
// budget goes, length and hash of all.
type body struct {
	kept   []byte
	length int64
	sum    hash.Hash
	cut    bool // over the cap or the budget; no later byte is kept
	lost   bool // over the budget
}

func (b *body) add(data []byte, limit int64, q *queue) {
	if b.sum == nil {
		b.sum = sha256.New()
	}
	b.sum.Write(data)
	b.length += int64(len(data))
	if b.cut {
		return
	}
	keep := data
	if room := limit - int64(len(b.kept)); int64(len(data)) > room {
		keep, b.cut = data[:room], true
	}
	if !q.take(int64(len(keep))) {
		b.cut, b.lost = true, true
		return
	}
	b.kept = append(b.kept, keep...)
}

// finish returns the body as it is recorded.
func (b *body) finish() recording.Body {
	if b.length == 0 {
		return recording.Body{}
	}
	out := recording.Body{State: recording.BodyStored, Bytes: b.kept, Length: b.length}
	if b.cut {
		out.State = recording.BodyTruncated
	}
	b.sum.Sum(out.SHA256[:0])
	return out
}
