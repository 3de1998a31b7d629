package comparison

import "parallax/internal/quantile"

// The latency of an exchange is the time from the request's last byte to the
// answer's last one. Of a recording these are the times at the tap or proxy; a run
// writes small requests at once, so that its time is from sent to done (a long
// request's sending counts as the new side's, never the old one's).

// LatencyBase is what the new side's latency is held against.
type LatencyBase string

// BaseControl: a control run asked the old system on the same way as the new one
// was asked, which is the fair comparison. BaseOld: the old side as it is.
const (
	BaseControl LatencyBase = "control"
	BaseOld     LatencyBase = "old"
)

// LatencyBase is the base that this comparison has: the control, where there is one.
func (s *Summary) LatencyBase() LatencyBase {
	if len(s.Controls) > 0 {
		return BaseControl
	}
	return BaseOld
}

// SameWay reports whether both sides of the latency comparison were measured on the
// same way: both by replays, or both by captures.
func (s *Summary) SameWay() bool {
	return s.LatencyBase() == BaseControl || s.Old.Kind == s.New.Kind
}

// Latencies returns the latencies of base and new: of the same exchanges, each once.
func (s *Subject) Latencies(base LatencyBase) (before, after *Histogram) {
	if base == BaseControl {
		return &s.ControlLatency, &s.NewWithControl
	}
	return &s.OldLatency, &s.NewLatency
}

// MergeLatencies adds the latencies of o.
func (s *Subject) MergeLatencies(o *Subject) {
	s.OldLatency.Merge(o.OldLatency)
	s.NewLatency.Merge(o.NewLatency)
	s.ControlLatency.Merge(o.ControlLatency)
	s.NewWithControl.Merge(o.NewWithControl)
}

// LatencyRatio is a quantile of the new side's latency beside the base's.
type LatencyRatio struct {
	// Level is the quantile in thousandths.
	Level int64 `json:"level"`
	// Before and After are in microseconds.
	Before int64 `json:"before_us"`
	After  int64 `json:"after_us"`
	// Ratio is After by Before in thousandths, Low and High its interval. Without
	// an upper end there are too few answers.
	Ratio     int64 `json:"ratio_thousandths"`
	Low       int64 `json:"low_thousandths"`
	High      int64 `json:"high_thousandths,omitempty"`
	Unbounded bool  `json:"no_upper_end,omitempty"`
}

// CompareLatencies returns the quantile at level, in thousandths, of both, and the
// interval of their ratio at confidence, between 0 and 1 (see internal/quantile).
func CompareLatencies(before, after *Histogram, level int64, confidence float64) LatencyRatio {
	q := float64(level) / 1000
	r := LatencyRatio{Level: level, Before: before.Quantile(q), After: after.Quantile(q)}
	if r.Before > 0 {
		r.Ratio = (r.After*quantile.One + r.Before/2) / r.Before
	}
	i := quantile.Ratio(before.bins(), after.bins(), level, confidence)
	r.Low, r.High, r.Unbounded = i.Low, i.High, i.Unbounded
	return r
}

// Interval returns the interval of the quantile at level, in microseconds.
func (h *Histogram) Interval(level int64, confidence float64) quantile.Interval {
	return quantile.Of(h.bins(), level, confidence)
}

func (h *Histogram) bins() []quantile.Bin {
	bins := make([]quantile.Bin, len(h.Buckets))
	for i, b := range h.Buckets {
		bins[i] = quantile.Bin{Low: h.layout().Lower(b.Index), High: h.layout().Upper(b.Index) + 1, Count: b.Count}
	}
	return bins
}
