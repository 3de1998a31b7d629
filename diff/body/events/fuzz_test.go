package events

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"
)

func check(text []byte) error {
	if !json.Valid(text) {
		return errors.New("not JSON")
	}
	return nil
}

// FuzzRead: every text becomes one array of JSON with a form for each event.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"data: a\n\n", "event: x\r\nid: 1\rdata:{\"a\":\ndata: 1}\r\n\r\n: c\n\n", "\xEF\xBB\xBFdata: \"s\"\n\nretry: 10\n",
		"data", ":", "\n\n\n", "a:b:c\n\ndata: \x00\xff\"\\\n\n", "retry: 007\n\nretry:\n\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := Read(text, check)
		var list []json.RawMessage
		if !utf8.Valid(text) {
			return // bytes that are no characters stay, which this reader refuses
		}
		if err := json.Unmarshal(s.Array, &list); err != nil || len(list) != len(s.Form) {
			t.Fatalf("%q: %q: %d elements, %d forms (%v)", text, s.Array, len(list), len(s.Form), err)
		}
	})
}
