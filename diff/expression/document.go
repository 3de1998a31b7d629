package expression

import (
	"encoding/json"
	"fmt"
	"math/big"

	"parallax/internal/jsoncut"
)

// document is a JSON object or array, as it stands. It is cut only where an
// expression asks for a part, so that the rest keeps its spelling.
type document struct{ text []byte }

// fromJSON returns what an expression sees of a JSON value, given by its text,
// which is checked.
func fromJSON(text []byte) (any, error) {
	switch text[0] {
	case 'n':
		return nil, nil
	case 't', 'f':
		return text[0] == 't', nil
	case '"':
		if len(text) > maxText {
			return nil, fmt.Errorf("a text of %d bytes: expressions take %d", len(text), maxText)
		}
		s, whole := jsoncut.Text(text)
		if !whole {
			return nil, errNoCharacter
		}
		return s, nil
	case '{', '[':
		return document{text}, nil
	}
	r, ok := ParseNumber(string(text))
	if !ok {
		return nil, fmt.Errorf("%.60s is beyond the numbers that expressions take", text)
	}
	return r, fits(r)
}

func documentFunctions() []function {
	return []function{
		{fnMember, 2, 2, func(a []any) (any, error) { return reach(a[0], a[1], false) }, false},
		{fnMaybe, 2, 2, func(a []any) (any, error) { return reach(a[0], a[1], true) }, false},
		{"json", 1, 1, parseDocument, false},
	}
}

// parseDocument reads JSON from a text.
func parseDocument(args []any) (any, error) {
	s, err := texts(args)
	if err != nil {
		return nil, err
	}
	text := []byte(s[0])
	if !json.Valid(text) {
		return nil, fmt.Errorf("%.60q is no JSON", s[0])
	}
	from := jsoncut.SkipSpace(text, 0)
	return fromJSON(text[from:jsoncut.ValueEnd(text, from)])
}

// reach returns a member or an element. One that is not there is an error, or null
// where maybe says so.
func reach(v, at any, maybe bool) (any, error) {
	var part any
	var found bool
	var err error
	switch v := v.(type) {
	case document:
		part, found, err = v.part(at)
	case map[string]any:
		var name string
		if name, err = nameOf(v, at); err == nil {
			part, found = v[name]
		}
	case []any:
		part, found, err = item(v, at)
	case []string:
		part, found, err = item(v, at)
	default:
		err = fmt.Errorf("%s has no members", kindOf(v))
	}
	if err == nil && !found && !maybe {
		return nil, fmt.Errorf("there is no member %s: ?. gives null then", shownMember(at))
	}
	return part, err
}

func shownMember(at any) string {
	if r, ok := at.(*big.Rat); ok {
		return shown(r)
	}
	return fmt.Sprintf("%.60q", at)
}

func nameOf(v, at any) (string, error) {
	name, ok := at.(string)
	if !ok {
		return "", fmt.Errorf("%s has members by name, not by %s", kindOf(v), kindOf(at))
	}
	return name, nil
}

// item takes the element at a position, counted from the end where it is below 0.
func item[T any](list []T, at any) (any, bool, error) {
	i, err := small(at, 1<<31)
	if err != nil {
		return nil, false, fmt.Errorf("an element's position: %w", err)
	}
	if i < 0 {
		i += len(list)
	}
	if i < 0 || i >= len(list) {
		return nil, false, nil
	}
	return list[i], true, nil
}

func (d document) part(at any) (any, bool, error) {
	if d.text[0] == '[' {
		list, err := d.cut()
		if err != nil {
			return nil, false, err
		}
		text, found, err := item(list, at)
		if err != nil || !found {
			return nil, false, err
		}
		v, err := fromJSON(text.([]byte))
		return v, true, err
	}
	name, err := nameOf(d, at)
	if err != nil {
		return nil, false, err
	}
	text, times := jsoncut.Member(d.text, name)
	switch {
	case times > 1:
		return nil, false, fmt.Errorf("the key %.60q stands twice: which of the values is meant is not known", name)
	case times == 0:
		return nil, false, nil
	}
	v, err := fromJSON(text)
	return v, true, err
}

// cut returns the texts of an array's elements.
func (d document) cut() (list [][]byte, err error) {
	err = jsoncut.Elements(d.text, func(value []byte) error {
		if len(list) >= maxMemory {
			return fmt.Errorf("an array of more than %d elements", maxMemory)
		}
		list = append(list, value)
		return nil
	})
	return list, err
}

func (d document) list() (values []any, err error) {
	texts, err := d.cut()
	for _, text := range texts {
		v, err := fromJSON(text)
		if err != nil {
			return nil, err
		}
		values = append(values, v)
	}
	return values, err
}

// count counts elements or members.
func (d document) count() (n int) {
	each := func([]byte) error { n++; return nil }
	if d.text[0] == '[' {
		_ = jsoncut.Elements(d.text, each)
	} else {
		_ = jsoncut.Members(d.text, func(_ string, value []byte) error { return each(value) })
	}
	return n
}
