package jsondiff

import (
	"bytes"
	"cmp"
	"slices"

	"parallax/diff/rules"
)

// objects compares two objects member by member while their keys come in the
// same order, and by key from there on.
func (w *walker) objects(a, b value, n *rules.Node) {
	x, y := w.old.cursor(a), w.new.cursor(b)
	for done := 0; ; done++ {
		keyX, valueX, okX := x.next()
		keyY, valueY, okY := y.next()
		if !okX && !okY {
			return
		}
		if !okX || !okY || compareStrings(keyX, keyY) != 0 {
			w.byKey(a, b, n, done)
			return
		}
		w.member(keyX, keyY, valueX, valueY, n)
	}
}

// member compares two members of one key.
func (w *walker) member(keyX, keyY []byte, x, y value, n *rules.Node) {
	w.place.pushKey(keyX)
	if !bytes.Equal(keyX, keyY) {
		w.spelling(rules.StringEscape, quoted(w.old, keyX), quoted(w.new, keyY))
	}
	w.pair(x, y, w.child(n, keyX))
	w.place.pop()
}

// quoted is a key as a value. Its quotes stand beside it in the document.
func quoted(d *document, key []byte) Value {
	from := cap(d.text) - cap(key) - 1
	return Value{"string", d.text[from : from+len(key)+2]}
}

// member is one member of an object that is being paired by key. Of the members
// of one key the first pairs with the first, the second with the second.
type member struct {
	key       []byte
	value     value
	hash      uint64
	order     int32 // place in its object
	twin      int32 // index in walker.members, or -1
	duplicate bool  // its side holds the key more than once
}

// byKey compares what is left of two objects after done members on each side,
// which were paired already. A key that has no twin may have one by a rename.
func (w *walker) byKey(a, b value, n *rules.Node, done int) {
	base := len(w.members)
	defer func() {
		clear(w.members[base:]) // they point into the documents
		w.members = w.members[:base]
	}()
	w.collect(w.old, a)
	middle := len(w.members)
	w.collect(w.new, b)
	end := len(w.members)
	w.twins(base, middle, end)
	w.renames(base, middle, end, n)
	for i := base + done; i < middle; i++ {
		if m := w.members[i]; m.twin < 0 {
			w.place.pushKey(m.key)
			w.missing(w.oldValue(m.value), Value{}, w.child(n, m.key), m.class())
			w.place.pop()
		} else {
			w.twinMember(m, w.members[m.twin], n)
		}
	}
	for i := middle + done; i < end; i++ {
		if m := w.members[i]; m.twin < 0 {
			w.place.pushKey(m.key)
			w.missing(Value{}, w.newValue(m.value), w.newChild(n, m.key), m.class())
			w.place.pop()
		}
	}
}

// newChild returns the rules below a key that only the new document has: those of its
// old name, if it has one, and its own.
func (w *walker) newChild(n *rules.Node, key []byte) *rules.Node {
	child := w.child(n, key)
	if !n.HasRenames() {
		return child
	}
	old, ok := n.RenamedFrom(string(w.decoded(key)))
	if !ok {
		return child
	}
	return n.Child(old).Over(child)
}

func (m *member) class() string {
	if m.duplicate {
		return DuplicateKey
	}
	return ""
}

// twinMember compares two members that were paired by key or by a rename, which
// counts as a use of its rule.
func (w *walker) twinMember(m, twin member, n *rules.Node) {
	if n.HasRenames() && compareStrings(m.key, twin.key) != 0 {
		if _, rule, ok := n.Rename(string(w.decoded(m.key))); ok {
			w.place.pushKey(m.key)
			w.equal(rule, quoted(w.old, m.key), quoted(w.new, twin.key))
			w.place.pop()
			twin.key = m.key
		}
	}
	w.member(m.key, twin.key, m.value, twin.value, n)
}

// collect appends the members of v.
func (w *walker) collect(d *document, v value) {
	c := d.cursor(v)
	for order := int32(0); ; order++ {
		key, v, ok := c.next()
		if !ok {
			return
		}
		w.members = append(w.members, member{
			key: key, value: v, hash: hashBytes(w.decoded(key)), order: order, twin: -1,
		})
	}
}

// twins pairs members[base:middle] with members[middle:end] by key. The order of
// the members stays; an index sorted by key is made beside them.
func (w *walker) twins(base, middle, end int) {
	x, y := w.sorted(base, middle), w.sorted(middle, end)
	w.duplicates(x)
	w.duplicates(y)
	for len(x) > 0 && len(y) > 0 {
		switch c := w.compareMembers(x[0], y[0]); {
		case c < 0:
			x = x[1:]
		case c > 0:
			y = y[1:]
		default:
			nx, ny := w.sameKeys(x), w.sameKeys(y)
			w.pairKeys(x[:nx], y[:ny])
			x, y = x[nx:], y[ny:]
		}
	}
}

func (w *walker) sorted(from, to int) []int32 {
	index := make([]int32, 0, to-from)
	for i := from; i < to; i++ {
		index = append(index, int32(i))
	}
	slices.SortFunc(index, func(i, j int32) int {
		return cmp.Or(w.compareMembers(i, j), cmp.Compare(i, j))
	})
	return index
}

func (w *walker) compareMembers(i, j int32) int {
	x, y := &w.members[i], &w.members[j]
	if x.hash != y.hash {
		return cmp.Compare(x.hash, y.hash)
	}
	return compareStrings(x.key, y.key)
}

// sameKeys returns how many members at the beginning of index share one key.
func (w *walker) sameKeys(index []int32) int {
	n := 1
	for n < len(index) && w.compareMembers(index[0], index[n]) == 0 {
		n++
	}
	return n
}

func (w *walker) pairKeys(x, y []int32) {
	for i := range min(len(x), len(y)) {
		w.members[x[i]].twin, w.members[y[i]].twin = y[i], x[i]
	}
}

// duplicates marks the members whose keys stand more than once in index.
func (w *walker) duplicates(index []int32) {
	for len(index) > 0 {
		n := w.sameKeys(index)
		for _, i := range index[:n] {
			w.members[i].duplicate = n > 1
		}
		index = index[n:]
	}
}

// renames pairs the old members without a twin with new ones without a twin that
// bear their new name.
func (w *walker) renames(base, middle, end int, n *rules.Node) {
	if !n.HasRenames() {
		return
	}
	free := map[string]int{}
	for i := end - 1; i >= middle; i-- {
		if m := &w.members[i]; m.twin < 0 {
			free[string(w.decoded(m.key))] = i
		}
	}
	for i := base; i < middle; i++ {
		m := &w.members[i]
		name, _, ok := n.Rename(string(w.decoded(m.key)))
		if j, found := free[name]; ok && found && m.twin < 0 {
			m.twin, w.members[j].twin = int32(j), int32(i)
			delete(free, name)
		}
	}
}
