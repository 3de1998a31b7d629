package packets

import "math"

// recentWindow is how many packets a capture's times may be out of order by:
// captures of several queues or interfaces are a few hundred out at most.
const recentWindow = 4096

// recentTimes knows the least time of the last one to two windows of packets.
// The least, and not the latest less some slack: one packet dated far ahead
// must not date all that follow it.
type recentTimes struct {
	n            int
	now, earlier int64
}

func (r *recentTimes) add(t int64) {
	switch {
	case r.n == 0:
		r.now, r.earlier = t, t
	case r.n%recentWindow == 0:
		r.now, r.earlier = t, r.now
	default:
		r.now = min(r.now, t)
	}
	r.n++
}

func (r *recentTimes) least() int64 {
	if r.n == 0 {
		return math.MinInt64
	}
	return min(r.now, r.earlier)
}
