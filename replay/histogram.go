package replay

import "parallax/internal/buckets"

// Histogram counts durations in fixed buckets, an eighth of a power of two of
// microseconds each, so that two of them add up: a quantile is exact to within
// 12.5 %. Small ones have a bucket a microsecond.
type Histogram struct {
	// Counts are by bucket; buckets after the last that is not empty are missing.
	Counts []int64 `json:"counts,omitempty"`
}

// Add counts a duration of ns nanoseconds.
func (h *Histogram) Add(ns int64) {
	i := buckets.Of(ns / 1000)
	for len(h.Counts) <= i {
		h.Counts = append(h.Counts, 0)
	}
	h.Counts[i]++
}

// Count is the number of durations.
func (h *Histogram) Count() (n int64) {
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// Quantile returns the upper bound, in microseconds, of the bucket that holds
// the share num/den of the durations, or 0 where nothing was counted.
func (h *Histogram) Quantile(num, den int64) int64 {
	rank := (h.Count()*num + den - 1) / den
	for i, c := range h.Counts {
		if rank -= c; c > 0 && rank <= 0 {
			return buckets.Upper(i)
		}
	}
	return 0
}
