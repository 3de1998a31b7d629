package proxy

import (
	"crypto/sha256"
	"hash"

	"parallax/capture/recording"
)

// body gathers a message's body: the bytes up to a cap and as far as the queue's
// budget goes, and length and hash of all. A body that is kept whole is hashed
// by the queue (seal), out of the traffic's way; one that is cut is hashed as it
// passes.
type body struct {
	kept   []byte
	length int64
	sum    hash.Hash // of all so far, from the cut on
	lost   bool      // cut because the budget was used up
}

// firstRoom bounds what is set aside for a body on its announced length alone.
const firstRoom = 256 << 10

func (b *body) add(data []byte, announced, limit int64, q *queue) {
	b.length += int64(len(data))
	if b.sum != nil {
		b.sum.Write(data)
		return
	}
	keep := data
	if room := limit - int64(len(b.kept)); int64(len(data)) > room {
		keep = data[:room]
	}
	if !q.take(int64(len(keep))) {
		keep, b.lost = nil, true
	}
	if b.kept == nil && announced > 0 {
		b.kept = make([]byte, 0, min(announced, limit, firstRoom))
	}
	b.kept = append(b.kept, keep...)
	if rest := data[len(keep):]; len(rest) > 0 {
		b.sum = sha256.New()
		b.sum.Write(b.kept)
		b.sum.Write(rest)
	}
}

// finish returns the body as it is recorded, but for the hash that seal adds.
func (b *body) finish() recording.Body {
	switch {
	case b.length == 0:
		return recording.Body{}
	case b.sum == nil:
		return recording.Body{State: recording.BodyStored, Bytes: b.kept, Length: b.length}
	}
	out := recording.Body{State: recording.BodyTruncated, Bytes: b.kept, Length: b.length}
	b.sum.Sum(out.SHA256[:0])
	return out
}

// seal hashes the bodies of ex that are kept whole.
func seal(ex *recording.Exchange) {
	if ex.Request != nil && ex.Request.Body.State == recording.BodyStored {
		ex.Request.Body.SHA256 = sha256.Sum256(ex.Request.Body.Bytes)
	}
	if ex.Response != nil && ex.Response.Body.State == recording.BodyStored {
		ex.Response.Body.SHA256 = sha256.Sum256(ex.Response.Body.Bytes)
	}
}
