package mapping

import (
	"errors"
	"fmt"
	"strings"

	"parallax/internal/jsoncut"
)

// pointer is a JSON Pointer (RFC 6901), cut into its tokens.
type pointer []string

func parsePointer(text string) (pointer, error) {
	if text == "" {
		return pointer{}, nil
	}
	if text[0] != '/' {
		return nil, fmt.Errorf("pointer %q does not begin with /", text)
	}
	var p pointer
	for _, token := range strings.Split(text[1:], "/") {
		for i := strings.IndexByte(token, '~'); i >= 0 && i < len(token); i++ {
			if token[i] == '~' && (i+1 == len(token) || token[i+1] != '0' && token[i+1] != '1') {
				return nil, fmt.Errorf("pointer %q: after ~ stands 0 (~) or 1 (/)", text)
			}
		}
		p = append(p, strings.NewReplacer("~1", "/", "~0", "~").Replace(token))
	}
	return p, nil
}

var errTwice = errors.New("a key stands twice: which of the values is meant is not known")

// in returns the value that the pointer leads to, or nil.
func (p pointer) in(document []byte) ([]byte, error) {
	i := jsoncut.SkipSpace(document, 0)
	value := document[i:jsoncut.ValueEnd(document, i)]
	for _, token := range p {
		switch value[0] {
		case '{':
			v, times := jsoncut.Member(value, token)
			if times > 1 {
				return nil, fmt.Errorf("%.60q: %w", token, errTwice)
			}
			value = v
		case '[':
			value = jsoncut.Element(value, token)
		default:
			return nil, nil
		}
		if value == nil {
			return nil, nil
		}
	}
	return value, nil
}
