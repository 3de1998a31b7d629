package database

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPace(t *testing.T) {
	for _, c := range []struct {
		rate    int
		elapsed time.Duration
		count   int64
		want    time.Duration
	}{
		{0, 0, 1000, 0}, {100, 0, 100, time.Second}, {100, time.Second, 100, 0}, {100, time.Minute, 100, 0},
		{100, 500 * time.Millisecond, 100, 500 * time.Millisecond}, {1000, 0, 1, time.Millisecond},
	} {
		if got := pace(c.rate, c.elapsed, c.count); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

func TestTheRateHoldsOverAllTables(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		o := CaptureOptions{Options: Options{Connections: 3}, MaxRowsPerSecond: 100}
		if _, err := Capture(t.Context(), newFake(10, "a", "b", "c"), newSink(), o); err != nil {
			t.Fatal(err)
		}
		if got := time.Since(start); got < 2900*time.Millisecond || got > 3100*time.Millisecond {
			t.Errorf("300 rows at 100/s took %s", got)
		}
	})
}

func TestALongRestIsNotMadeUpFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pacer{rate: 100}
		p.after(10, time.Now())
		time.Sleep(time.Hour)
		if got := p.after(100, time.Now()); got != time.Second {
			t.Errorf("waits %s", got)
		}
	})
}

func TestStrainPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, asked := time.Now(), 0
		src := strainedSource{newFake(5, "a", "b")}
		src.strain = func() (time.Duration, int, error) {
			asked++
			switch s := time.Since(start); {
			case s < 3*time.Second:
				return time.Minute, 1, nil
			case s < 5*time.Second:
				return 0, 99, nil
			case s < 6*time.Second:
				return 0, 0, errors.New("cannot say")
			}
			return 0, 1, nil
		}
		var paused []string
		o := CaptureOptions{Options: Options{Connections: 2}, MaxLag: time.Second, MaxRunning: 10, Progress: func(p Progress) {
			if p.Paused != "" {
				paused = append(paused, p.Paused)
			}
		}}
		if _, err := Capture(t.Context(), src, newSink(), o); err != nil {
			t.Fatal(err)
		}
		want(t, "pauses", strings.Join(paused, "\n"), strings.TrimSpace(strings.Repeat("the replication lag is 1m0s (limit 1s)\n", 3)+
			strings.Repeat("99 threads are running (limit 10)\n", 2)+"the store's load is unknown: cannot say"))
		if took := time.Since(start); took != 6*time.Second || asked != 7 {
			t.Errorf("took %s, asked %d times", took, asked)
		}
	})
}

func TestPausesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := strainedSource{newFake(5, "a", "b")}
		src.strain = func() (time.Duration, int, error) { return time.Minute, 0, nil }
		res, err := Capture(t.Context(), src, newSink(), CaptureOptions{MaxLag: time.Second, MaxPause: time.Minute})
		if !errors.Is(err, ErrStrained) {
			t.Errorf("%v", err)
		}
		closes(t, res.Ledger)
		src.strain = func() (time.Duration, int, error) { return 0, 0, errors.New("gone") }
		if _, err = Capture(t.Context(), src, newSink(), CaptureOptions{MaxLag: time.Second}); err == nil || !strings.Contains(err.Error(), "gone") {
			t.Errorf("%v", err)
		}
	})
}

func TestCancelEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		src := strainedSource{newFake(5, "a", "b")}
		src.strain = func() (time.Duration, int, error) { return time.Minute, 0, nil }
		start := time.Now()
		_, err := Capture(ctx, src, newSink(), CaptureOptions{Options: Options{Connections: 2}, MaxLag: time.Second})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
}
