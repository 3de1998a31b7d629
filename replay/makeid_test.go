package replay

import (
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/recording"
)

func TestMakeIDIsRecordings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at, sequence := rapid.Int64().Draw(t, "at"), rapid.Uint32().Draw(t, "sequence")
		session := rapid.StringMatching("[0-9a-f]{0,16}").Draw(t, "session")
		if got, want := makeID(at, session, sequence), recording.MakeID(at, session, sequence); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	})
}
