package rules

import "slices"

// Over returns a node that says what n does, and of what n says nothing what weaker
// does: one place of a body may have two names, that of all siblings and that of the
// one. An ignore that either leaves to a stronger rule does not hold.
func (n *Node) Over(weaker *Node) *Node {
	switch {
	case n == nil || n == weaker:
		return weaker
	case weaker == nil:
		return n
	}
	both := *n
	both.weaker = n.weaker.Over(weaker)
	both.transforms = n.transforms || weaker.transforms
	both.overruled = slices.Concat(n.overruled, weaker.overruled)
	for s, rule := range weaker.action.rule {
		if both.action.rule[s] < 0 {
			both.action.rule[s] = rule
		}
	}
	if rule, ok := both.Ignore(); ok && both.Overrules(rule) {
		both.action.rule[slotIgnore] = -1
	}
	for key, r := range weaker.renames {
		both.rename(key, r)
	}
	return &both
}

// Overrules reports whether an ignore, by its index, would hold here but for a
// stronger rule for this place or one below.
func (n *Node) Overrules(ignore int) bool { return n != nil && slices.Contains(n.overruled, ignore) }

// rename adds a rename where neither name has one. The maps are copied: they are
// another node's.
func (n *Node) rename(key string, r rename) {
	_, taken := n.renamed[r.key]
	if _, ok := n.renames[key]; ok || taken {
		return
	}
	renames, renamed := map[string]rename{key: r}, map[string]string{r.key: key}
	for k, other := range n.renames {
		renames[k], renamed[other.key] = other, k
	}
	n.renames, n.renamed = renames, renamed
}
