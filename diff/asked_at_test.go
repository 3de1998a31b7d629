package diff

import (
	"fmt"
	"testing"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// askedAt is what a system answers at an hour: a field follows the clock, a cache is
// cold for whoever asks first, and answers behind a limit are refused.
type askedAt struct {
	hour    int
	warm    bool
	limit   int // requests answered; 0: all
	premium int // what the system thinks, of every tenth item
}

func (a askedAt) side(name string, at int64, kind recording.Kind) Input {
	list := made(200, at, kind == recording.KindRun, func(i int) string {
		price := 5
		if i%10 == 3 {
			price = a.premium
		}
		return fmt.Sprintf(`{"as_of":"2026-01-0%dT10:%02d:00Z","price":%d}`, a.hour, i%60, price)
	})
	for i, ex := range list {
		cache := "MISS"
		if a.warm {
			cache = "HIT"
		}
		ex.Response.Headers = append(ex.Response.Headers, httpmsg.Header{Name: "X-Cache", Value: cache})
		if a.limit > 0 && i >= a.limit {
			ex.Response.Status = 429
			ex.Response.Body = recording.StoredBody([]byte(`{"error":"slow down"}`))
		}
	}
	return memory(name, kind, list)
}

// H19: control and candidate are asked at different times than the recorded system.
func TestH19_AskedAtDifferentTimes(t *testing.T) {
	old := askedAt{hour: 1, premium: 5}.side("old", oldClock, recording.KindRecording)
	control := askedAt{hour: 2, warm: true, premium: 5}.side("control", newClock, recording.KindRun)
	run := askedAt{hour: 3, warm: true, premium: 6}
	s, _ := compareAll(t, old, run.side("new", newClock, recording.KindRun), []Input{control}, nil)
	if got := s.Subjects[0]; got.Different != 20 || got.NoiseOnly != 180 {
		t.Errorf("clock and cache: %d different, %d noise only", got.Different, got.NoiseOnly)
	}
	for _, g := range s.Subjects[0].Groups {
		if g.Noise == (g.Pattern == "/price") {
			t.Errorf("%s: noise %v", g.Pattern, g.Noise)
		}
	}

	// A control that was refused knows nothing of the fields behind its refusals:
	// what differs there is no noise, and the refusals of the candidate are none
	// either where it was refused more often.
	limited := askedAt{hour: 2, warm: true, premium: 5, limit: 100}.side("control", newClock, recording.KindRun)
	s, _ = compareAll(t, old, run.side("new", newClock, recording.KindRun), []Input{limited}, nil)
	if got := s.Subjects[0].Different; got < 20 {
		t.Errorf("a refused control hides differences: %d", got)
	}
	run.limit = 20
	s, _ = compareAll(t, old, run.side("new", newClock, recording.KindRun), []Input{limited}, nil)
	if got := s.Subjects[0].Different; got < 80 {
		t.Errorf("refused far more often than the control: %d different", got)
	}
}
