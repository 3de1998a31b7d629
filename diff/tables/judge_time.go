package tables

import (
	"bytes"
	"math"
	"time"

	"parallax/capture/snapshot"
)

// moment is an instant, a wall time or a time of day in nanoseconds: whole seconds
// and the rest, so that no year is out of range.
type moment struct {
	seconds int64
	nanos   int64 // 0 to 999,999,999
}

func momentOf(class snapshot.Class, c []byte) moment {
	if class == snapshot.Time {
		us := snapshot.TimeValue(c)
		s, rest := us/1_000_000, us%1_000_000
		if rest < 0 {
			s, rest = s-1, rest+1_000_000
		}
		return moment{s, rest * 1000}
	}
	s, n := snapshot.SecondsValue(c)
	return moment{s, int64(n)}
}

// digits is the declared number of digits of a second; one that was read from text
// without saying so may have any.
func digits(c *snapshot.Column) int {
	if c.Encoding != "" && c.Precision == 0 {
		return 9
	}
	return c.Precision
}

func unitOf(digits int) int64 {
	unit := int64(1_000_000_000)
	for range min(digits, 9) {
		unit /= 10
	}
	return unit
}

func (m moment) truncate(unit int64) moment { return moment{m.seconds, m.nanos / unit * unit} }

// minus is the distance in nanoseconds, where it is less than a day.
func (m moment) minus(o moment) (int64, bool) {
	s := m.seconds - o.seconds
	if s > 86400 || s < -86400 {
		return 0, false
	}
	return s*1_000_000_000 + m.nanos - o.nanos, true
}

// times judges two of one class, which differ.
func times(c *cells) verdict {
	if c.oldClass != snapshot.Time && (endless(c.a) || endless(c.b)) {
		return warned(ClassInfinity)
	}
	x, y := momentOf(c.oldClass, c.a), momentOf(c.newClass, c.b)
	unit := unitOf(min(digits(c.old), digits(c.new)))
	if digits(c.old) != digits(c.new) {
		x, y = x.truncate(unit), y.truncate(unit)
		if x == y {
			return equalBy(timePrecision)
		}
	}
	d, near := x.minus(y)
	switch {
	case !near:
		return changed("")
	case d == unit || d == -unit:
		return changed(ClassRound)
	case c.oldClass != snapshot.Time && zoneApart(d):
		return changed(ClassTimeZone)
	}
	return changed("")
}

// zoneApart reports whether a distance is one that zones lie apart.
func zoneApart(ns int64) bool {
	const quarter = int64(15 * time.Minute)
	return ns%quarter == 0 && ns <= 56*quarter && ns >= -56*quarter
}

func endless(c []byte) bool {
	_, ok := snapshot.Endless(c)
	return ok
}

// dates judges two dates, which differ.
func dates(c *cells) verdict {
	if endless(c.a) || endless(c.b) {
		return warned(ClassInfinity)
	}
	return changed("")
}

// instantAcross: an instant and a clock on a wall are the same only where somebody
// says where the clock hangs.
func instantAcross(c *cells) (verdict, bool) {
	switch c.newClass {
	case snapshot.WallTime, snapshot.Date:
		return warned(ClassZone), true
	case snapshot.Text:
		return textTime(c), true
	}
	return verdict{}, false
}

func wallTimeAcross(c *cells) (verdict, bool) {
	if c.newClass == snapshot.Text {
		return textTime(c), true
	}
	return verdict{}, false
}

// dateAcross judges a date beside midnight of a wall clock.
func dateAcross(c *cells) (verdict, bool) {
	switch c.newClass {
	case snapshot.WallTime:
		if bytes.Equal(midnight(c.a), c.b) {
			return equalBy(dateAsTimestamp), true
		}
		return changed(""), true
	case snapshot.Text:
		return textTime(c), true
	}
	return verdict{}, false
}

// midnight is a date as a wall time.
func midnight(date []byte) []byte {
	if sign, ok := snapshot.Endless(date); ok {
		return snapshot.AppendEndless(nil, sign, false)
	}
	return snapshot.AppendSeconds(nil, int64(snapshot.DaysValue(date))*86400, 0)
}

// textTime judges a date or time beside a text that nobody declared to be one.
func textTime(c *cells) verdict {
	if isZeroDate(c.new, c.newClass, c.b) {
		return changed(ClassZeroDate)
	}
	for _, layout := range []string{"2006-01-02", "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00"} {
		at, err := time.Parse(layout, string(c.b))
		if err != nil {
			continue
		}
		own := c.a
		if c.oldClass == snapshot.Date {
			own = midnight(c.a)
		}
		if bytes.Equal(snapshot.AppendSeconds(nil, at.Unix(), int32(at.Nanosecond())), own) {
			return warned(ClassEncoding)
		}
	}
	return drift()
}

// timeAcross judges a time beside an interval, and beside one that says its zone.
func timeAcross(c *cells) (verdict, bool) {
	if c.newClass == snapshot.Text && isZonedTime(c.new) {
		return warned(ClassZone), true
	}
	if c.newClass == snapshot.Interval {
		if clock, ok := clockOfInterval(c.b); ok {
			return equalOrChanged(bytes.Equal(clock, c.a), timeAsInterval), true
		}
	}
	return verdict{}, false
}

// clockOfInterval is an interval without months and days as a time.
func clockOfInterval(c []byte) ([]byte, bool) {
	if len(c) != 16 || snapshot.DaysValue(c[:4]) != 0 || snapshot.DaysValue(c[4:8]) != 0 {
		return nil, false
	}
	return c[8:], true
}

// coarser brings a time to a precision.
func coarser(dst []byte, class snapshot.Class, c []byte, digits int) []byte {
	if class != snapshot.Time && endless(c) {
		return append(dst, c...)
	}
	m := momentOf(class, c).truncate(unitOf(digits))
	if class != snapshot.Time {
		return snapshot.AppendSeconds(dst, m.seconds, int32(m.nanos))
	}
	if m.seconds > math.MaxInt64/1_000_001 || m.seconds < math.MinInt64/1_000_001 {
		return append(dst, c...)
	}
	return snapshot.AppendTimeMicros(dst, m.seconds*1_000_000+m.nanos/1000)
}
