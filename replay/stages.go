package replay

import (
	"fmt"
	"time"

	"parallax/capture/recording"
	"parallax/replay/schedule"
)

// StopSchedule: the schedule ended before the recording did.
const StopSchedule Stop = "schedule ended"

const noTimeLeft = "the ramp ended at rate 0 before its turn"

// afterSchedule gives ex, which the schedule has no time for, its row.
func (e *engine) afterSchedule(ex *recording.Exchange) error {
	e.mu.Lock()
	e.state.result.Untimed++
	e.mu.Unlock()
	return e.unsent(ex, recording.NotReached, noTimeLeft, 0, false)
}

// stopAtSchedule says of a run that nothing else stopped that it is not complete.
func (r *Result) stopAtSchedule() {
	if r.Untimed > 0 && r.Stopped == StopComplete {
		r.Stopped = StopSchedule
		r.Why = fmt.Sprintf("the last stage ends at rate 0: %d exchanges were not reached", r.Untimed)
	}
}

// StageOutline is a stage of a ramp in an Outline.
type StageOutline struct {
	Begin    time.Duration `json:"begin_ns"`
	Duration time.Duration `json:"duration_ns"`
	// From and To are rates: 100/s.
	From string `json:"from"`
	To   string `json:"to"`
	// Requests is how many it has time for, in all shards together.
	Requests int64 `json:"requests"`
}

func outlineStages(s *schedule.Schedule) []StageOutline {
	var list []StageOutline
	for _, x := range s.Stretches() {
		list = append(list, StageOutline{x.Begin, x.Duration, x.From.Text(), x.Rate.Text(), x.Most})
	}
	return list
}
