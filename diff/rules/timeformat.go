package rules

import (
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"parallax/internal/iso"
)

// format reads a time from a value, or does not.
type format func(Scalar) (point, bool)

// parse reads a value by the first format that fits.
func (c *clock) parse(v Scalar) (point, bool) {
	if c.formats == nil {
		if p, ok := readISO(v); ok || v.Sort != Field {
			return p, ok
		}
		return readHTTP(v)
	}
	for _, f := range c.formats {
		if p, ok := f(v); ok {
			return p, true
		}
	}
	return point{}, false
}

func parseFormats(list []string) (formats []format, err error) {
	epochs := 0
	for _, text := range list {
		f := format(nil)
		switch text {
		case "iso":
			f = readISO
		case "http":
			f = readHTTP
		case "unix":
			f, epochs = epoch(9), epochs+1
		case "unix-ms":
			f, epochs = epoch(6), epochs+1
		default:
			if f, err = layout(text); err != nil {
				return nil, err
			}
		}
		formats = append(formats, f)
	}
	if epochs > 1 {
		return nil, errors.New("unix and unix-ms cannot be told apart: say old and new each by itself")
	}
	return formats, nil
}

// readISO takes RFC 3339 and ISO 8601, with a zone or without.
func readISO(v Scalar) (point, bool) {
	if v.Sort == Number {
		return point{}, false
	}
	if sec, nsec, ok := iso.Instant(v.Text); ok {
		return point{sec: sec, nsec: nsec}, true
	}
	sec, nsec, ok := iso.WallTime(v.Text)
	return point{sec: sec, nsec: nsec, wall: true}, ok
}

// readHTTP takes the three forms of an HTTP date. Two of them name their zone,
// which is GMT: package time would take any other name for GMT, too.
func readHTTP(v Scalar) (point, bool) {
	t, err := http.ParseTime(v.Text)
	if v.Sort == Number || err != nil {
		return point{}, false
	}
	if strings.Contains(v.Text, ",") && !strings.HasSuffix(v.Text, " GMT") {
		return point{}, false
	}
	return pointOf(t), true
}

func pointOf(t time.Time) point { return point{sec: t.Unix(), nsec: int32(t.Nanosecond())} }

// maxEpochDigits bounds a number of seconds or of parts of them.
const maxEpochDigits = 40

// epoch reads a number of units since 1970 of which each is 10^exponent
// nanoseconds. What is finer than a nanosecond does not fit.
func epoch(exponent int64) format {
	return func(v Scalar) (point, bool) {
		d, ok := parseDecimal(v.Text)
		if !ok || d.digits.BitLen() > 4*maxEpochDigits {
			return point{}, false
		}
		d.exp += exponent
		n := &d.digits
		switch {
		case d.exp > maxEpochDigits || d.exp < -maxEpochDigits:
			return point{}, n.Sign() == 0
		case d.exp >= 0:
			n.Mul(n, pow10(d.exp))
		default:
			rest := new(big.Int)
			if n.QuoRem(n, pow10(-d.exp), rest); rest.Sign() != 0 {
				return point{}, false
			}
		}
		nsec := new(big.Int)
		n.DivMod(n, big.NewInt(1e9), nsec)
		if n.BitLen() > 53 { // beyond, package time overflows
			return point{}, false
		}
		return point{sec: n.Int64(), nsec: int32(nsec.Int64())}, true
	}
}

// layout makes a format of a layout of package time.
func layout(text string) (format, error) {
	zoned, err := checkLayout(text)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return func(v Scalar) (point, bool) {
		t, err := time.Parse(text, v.Text)
		if v.Sort == Number || err != nil {
			return point{}, false
		}
		p := pointOf(t)
		p.wall = !zoned
		return p, true
	}, nil
}

// checkLayout refuses a layout that does not tell a whole date, and reports
// whether it has a zone.
func checkLayout(text string) (zoned bool, err error) {
	probe := func(name string, offset int) time.Time {
		return time.Date(1987, time.November, 23, 17, 48, 39, 0, time.FixedZone(name, offset))
	}
	t := probe("AAA", 3*3600)
	back, err := time.Parse(text, t.Format(text))
	if err != nil || back.Year() != t.Year() || back.YearDay() != t.YearDay() {
		return false, errors.New("no name (iso, http, unix, unix-ms) and no layout of a whole date, as 2006-01-02 15:04:05Z07:00")
	}
	if t.Format(text) != probe("BBB", 3*3600).Format(text) {
		return false, errors.New("MST stands for a zone's short name, which means several: use http, or Z07:00")
	}
	return t.Format(text) != probe("AAA", -5*3600).Format(text), nil
}
