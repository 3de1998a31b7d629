package database

import (
	"context"
	"fmt"
	"time"
)

const (
	strainEvery = time.Second
	// strainTries bounds how often in a row the load may be unknown: reading pauses
	// while it is.
	strainTries = 10
)

// strainGate holds all connections back while the source is strained: whoever
// finds it so waits inside the gate, and the others wait for it.
type strainGate struct {
	load       Load
	maxLag     time.Duration
	maxRunning int
	maxPause   time.Duration

	turn    chan struct{} // holds one token; a mutex that a context can leave
	checked time.Time
	paused  time.Duration
}

func newStrainGate(src Source, o *CaptureOptions) *strainGate {
	if o.MaxLag == 0 && o.MaxRunning == 0 {
		return nil
	}
	g := &strainGate{load: src.(Load), maxLag: o.MaxLag, maxRunning: o.MaxRunning, maxPause: o.MaxPause, turn: make(chan struct{}, 1)}
	g.turn <- struct{}{}
	return g
}

// pass returns once the source is at ease; say is told why not.
func (g *strainGate) pass(ctx context.Context, say func(why string)) error {
	if g == nil {
		return ctx.Err()
	}
	select {
	case <-g.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { g.turn <- struct{}{} }()
	if time.Since(g.checked) < strainEvery {
		return nil
	}
	return g.ease(ctx, say)
}

func (g *strainGate) ease(ctx context.Context, say func(why string)) error {
	for unknown := 0; ; {
		why, err := g.strained(ctx)
		g.checked = time.Now()
		if err == nil && why == "" {
			return nil
		}
		if err == nil {
			unknown = 0
		} else if unknown++; unknown >= strainTries {
			return fmt.Errorf("the store's load is unknown: %w", err)
		} else {
			why = fmt.Sprintf("the store's load is unknown: %v", err)
		}
		if err := g.rest(ctx, why, say); err != nil {
			return err
		}
	}
}

func (g *strainGate) rest(ctx context.Context, why string, say func(why string)) error {
	if g.maxPause > 0 && g.paused >= g.maxPause {
		return fmt.Errorf("paused for %s in all, and still %s: %w", g.paused, why, ErrStrained)
	}
	say(why)
	g.paused += strainEvery
	return sleep(ctx, strainEvery)
}

// strained says in words which limit is exceeded.
func (g *strainGate) strained(ctx context.Context) (string, error) {
	lag, running, err := g.load.Strain(ctx)
	switch {
	case err != nil:
		return "", err
	case g.maxLag > 0 && lag > g.maxLag:
		return fmt.Sprintf("the replication lag is %s (limit %s)", lag.Round(time.Millisecond), g.maxLag), nil
	case g.maxRunning > 0 && running > g.maxRunning:
		return fmt.Sprintf("%d threads are running (limit %d)", running, g.maxRunning), nil
	}
	return "", nil
}
