package doctor

import (
	"time"
)

// A clock that is off by more spoils the times of a recording.
const (
	maxOffset = 2 * time.Second
	maxJump   = 50 * time.Millisecond
)

// Jump compares the wall clock with the monotonic one between two times that were
// both taken by time.Now: a difference means that the clock was set meanwhile.
func Jump(from, until time.Time) []Finding {
	off := jump(until.Sub(from), until.Round(0).Sub(from.Round(0)))
	if off > maxJump {
		return warning("let the time service settle: recorded times and durations jump, too",
			"the wall clock jumped by %s while this ran", off)
	}
	return fine("%s; the wall clock runs as the monotonic one", until.UTC().Format(time.RFC3339))
}

// jump is by how much the wall clock went ahead or back meanwhile.
func jump(monotonic, wall time.Duration) time.Duration { return (wall - monotonic).Abs() }

// Zones looks for the time zone database, which mappings and carried dates use.
func Zones(load func(string) (*time.Location, error)) []Finding {
	if _, err := load("Europe/Berlin"); err != nil {
		return failed("install tzdata, or set ZONEINFO", "there is no time zone database: %v", err)
	}
	return fine("the time zone database is there")
}

// TimeService says whether the clock is held.
func TimeService(yes, known bool) []Finding {
	switch {
	case !known:
		return fine("whether a time service holds the clock is not told here")
	case !yes:
		return warning("start chrony, systemd-timesyncd or the like; in a container it is the host's task",
			"no time service holds the clock")
	}
	return fine("a time service holds the clock")
}

// offset judges how far a server's Date stands from the time at which it was
// asked. Date counts whole seconds and may lie anywhere between sent and got.
func offset(date, sent, got time.Time) []Finding {
	var off time.Duration
	switch {
	case date.Add(time.Second).Before(sent):
		off = date.Add(time.Second).Sub(sent)
	case date.After(got):
		off = date.Sub(got)
	}
	way := "ahead of"
	if off < 0 {
		way = "behind"
	}
	if off.Abs() > maxOffset {
		return warning("set both clocks by one time service: Date is compared with the time of the answer",
			"its clock is %s %s ours", off.Abs().Round(time.Second), way)
	}
	return fine("its clock agrees with ours")
}
