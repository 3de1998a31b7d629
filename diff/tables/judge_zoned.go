package tables

import (
	"strings"

	"parallax/capture/snapshot"
)

// isZonedTime reports whether a column holds times of day with their offset, which
// stand as text.
func isZonedTime(c *snapshot.Column) bool {
	declared := strings.ToLower(c.Declared)
	return c.Class == snapshot.Text && (declared == "timetz" || strings.HasPrefix(declared, "time") &&
		!strings.HasPrefix(declared, "timestamp") && strings.HasSuffix(declared, "with time zone"))
}

// zonedTimes judges two such times, which differ. One instant under two offsets is
// two values, as in SQL.
func zonedTimes(c *cells) verdict {
	x, okX := snapshot.ParseZonedTime(string(c.a))
	y, okY := snapshot.ParseZonedTime(string(c.b))
	switch {
	case !okX || !okY:
		return textHint(c)
	case isZonedTime(c.old) != isZonedTime(c.new):
		if x == y {
			return warned(ClassEncoding)
		}
		return changed("")
	}
	coarse := min(c.old.Precision, c.new.Precision)
	if c.old.Precision != c.new.Precision {
		x, y = cutZoned(x, coarse), cutZoned(y, coarse)
		if x == y {
			return equalBy(timePrecision)
		}
	}
	d := y.UTC() - x.UTC()
	switch unit := unitOf(coarse) / 1000; {
	case d == 0:
		return changed(ClassSameInstant)
	case x.East == y.East && (d == unit || d == -unit):
		return changed(ClassRound)
	case zoneApart(d * 1000):
		return changed(ClassTimeZone)
	}
	return changed("")
}

func cutZoned(z snapshot.ZonedTime, digits int) snapshot.ZonedTime {
	unit := unitOf(digits) / 1000
	z.Micros = z.Micros / unit * unit
	return z
}

// coarserZoned brings a time of day with its offset to a precision.
func coarserZoned(dst, c []byte, digits int) []byte {
	z, ok := snapshot.ParseZonedTime(string(c))
	if !ok {
		return append(dst, c...)
	}
	return snapshot.AppendZonedTime(dst, cutZoned(z, digits))
}
