package files

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/snapshot"
)

// TestNumbersReadFastOrSlow: the short way gives what the long one does.
func TestNumbersReadFastOrSlow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{0,20}(\.[0-9]{0,20})?(e[0-9])?`).Draw(t, "text")
		want, err := snapshot.AppendNumberText(nil, text)
		got, ok := parseNumber(nil, []byte(text))
		if ok != (err == nil) || ok && !bytes.Equal(got, want) {
			t.Fatalf("%q: %x %v, want %x %v", text, got, ok, want, err)
		}
	})
}
