package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"parallax/replay"
	"parallax/replay/shift"
)

// Entries of a run's manifest, as JSON: how far its requests' times were moved, and
// what became of them, by rule.
const (
	infoShift   = "shift"
	infoShifted = "shifted"
)

// shiftInfo is infoShift. Times are in nanoseconds since 1970.
type shiftInfo struct {
	NS   int64 `json:"ns"`
	From int64 `json:"from"`
	To   int64 `json:"to"`
	// Rules is a digest: a run is gone on with under the same ones.
	Rules string `json:"rules"`
}

// setShift fixes how far times are moved: from the recording's start, or that of the
// part that is chosen of it, to the start that is agreed on, or now.
func (o *replayOptions) setShift(e *replay.Options, recorded int64, now time.Time) error {
	if e.Shift = o.Shift; len(o.Shift) == 0 {
		return nil
	}
	if o.Shard.Of > 1 && o.StartAt == 0 {
		return usagef("shift: shards must move times alike: give all of them --start-at")
	}
	e.ShiftFrom, e.ShiftTo = max(recorded, o.Filter.From), now.UnixNano()
	if o.StartAt != 0 {
		e.ShiftTo = o.StartAt
	}
	text, err := json.Marshal(shiftInfo{e.ShiftTo - e.ShiftFrom, e.ShiftFrom, e.ShiftTo, digestOf(o.Shift)})
	o.shifted = string(text)
	return err
}

// keepShift takes what a run was begun with: its rest is moved as far as its
// beginning was.
func (o *replayOptions) keepShift(e *replay.Options, began string) error {
	if began == "" && o.shifted == "" {
		return nil
	}
	var was shiftInfo
	if err := json.Unmarshal([]byte(began), &was); began != "" && err != nil {
		return fmt.Errorf("resume %s: %s of its manifest: %w", o.Out, infoShift, err)
	}
	if was.Rules != digestOf(o.Shift) {
		return usagef("--resume: %s was begun with other rules for the key shift", o.Out)
	}
	e.ShiftFrom, e.ShiftTo, o.shifted = was.From, was.To, began
	return nil
}

// shiftNotes say what a reader of the run must know of its times.
func shiftNotes(counts []shift.Count) []string {
	var notes []string
	for _, c := range counts {
		text := fmt.Sprintf("times were moved by %s at %s: %d", c.By, c.Rule, c.Moved)
		if c.Unread > 0 {
			text += fmt.Sprintf("; %d were not of the form and were sent as they were recorded", c.Unread)
		}
		if c.Moved+c.Unread == 0 {
			text = fmt.Sprintf("no request had a time at %s, which the key shift names", c.Rule)
		}
		notes = append(notes, text)
	}
	return notes
}

func printShift(w io.Writer, counts []shift.Count) error {
	for _, c := range counts {
		if _, err := fmt.Fprintf(w, "shift    %9d  %s by %s, %d not of the form\n", c.Moved, safeText(c.Rule), c.By, c.Unread); err != nil {
			return err
		}
	}
	return nil
}
