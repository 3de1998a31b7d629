package buckets

import (
	"testing"

	"pgregory.net/rapid"
)

// TestBucketsHoldTheirValues: each value lies at or below its bucket's upper
// bound, above that of the bucket before, and within 12.5 % of it.
func TestBucketsHoldTheirValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := rapid.Int64Range(0, 1<<50).Draw(t, "us")
		i := Of(us)
		if us > Upper(i) || i > 0 && us <= Upper(i-1) {
			t.Fatalf("%d is in bucket %d, (%d, %d]", us, i, Upper(max(i-1, 0)), Upper(i))
		}
		if float64(Upper(i)-us) > 0.125*float64(us) {
			t.Fatalf("%d is read back as %d", us, Upper(i))
		}
	})
}

func TestNegativeIsZero(t *testing.T) {
	if Of(-5) != 0 {
		t.Errorf("bucket %d", Of(-5))
	}
}
