package mapping

import (
	"time"

	"parallax/capture/snapshot"
	"parallax/diff/expression"
)

// withinWindow compares two times of one class, or an instant with a wall time
// where the wall's zone is declared.
func (n *near) withinWindow(ac snapshot.Class, a []byte, bc snapshot.Class, b []byte) bool {
	if expression.Endless(ac, a) || expression.Endless(bc, b) {
		return false
	}
	if n.zone != nil && ac != bc {
		ac, a = onTheWall(ac, a, n.zone)
		bc, b = onTheWall(bc, b, n.zone)
	}
	if ac != bc {
		return false
	}
	as, an, ok := seconds(ac, a)
	bs, bn, other := seconds(bc, b)
	return ok && other && apart(as, an, bs, bn, n.window)
}

// onTheWall turns an instant into what a clock in the zone showed. The other way
// round is not asked: an hour in autumn is two instants.
func onTheWall(class snapshot.Class, c []byte, zone *time.Location) (snapshot.Class, []byte) {
	if class != snapshot.Instant {
		return class, c
	}
	sec, nsec := snapshot.SecondsValue(c)
	_, offset := time.Unix(sec, 0).In(zone).Zone()
	return snapshot.WallTime, snapshot.AppendSeconds(nil, sec+int64(offset), nsec)
}

// seconds is a time in seconds and nanoseconds of them. A text is a time of day with
// its offset, in UTC: 12:00+02:00 is 10:00+00:00.
func seconds(class snapshot.Class, c []byte) (sec int64, nsec int32, ok bool) {
	if class != snapshot.Text {
		return expression.Seconds(class, c)
	}
	z, ok := snapshot.ParseZonedTime(string(c))
	if !ok {
		return 0, 0, false
	}
	return expression.Seconds(snapshot.Time, snapshot.AppendTimeMicros(nil, z.UTC()))
}

// apart reports whether two times lie no further apart than limit.
func apart(as int64, an int32, bs int64, bn int32, limit time.Duration) bool {
	if as < bs || as == bs && an < bn {
		as, an, bs, bn = bs, bn, as, an
	}
	gap := uint64(as) - uint64(bs) // right even where the signed difference overflows
	most := uint64(limit / time.Second)
	if gap > most+1 {
		return false
	}
	return time.Duration(gap)*time.Second+time.Duration(an-bn) <= limit
}
