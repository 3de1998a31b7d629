package jsondiff

import "parallax/diff/rules"

// byElementKey pairs the elements of one key: the first with the first. An
// element that lacks a part of the key pairs with those that lack the same.
func (w *walker) byElementKey(a, b value, n *rules.Node) {
	keys, _, _ := n.Keyed()
	x, y := elements(w.old, a), elements(w.new, b)
	s := newSides(x, y, w.hashKeys(w.old, x, keys, n), w.hashKeys(w.new, y, keys, n))
	s.joinEqual()
	w.countOrder(a, b, s, n)
	w.report(s, n)
}

func (w *walker) hashKeys(d *document, list []value, keys [][]string, n *rules.Node) []uint64 {
	w.hashes.renamed = d == w.new
	sums := make([]uint64, len(list))
	for i, v := range list {
		for _, key := range keys {
			sums[i] = mix(sums[i], w.hashAt(d, v, key, n.Index(i)))
		}
	}
	return sums
}

// noKey is the hash of a part of a key that an element lacks.
const noKey = 1

func (w *walker) hashAt(d *document, v value, tokens []string, n *rules.Node) uint64 {
	for _, token := range tokens {
		var ok bool
		if v, ok = w.lookup(d, v, token, n); !ok {
			return noKey
		}
		n = n.Child(token)
	}
	if c, _, ok := n.Transform(); ok {
		return w.hashes.changed(d, v, n, c)
	}
	return w.hashes.value(d, v, nil)
}

// lookup returns the first member of that key, which in the new document may have
// another name.
func (w *walker) lookup(d *document, v value, token string, n *rules.Node) (value, bool) {
	if found, ok := w.memberOf(d, v, token); ok || !w.hashes.renamed {
		return found, ok
	}
	name, _, ok := n.Rename(token)
	if !ok {
		return value{}, false
	}
	return w.memberOf(d, v, name)
}

func (w *walker) memberOf(d *document, v value, key string) (value, bool) {
	if d.text[v.from] != '{' {
		return value{}, false
	}
	for c := d.cursor(v); ; {
		name, member, ok := c.next()
		if !ok || string(w.decoded(name)) == key {
			return member, ok
		}
	}
}
