package snapshot

import (
	"bytes"
	"encoding/hex"
	"fmt"
)

// AppendTagged appends a cell as a sibling column holds it: its class's name, a
// colon, and the canonical bytes: as they are for texts that are UTF-8, in hex for
// the others, after "x:". ParseTagged is its inverse for every cell.
func AppendTagged(dst []byte, class Class, c []byte) []byte {
	dst = append(append(dst, class.String()...), ':')
	switch class {
	case Text, JSON, List:
		return append(dst, c...)
	}
	if text := AppendText(nil, class, c); class == Number {
		if again, err := AppendNumberText(nil, string(text)); err == nil && bytes.Equal(again, c) {
			return append(dst, text...)
		}
	}
	return append(append(dst, "x:"...), hex.EncodeToString(c)...)
}

// ParseTagged reads what AppendTagged wrote, and appends the canonical bytes.
func ParseTagged(dst, tagged []byte) (Class, []byte, error) {
	name, rest, ok := bytes.Cut(tagged, []byte{':'})
	if !ok {
		return Null, dst, fmt.Errorf("%.60q: a cell without its class", tagged)
	}
	class, err := ParseClass(string(name))
	if err != nil {
		return Null, dst, err
	}
	switch class {
	case Text, JSON, List:
		return class, append(dst, rest...), nil
	}
	if digits, isHex := bytes.CutPrefix(rest, []byte("x:")); isHex {
		raw, err := hex.DecodeString(string(digits))
		if err != nil {
			return Null, dst, fmt.Errorf("%.60q: %w", tagged, err)
		}
		return class, append(dst, raw...), nil
	}
	if class == Number {
		dst, err = AppendNumberText(dst, string(rest))
		return class, dst, err
	}
	return Null, dst, fmt.Errorf("%.60q: not a tagged cell", tagged)
}
