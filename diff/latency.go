package diff

import (
	"encoding/json"

	"parallax/capture/recording"
	"parallax/diff/comparison"
)

// addLatencies counts both sides or none, so that their ratio is of like records.
func addLatencies(s *comparison.Subject, old, new *recording.Exchange) {
	addPair(&s.OldLatency, &s.NewLatency, old, new)
}

// addControlLatencies is addLatencies for a control in the old side's place.
func addControlLatencies(s *comparison.Subject, control, new *recording.Exchange) {
	addPair(&s.ControlLatency, &s.NewWithControl, control, new)
}

func addPair(before, after *comparison.Histogram, a, b *recording.Exchange) {
	x, okX := latency(a)
	y, okY := latency(b)
	if okX && okY {
		before.Add(x)
		after.Add(y)
	}
}

// latency is from the request's last byte to the answer's last one. Until the
// request is whole a server waits for its client, which is not the server's time;
// an answer that ended before has none.
func latency(ex *recording.Exchange) (ns int64, ok bool) {
	from, until := answerTime(ex)
	if ex.Outcome == nil && from > 0 {
		from = max(from, ex.Request.LastAt)
	}
	return until - from, from > 0 && until >= from
}

// InfoTiming is the entry of a run's manifest in which the replay says how it kept
// time: a JSON object whose member paced is false at full speed.
const InfoTiming = "timing"

// paceNotes says of runs at full speed what their latencies are.
func (p *pass) paceNotes() []string {
	var notes []string
	for _, in := range append([]Input{p.old, p.new}, p.controls...) {
		var timing struct {
			Paced *bool `json:"paced"`
		}
		text := in.Manifest.Info[InfoTiming]
		if text == "" || json.Unmarshal([]byte(text), &timing) != nil || timing.Paced == nil || *timing.Paced {
			continue
		}
		notes = append(notes, in.Name+" was replayed at full speed: its latencies are those under as many requests at once as there were connections")
	}
	return notes
}
