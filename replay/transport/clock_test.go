package transport

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestF13_TheClockDoesNotJump: the clock of a run takes the wall's time once, at its
// beginning, and from then on follows what has passed: an hour is an hour, and it
// never goes back. (F13)
func TestF13_TheClockDoesNotJump(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		now := Clock()
		if got := now(); got != begin.UnixNano() {
			t.Errorf("it begins at %d, the wall says %d", got, begin.UnixNano())
		}
		for hours := range 48 {
			time.Sleep(time.Hour)
			if got, want := now()-begin.UnixNano(), int64(time.Hour)*int64(hours+1); got != want {
				t.Fatalf("after %d hours it has moved by %d ns", hours+1, got)
			}
		}
	})
	now, last := Clock(), int64(0)
	for range 100_000 {
		got := now()
		if got < last {
			t.Fatalf("%d after %d", got, last)
		}
		last = got
	}
}
