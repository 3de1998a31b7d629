package diff

import (
	"strings"
	"testing"
	"unsafe"

	"parallax/capture/recording"
)

// Readers cut names out of slabs that neighbouring rows share; one that is kept for the
// whole comparison is a copy.
func TestKeptSessionsHoldNoRows(t *testing.T) {
	slab := strings.Repeat("x", 8<<10) + "0123456789abcdef"
	old := &recording.Exchange{Session: slab[8<<10:], Request: &recording.Request{Method: "POST"}}
	u := newUnwritten(&Input{Manifest: &recording.Manifest{}})
	u.see(old, old, nil)
	if len(u.sessions) != 1 {
		t.Fatalf("%d sessions", len(u.sessions))
	}
	for kept := range u.sessions {
		if kept != old.Session || unsafe.StringData(kept) == unsafe.StringData(old.Session) {
			t.Errorf("%q is kept with its neighbours", kept)
		}
	}
}
