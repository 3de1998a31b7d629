package database

import (
	"fmt"
	"time"

	"parallax/capture/snapshot"
)

// DefaultTries is how often a table whose read breaks is read in all.
const DefaultTries = 3

// CaptureOptions says how a capture goes. The zero value reads everything that
// the source lists, over one connection, without limits.
type CaptureOptions struct {
	// Options are those that the source was opened with.
	Options Options
	// Stage changes batches between source and sink (redaction). It is called from
	// as many goroutines as there are connections, from one for a table.
	Stage func(t *snapshot.Table, b *snapshot.Batch) error
	// MaxRowsPerSecond bounds all tables together; 0: no bound.
	MaxRowsPerSecond int
	// Reading pauses while the source's Load exceeds one of these; 0: no bound.
	MaxLag     time.Duration
	MaxRunning int
	// MaxPause bounds the pauses of a capture in sum; 0: no bound.
	MaxPause time.Duration
	// Tries bounds how often a table is read in all. Default DefaultTries.
	Tries int
	// AllowMixedPoints keeps finished tables when the point is lost, each with its
	// own point; the caller opens the source again and captures with Skip.
	AllowMixedPoints bool
	// Skip leaves a table out by choice: its rows stand elsewhere already.
	Skip func(t *snapshot.Table) bool
	// Progress is told of each batch, pause and end; calls never overlap.
	Progress func(Progress)
}

// Progress is how far one table is.
type Progress struct {
	Table string
	Rows  int64
	// Estimate is a guess of the table's rows; 0: none.
	Estimate int64
	// Tables have ended, of so many that are to be read.
	Tables, Of int
	// Paused says why reading pauses; empty: it does not.
	Paused string
	Ended  bool
}

func (o *CaptureOptions) validate(src Source) error {
	if o.MaxRowsPerSecond < 0 || o.MaxLag < 0 || o.MaxRunning < 0 || o.MaxPause < 0 || o.Tries < 0 || o.Options.Connections < 0 {
		return fmt.Errorf("capture: a limit is negative: %w", ErrPlan)
	}
	o.Options.Connections = max(o.Options.Connections, 1)
	if o.Tries == 0 {
		o.Tries = DefaultTries
	}
	if _, ok := src.(Load); !ok && (o.MaxLag > 0 || o.MaxRunning > 0) {
		return fmt.Errorf("capture: limits on lag or running threads: %s cannot tell its load: %w", src.Info().Engine, ErrPlan)
	}
	return nil
}
