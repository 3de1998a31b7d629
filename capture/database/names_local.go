package database

import "strings"

// matchesName reports whether a pattern, * being any text, is the name or
// schema.name.
func matchesName(pattern, schema, name string) bool {
	return globMatch(pattern, name) || schema != "" && globMatch(pattern, schema+"."+name)
}

func globMatch(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	first, last := parts[0], parts[len(parts)-1]
	if len(parts) == 1 {
		return pattern == s
	}
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(s, part)
		if !found {
			return false
		}
		s = after
	}
	return true
}
