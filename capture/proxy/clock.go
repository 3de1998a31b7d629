package proxy

import "time"

// clock tells the time of day as it was at the start plus what has passed since
// on the monotonic clock: a wall clock that is set, steps or leaps moves nothing,
// so that exchanges stay in the order in which they came.
type clock struct {
	wall  func() int64         // nanoseconds since 1970; may jump
	since func() time.Duration // since the start; never goes back
	start int64
}

func newClock(wall func() int64, since func() time.Duration) clock {
	return clock{wall: wall, since: since, start: wall()}
}

func systemClock() clock {
	base := time.Now()
	return newClock(func() int64 { return time.Now().UnixNano() }, func() time.Duration { return time.Since(base) })
}

func (c *clock) now() int64 { return c.start + int64(c.since()) }

// drift is how far the wall clock has moved against the recorded times.
func (c *clock) drift() time.Duration { return time.Duration(c.wall() - c.now()) }
