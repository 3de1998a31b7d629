package database

import (
	"errors"
	"fmt"
	"strings"

	"parallax/capture/snapshot"
)

// Errors of a capture, beside those of sources.
var (
	// ErrReadBroken: the read of a table ended before its last row, but the point
	// still stands. The rows emitted so far are to be dropped; Read may be called
	// again and gives the same rows from the first.
	ErrReadBroken = errors.New("the table's read broke off")
	// ErrPlan: what was asked for names things that are not there, or two that
	// cannot be told apart.
	ErrPlan = errors.New("the plan does not fit the store")
	// ErrIncomplete: tables could not be read; the others are whole.
	ErrIncomplete = errors.New("tables could not be captured")
	// ErrStrained: the store stayed over the limits on its load for too long.
	ErrStrained = errors.New("the store is strained")
)

// DSNError is a DSN that is not understood. Its text repeats none of it: cut in the
// wrong place, any part may hold some of a password.
type DSNError struct{ Err error }

func (e *DSNError) Error() string { return e.Err.Error() }

func (e *DSNError) Unwrap() error { return e.Err }

// named puts the table before an error that does not begin with it: sources, sinks
// and stages may say it themselves.
func named(t *snapshot.Table, err error) error {
	kind, rest, _ := strings.Cut(err.Error(), " ")
	switch kind {
	case "table", "view", "query", "file":
		if strings.HasPrefix(rest, t.FullName()+": ") {
			return err
		}
	}
	return fmt.Errorf("table %s: %w", t.FullName(), err)
}
