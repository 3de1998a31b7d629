package rules

import (
	"fmt"
	"math"
	"strconv"
)

// maxULP bounds Tolerance.ULP: two doubles so far apart differ by a factor of two.
const maxULP = 1 << 52

func parseULP(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > maxULP {
		return 0, fmt.Errorf("tolerance: ulp %q, want a whole number from 0 to %d", text, uint64(maxULP))
	}
	return n, nil
}

// withinULP takes both decimal texts as binary64, each as the nearest double, and
// counts the doubles between them. A number beyond the largest double is near
// nothing: infinity has no distance.
func (t *Tolerance) withinULP(a, b string) bool {
	if t.ULP == "" {
		return false
	}
	x, okX := double(a)
	y, okY := double(b)
	return okX && okY && ulps(x, y) <= t.ulp
}

func double(text string) (float64, bool) {
	if _, ok := parseDecimal(text); !ok { // ParseFloat takes hexadecimal and "inf", too
		return 0, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil
}

// ulps counts the steps from one finite double to another. The bits of doubles
// of one sign are ordered as the doubles are; -0 and 0 are one step's end.
func ulps(x, y float64) uint64 {
	a, b := ordinal(x), ordinal(y)
	if a < b {
		a, b = b, a
	}
	return uint64(a) - uint64(b) // right even where the signed difference overflows
}

// ordinal numbers the doubles in their order: 0 for both zeros, 1 for the smallest
// above, -1 for the greatest below.
func ordinal(f float64) int64 {
	if n := int64(math.Float64bits(f)); n >= 0 {
		return n
	} else {
		return math.MinInt64 - n
	}
}
