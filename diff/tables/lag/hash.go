package lag

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"parallax/diff/comparison"
)

// hash is the 128-bit hash of a record or a place.
type hash xxh3.Uint128

// part tells which of the parts a record is in.
func (h hash) part(parts uint64) uint64 { return h.Hi % parts }

// record hashes a difference's record.
func (r *run) record(d *comparison.Difference) hash {
	r.buffer = appendText(appendText(r.buffer[:0], d.Subject), d.Record)
	return hash(xxh3.Hash128(r.buffer))
}

// place hashes a difference's place in its record.
func (r *run) place(rec hash, d *comparison.Difference) hash {
	r.buffer = binary.BigEndian.AppendUint64(r.buffer[:0], rec.Hi)
	r.buffer = binary.BigEndian.AppendUint64(r.buffer, rec.Lo)
	if !whole(d) { // a row that is missing and one that cannot be compared are one place
		r.buffer = append(r.buffer, d.Part...)
	}
	r.buffer = appendText(r.buffer, d.Field)
	return hash(xxh3.Hash128(r.buffer))
}

// appendText appends a text so that no two lists of texts look alike.
func appendText(dst []byte, text string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(text))), text...)
}
