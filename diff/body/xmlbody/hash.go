package xmlbody

import (
	"github.com/zeebo/xxh3"
)

// mix folds b into a so that order matters.
func mix(a, b uint64) uint64 {
	a = (a ^ b) * 0xFF51AFD7ED558CCD
	return a ^ a>>32
}

// The salts keep things of different kinds apart.
const (
	saltAttr  = 0x9E3779B97F4A7C15
	saltChild = 0xC2B2AE3D27D4EB4F
	saltText  = 0x165667B19E3779F9
)

// ignored is the hash of all that a rule silences; noKey that of a part of a key that
// an element lacks.
const (
	ignored = 0
	noKey   = 1
)

// hashes returns a hash for each of the listed nodes, equal for those that compare as
// equal. It only finds candidates for pairing; what it pairs is compared.
func (c *comparer) hashes(d *document, nodes, list []int) []uint64 {
	sums := make([]uint64, len(list))
	for i, at := range list {
		sums[i] = c.below(d, nodes[at])
	}
	return sums
}

// below hashes a node under the rules about it.
func (c *comparer) below(d *document, i int) uint64 {
	c.w.Enter(d.item(&d.nodes[i]).Name, -1)
	defer c.w.Leave()
	if _, ok := c.w.Ignored(); ok {
		return ignored
	}
	return c.hash(d, i)
}

func (c *comparer) hash(d *document, i int) uint64 {
	n := &d.nodes[i]
	if n.kind != element {
		return mix(saltText, xxh3.Hash(c.w.Meaning(d.means(n), d == c.new))) + uint64(n.kind)
	}
	sum := uint64(n.name) + saltChild
	for _, a := range d.attrsOf(n) {
		if a.name >= 0 {
			sum += c.hashAttr(d, &a)
		}
	}
	if d.holds(i) == aText { // as a text that is empty hashes like nothing at all
		return mix(sum, xxh3.Hash(c.w.Meaning(decode(d.said(n), false), d == c.new)))
	}
	return c.hashChildren(d, i, sum)
}

func (c *comparer) hashChildren(d *document, i int, sum uint64) uint64 {
	_, unordered := c.w.Unordered()
	runs := d.holds(i) == both
	for at := i + 1; at < int(d.nodes[i].end); at = int(d.nodes[at].end) {
		if !runs && d.nodes[at].kind == run {
			continue
		}
		switch one := c.below(d, at); {
		case one == ignored:
		case unordered:
			sum += mix(saltChild, one)
		default:
			sum = mix(sum, one)
		}
	}
	return mix(sum, xxh3.Hash(nil))
}

func (c *comparer) hashAttr(d *document, a *attr) uint64 {
	c.w.Enter("@"+string(d.text[a.from:a.to]), -1)
	defer c.w.Leave()
	if _, ok := c.w.Ignored(); ok {
		return ignored
	}
	return mix(saltAttr+uint64(a.name), xxh3.Hash(c.w.Meaning(d.value(a), d == c.new)))
}

// keysOf hashes what stands at the keys of each of the listed nodes.
func (c *comparer) keysOf(d *document, nodes, list []int, keys [][]string) []uint64 {
	sums := make([]uint64, len(list))
	for i, at := range list {
		c.w.Enter(d.item(&d.nodes[nodes[at]]).Name, -1)
		for _, key := range keys {
			sums[i] = mix(sums[i], c.keyOf(d, nodes[at], key))
		}
		c.w.Leave()
	}
	return sums
}

// keyOf hashes what stands at a pointer below node i, where the walk is.
func (c *comparer) keyOf(d *document, i int, tokens []string) uint64 {
	if len(tokens) == 0 {
		if d.holds(i) <= aText {
			return c.keyText(d, decode(d.said(&d.nodes[i]), false))
		}
		return c.hash(d, i)
	}
	c.w.Enter(tokens[0], -1)
	defer c.w.Leave()
	if a := d.attribute(i, tokens[0]); a != nil && len(tokens) == 1 {
		return c.keyText(d, d.value(a))
	}
	if i = d.child(i, tokens[0]); i == 0 {
		return noKey
	}
	return c.keyOf(d, i, tokens[1:])
}

func (c *comparer) keyText(d *document, text []byte) uint64 {
	return mix(saltText, xxh3.Hash(c.w.Meaning(text, d == c.new)))
}

// attribute finds the attribute that a token names.
func (d *document) attribute(i int, token string) *attr {
	all := d.attrsOf(&d.nodes[i])
	for k := range all {
		if a := &all[k]; a.name >= 0 && "@"+string(d.text[a.from:a.to]) == token {
			return a
		}
	}
	return nil
}

// child finds the first node within that a token names, 0 where there is none.
func (d *document) child(i int, token string) int {
	for at := i + 1; at < int(d.nodes[i].end); at = int(d.nodes[at].end) {
		if d.nodes[at].kind != run && d.item(&d.nodes[at]).Name == token {
			return at
		}
	}
	return 0
}
