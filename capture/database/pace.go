package database

import (
	"context"
	"sync"
	"time"
)

// pace says how long to wait before going on, when count rows were read in
// elapsed and rate rows a second are allowed.
func pace(rate int, elapsed time.Duration, count int64) time.Duration {
	if rate <= 0 {
		return 0
	}
	due := time.Duration(float64(count) / float64(rate) * float64(time.Second))
	return max(due-elapsed, 0)
}

// pacer keeps all connections together at a rate. What a slow second left unused
// is not made up for later: the rate holds over every second or so, which is what
// the server feels.
type pacer struct {
	rate  int
	mu    sync.Mutex
	start time.Time
	count int64
}

// wait is called after n rows.
func (p *pacer) wait(ctx context.Context, n int) error {
	if p.rate <= 0 {
		return nil
	}
	return sleep(ctx, p.after(n, time.Now()))
}

func (p *pacer) after(n int, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	elapsed := now.Sub(p.start)
	if elapsed > time.Second && pace(p.rate, elapsed, p.count) == 0 {
		p.start, p.count, elapsed = now, 0, 0
	}
	p.count += int64(n)
	return pace(p.rate, elapsed, p.count)
}

// sleep waits, or ends with the context.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
