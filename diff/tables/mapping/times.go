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
	as, an, ok := expression.Seconds(ac, a)
	bs, bn, _ := expression.Seconds(bc, b)
	return ok && apart(as, an, bs, bn, n.window)
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
