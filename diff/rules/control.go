package rules

// Control returns the rules, under the same indices, for comparing the old system
// with itself: what they say of the new side holds for neither of the two. With the
// rules themselves every change made on purpose would look like noise.
func (s *Set) Control() *Set { return s.control }

func (s *Set) asOld() *Set {
	o := &Set{source: s.source, digest: s.digest, byRoute: map[string]*RouteRules{}, byRules: map[string]*RouteRules{}}
	for _, c := range s.rules {
		if c.near != nil {
			c.near = &Near{c.near.is.asOld()}
		}
		if c.change != nil {
			c.change = &Change{old: c.change.old, new: c.change.old}
		}
		o.rules = append(o.rules, c)
	}
	o.control = o
	return o
}
