package shift

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// amount is how far times are moved: a duration in whole seconds, or calendar days.
type amount struct {
	by    time.Duration
	days  int
	whole bool // days, not by
}

// mover reads a time, moves it and writes it in the same form. It takes only what
// it would itself have written so.
type mover func(text string, a amount) (string, bool)

// The names of formats; any other text is a layout of Go's package time.
const (
	RFC3339 = "rfc3339"
	Date    = "date"
	Unix    = "unix"
	UnixMs  = "unix-ms"
	HTTP    = "http"
)

// newMover returns the mover of a format, and whether it has days only.
func newMover(format string, zone *time.Location) (m mover, daysOnly bool, err error) {
	switch format {
	case "", RFC3339:
		return moveRFC3339, false, nil
	case Unix:
		return moveUnix(1), false, nil
	case UnixMs:
		return moveUnix(1000), false, nil
	case HTTP:
		return moveLayout("Mon, 02 Jan 2006 15:04:05 GMT", time.UTC), false, nil
	case Date:
		return moveLayout(time.DateOnly, zone), true, nil
	}
	a := time.Date(2001, 11, 23, 4, 55, 56, 0, zone)
	b := a.AddDate(0, 0, 1)
	back, err := time.ParseInLocation(format, a.Format(format), zone)
	if err != nil || a.Format(format) == b.Format(format) || !sameDay(back, a) {
		return nil, false, fmt.Errorf("format: %q: want rfc3339, date, unix, unix-ms, http, or a layout that has a year, a month and a day of 2006-01-02", format)
	}
	return moveLayout(format, zone), a.Format(format) == a.Add(3*time.Hour+33*time.Minute+33*time.Second).Format(format), nil
}

func sameDay(a, b time.Time) bool {
	y, m, d := a.Date()
	return b.Year() == y && b.Month() == m && b.Day() == d
}

func (a amount) move(t time.Time) (time.Time, bool) {
	if a.whole {
		t = t.AddDate(0, 0, a.days)
	} else {
		t = t.Add(a.by)
	}
	return t, t.Year() >= 0 && t.Year() <= 9999
}

func moveLayout(layout string, zone *time.Location) mover {
	return func(text string, a amount) (string, bool) {
		t, err := time.ParseInLocation(layout, text, zone)
		if err != nil || t.Format(layout) != text {
			return "", false
		}
		t, ok := a.move(t)
		return t.Format(layout), ok
	}
}

// clockLength is that of 2006-01-02T15:04:05; a fraction and the zone follow, which
// a move by whole seconds leaves as they are.
const clockLength = len("2006-01-02T15:04:05")

func moveRFC3339(text string, a amount) (string, bool) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || len(text) < clockLength || t.Format("2006-01-02T15:04:05") != text[:clockLength] {
		return "", false
	}
	t, ok := a.move(t)
	return t.Format("2006-01-02T15:04:05") + text[clockLength:], ok
}

var unixForm = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,14})(\.[0-9]+)?$`)

// moveUnix moves seconds, or so many parts of one, since 1970. A fraction stays.
func moveUnix(parts int64) mover {
	return func(text string, a amount) (string, bool) {
		whole, fraction, _ := strings.Cut(text, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil || !unixForm.MatchString(text) || n < 0 && fraction != "" {
			return "", false
		}
		by := a.by
		if a.whole {
			by = time.Duration(a.days) * 24 * time.Hour
		}
		moved := n + int64(by/time.Second)*parts
		if moved < 0 && fraction != "" {
			return "", false
		}
		return strconv.FormatInt(moved, 10) + text[len(whole):], true
	}
}
