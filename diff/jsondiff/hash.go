package jsondiff

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
	"parallax/diff/rules"
)

func hashBytes(b []byte) uint64 { return xxh3.Hash(b) }

// hasher gives values a hash that is equal for values that compare as equal: it
// follows decoded strings, the value of numbers, members in any order, and
// leaves out what is ignored. It only finds candidates for pairing; what it
// pairs is compared.
type hasher struct {
	text []byte
	// renamed: the document is the new one, whose keys may have other names.
	renamed bool
	// spend is asked before a transform is computed.
	spend func(n int) bool
}

// salts keep values of different types apart.
const (
	saltObject = 0x9E3779B97F4A7C15
	saltArray  = 0xC2B2AE3D27D4EB4F
	saltBag    = 0x165667B19E3779F9
	saltString = 0x27D4EB2F165667C5
	saltNumber = 0x85EBCA77C2B2AE63
	saltFailed = 0x2545F4914F6CDD1D
)

// mix folds b into a so that order matters.
func mix(a, b uint64) uint64 {
	a = (a ^ b) * 0xFF51AFD7ED558CCD
	return a ^ a>>32
}

// ignored is the hash of all that a rule silences.
const ignored = 0

func (h *hasher) value(d *document, v value, n *rules.Node) uint64 {
	if _, ok := n.Ignore(); ok {
		return ignored
	}
	if c, _, ok := n.Transform(); ok {
		return h.changed(d, v, n, c)
	}
	return h.plain(d, v, n)
}

// plain is value without the transform of its place.
func (h *hasher) plain(d *document, v value, n *rules.Node) uint64 {
	switch c := d.text[v.from]; c {
	case '{':
		return h.object(d, v, n)
	case '[':
		return h.array(d, v, n)
	case '"':
		return mix(saltString, h.string(inner(d.raw(v))))
	case 't', 'f', 'n':
		return uint64(c)
	}
	return h.number(d.raw(v))
}

func (h *hasher) string(s []byte) uint64 {
	if plain(s) {
		return hashBytes(s)
	}
	h.text = appendDecoded(h.text[:0], s)
	return hashBytes(h.text)
}

func (h *hasher) number(text []byte) uint64 {
	d := readDecimal(text)
	h.text = h.text[:0]
	if d.huge {
		return mix(saltNumber, hashBytes(text))
	}
	for _, c := range d.digits {
		if c != '.' {
			h.text = append(h.text, c)
		}
	}
	h.text = binary.LittleEndian.AppendUint64(h.text, uint64(d.exponent))
	if d.negative {
		h.text = append(h.text, '-')
	}
	return mix(saltNumber, hashBytes(h.text))
}

// object adds its members up, so that their order does not matter.
func (h *hasher) object(d *document, v value, n *rules.Node) uint64 {
	sum := uint64(saltObject)
	for c := d.cursor(v); ; {
		key, member, ok := c.next()
		if !ok {
			return sum
		}
		name, below := h.member(n, key)
		if one := h.value(d, member, below); one != ignored {
			sum += mix(mix(saltObject, name), one)
		}
	}
}

// member returns the hash of a member's key, as the old document has it, and the
// rules below it.
func (h *hasher) member(n *rules.Node, key []byte) (name uint64, below *rules.Node) {
	if n == nil {
		return h.string(key), nil
	}
	if !plain(key) {
		key = appendDecoded(nil, key)
	}
	if h.renamed && n.HasRenames() {
		if old, ok := n.RenamedFrom(string(key)); ok {
			key = []byte(old)
		}
	}
	return hashBytes(key), n.ChildBytes(key)
}

func (h *hasher) array(d *document, v value, n *rules.Node) uint64 {
	_, bag := n.Unordered()
	sum := uint64(saltArray)
	c := d.cursor(v)
	for i := 0; ; i++ {
		_, element, ok := c.next()
		if !ok {
			return sum
		}
		one := h.value(d, element, n.Index(i))
		if bag {
			sum += mix(saltBag, one)
		} else {
			sum = mix(sum, one)
		}
	}
}
