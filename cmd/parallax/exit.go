package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/internal/sanitise"
	"parallax/internal/store"
	"parallax/replay"
)

// The exit codes of docs/exit-codes.md.
const (
	exitOK         = 0
	exitPolicy     = 1
	exitUsage      = 2
	exitUnverified = 3
	exitRefused    = 4
	exitLocked     = 5
	exitInterrupt  = 130
	exitTerminate  = 143
)

// usageError is a fault of the command line or the configuration.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// verdictError carries a verdict that was already printed.
type verdictError struct{ code int }

func (e verdictError) Error() string { return fmt.Sprintf("verdict %d", e.code) }

func isSilent(err error) bool {
	var v verdictError
	return errors.As(err, &v)
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal os.Signal }

func (e interrupted) Error() string { return "interrupted by " + e.signal.String() }

// withSignals returns a context that the first SIGINT or SIGTERM cancels; the
// second ends the process at once through exit.
func withSignals(ctx context.Context, exit func(int)) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		first := <-signals
		cancel(interrupted{first})
		exit(signalCode(<-signals))
	}()
	return ctx, func() { signal.Stop(signals); cancel(nil) }
}

func signalCode(s os.Signal) int {
	if s == syscall.SIGTERM {
		return exitTerminate
	}
	return exitInterrupt
}

// exitCode maps an error to the table of exit codes.
func exitCode(ctx context.Context, err error) int {
	var (
		verdict verdictError
		signal  interrupted
		usage   usageError
		refused refusal
		lost    lostError
	)
	switch {
	case errors.As(err, &verdict) && verdict.code != exitOK:
		return verdict.code
	case errors.As(err, &lost): // also after a signal: what it promises was not kept
		return exitUnverified
	case errors.As(context.Cause(ctx), &signal):
		return signalCode(signal.signal)
	case err == nil || errors.As(err, &verdict):
		return exitOK
	case errors.As(err, &refused):
		return exitRefused
	case errors.As(err, &usage):
		return exitUsage
	default:
		return errorCode(err)
	}
}

func safeText(s string) string { return sanitise.Block(s) }

// refusal is what a safety policy forbids.
type refusal struct{ err error }

func (e refusal) Error() string { return e.err.Error() }
func (e refusal) Unwrap() error { return e.err }

// unverifiedError says that something could not be verified.
type unverifiedError struct{ err error }

func (e unverifiedError) Error() string { return e.err.Error() }
func (e unverifiedError) Unwrap() error { return e.err }

func unverifiedf(format string, args ...any) error {
	return unverifiedError{fmt.Errorf(format, args...)}
}

// lostError says that what was recorded is not, or not all, on the disk.
type lostError struct{ err error }

func (e lostError) Error() string { return e.err.Error() }
func (e lostError) Unwrap() error { return e.err }

// joinErrors returns first, with second's text on a line of its own where there
// is one.
func joinErrors(first, second error) error {
	if second == nil {
		return first
	}
	if first == nil {
		return second
	}
	return errors.Join(first, second)
}

// errorCode maps the errors of the packages; whatever is not known by name
// could not verify.
func errorCode(err error) int {
	switch {
	case errors.Is(err, store.ErrLocked):
		return exitLocked
	case errors.Is(err, replay.ErrRefused):
		return exitRefused
	case errors.Is(err, recording.ErrDamaged): // also where the damage is that a file is missing
		return exitUnverified
	case errors.Is(err, recording.ErrExists), errors.Is(err, recording.ErrOtherRun), errors.Is(err, comparison.ErrExists), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrExist):
		return exitUsage
	default:
		return exitUnverified
	}
}
