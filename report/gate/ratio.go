package gate

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Ratio is an exact non-negative number: a share ("0.1%", "0.001", "1/1000") or
// a factor ("1.5"). Its zero value is 0. Comparisons multiply integers; nothing
// is rounded.
type Ratio struct {
	text     string
	num, den uint64
}

// maxDigits keeps every ratio's numerator and denominator far inside 64 bits.
const maxDigits = 15

// ParseRatio reads a decimal, a percentage or a fraction of two integers.
func ParseRatio(text string) (Ratio, error) {
	trimmed := strings.TrimSpace(text)
	if top, bottom, ok := strings.Cut(trimmed, "/"); ok {
		return parseFraction(trimmed, top, bottom)
	}
	number, percent := strings.CutSuffix(trimmed, "%")
	whole, fraction, _ := strings.Cut(strings.TrimSpace(number), ".")
	digits := whole + fraction
	if digits == "" || len(digits) > maxDigits || strings.Trim(digits, "0123456789") != "" {
		return Ratio{}, ratioError(text)
	}
	num, err := strconv.ParseUint(digits, 10, 64)
	if err != nil {
		return Ratio{}, ratioError(text)
	}
	den := power10(len(fraction))
	if percent {
		den *= 100
	}
	return Ratio{text: trimmed, num: num, den: den}, nil
}

func parseFraction(text, top, bottom string) (Ratio, error) {
	num, errTop := strconv.ParseUint(strings.TrimSpace(top), 10, 50)
	den, errBottom := strconv.ParseUint(strings.TrimSpace(bottom), 10, 50)
	if errTop != nil || errBottom != nil || den == 0 {
		return Ratio{}, ratioError(text)
	}
	return Ratio{text: text, num: num, den: den}, nil
}

func ratioError(text string) error {
	return fmt.Errorf("%q is no ratio: want a decimal like 0.001, a percentage like 0.1%% or a fraction like 1/1000, of at most %d digits", text, maxDigits)
}

func power10(n int) uint64 {
	p := uint64(1)
	for ; n > 0; n-- {
		p *= 10
	}
	return p
}

// MustRatio is ParseRatio for constants; it panics where text is no ratio.
func MustRatio(text string) Ratio {
	r, err := ParseRatio(text)
	if err != nil {
		panic(err)
	}
	return r
}

// String returns the ratio as it was written.
func (r Ratio) String() string {
	if r.den == 0 {
		return "0"
	}
	return r.text
}

// MarshalText is String.
func (r Ratio) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is ParseRatio.
func (r *Ratio) UnmarshalText(text []byte) error {
	parsed, err := ParseRatio(string(text))
	if err == nil {
		*r = parsed
	}
	return err
}

// UnmarshalYAML reads the scalar as it stands in the file, so that a number is
// not first made a float.
func (r *Ratio) UnmarshalYAML(text []byte) error {
	trimmed := strings.TrimSpace(string(text))
	if n := len(trimmed); n >= 2 && (trimmed[0] == '"' || trimmed[0] == '\'') && trimmed[n-1] == trimmed[0] {
		trimmed = trimmed[1 : n-1]
	}
	return r.UnmarshalText([]byte(trimmed))
}

// compare returns the sign of n/d − r, where 0/0 counts as 0.
func (r Ratio) compare(n, d int64) int {
	if d == 0 {
		d = 1
	}
	highA, lowA := bits.Mul64(uint64(n), max(r.den, 1))
	highB, lowB := bits.Mul64(uint64(d), r.num)
	switch {
	case highA > highB || highA == highB && lowA > lowB:
		return 1
	case highA == highB && lowA == lowB:
		return 0
	}
	return -1
}

// Exceeded reports whether n/d is more than r.
func (r Ratio) Exceeded(n, d int64) bool { return r.compare(n, d) > 0 }

// Reached reports whether n/d is r or more.
func (r Ratio) Reached(n, d int64) bool { return r.compare(n, d) >= 0 }
