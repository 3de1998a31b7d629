package diff

import (
	"strings"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// InfoMarker is the key, in the Info of a run's manifest, of the header line that
// the replay added to every request: "X-Parallax-Run: 0123456789abcdef".
const InfoMarker = "marker"

// marker is the header that a run's replay added to every request. A service that
// gives back what it was asked shows it, and that is none of its doing.
type marker struct{ name, value string }

// markerOf returns the zero marker where the manifest names none.
func markerOf(m *recording.Manifest) marker {
	name, value, _ := strings.Cut(m.Info[InfoMarker], ": ")
	return marker{name, value}
}

// markers are those of the old and the new side; an input that is no run has none.
type markers struct{ old, new marker }

// echoed reports whether d is the markers given back: a header or a JSON member of
// their name, in any case, that holds on either side what was sent there and nothing
// else, and that an answer lacks to a request without one.
func (m *markers) echoed(d *comparison.Difference) bool {
	if d.Class != "" {
		return false
	}
	name := lastName(d)
	switch d.Kind {
	case comparison.MissingInOld:
		return m.old.value == "" && m.new.named(name) && m.new.alone(d.New.Text)
	case comparison.MissingInNew:
		return m.new.value == "" && m.old.named(name) && m.old.alone(d.Old.Text)
	case comparison.Changed:
		return m.old.named(name) && m.old.alone(d.Old.Text) && m.new.named(name) && m.new.alone(d.New.Text)
	}
	return false
}

func (m marker) named(name string) bool { return m.value != "" && strings.EqualFold(name, m.name) }

// lastName is the name of the header or of the JSON member that d is about.
func lastName(d *comparison.Difference) string {
	switch i := strings.LastIndexByte(d.Field, '/'); {
	case d.Part == comparison.Headers && i < 0, d.Part == comparison.Body && i >= 0:
		return d.Field[i+1:]
	}
	return ""
}

// alone reports whether text is the marker's value: as it is, as a JSON string, or
// as a list of that one string.
func (m marker) alone(text string) bool {
	if list, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSpace(strings.TrimSuffix(list, "]"))
	}
	return text == m.value || text == `"`+m.value+`"`
}
