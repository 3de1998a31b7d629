package route

import (
	"fmt"
	"slices"
	"strings"
)

// Template is one path of a list that somebody has written: an API's description.
type Template struct {
	// Path is as written, "/orders/{orderId}": the route's name holds it.
	Path string
	// Methods are those that the list has for the path.
	Methods []string
	// Bases stand before Path in targets, "" or "/v1"; none is one that is empty.
	Bases []string
}

// Templates names requests by a list of path templates, and those that it does not
// have by Of. It is read-only and safe for concurrent use; it sees one request only,
// as Of does.
//
// A target is compared segment by segment, brought into the form that Of gives
// literals. A placeholder stands for one or more characters of one segment, alone
// or beside literals ("{name}.json"). Where several templates fit, the first segment
// that they differ in decides: a literal goes before a placeholder among literals,
// of these the one with more literal characters, and both before a placeholder
// alone.
type Templates struct{ root *branch }

// branch is a place between two segments.
type branch struct {
	literals map[string]*branch
	mixed    []mixedBranch // by literal characters, most first
	any      *branch
	leaf     *Template
}

type mixedBranch struct {
	parts []string // the literals around the placeholders
	next  *branch
}

// The bounds of a list.
const (
	maxTemplates    = 100_000 // paths times bases
	maxTemplateText = 1000    // bytes of a path
)

// NewTemplates checks a list. Two templates that fit the same targets are refused,
// unless they are one path under several bases.
func NewTemplates(list []Template) (*Templates, error) {
	t := &Templates{root: &branch{}}
	n := 0
	for i := range list {
		bases := list[i].Bases
		if len(bases) == 0 {
			bases = []string{""}
		}
		for _, base := range bases {
			if n++; n > maxTemplates {
				return nil, fmt.Errorf("more than %d paths, counted once for each base", maxTemplates)
			}
			if err := t.add(base, &list[i]); err != nil {
				return nil, fmt.Errorf("path %.100q: %w", list[i].Path, err)
			}
		}
	}
	return t, nil
}

func (t *Templates) add(base string, leaf *Template) error {
	if !strings.HasPrefix(leaf.Path, "/") || len(leaf.Path) > maxTemplateText {
		return fmt.Errorf("want a path of at most %d bytes that begins with /", maxTemplateText)
	}
	if strings.ContainsAny(leaf.Path, "?#") {
		return fmt.Errorf("a path has no query and no fragment")
	}
	at := t.root
	segments := strings.Split((strings.TrimRight(base, "/") + leaf.Path)[1:], "/")
	if len(segments) > maxSegments {
		return fmt.Errorf("more than %d segments", maxSegments)
	}
	for _, s := range segments {
		parts, err := parseSegment(s)
		if err != nil {
			return err
		}
		at = at.child(parts)
	}
	if at.leaf != nil && at.leaf != leaf {
		return fmt.Errorf("it fits the same requests as %.100q", at.leaf.Path)
	}
	at.leaf = leaf
	return nil
}

// parseSegment cuts a segment at its placeholders: a literal alone has one part.
func parseSegment(s string) (parts []string, err error) {
	for {
		literal, rest, found := strings.Cut(s, "{")
		if strings.Contains(literal, "}") {
			return nil, fmt.Errorf("segment %.60q: a } without its {", s)
		}
		parts = append(parts, normal(literal))
		if !found {
			return parts, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || name == "" || strings.Contains(name, "{") {
			return nil, fmt.Errorf("segment %.60q: a placeholder is written {name}", s)
		}
		s = after
	}
}

func normal(literal string) string { return string(appendNormal(nil, literal)) }

func (b *branch) child(parts []string) *branch {
	switch {
	case len(parts) == 1:
		if b.literals == nil {
			b.literals = map[string]*branch{}
		}
		if b.literals[parts[0]] == nil {
			b.literals[parts[0]] = &branch{}
		}
		return b.literals[parts[0]]
	case len(parts) == 2 && parts[0] == "" && parts[1] == "":
		if b.any == nil {
			b.any = &branch{}
		}
		return b.any
	}
	for i := range b.mixed {
		if slices.Equal(b.mixed[i].parts, parts) {
			return b.mixed[i].next
		}
	}
	next := &branch{}
	b.mixed = append(b.mixed, mixedBranch{parts, next})
	slices.SortFunc(b.mixed, compareMixed)
	return next
}

// compareMixed puts more literal characters first, then fewer placeholders.
func compareMixed(a, b mixedBranch) int {
	x, y := strings.Join(a.parts, ""), strings.Join(b.parts, "")
	switch {
	case len(x) != len(y):
		return len(y) - len(x)
	case len(a.parts) != len(b.parts):
		return len(a.parts) - len(b.parts)
	}
	return slices.Compare(a.parts, b.parts)
}

// Of returns the route of a request. Described reports whether the list has its
// path and method; the name of another method of a path that the list has holds the
// path as written, too.
func (t *Templates) Of(method, target string) (name string, described bool) {
	if leaf := t.find(method, target); leaf != nil {
		name = string(append(append(appendMethod(nil, method), ' '), leaf.Path...))
		return name, slices.Contains(leaf.Methods, method)
	}
	return Of(method, target), false
}

func (t *Templates) find(method, target string) *Template {
	if target == "*" || method == "CONNECT" && !strings.HasPrefix(target, "/") {
		return nil
	}
	path := pathOf(target)
	if strings.Count(path, "/") >= maxSegments {
		return nil
	}
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if n := strings.IndexByte(s, ';'); n >= 0 {
			s = s[:n]
		}
		segments[i] = normal(s)
	}
	return t.root.find(segments)
}

// find tries the stronger branches first. A branch is one place of a tree, so that
// none is tried twice for one path.
func (b *branch) find(segments []string) *Template {
	if len(segments) == 0 {
		return b.leaf
	}
	s, rest := segments[0], segments[1:]
	if next := b.literals[s]; next != nil {
		if leaf := next.find(rest); leaf != nil {
			return leaf
		}
	}
	for i := range b.mixed {
		if fits(b.mixed[i].parts, s) {
			if leaf := b.mixed[i].next.find(rest); leaf != nil {
				return leaf
			}
		}
	}
	if b.any != nil && s != "" {
		return b.any.find(rest)
	}
	return nil
}

// fits reports whether a segment is the literals with at least one character
// between each two. Each literal is taken where it comes first, which leaves the
// most to the others.
func fits(parts []string, s string) bool {
	last := len(parts) - 1
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	for _, p := range parts[1:last] {
		if s == "" {
			return false
		}
		i := strings.Index(s[1:], p)
		if i < 0 {
			return false
		}
		s = s[1+i+len(p):]
	}
	return len(s) > len(parts[last]) && strings.HasSuffix(s, parts[last])
}
