package sqlite

import (
	"bytes"
	"math"
	"strconv"
)

// maxDigits is how many significant digits of a decimal every double gives back:
// with more, the double may stand for another decimal than the one that was
// written.
const maxDigits = 15

// decimalOf returns the decimal unscaled / 10^scale that a double was written as,
// which is its shortest text, where that has at most so many digits behind the
// point.
func decimalOf(f float64, most int) (unscaled int64, scale int, ok bool) {
	if math.IsInf(f, 0) || math.IsNaN(f) || math.Abs(f) >= 1e15 {
		return 0, 0, false
	}
	var b [32]byte
	mantissa, exp, _ := bytes.Cut(strconv.AppendFloat(b[:0], math.Abs(f), 'e', -1, 64), []byte{'e'})
	digits := 0
	for _, c := range mantissa {
		if c != '.' {
			unscaled = unscaled*10 + int64(c-'0')
			digits++
		}
	}
	e, _ := strconv.Atoi(string(exp))                // its form is strconv's own
	for scale = digits - 1 - e; scale < 0; scale++ { // 1e3 is 1000
		unscaled *= 10
	}
	if f < 0 {
		unscaled = -unscaled
	}
	return unscaled, scale, digits <= maxDigits && scale <= min(most, 18)
}
