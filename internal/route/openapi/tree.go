package openapi

import "fmt"

// tree is a part of the file. A scalar has text, a mapping members, a list items;
// one that was not wanted has none of them.
type tree struct {
	line    int
	scalar  bool
	text    string
	members []member
	items   []tree
}

type member struct {
	key   string
	value tree
}

// wanted says which keys of a mapping are read, and what of their values; "*" is
// any key, "[]" the items of a list. A key that is not wanted is a member whose value
// is empty. What is wanted has a depth, and so has what is read, whatever aliases say.
type wanted map[string]wanted

func rootKeys() wanted {
	servers := wanted{"[]": {"url": {}, "variables": {"*": {"default": {}, "enum": {"[]": {}}}}}}
	return wanted{
		"openapi": {}, "swagger": {}, "servers": servers,
		"paths": {"*": {"$ref": {}, "servers": servers, "*": {"servers": servers}}},
	}
}

// list is the key of a list's items.
const list = "[]"

// of returns what is wanted of a key's value.
func (w wanted) of(key string) (wanted, bool) {
	if below, ok := w[key]; ok {
		return below, true
	}
	below, ok := w["*"]
	return below, ok
}

// get returns the value of a key, nil where there is none.
func (t *tree) get(key string) *tree {
	for i := range t.members {
		if t.members[i].key == key {
			return &t.members[i].value
		}
	}
	return nil
}

// unique refuses a key that stands twice.
func (t *tree) unique() error {
	seen := make(map[string]bool, len(t.members))
	for _, m := range t.members {
		if seen[m.key] {
			return at(m.value.line, "the key %.100q stands twice", m.key)
		}
		seen[m.key] = true
	}
	return nil
}

// placed is an error with its line.
type placed struct {
	line int
	text string
}

// Error implements error.
func (e *placed) Error() string { return fmt.Sprintf("line %d: %s", e.line, e.text) }

func at(line int, format string, args ...any) error {
	return &placed{line, fmt.Sprintf(format, args...)}
}
