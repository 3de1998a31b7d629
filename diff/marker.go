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

// echoed reports whether d is the marker given back: a header or a JSON member of
// its name, in any case, that the old answer lacks and that holds the marker's
// value and nothing else.
func (m marker) echoed(d *comparison.Difference) bool {
	return m.value != "" && d.Kind == comparison.MissingInOld && d.Class == "" &&
		strings.EqualFold(lastName(d), m.name) && m.alone(d.New.Text)
}

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
