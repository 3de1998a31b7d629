package records

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
)

func check(text []byte) error {
	if !json.Valid(text) {
		return errors.New("not JSON")
	}
	return nil
}

// FuzzRead: what is read is one array of as many elements, and no byte of the body is
// neither a record's nor framing.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"1\n2\n", "{\"a\":[1]}\r\n\r\n\"x\"", "\xEF\xBB\xBF1\n", "1,2\n", "\x1e1\n\x1e{\"a\":\n1}\n\x1e", "\x1e\x1e", "[\n]", "1]\n[2"} {
		f.Add([]byte(seed), seed[0] == separator)
	}
	f.Fuzz(func(t *testing.T, text []byte, sequence bool) {
		read := Lines
		if sequence {
			read = Sequence
		}
		l, err := read(text, check)
		if err != nil {
			return
		}
		array, mark := bytes.CutPrefix(l.Array, []byte(byteOrderMark))
		var list []json.RawMessage
		if err := json.Unmarshal(array, &list); err != nil || len(list) != l.Len {
			t.Fatalf("%q: %q: %d elements, want %d (%v)", text, array, len(list), l.Len, err)
		}
		n := len(l.Framing) - l.Len // a 0 stands for each record
		for _, record := range list {
			n += len(record)
		}
		if mark {
			n += len(byteOrderMark)
		}
		if n != len(text) {
			t.Fatalf("%q: %d of %d bytes", text, n, len(text))
		}
	})
}
