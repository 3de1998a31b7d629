package mysql

import "parallax/internal/iso"

// The driver writes what the binary protocol gives as text of fixed places,
// exactly: 2024-01-31, 2024-01-31 12:00:00.123456, -838:59:59.5. Reading it by
// hand is several times faster than package time, and time knows no zero dates.

// parseDate returns days since 1970; ok is false where it is no date of the
// calendar: 0000-00-00, 2024-00-00, 2024-02-31.
func parseDate(b []byte) (days int32, ok bool) {
	if len(b) < 10 {
		return 0, false
	}
	return iso.Date(b[:10])
}

// parseDateTime returns seconds since 1970 and nanoseconds.
func parseDateTime(b []byte) (sec int64, nsec int32, ok bool) {
	days, ok := parseDate(b)
	if !ok || len(b) < 19 || b[10] != ' ' || b[13] != ':' {
		return 0, 0, false
	}
	us, ok := parseClock(b[11:])
	if !ok || us >= 86400e6 {
		return 0, 0, false
	}
	return int64(days)*86400 + us/1e6, int32(us%1e6) * 1000, true
}

// parseTime returns microseconds; hours have two digits or more, and a sign.
func parseTime(b []byte) (us int64, ok bool) {
	if len(b) > 0 && b[0] == '-' {
		us, ok = parseClock(b[1:])
		return -us, ok
	}
	return parseClock(b)
}

// parseClock reads HH:MM:SS and up to six digits of a fraction.
func parseClock(b []byte) (us int64, ok bool) {
	at := 0
	for at < len(b) && b[at] != ':' {
		at++
	}
	if at < 2 || at > 4 || len(b) < at+6 || b[at+3] != ':' {
		return 0, false
	}
	h, okH := digits(b[:at])
	m, okM := digits(b[at+1 : at+3])
	s, okS := digits(b[at+4 : at+6])
	f, okF := fraction(b[at+6:])
	ok = okH && okM && okS && okF && m < 60 && s < 60
	return (int64(h)*3600+int64(m)*60+int64(s))*1e6 + f, ok
}

// fraction reads .5 to .123456 in microseconds; nothing is 0.
func fraction(b []byte) (us int64, ok bool) {
	if len(b) == 0 {
		return 0, true
	}
	n, ok := digits(b[1:])
	if !ok || b[0] != '.' || len(b) > 7 {
		return 0, false
	}
	for i := len(b); i < 7; i++ {
		n *= 10
	}
	return int64(n), true
}

// digits reads one to nine decimal digits.
func digits(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
