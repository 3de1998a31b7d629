package database

import "strings"

// Wanted reports whether the table is to be captured: some Include matches (or
// there is none), and no Exclude does.
func (o *Options) Wanted(schema, name string) bool {
	if len(o.Include) > 0 && !matchesAny(o.Include, schema, name) {
		return false
	}
	return !matchesAny(o.Exclude, schema, name)
}

func matchesAny(patterns []string, schema, name string) bool {
	for _, p := range patterns {
		if matchName(p, schema, name) {
			return true
		}
	}
	return false
}

// matchName matches the name alone, or with its schema. Both are tried, as a dot
// may be part of a name.
func matchName(pattern, schema, name string) bool {
	return matchText(pattern, name) || schema != "" && matchText(pattern, schema+"."+name)
}

// matchText matches * with any text, everything else with itself. Each star takes
// as little as lets the rest go on, which suffices as only the last may need more.
func matchText(pattern, text string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, first)
	for ok {
		var part string
		if part, rest, star = strings.Cut(rest, "*"); !star {
			return strings.HasSuffix(text, part)
		}
		i := strings.Index(text, part)
		if ok = i >= 0; ok {
			text = text[i+len(part):]
		}
	}
	return false
}

// KeyOf returns the key that Options.Keys declares for the table; a name with its
// schema wins over one without.
func (o *Options) KeyOf(schema, name string) ([]string, bool) {
	if schema != "" {
		if key, ok := o.Keys[schema+"."+name]; ok {
			return key, true
		}
	}
	key, ok := o.Keys[name]
	return key, ok
}
