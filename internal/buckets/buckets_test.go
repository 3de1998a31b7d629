package buckets

import (
	"testing"

	"pgregory.net/rapid"
)

// TestBucketsHoldTheirValues: each value lies at or below its bucket's upper
// bound, above that of the bucket before, and as near to it as the layout says.
func TestBucketsHoldTheirValues(t *testing.T) {
	for l, within := range map[Layout]float64{Coarse: 0.125, Fine: 0.008} {
		rapid.Check(t, func(t *rapid.T) {
			us := rapid.Int64Range(0, 1<<50).Draw(t, "us")
			i := l.Of(us)
			if us > l.Upper(i) || us < l.Lower(i) || i > 0 && us <= l.Upper(i-1) {
				t.Fatalf("%d is in bucket %d, %d to %d", us, i, l.Lower(i), l.Upper(i))
			}
			if float64(l.Upper(i)-us) > within*float64(us) {
				t.Fatalf("%d is read back as %d", us, l.Upper(i))
			}
		})
	}
}

// TestLayoutsNest: a fine bucket lies in one coarse bucket.
func TestLayoutsNest(t *testing.T) {
	for i := range 5000 {
		if a, b := Coarse.Of(Fine.Lower(i)), Coarse.Of(Fine.Upper(i)); a != b {
			t.Fatalf("fine bucket %d lies in coarse ones %d and %d", i, a, b)
		}
	}
}

func TestNegativeIsZero(t *testing.T) {
	if Of(-5) != 0 || Fine.Of(-5) != 0 {
		t.Errorf("buckets %d, %d", Of(-5), Fine.Of(-5))
	}
}
