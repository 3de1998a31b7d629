package rules

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Node is a place in a body with all that the rules say of it and of the places
// below. A nil Node is a place of which, and below which, they say nothing; all
// methods take it. Nodes are read-only.
type Node struct {
	action   action
	literals map[string]*Node  // by key or index; each includes what any says
	any      *Node             // every other key or index
	renames  map[string]rename // by old key
	renamed  map[string]string // old key by new key
	// transforms: this place or one below has a transform.
	transforms bool
	// overruled are the ignores that leave this place, or one below, to a stronger rule.
	overruled []int
	// weaker says something of the same place, too, see Over.
	weaker *Node
}

type rename struct {
	key  string
	rule int
}

// action holds, for each slot, the index of the strongest rule, or -1.
type action struct {
	rule [slots]int
	set  []compiled
}

// Child returns the place under key of an object.
func (n *Node) Child(key string) *Node {
	if n == nil {
		return nil
	}
	c, ok := n.literals[key]
	if !ok {
		c = n.any
	}
	if n.weaker != nil {
		return c.Over(n.weaker.Child(key))
	}
	return c
}

// ChildBytes is Child without a conversion.
func (n *Node) ChildBytes(key []byte) *Node {
	if n == nil {
		return nil
	}
	if n.weaker != nil {
		return n.Child(string(key))
	}
	if c, ok := n.literals[string(key)]; ok {
		return c
	}
	return n.any
}

// Index returns the place of element i of an array.
func (n *Node) Index(i int) *Node {
	if n == nil {
		return nil
	}
	if len(n.literals) == 0 && n.weaker == nil {
		return n.any
	}
	var digits [20]byte
	return n.ChildBytes(strconv.AppendInt(digits[:0], int64(i), 10))
}

// Ignore returns the rule that silences this place and all below.
func (n *Node) Ignore() (rule int, ok bool) { return n.slot(slotIgnore) }

// Unordered returns the rule that makes this array a multiset.
func (n *Node) Unordered() (rule int, ok bool) {
	rule, ok = n.slot(slotOrder)
	return rule, ok && n.action.set[rule].keys == nil
}

// Keyed returns the keys, as pointer tokens, that pair this array's elements.
func (n *Node) Keyed() (keys [][]string, rule int, ok bool) {
	rule, ok = n.slot(slotOrder)
	if !ok || n.action.set[rule].keys == nil {
		return nil, -1, false
	}
	return n.action.set[rule].keys, rule, true
}

// Tolerance returns the tolerance of a number here.
func (n *Node) Tolerance() (t *Tolerance, rule int, ok bool) {
	if rule, ok = n.slot(slotNear); !ok {
		return nil, -1, false
	}
	t, ok = n.action.set[rule].near.is.(*Tolerance)
	return t, rule, ok
}

// Near returns the tolerance, time or matches of a value here.
func (n *Node) Near() (near *Near, rule int, ok bool) {
	if rule, ok = n.slot(slotNear); !ok {
		return nil, -1, false
	}
	return n.action.set[rule].near, rule, true
}

// Equal returns which states are the same here.
func (n *Node) Equal() (s States, rule int, ok bool) {
	if rule, ok = n.slot(slotEqual); !ok {
		return 0, -1, false
	}
	return n.action.set[rule].states, rule, true
}

func (n *Node) slot(s slot) (int, bool) {
	if n == nil || n.action.set == nil || n.action.rule[s] < 0 {
		return -1, false
	}
	return n.action.rule[s], true
}

// HasRenames reports whether a key of this object has another name in the new
// document.
func (n *Node) HasRenames() bool { return n != nil && len(n.renames) > 0 }

// Rename returns the name that the old document's key has in the new one. The
// rules below are those of the old name: Child(key).
func (n *Node) Rename(key string) (newKey string, rule int, ok bool) {
	if n == nil {
		return "", -1, false
	}
	r, ok := n.renames[key]
	return r.key, r.rule, ok
}

// RenamedFrom returns the old document's name of the new one's key.
func (n *Node) RenamedFrom(newKey string) (key string, ok bool) {
	if n == nil {
		return "", false
	}
	key, ok = n.renamed[newKey]
	return key, ok
}

// maxNodes bounds a compiled body: wildcards at many depths multiply.
const maxNodes = 50_000

// position is a rule with the number of its tokens that are behind.
type position struct{ rule, at int }

// builder turns positions into nodes, one for each set of positions.
type builder struct {
	rules []compiled
	nodes map[string]*Node
}

