package quantile

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"parallax/internal/buckets"
	"pgregory.net/rapid"
)

// ranks are n values 1, 2, …, n, each in a bin of its own: what is read back is
// the rank.
func ranks(n int) []Bin {
	bins := make([]Bin, n)
	for i := range bins {
		bins[i] = Bin{Low: int64(i + 1), High: int64(i + 1), Count: 1}
	}
	return bins
}

// TestPublishedRanks holds the intervals to what the tables of order statistics
// say (Conover, table A3; the medians of n = 10, 20 and 100).
func TestPublishedRanks(t *testing.T) {
	for _, c := range []struct {
		n, level, low, high int64
		unbounded           bool
	}{
		{n: 5, level: 500, low: 0, unbounded: true}, // 2 × 1/32 is more than 5 %
		{n: 6, level: 500, low: 1, high: 6},
		{n: 10, level: 500, low: 2, high: 9},
		{n: 20, level: 500, low: 6, high: 15},
		{n: 100, level: 500, low: 40, high: 61},
		{n: 367, level: 990, low: 359, unbounded: true}, // 0.99^367 is more than 2.5 %
		{n: 368, level: 990, low: 360, high: 368},
	} {
		got := Of(ranks(int(c.n)), c.level, 0.95)
		if want := (Interval{c.low, c.high, c.unbounded}); got != want {
			t.Errorf("%d values, level %d: %+v, want %+v", c.n, c.level, got, want)
		}
	}
}

// TestBinomialIsExact compares with sums of exact fractions.
func TestBinomialIsExact(t *testing.T) {
	for _, c := range []struct{ n, num, den int64 }{{1, 1, 2}, {7, 9, 10}, {200, 1, 2}, {400, 99, 100}, {1000, 9, 10}} {
		d, sum := binomial(c.n, float64(c.num)/float64(c.den)), new(big.Rat)
		for k := int64(0); k <= c.n; k++ {
			term := new(big.Int).Binomial(c.n, k)
			term.Mul(term, new(big.Int).Exp(big.NewInt(c.num), big.NewInt(k), nil))
			term.Mul(term, new(big.Int).Exp(big.NewInt(c.den-c.num), big.NewInt(c.n-k), nil))
			sum.Add(sum, new(big.Rat).SetFrac(term, new(big.Int).Exp(big.NewInt(c.den), big.NewInt(c.n), nil)))
			want, _ := sum.Float64()
			if got := d.below(k + 1); math.Abs(got-want) > 1e-11 {
				t.Fatalf("n %d, p %d/%d: P(B ≤ %d) is %g, want %g", c.n, c.num, c.den, k, got, want)
			}
		}
	}
}

// TestManyValues: the window is as wide as it must be, and no wider.
func TestManyValues(t *testing.T) {
	d := binomial(1_000_000_000, 0.5)
	if n := len(d.sums); n > 400_000 {
		t.Errorf("%d terms", n)
	}
	// The binomial's median is its mean, and a standard deviation holds 68.27 %.
	if got := d.between(500_000_000-15811, 500_000_000+15812); math.Abs(got-0.6827) > 0.001 {
		t.Errorf("within a standard deviation: %g", got)
	}
}

// shape draws a duration in microseconds.
type shape struct {
	name string
	draw func(*rand.Rand) float64
}

var shapes = []shape{
	{"exponential", func(r *rand.Rand) float64 { return 20_000 * r.ExpFloat64() }},
	{"lognormal", func(r *rand.Rand) float64 { return 8_000 * math.Exp(0.8*r.NormFloat64()) }},
	{"heavy tail", func(r *rand.Rand) float64 { return 3_000 * math.Pow(1-r.Float64(), -1/1.5) }},
	{"two humps", func(r *rand.Rand) float64 {
		if r.Float64() < 0.97 {
			return 1000 + 200*r.Float64()
		}
		return 50_000 + 20_000*r.Float64()
	}},
}

func sample(r *rand.Rand, n int, draw func(*rand.Rand) float64, factor float64) []Bin {
	counts := map[int]int64{}
	for range n {
		counts[buckets.Fine.Of(int64(factor*draw(r)))]++
	}
	var bins []Bin
	for i, c := range counts {
		bins = append(bins, Bin{Low: buckets.Fine.Lower(i), High: buckets.Fine.Upper(i) + 1, Count: c})
	}
	slices.SortFunc(bins, func(a, b Bin) int { return int(a.Low - b.Low) })
	return bins
}

