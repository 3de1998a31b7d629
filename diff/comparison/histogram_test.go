package comparison

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/internal/buckets"
)

func drawHistogram(t *rapid.T, label string) Histogram {
	h := Histogram{Bits: rapid.SampledFrom([]buckets.Layout{0, buckets.Coarse, buckets.Fine}).Draw(t, label+" bits")}
	for _, us := range rapid.SliceOfN(rapid.Int64Range(0, 1<<40), 0, 20).Draw(t, label) {
		h.addBucket(h.layout().Of(us), 1)
	}
	return h
}

// TestMergeIsCommutative: sums of summaries are the same in any order, also of
// histograms of different precision.
func TestMergeIsCommutative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawHistogram(t, "a"), drawHistogram(t, "b"), drawHistogram(t, "c")
		sum := func(list ...Histogram) Histogram {
			var h Histogram
			for _, o := range list {
				h.Merge(o)
			}
			h.Bits = h.layout() // 0 and 3 say the same
			return h
		}
		want := sum(a, b, c)
		for _, got := range []Histogram{sum(c, b, a), sum(b, c, a), sum(sum(a, b), c)} {
			if d := cmp.Diff(want, got); len(want.Buckets) > 0 && d != "" {
				t.Fatal(d)
			}
		}
		if want.Count() != a.Count()+b.Count()+c.Count() {
			t.Fatalf("%d counted", want.Count())
		}
	})
}

// TestCoarseHistogramsAreRead: one that does not say its precision has three bits.
func TestCoarseHistogramsAreRead(t *testing.T) {
	var h Histogram
	if err := json.Unmarshal([]byte(`{"buckets":[{"i":63,"n":2}]}`), &h); err != nil {
		t.Fatal(err)
	}
	if got := h.Quantile(0.5); got != 1023 {
		t.Errorf("%d µs, want 1023", got)
	}
	h.Add(1_000_000)
	if h.Count() != 3 || len(h.Buckets) != 1 {
		t.Errorf("%+v", h)
	}
}

func TestCompareLatencies(t *testing.T) {
	var a, b Histogram
	for i := range int64(1000) {
		a.Add((1000 + i) * 1000)
		b.Add((2000 + 2*i) * 1000)
	}
	r := CompareLatencies(&a, &b, 500, 0.95)
	if r.Ratio < 1980 || r.Ratio > 2020 || r.Low > 2000 || r.High < 2000 || r.Low < 1850 || r.High > 2150 || r.Unbounded {
		t.Errorf("%+v, want about 2", r)
	}
	if empty := CompareLatencies(&Histogram{}, &b, 500, 0.95); empty.Ratio != 0 || !empty.Unbounded {
		t.Errorf("against nothing: %+v", empty)
	}
}
