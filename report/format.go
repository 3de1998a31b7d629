package report

import (
	"fmt"
	"strconv"
	"strings"

	"parallax/report/gate"
)

// Number returns n with a comma between groups of three digits.
func Number(n int64) string {
	text := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for at := len(text) - 3; at > start; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// plural is n with what is counted: "1 record", "2 records".
func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Number(n) + " " + what + "s"
}

// Percent returns n of d as a percentage that never says all or nothing of less
// or more.
func Percent(n, d int64) string { return gate.Percent(n, d) }

// percentUp returns n/d as a percentage rounded up to two significant digits,
// at most 100 %: it is an upper bound.
func percentUp(n, d int64) string {
	if d <= n {
		return "100%"
	}
	for scale, digits := int64(100), 0; digits < 12; scale, digits = scale*10, digits+1 {
		if up := (n*scale + d - 1) / d; up >= 10 {
			return decimal(up, digits) + "%"
		}
	}
	return "0.000000000001%"
}

// decimal returns n / 10^digits without trailing zeros.
func decimal(n int64, digits int) string {
	text := fmt.Sprintf("%0*d", digits+1, n)
	whole, fraction := text[:len(text)-digits], text[len(text)-digits:]
	for len(fraction) > 0 && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// Duration returns microseconds in the unit that leaves two or three digits.
func Duration(us int64) string {
	switch {
	case us < 1000:
		return fmt.Sprintf("%d µs", us)
	case us < 10_000:
		return fmt.Sprintf("%d.%02d ms", us/1000, us%1000/10)
	case us < 100_000:
		return fmt.Sprintf("%d.%d ms", us/1000, us%1000/100)
	case us < 1_000_000:
		return fmt.Sprintf("%d ms", us/1000)
	case us < 100_000_000:
		return fmt.Sprintf("%d.%02d s", us/1_000_000, us%1_000_000/10_000)
	}
	return fmt.Sprintf("%d s", us/1_000_000)
}

// latencyText is the quantile of l, or a dash where nothing was measured.
func latencyText(l Latency, us int64) string {
	if l.Count == 0 {
		return "–"
	}
	return Duration(us)
}

// compact returns JSON without the white space between its tokens. It is no JSON
// any more where the value was cut, so that nothing is parsed.
func compact(text string) string {
	var b strings.Builder
	inString := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\' && i+1 < len(text):
			b.WriteByte(c)
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == ' ' || c == '\t' || c == '\r' || c == '\n'):
			continue
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// place names where a group's differences are.
func place(part, pattern string) string {
	if pattern == "" {
		return part
	}
	return part + " " + pattern
}
