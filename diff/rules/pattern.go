package rules

import (
	"fmt"
	"strings"
)

// token is one step of a pattern.
type token struct {
	text string
	wild wild
}

type wild uint8

const (
	exact wild = iota
	one        // "*"
	rest       // "**", last
)

// parsePointer reads a JSON Pointer pattern: RFC 6901 with "*", "**" and "~2".
func parsePointer(pattern string) ([]token, error) {
	if pattern == "" {
		return nil, nil
	}
	if pattern[0] != '/' {
		return nil, fmt.Errorf("pointer %q does not begin with /", pattern)
	}
	parts := strings.Split(pattern[1:], "/")
	tokens := make([]token, len(parts))
	for i, part := range parts {
		t, err := parseToken(part)
		if err != nil {
			return nil, fmt.Errorf("pointer %q: %w", pattern, err)
		}
		if t.wild == rest && i != len(parts)-1 {
			return nil, fmt.Errorf("pointer %q: ** may only be the last token", pattern)
		}
		tokens[i] = t
	}
	return tokens, nil
}

func parseToken(part string) (token, error) {
	switch part {
	case "*":
		return token{wild: one}, nil
	case "**":
		return token{wild: rest}, nil
	}
	var b strings.Builder
	for i := 0; i < len(part); i++ {
		if part[i] != '~' {
			b.WriteByte(part[i])
			continue
		}
		if i++; i == len(part) || part[i] < '0' || part[i] > '2' {
			return token{}, fmt.Errorf("token %q: after ~ stands 0 (~), 1 (/) or 2 (*)", part)
		}
		b.WriteByte("~/*"[part[i]-'0'])
	}
	return token{text: b.String()}, nil
}

// parseRoute reads a route pattern. No pattern means all routes.
func parseRoute(pattern string) ([]token, error) {
	if pattern == "" {
		return []token{{wild: rest}}, nil
	}
	if !strings.Contains(pattern, " ") {
		return nil, fmt.Errorf("route %q: want a method (or *), a space and a path", pattern)
	}
	parts := splitRoute(pattern)
	tokens := make([]token, len(parts))
	for i, part := range parts {
		t, err := parseToken(part)
		if err != nil {
			return nil, fmt.Errorf("route %q: %w", pattern, err)
		}
		if t.wild == rest && i != len(parts)-1 {
			return nil, fmt.Errorf("route %q: ** may only be the last segment", pattern)
		}
		tokens[i] = t
	}
	return tokens, nil
}

// splitRoute cuts "GET /orders/{id}" into its method and its segments.
func splitRoute(route string) []string {
	method, path, _ := strings.Cut(route, " ")
	path = strings.TrimPrefix(path, "/")
	return append([]string{method}, strings.Split(path, "/")...)
}

// matches reports whether the pattern is one of the texts.
func matches(pattern []token, texts []string) bool {
	for i, t := range pattern {
		if t.wild == rest {
			return true
		}
		if i >= len(texts) || t.wild == exact && t.text != texts[i] {
			return false
		}
	}
	return len(pattern) == len(texts)
}

// meet reports whether there is a place that both patterns match.
func meet(p, q []token) bool {
	for i := 0; ; i++ {
		switch {
		case restAt(p, i) || restAt(q, i):
			return true
		case i >= len(p) || i >= len(q):
			return len(p) == len(q)
		case p[i].wild == exact && q[i].wild == exact && p[i].text != q[i].text:
			return false
		}
	}
}

func restAt(p []token, i int) bool { return i < len(p) && p[i].wild == rest }

// order is how two patterns that meet stand to each other.
type order uint8

const (
	same order = iota
	stronger
	weaker
	neither
)

// compare orders two patterns that meet: p is the stronger where no position of
// it is wider than q's and one is narrower.
func compare(p, q []token) order {
	var narrower, wider bool
	for i := 0; i <= max(len(p), len(q)); i++ {
		a, b := rank(p, i), rank(q, i)
		narrower = narrower || a > b
		wider = wider || a < b
	}
	switch {
	case narrower && wider:
		return neither
	case narrower:
		return stronger
	case wider:
		return weaker
	}
	return same
}

// rank is higher where less can match. A pattern's end matches one length only,
// so it is as narrow as a literal; what "**" stands for is the widest.
func rank(p []token, i int) int {
	if len(p) > 0 && i >= len(p)-1 && p[len(p)-1].wild == rest {
		return 0
	}
	if i < len(p) && p[i].wild == one {
		return 1
	}
	return 2
}

// compareRules orders two rules that meet: by route, then by place.
func compareRules(a, b *compiled) order {
	switch o := compare(a.route, b.route); o {
	case same:
		return compare(a.place, b.place)
	default:
		return o
	}
}
