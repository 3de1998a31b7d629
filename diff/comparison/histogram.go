package comparison

import (
	"sort"

	"parallax/internal/buckets"
)

// Histogram counts durations in fixed buckets, so that two of them add up. A
// bucket is 1/2^Bits of a power of two of microseconds: with the 7 bits that Add
// uses, quantiles are exact to within 0.8 % or a microsecond.
type Histogram struct {
	// Bits is the layout's precision; 0 is 3.
	Bits    buckets.Layout    `json:"bits,omitempty"`
	Buckets []HistogramBucket `json:"buckets,omitempty"` // sorted by Index
}

// HistogramBucket is the number of values in one bucket.
type HistogramBucket struct {
	Index int   `json:"i"`
	Count int64 `json:"n"`
}

func (h *Histogram) layout() buckets.Layout {
	if h.Bits == 0 {
		return buckets.Coarse
	}
	return h.Bits
}

// Add counts a duration of ns nanoseconds.
func (h *Histogram) Add(ns int64) {
	if len(h.Buckets) == 0 {
		h.Bits = buckets.Fine
	}
	h.addBucket(h.layout().Of(ns/1000), 1)
}

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

// Merge adds all of o. The sum has the coarser layout of the two, which its buckets
// fit into whole: the order of merging makes no difference.
func (h *Histogram) Merge(o Histogram) {
	if len(o.Buckets) == 0 {
		return
	}
	if len(h.Buckets) == 0 {
		h.Bits = o.Bits
	}
	if o.layout() < h.layout() {
		h.coarsen(o.layout())
	}
	from, to := o.layout(), h.layout()
	for _, b := range o.Buckets {
		h.addBucket(to.Of(from.Lower(b.Index)), b.Count)
	}
}

func (h *Histogram) coarsen(to buckets.Layout) {
	was := *h
	*h = Histogram{Bits: to}
	for _, b := range was.Buckets {
		h.addBucket(to.Of(was.layout().Lower(b.Index)), b.Count)
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
			return h.layout().Upper(b.Index)
		}
	}
	return 0
}

// Longest returns the bounds, in microseconds, of the bucket of the longest
// duration, or 0 where nothing was counted.
func (h *Histogram) Longest() (lower, upper int64) {
	n := len(h.Buckets)
	if n == 0 {
		return 0, 0
	}
	last := h.Buckets[n-1].Index
	return h.layout().Lower(last), h.layout().Upper(last)
}
