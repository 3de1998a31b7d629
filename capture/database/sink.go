package database

import "parallax/capture/snapshot"

// Sink is where tables go. Capture calls Table in the order of the plan, once
// more for a table whose read broke, never from two goroutines at once.
type Sink interface {
	Table(t *snapshot.Table) (TableSink, error)
}

// TableSink takes one table's rows from one goroutine, in any order. Write keeps
// nothing of the batch. Either Close or Abort ends it; Abort drops its rows.
type TableSink interface {
	Write(b *snapshot.Batch) error
	Close(c TableClosing) error
	Abort() error
}

// TableClosing is what is known of a table once its rows are read.
type TableClosing struct {
	// Invalid says why the rows cannot be relied on; empty: they can.
	Invalid string
	// Point is the table's own, where the snapshot may mix points.
	Point     *snapshot.Point
	Sequences []snapshot.Sequence
	Notes     map[string]int64
}
