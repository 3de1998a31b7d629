package literal

import (
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"500ms": 500 * time.Millisecond, `"1.5s"`: 1500 * time.Millisecond, "1ns": 1, "2h45m": 165 * time.Minute,
		"500": 0, "-1s": 0, "0s": 0, `""`: 0, "[1s]": 0, "1 s": 0,
	} {
		var got struct{ D Duration }
		err := yaml.UnmarshalWithOptions([]byte("d: "+text), &got, yaml.Strict())
		if time.Duration(got.D) != want || (err == nil) != (want != 0) {
			t.Errorf("%s: %s, %v", text, got.D, err)
		}
	}
}
