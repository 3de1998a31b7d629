package expression

import (
	"fmt"
	"math/big"
	"slices"

	"parallax/capture/snapshot"
)

// Single is a compiled expression over one value. It is safe for concurrent use.
type Single struct {
	program *Program
	name    string
}

// The names of the value: one for an expression on each side.
type (
	oldScope struct {
		Old any `expr:"old"`
	}
	newScope struct {
		New any `expr:"new"`
	}
)

// CompileSingle compiles an expression over one value, which it calls "old" or
// "new". An error gives line and column.
func CompileSingle(text, name string) (*Single, error) {
	var env any = oldScope{}
	if name == "new" {
		env = newScope{}
	}
	p, err := compile(text, &rewriter{single: true}, env)
	return &Single{p, name}, err
}

func (s *Single) run(value any) (any, error) {
	if s.name == "new" {
		return s.program.compute(newScope{value})
	}
	return s.program.compute(oldScope{value})
}

// JSON computes on a JSON value, given by its text, which must have been checked,
// and returns the result's text. It may share memory with the value.
func (s *Single) JSON(value []byte) ([]byte, error) {
	v, err := fromJSON(value)
	if err != nil {
		return nil, err
	}
	if v, err = s.run(v); err != nil {
		return nil, err
	}
	if d, ok := v.(document); ok {
		return d.text, nil
	}
	text, err := appendJSON(nil, v)
	if err != nil {
		return nil, fmt.Errorf("the result: %w", err)
	}
	return text, nil
}

// Text computes on a text. The result is a text, or a number or truth value,
// which is written out.
func (s *Single) Text(value string) (string, error) {
	if len(value) > maxText {
		return "", fmt.Errorf("a text of %d bytes: expressions take %d", len(value), maxText)
	}
	v, err := s.run(value)
	if err != nil {
		return "", err
	}
	switch v.(type) {
	case string, bool, *big.Rat, cell:
		text, err := textOf(v)
		if err != nil {
			return "", fmt.Errorf("the result: %w", err)
		}
		return text, nil
	}
	return "", fmt.Errorf("the result is %s: a text is wanted", kindOf(v))
}

// appendJSON appends the text of a value. Keys come in their order.
func appendJSON(dst []byte, v any) (_ []byte, err error) {
	if len(dst) > maxText {
		return nil, fmt.Errorf("a document of more than %d bytes", maxText)
	}
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case bool:
		return fmt.Appendf(dst, "%t", v), nil
	case string:
		return appendString(dst, v), nil
	case *big.Rat:
		c, err := appendRat(nil, v)
		return snapshot.AppendText(dst, snapshot.Number, c), err
	case cell:
		return appendString(dst, string(snapshot.AppendText(nil, v.class, []byte(v.bytes)))), nil
	case document:
		return append(dst, v.text...), nil
	case []string:
		return appendList(dst, v)
	case []any:
		return appendList(dst, v)
	case map[string]any:
		return appendMap(dst, v)
	}
	return nil, fmt.Errorf("%s is no JSON value", kindOf(v))
}

func appendList[T any](dst []byte, list []T) (_ []byte, err error) {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendJSON(dst, v); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendMap(dst []byte, m map[string]any) (_ []byte, err error) {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	dst = append(dst, '{')
	for i, name := range names {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendJSON(append(appendString(dst, name), ':'), m[name]); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// appendString escapes what JSON must have escaped, and nothing else.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = fmt.Appendf(dst, "\\u%04x", c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
