package diff

import (
	"slices"
	"testing"

	"parallax/capture/recording"
)

// TestNotAsTheTypeAsks: bodies that are malformed for their type are compared as text,
// and the summary says of how many pairs that is true.
func TestNotAsTheTypeAsks(t *testing.T) {
	var old, new []*recording.Exchange
	for i, pair := range [][2]string{{"a=%", "a=1"}, {"a=1", "a=2"}, {"a=%%", "a=1"}} {
		form := [][2]string{{"Content-Type", "application/x-www-form-urlencoded"}}
		old = append(old, answer{Headers: form, Body: pair[0]}.exchange(idOf(i), oldClock))
		new = append(new, answer{Headers: form, Body: pair[1]}.exchange(idOf(i), newClock))
	}
	s, _ := compareAll(t, memory("old", recording.KindRecording, old), memory("new", recording.KindRecording, new), nil, nil)
	want := "bodies compared by text, though their types ask for form: 2 (in " + string(idOf(0)) + ": old: malformed form at byte 2)"
	if !slices.Contains(s.Notes, want) {
		t.Fatalf("%q is not among %q", want, s.Notes)
	}
}