// node returns the node for a set of positions, which is nil for none.
func (b *builder) node(at []position) (*Node, error) {
	if len(at) == 0 {
		return nil, nil
	}
	key := stateKey(at)
	if n, ok := b.nodes[key]; ok {
		return n, nil
	}
	if len(b.nodes) >= maxNodes {
		return nil, fmt.Errorf("body rules: wildcards at many depths meet in more than %d places", maxNodes)
	}
	ends, overruled := b.ends(at)
	n := &Node{action: b.action(ends), transforms: b.transforming(at), overruled: overruled}
	b.nodes[key] = n
	return n, b.children(n, at)
}

func stateKey(at []position) string {
	var key []byte
	for _, p := range at {
		key = binary.AppendUvarint(binary.AppendUvarint(key, uint64(p.rule)), uint64(p.at))
	}
	return string(key)
}

func (b *builder) children(n *Node, at []position) (err error) {
	if n.any, err = b.node(b.step(at, nil)); err != nil {
		return err
	}
	for _, key := range b.keys(at) {
		child, err := b.node(b.step(at, &key))
		if err != nil {
			return err
		}
		if n.literals == nil {
			n.literals = map[string]*Node{}
		}
		n.literals[key] = child
		n.addRename(key, child)
	}
	return nil
}

func (n *Node) addRename(key string, child *Node) {
	rule, ok := child.slot(slotRename)
	if !ok {
		return
	}
	if n.renames == nil {
		n.renames, n.renamed = map[string]rename{}, map[string]string{}
	}
	to := child.action.set[rule].newName
	n.renames[key] = rename{key: to, rule: rule}
	n.renamed[to] = key
}

// keys returns the literals that can come next, sorted.
func (b *builder) keys(at []position) []string {
	seen := map[string]bool{}
	var keys []string
	for _, p := range at {
		place := b.rules[p.rule].place
		if p.at < len(place) && place[p.at].wild == exact && !seen[place[p.at].text] {
			seen[place[p.at].text] = true
			keys = append(keys, place[p.at].text)
		}
	}
	sort.Strings(keys)
	return keys
}

// step returns the positions after one more key; nil stands for every key that
// is no literal here.
func (b *builder) step(at []position, key *string) []position {
	var next []position
	for _, p := range at {
		place := b.rules[p.rule].place
		switch {
		case p.at >= len(place):
		case place[p.at].wild == rest:
			next = append(next, p)
		case place[p.at].wild == one, key != nil && place[p.at].text == *key:
			next = append(next, position{p.rule, p.at + 1})
		}
	}
	return next
}

// action finds the strongest rule of each slot among those that end here.
func (b *builder) action(ends []int) action {
	a := action{set: b.rules}
	for s := range a.rule {
		a.rule[s] = -1
	}
	for _, i := range ends {
		if s := b.rules[i].slot; a.rule[s] < 0 && !b.beaten(i, ends) {
			a.rule[s] = i
		}
	}
	return a
}

// ends returns the rules that end here. An ignore that is overruled does not.
func (b *builder) ends(at []position) (ends, overruled []int) {
	for _, p := range at {
		switch {
		case !b.endsAt(p):
		case b.rules[p.rule].slot == slotIgnore && b.overruled(p.rule, at):
			overruled = append(overruled, p.rule)
		default:
			ends = append(ends, p.rule)
		}
	}
	return ends, overruled
}

func (b *builder) endsAt(p position) bool {
	place := b.rules[p.rule].place
	return p.at == len(place) || place[p.at].wild == rest
}

// beaten reports whether a stronger rule of the same slot ends at the same place.
func (b *builder) beaten(i int, ends []int) bool {
	for _, j := range ends {
		if b.rules[j].slot == b.rules[i].slot && compareRules(&b.rules[j], &b.rules[i]) == stronger {
			return true
		}
	}
	return false
}

// overruled reports whether an ignore leaves its place to a stronger rule that
// wants it compared: "ignore /a/*" beside "tolerance /a/total" leaves the total to
// its tolerance. So does "ignore /a/**", which therefore may not silence /a as a
// whole, above the total.
func (b *builder) overruled(ignore int, at []position) bool {
	for _, p := range at {
		if b.rules[p.rule].slot == slotIgnore || !b.endsAt(p) && !b.subtree(ignore) {
			continue
		}
		if compareRules(&b.rules[p.rule], &b.rules[ignore]) == stronger {
			return true
		}
	}
	return false
}

// subtree reports whether rule i ends in "**".
func (b *builder) subtree(i int) bool {
	place := b.rules[i].place
	return len(place) > 0 && place[len(place)-1].wild == rest
}

// String lists the rules of the node, for tests and errors.
func (n *Node) String() string {
	if n == nil {
		return "no rules"
	}
	var names []string
	for s := range slots {
		if i, ok := n.slot(s); ok {
			names = append(names, n.action.set[i].name)
		}
	}
	return strings.Join(names, ", ")
}
