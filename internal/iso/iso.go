// Package iso reads dates, times and ids from text in their ISO 8601 and RFC 9562
// forms, strictly: what is not wholly of the form, or is no day of the calendar,
// is refused, so that nothing is read as something that it might not mean.
package iso

// text is what can be read without a copy.
type text interface{ ~string | ~[]byte }

// Date reads YYYY-MM-DD as days since 1970.
func Date[T text](s T) (days int32, ok bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, okY := number(s[:4])
	m, okM := number(s[5:7])
	d, okD := number(s[8:])
	if !okY || !okM || !okD || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return civil(y, m, d), true
}

// WallTime reads YYYY-MM-DD, alone or followed by a blank or T and HH:MM:SS with up
// to nine digits of a fraction, as seconds since 1970 and nanoseconds.
func WallTime[T text](s T) (sec int64, nsec int32, ok bool) {
	if len(s) < 10 {
		return 0, 0, false
	}
	days, ok := Date(s[:10])
	if !ok || len(s) == 10 {
		return int64(days) * 86400, 0, ok
	}
	if s[10] != ' ' && s[10] != 'T' {
		return 0, 0, false
	}
	of, nsec, ok := clock(s[11:])
	return int64(days)*86400 + int64(of), nsec, ok
}

// Instant reads a wall time that is followed by its zone: Z, ±HH, ±HHMM or ±HH:MM.
func Instant[T text](s T) (sec int64, nsec int32, ok bool) {
	if len(s) < 20 {
		return 0, 0, false
	}
	at := 19
	for at < len(s) && s[at] != 'Z' && s[at] != '+' && s[at] != '-' {
		at++
	}
	offset, ok := zone(s[at:])
	if !ok {
		return 0, 0, false
	}
	sec, nsec, ok = WallTime(s[:at])
	return sec - int64(offset), nsec, ok
}

// Clock reads HH:MM:SS with up to six digits of a fraction as microseconds since
// midnight.
func Clock[T text](s T) (micros int64, ok bool) {
	sec, nsec, ok := clock(s)
	return int64(sec)*1e6 + int64(nsec)/1000, ok && nsec%1000 == 0
}

func clock[T text](s T) (sec int, nsec int32, ok bool) {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' {
		return 0, 0, false
	}
	h, okH := number(s[:2])
	m, okM := number(s[3:5])
	sec, okS := number(s[6:8])
	nsec, okF := fraction(s[8:])
	return h*3600 + m*60 + sec, nsec, okH && okM && okS && okF && h < 24 && m < 60 && sec < 60
}

// fraction reads a point and one to nine digits, or nothing, as billionths.
func fraction[T text](s T) (int32, bool) {
	if len(s) == 0 {
		return 0, true
	}
	if s[0] != '.' || len(s) > 10 {
		return 0, false
	}
	n, ok := number(s[1:])
	for range 10 - len(s) {
		n *= 10
	}
	return int32(n), ok
}

func zone[T text](s T) (seconds int, ok bool) {
	if len(s) == 1 && s[0] == 'Z' {
		return 0, true
	}
	if len(s) < 3 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, okH := number(s[1:3])
	m, okM := 0, true
	switch {
	case len(s) == 6 && s[3] == ':':
		m, okM = number(s[4:])
	case len(s) == 5:
		m, okM = number(s[3:])
	case len(s) != 3:
		return 0, false
	}
	if seconds = h*3600 + m*60; s[0] == '-' {
		seconds = -seconds
	}
	return seconds, okH && okM && h < 24 && m < 60
}

// number reads one or more decimal digits, and nothing else.
func number[T text](s T) (n int, ok bool) {
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return n, len(s) > 0
}

func daysIn(y, m int) int {
	switch {
	case m == 2 && (y%4 != 0 || y%100 == 0 && y%400 != 0):
		return 28
	case m == 2:
		return 29
	case m == 4 || m == 6 || m == 9 || m == 11:
		return 30
	}
	return 31
}

// civil counts the days since 1970 of a day in the Gregorian calendar, extended
// backwards; a year begins in March, so that the leap day is its last.
func civil(y, m, d int) int32 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	era := y / 400
	if y < 0 {
		era = -1
	}
	ofEra := y - era*400
	ofYear := (153*(m-3)+2)/5 + d - 1
	return int32(era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468)
}

// UUID reads 32 hexadecimal digits, with the usual four hyphens or none, in braces
// or not.
func UUID[T text](s T) (id [16]byte, ok bool) {
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	if len(s) != 32 && len(s) != 36 {
		return id, false
	}
	n := 0
	for i := range len(s) {
		if len(s) == 36 && (i == 8 || i == 13 || i == 18 || i == 23) {
			if s[i] != '-' {
				return id, false
			}
			continue
		}
		d := hex(s[i])
		if d > 15 {
			return id, false
		}
		id[n/2] = id[n/2]<<4 | d
		n++
	}
	return id, true
}

func hex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
