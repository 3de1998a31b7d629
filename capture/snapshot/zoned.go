package snapshot

import (
	"fmt"
	"strconv"
	"strings"
)

// ZonedTime is a time of day with its offset (SQL's TIME WITH TIME ZONE). It has no
// class of its own, as it has no order that two engines share: it stands as a text,
// 12:00:00.5+02:00.
type ZonedTime struct {
	Micros int64 // since midnight, of the clock that showed it; 24 h at the most
	East   int   // seconds that the clock is ahead of UTC
}

// UTC is the microseconds since midnight in UTC; it may be negative or beyond a day.
func (z ZonedTime) UTC() int64 { return z.Micros - int64(z.East)*1_000_000 }

// AppendZonedTime appends the text.
func AppendZonedTime(dst []byte, z ZonedTime) []byte {
	dst = appendClock(dst, z.Micros)
	east, sign := z.East, byte('+')
	if east < 0 {
		east, sign = -east, '-'
	}
	dst = fmt.Appendf(append(dst, sign), "%02d:%02d", east/3600, east/60%60)
	if east%60 != 0 {
		dst = fmt.Appendf(dst, ":%02d", east%60)
	}
	return dst
}

// ParseZonedTime reads a clock's text with an offset: 12:00, 12:00:00.5, then Z,
// +02, +02:00 or +02:00:15.
func ParseZonedTime(text string) (ZonedTime, bool) {
	at := strings.IndexAny(text, "+-Zz")
	if at < 0 || len(text) > 40 {
		return ZonedTime{}, false
	}
	micros, ok := parseClockText(text[:at])
	if !ok {
		return ZonedTime{}, false
	}
	if text[at] == 'Z' || text[at] == 'z' {
		return ZonedTime{Micros: micros}, len(text) == at+1
	}
	east, ok := parseOffset(text[at+1:])
	if text[at] == '-' {
		east = -east
	}
	return ZonedTime{micros, east}, ok
}

// parseClockText reads hh:mm or hh:mm:ss with up to six digits behind the point.
func parseClockText(text string) (us int64, ok bool) {
	clock, fraction, point := strings.Cut(text, ".")
	parts := strings.Split(clock, ":")
	if len(parts) < 2 || len(parts) > 3 || point && (len(parts) != 3 || len(fraction) == 0 || len(fraction) > 6) {
		return 0, false
	}
	seconds, ok := sexagesimal(parts, 24)
	if !ok {
		return 0, false
	}
	for len(fraction) < 6 {
		fraction += "0"
	}
	rest, err := strconv.ParseUint(fraction, 10, 32)
	us = int64(seconds)*1_000_000 + int64(rest)
	return us, err == nil && us <= 86_400_000_000
}

func parseOffset(text string) (seconds int, ok bool) {
	parts := strings.Split(text, ":")
	if len(parts) > 3 {
		return 0, false
	}
	return sexagesimal(parts, 15)
}

// sexagesimal reads two digits each of hours, minutes and seconds.
func sexagesimal(parts []string, maxHours int) (seconds int, ok bool) {
	unit := 3600
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil || len(p) != 2 || i == 0 && int(n) > maxHours || i > 0 && n > 59 {
			return 0, false
		}
		seconds, unit = seconds+int(n)*unit, unit/60
	}
	return seconds, true
}
