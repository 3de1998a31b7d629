package mysql

import (
	"strings"

	"parallax/capture/database"
)

// wanted reports whether Include and Exclude choose a table.
func wanted(o *database.Options, schema, name string) bool {
	return (len(o.Include) == 0 || anyMatches(o.Include, schema, name)) && !anyMatches(o.Exclude, schema, name)
}

func anyMatches(patterns []string, schema, name string) bool {
	for _, p := range patterns {
		if matches(p, name) || matches(p, schema+"."+name) {
			return true
		}
	}
	return false
}

// matches: * is any text, everything else is itself.
func matches(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(text, p)
		if !found {
			return false
		}
		text = after
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}

// keyFor is the key that the options declare for a table.
func keyFor(o *database.Options, schema, name string) []string {
	if key, ok := o.Keys[schema+"."+name]; ok {
		return key
	}
	return o.Keys[name]
}
