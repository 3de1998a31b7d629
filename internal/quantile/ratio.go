package quantile

import (
	"math"
	"sort"
)

// Ratios are in thousandths: 1,200 is 1.2 times.
const (
	One = 1000
	// mostRatio is the largest ratio that is told from one without an upper end.
	mostRatio = 1_000_000 * One
)

// Ratio returns the interval of the ratio of a level of after to the same level of
// before, in thousandths, rounded outwards.
func Ratio(before, after []Bin, level int64, confidence float64) Interval {
	tail := (1 - confidence) / 2
	beforeLow, beforeHigh := ends(before, level)
	afterLow, afterHigh := ends(after, level)
	var out Interval
	// The largest ratio that is surely reached: less than it has no more than the tail.
	out.Low = int64(sort.Search(mostRatio, func(i int) bool {
		return quotientBelow(afterLow, beforeHigh, int64(i)+1, false) > tail
	}))
	high := sort.Search(mostRatio, func(i int) bool {
		return quotientBelow(afterHigh, beforeLow, int64(i), true) >= 1-tail-rounding
	})
	if high == mostRatio {
		out.Unbounded = true
		return out
	}
	out.High = int64(high)
	return out
}

// quotientBelow is the probability that a/b is less than ratio thousandths, or
// equal where orEqual says so, for independent a and b, sorted by value.
func quotientBelow(a, b []mass, ratio int64, orEqual bool) float64 {
	sum, cumulated, i := 0.0, 0.0, 0
	for _, y := range b {
		for i < len(a) && below(a[i].value, y.value, ratio, orEqual) {
			cumulated += a[i].mass
			i++
		}
		sum += y.mass * cumulated
	}
	return sum
}

func below(a, b float64, ratio int64, orEqual bool) bool {
	switch {
	case math.IsInf(a, 1):
		return false
	case math.IsInf(b, 1):
		return true
	case orEqual:
		return a*One <= b*float64(ratio) && b > 0
	}
	return a*One < b*float64(ratio)
}
