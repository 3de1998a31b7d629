package expression

import "parallax/capture/snapshot"

// Endless reports whether a time is an infinite one.
func Endless(class snapshot.Class, c []byte) bool {
	switch class {
	case snapshot.Instant, snapshot.WallTime, snapshot.Date:
		_, ok := snapshot.Endless(c)
		return ok
	}
	return false
}

// Seconds is a time in seconds and nanoseconds of them.
func Seconds(class snapshot.Class, c []byte) (sec int64, nsec int32, ok bool) {
	switch class {
	case snapshot.Instant, snapshot.WallTime:
		sec, nsec = snapshot.SecondsValue(c)
		return sec, nsec, true
	case snapshot.Date:
		return int64(snapshot.DaysValue(c)) * 86400, 0, true
	case snapshot.Time:
		us := snapshot.TimeValue(c)
		sec = us / 1e6
		if us%1e6 < 0 {
			sec--
		}
		return sec, int32(us-sec*1e6) * 1000, true
	}
	return 0, 0, false
}
