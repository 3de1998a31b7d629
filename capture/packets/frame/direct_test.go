package frame

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// What is read in one step is what is read layer by layer, whatever bytes are
// changed, cut off or added.
func TestDirectIsLayerByLayer(t *testing.T) {
	whole := encapsulations()["ethernet"].data
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		p := slices.Clone(whole)
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			at := rapid.IntRange(0, len(p)-1).Draw(t, "at")
			p[at] = rapid.OneOf(rapid.Byte(), rapid.SampledFrom([]byte{0, 1, 4, 5, 6, 0x20, 0x40, 0x45, 0x50, 0x60, 0xff})).Draw(t, "byte")
		}
		p = append(p, make([]byte, rapid.IntRange(0, 20).Draw(t, "more"))...)
		p = p[:len(p)-rapid.IntRange(0, 30).Draw(t, "less")]
		cut := rapid.IntRange(0, 9).Draw(t, "cut")
		direct, layered := NewDecoder(Options{}), NewDecoder(Options{})
		if !direct.direct(p) {
			return
		}
		taken++
		layered.cut = cut
		if v := layered.link(linkEthernet, p); v != TCP {
			t.Fatalf("%v where one step finds a segment", v)
		}
		if diff := cmp.Diff(layered.Segment, direct.Segment, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
	if taken == 0 {
		t.Error("no packet was read in one step")
	}
}
