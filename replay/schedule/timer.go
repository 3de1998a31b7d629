package schedule

import (
	"context"
	"time"
)

// Timer sleeps precisely. One goroutine uses it at a time.
type Timer interface {
	// Sleep returns after d, or earlier with the context's error.
	Sleep(ctx context.Context, d time.Duration) error
	Close() error
}

// NewTimer returns the most precise timer that the platform has.
func NewTimer() Timer {
	if t := precise(); t != nil {
		return t
	}
	return Plain{}
}

// Plain sleeps with the runtime's timers, which wake up to a millisecond late
// on some platforms.
type Plain struct{}

// Sleep implements Timer.
func (Plain) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close implements Timer.
func (Plain) Close() error { return nil }
