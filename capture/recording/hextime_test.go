package recording

import (
	"testing"

	"pgregory.net/rapid"
)

// TestHexTime holds the fast reading equal to the plain one, on digits and on
// what is nearly one.
func TestHexTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digit := rapid.OneOf(rapid.SampledFrom([]byte("0123456789abcdef")), rapid.SampledFrom([]byte("/:@`gGAF\x00\x10\x7f\xb0\xff")), rapid.Byte())
		text := rapid.SliceOfN(rapid.SampledFrom([]byte("0123456789abcdef")), 16, 16).Draw(t, "digits")
		if rapid.Bool().Draw(t, "odd") {
			text[rapid.IntRange(0, 15).Draw(t, "at")] = digit.Draw(t, "byte")
		}
		id := ID(string(text) + "-00000000-00000000")
		want, err := id.slowTime()
		got, ok := hexTime(string(id))
		if ok != (err == nil) || ok && int64(got) != want {
			t.Fatalf("%q: %x, %v; want %x, %v", text, got, ok, want, err)
		}
	})
}

// TestHexTimeEveryByte tries every byte at every place.
func TestHexTimeEveryByte(t *testing.T) {
	for at := range 16 {
		for b := range 256 {
			text := []byte("09af09af09af09af-00000000-00000000")
			text[at] = byte(b)
			want, err := ID(text).slowTime()
			if got, ok := hexTime(string(text)); ok != (err == nil) || ok && int64(got) != want {
				t.Fatalf("%q: %x, %v; want %x, %v", text, got, ok, want, err)
			}
		}
	}
}
