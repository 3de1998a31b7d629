package literal

import (
	"fmt"
	"time"
)

// Duration is a duration above 0, written as 500ms or 1.5s. Its zero value is none.
type Duration time.Duration

// String returns the duration as Go writes it.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration above 0.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil || parsed <= 0 {
		return fmt.Errorf("%q is no duration above 0: want one like 500ms or 1.5s", text)
	}
	*d = Duration(parsed)
	return nil
}

// UnmarshalYAML reads the scalar as it is spelled.
func (d *Duration) UnmarshalYAML(raw []byte) error {
	var text Text
	if err := text.UnmarshalYAML(raw); err != nil {
		return err
	}
	return d.UnmarshalText([]byte(text))
}
