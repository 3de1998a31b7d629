package comparison

import (
	"sort"

	"parallax/internal/buckets"
)

// Histogram counts durations in fixed buckets, so that two of them add up. A
// bucket is an eighth of a power of two of microseconds: quantiles are exact to
// within 12.5 %. The layout is that of HDR histograms with three bits of
// precision.
type Histogram struct {
	Buckets []HistogramBucket `json:"buckets,omitempty"` // sorted by Index
}

// HistogramBucket is the number of values in one bucket.
type HistogramBucket struct {
	Index int   `json:"i"`
	Count int64 `json:"n"`
}

// Add counts a duration of ns nanoseconds.
func (h *Histogram) Add(ns int64) { h.addBucket(buckets.Of(ns/1000), 1) }

func (h *Histogram) addBucket(index int, n int64) {
	at := sort.Search(len(h.Buckets), func(i int) bool { return h.Buckets[i].Index >= index })
	if at < len(h.Buckets) && h.Buckets[at].Index == index {
		h.Buckets[at].Count += n
		return
	}
	h.Buckets = append(h.Buckets, HistogramBucket{})
	copy(h.Buckets[at+1:], h.Buckets[at:])
	h.Buckets[at] = HistogramBucket{Index: index, Count: n}
}

// Merge adds all of o.
func (h *Histogram) Merge(o Histogram) {
	for _, b := range o.Buckets {
		h.addBucket(b.Index, b.Count)
	}
}

// Count is the number of durations.
func (h *Histogram) Count() int64 {
	var n int64
	for _, b := range h.Buckets {
		n += b.Count
	}
	return n
}

// Quantile returns the upper bound, in microseconds, of the bucket that holds
// quantile q (0 to 1), or 0 where nothing was counted.
func (h *Histogram) Quantile(q float64) int64 {
	rank := int64(q*float64(h.Count()) + 0.5)
	for _, b := range h.Buckets {
		if rank -= b.Count; rank <= 0 {
			return buckets.Upper(b.Index)
		}
	}
	return 0
}