// many are many values of the shape, sorted: their quantiles stand for the true ones.
func many(s shape) []float64 {
	r, values := rand.New(rand.NewPCG(7, 7)), make([]float64, 400_000)
	for i := range values {
		values[i] = s.draw(r)
	}
	slices.Sort(values)
	return values
}

// TestCoverage simulates: the interval holds the true value about as often as it
// says, whatever the distribution. The seeds are fixed.
func TestCoverage(t *testing.T) {
	const times = 400
	for _, s := range shapes {
		values := many(s)
		for _, level := range []int64{500, 900, 990} {
			want := values[len(values)*int(level)/1000]
			for _, n := range []int{400, 3000} {
				r := rand.New(rand.NewPCG(uint64(n), uint64(level)))
				single, ratio, bounded := 0, 0, 0
				for range times {
					a, b := sample(r, n, s.draw, 1), sample(r, n, s.draw, 1.3)
					if i := Of(a, level, 0.95); float64(i.Low) <= want && (i.Unbounded || want < float64(i.High)) {
						single++
					}
					i := Ratio(a, b, level, 0.95)
					if i.Low <= 1300 && (i.Unbounded || 1300 <= i.High) {
						ratio++
					}
					if !i.Unbounded {
						bounded++
					}
				}
				what := fmt.Sprintf("%s, level %d, %d values", s.name, level, n)
				// The true quantile is itself one of a sample, and four standard
				// deviations of 400 draws are 4.4 %.
				if float64(single) < 0.91*times || float64(ratio) < 0.92*times {
					t.Errorf("%s: held by %d, ratio by %d of %d", what, single, ratio, times)
				}
				if bounded < times*9/10 && !(level == 990 && n == 400) {
					t.Errorf("%s: only %d of %d have an upper end", what, bounded, times)
				}
			}
		}
	}
}

// TestWidth: more values make a narrower interval, and enough of them tell 1.3
// from 1.2, whatever the bins' width.
func TestWidth(t *testing.T) {
	r, before := rand.New(rand.NewPCG(1, 2)), int64(math.MaxInt64)
	for _, n := range []int{100, 1000, 10_000, 100_000} {
		i := Ratio(sample(r, n, shapes[1].draw, 1), sample(r, n, shapes[1].draw, 1.3), 500, 0.95)
		if width := i.High - i.Low; i.Unbounded || width >= before {
			t.Errorf("%d values: %+v, no narrower than %d", n, i, before)
		} else {
			before = width
		}
		if n == 100_000 && (i.Low <= 1200 || i.High >= 1400) {
			t.Errorf("of %d values: %+v", n, i)
		}
	}
}

// TestLiesAround: the interval holds the ratio that was seen, grows with the
// confidence, and its mirror is the inverse's.
func TestLiesAround(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) []Bin {
			var bins []Bin
			for i, c := range rapid.SliceOfN(rapid.Int64Range(0, 40), 1, 30).Draw(t, label) {
				if c > 0 {
					bins = append(bins, Bin{Low: int64(i*10 + 1), High: int64(i*10 + 11), Count: c})
				}
			}
			return bins
		}
		a, b, level := draw("a"), draw("b"), rapid.SampledFrom([]int64{500, 900, 950, 990, 999}).Draw(t, "level")
		narrow, wide := Ratio(a, b, level, 0.8), Ratio(a, b, level, 0.99)
		if narrow.Low < wide.Low || !wide.Unbounded && (narrow.Unbounded || narrow.High > wide.High) {
			t.Fatalf("80 %%: %+v, 99 %%: %+v", narrow, wide)
		}
		mirror := Ratio(b, a, level, 0.8)
		if narrow.Low > 0 != !mirror.Unbounded {
			t.Fatalf("%+v mirrors %+v", mirror, narrow)
		}
		if got, want := One*One/float64(max(narrow.Low, 1)), float64(mirror.High); narrow.Low > 100 && math.Abs(got-want) > 0.02*want {
			t.Fatalf("%+v mirrors %+v", mirror, narrow)
		}
	})
}

func TestNothing(t *testing.T) {
	for _, i := range []Interval{Of(nil, 500, 0.95), Ratio(nil, nil, 500, 0.95), Ratio(ranks(100), nil, 500, 0.95), Ratio(nil, ranks(100), 500, 0.95)} {
		if i.Low != 0 || !i.Unbounded {
			t.Errorf("of no values: %+v", i)
		}
	}
}

func BenchmarkRatio(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	x, y := sample(r, 100_000, shapes[1].draw, 1), sample(r, 100_000, shapes[1].draw, 1.2)
	for b.Loop() {
		Ratio(x, y, 990, 0.95)
	}
}
