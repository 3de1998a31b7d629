package snapshot

import (
	"bytes"
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// AppendKey appends one component of a key: the class, then the cell's bytes,
// made self-delimiting where their length varies (0x00 becomes 0x00 0xFF, the
// end is 0x00 0x01), so that whole keys sort by memcmp, component by component.
func AppendKey(dst []byte, class Class, c []byte) []byte {
	dst = append(dst, byte(class))
	switch class {
	case Text, Bytes, JSON, List:
	default: // fixed, or self-delimiting
		return append(dst, c...)
	}
	for {
		i := bytes.IndexByte(c, 0)
		if i < 0 {
			break
		}
		dst = append(append(dst, c[:i+1]...), 0xFF)
		c = c[i+1:]
	}
	return append(append(dst, c...), 0, 1)
}

// KeyHash hashes a key: it seeds the checksums of the row's cells and says where
// blocks end.
func KeyHash(key []byte) uint64 { return xxh3.Hash(key) }

// EndsBlock reports whether a key of this hash is the last of its block; target
// is the mean number of rows of a block.
func EndsBlock(hash uint64, target int) bool { return hash < ^uint64(0)/uint64(target) }

// Sum is a sum of 128-bit hashes, modulo 2^128: it does not depend on order, and
// sums of parts add up.
type Sum struct{ Hi, Lo uint64 }

// Add adds t.
func (s *Sum) Add(t Sum) {
	lo := s.Lo + t.Lo
	s.Hi += t.Hi
	if lo < s.Lo {
		s.Hi++
	}
	s.Lo = lo
}

// Sub takes t out.
func (s *Sum) Sub(t Sum) {
	lo := s.Lo - t.Lo
	s.Hi -= t.Hi
	if lo > s.Lo {
		s.Hi--
	}
	s.Lo = lo
}

// classSalt sets the classes apart in the seeds of cells.
const classSalt = 0x9E3779B97F4A7C15

// CellSum is one cell's term: the 128-bit xxh3 of its canonical bytes, seeded by
// its key's hash and its class.
func CellSum(keyHash uint64, class Class, c []byte) Sum {
	h := xxh3.Hash128Seed(c, keyHash+uint64(class)*classSalt)
	return Sum{Hi: h.Hi, Lo: h.Lo}
}

// KeySum is a key's term in its block's key-set checksum.
func KeySum(key []byte) Sum {
	h := xxh3.Hash128(key)
	return Sum{Hi: h.Hi, Lo: h.Lo}
}

// AppendSum appends the 16 bytes of s, most significant first.
func AppendSum(dst []byte, s Sum) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(dst, s.Hi), s.Lo)
}
