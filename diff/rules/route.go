package rules

import "strings"

// RouteRules are the rules of one route. They are read-only.
type RouteRules struct {
	set      []compiled
	body     *Node
	status   int
	headers  map[string]*Node
	trailers map[string]*Node
	cookies  map[string]*Node
	off      [builtins]bool
	// headersTransform: a header or trailer has a transform.
	headersTransform bool
}

// For returns the rules of a route, named as in the summary.
func (s *Set) For(route string) *RouteRules {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.byRoute[route]; ok {
		return r
	}
	r := s.matching(route)
	if len(s.byRoute) < maxCachedRoutes {
		s.byRoute[route] = r
	}
	return r
}

// ForCells returns the rules for JSON in a table's cells: those of For without
// transforms. Cells of equal checksums are never read, so that these could not be
// asked of all; a mapping says how columns changed.
func (s *Set) ForCells(table string) *RouteRules {
	var hit []int
	parts := splitRoute(table)
	for i := range s.rules {
		if s.rules[i].slot != slotTransform && matches(s.rules[i].route, parts) {
			hit = append(hit, i)
		}
	}
	r, _ := buildRouteRules(s.rules, hit) // no more nodes than Compile built
	return r
}

func (s *Set) matching(route string) *RouteRules {
	parts := splitRoute(route)
	var hit []int
	key := make([]byte, (len(s.rules)+7)/8)
	for i := range s.rules {
		if matches(s.rules[i].route, parts) {
			hit = append(hit, i)
			key[i/8] |= 1 << (i % 8)
		}
	}
	if r, ok := s.byRules[string(key)]; ok {
		return r
	}
	// Compile has built the rules of all routes together, which has at least as
	// many nodes, so that this cannot fail.
	r, _ := buildRouteRules(s.rules, hit)
	if len(s.byRules) < maxCachedRoutes {
		s.byRules[string(key)] = r
	}
	return r
}

func buildRouteRules(set []compiled, hit []int) (*RouteRules, error) {
	r := &RouteRules{set: set, status: -1}
	by := map[kind][]position{}
	for _, i := range hit {
		by[set[i].kind] = append(by[set[i].kind], position{rule: i})
		for _, off := range set[i].off {
			r.off[off] = true
		}
	}
	roots := map[kind]*Node{}
	for _, k := range []kind{inBody, inHeader, inTrailer, inCookie, inStatus} {
		b := builder{rules: set, nodes: map[string]*Node{}}
		n, err := b.node(by[k])
		if err != nil {
			return nil, err
		}
		roots[k] = n
	}
	r.body, r.headers = roots[inBody], literalsOf(roots[inHeader])
	r.trailers, r.cookies = literalsOf(roots[inTrailer]), literalsOf(roots[inCookie])
	r.headersTransform = roots[inHeader].Transforms() || roots[inTrailer].Transforms()
	r.status, _ = roots[inStatus].Ignore()
	return r, nil
}

func literalsOf(n *Node) map[string]*Node {
	if n == nil {
		return nil
	}
	return n.literals
}

// Body returns the root of the body's places, nil where no rule is about bodies.
func (r *RouteRules) Body() *Node { return r.body }

// Header returns what is said of a header, whose name is matched without case.
func (r *RouteRules) Header(name string) *Node { return lookup(r.headers, name) }

// Trailer returns what is said of a trailer.
func (r *RouteRules) Trailer(name string) *Node { return lookup(r.trailers, name) }

// Cookie returns what is said of the cookie that Set-Cookie sets under name.
func (r *RouteRules) Cookie(name string) *Node { return r.cookies[name] }

// Status returns the rule that ignores the status.
func (r *RouteRules) Status() (rule int, ok bool) { return r.status, r.status >= 0 }

// Builtin returns the index to count b under, and whether b is on.
func (r *RouteRules) Builtin(b Builtin) (rule int, on bool) {
	return len(r.set) + int(b), !r.off[b]
}

func lookup(m map[string]*Node, name string) *Node {
	if len(m) == 0 {
		return nil
	}
	return m[strings.ToLower(name)]
}
