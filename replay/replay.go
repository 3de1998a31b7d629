// Package replay asks a target what a recording's clients asked, and stores
// what it answers: one row of a run for every exchange of the baseline, also
// for those that were not sent.
//
// Terms. The baseline is the recording that is replayed, the target the system
// that is asked. Due is when the schedule wants a request sent, turn (stored as
// ready) when it could be: the answers that it had to wait for in the recording
// have come and a connection is there. Lateness is sent − max(due, ready): only
// that is our fault, and a run whose lateness is too great is not fair.
//
// Steps. The baseline is read ahead within bounds; each exchange is filtered,
// judged by the guards, and put behind the requests of its session, and those
// about its entities, that were answered before it began. The schedule releases it; a worker with a
// connection writes the intent, carries values over, sends, reads, learns and
// hands the row on.
//
// Connections follow sessions: a connection to the target serves one recorded
// session, so that what a server binds to a connection stays bound; when all
// are taken, the one idle for longest is closed for a new session. Requests
// that overlapped within a session may overlap again, over several connections.
//
// Limits. HTTP/1.0 and 1.1. What was learnt in a session (not cookies, which
// hold for the whole run) is forgotten when more than maxSessions are known,
// and at a resume; both are counted.
package replay

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"parallax/capture/recording"
)

// Sink takes the rows of the run. Write is called from many goroutines. It may
// change the exchange, and keeps none of it but strings: its memory, bodies
// included, is used again once Write has returned. It holds what was sent,
// credentials included, so a redacting stage stands in front of what stores it.
type Sink interface {
	Write(*recording.Exchange) error
}

// Journal makes sure that no unsafe request is sent twice. It is called from
// many goroutines. Intend says that the exchange with this ID of the baseline
// is about to be sent, Sync returns once that is on disk.
type Journal interface {
	Intend(recording.ID) error
	Sync() error
}

// ErrRefused is wrapped by errors of the safety policy: nothing, or nothing
// more, was sent.
var ErrRefused = errors.New("refused by the safety policy")

// Run replays the baseline's exchanges. A target that fails, and a cancelled
// ctx, are no errors: Result.Stopped says so, and the rest of the baseline has
// rows that say "not reached". An error means that the configuration or the
// policy forbids the run, that the baseline could not be read, or that the sink
// or the journal failed. The iterator runs on the caller's goroutine.
func Run(ctx context.Context, exchanges iter.Seq2[*recording.Exchange, error], out Sink, journal Journal, o Options) (Result, error) {
	e, err := newEngine(out, journal, o)
	if err != nil {
		return Result{}, err
	}
	if err := e.preflight(ctx); err != nil {
		return Result{}, err
	}
	stopWatching := e.watch(ctx)
	defer stopWatching()
	e.start()
	err = e.feed(exchanges)
	if err != nil {
		e.stop(StopError, err.Error())
	}
	e.drain()
	return e.finished(err)
}

// preflight connects once, before anything is sent. A target that is not there
// stops the run, so that its rows say "not reached".
func (e *engine) preflight(ctx context.Context) error {
	conn, err := e.transport.Dial(ctx)
	switch {
	case err == nil:
		if err := conn.Close(); err != nil {
			return err
		}
		return e.firstToken(ctx)
	case errors.Is(err, ErrRefused):
		return err
	case ctx.Err() != nil:
		e.stop(StopInterrupted, context.Cause(ctx).Error())
	default:
		e.stop(StopTarget, fmt.Sprintf("the target cannot be reached: %v", err))
	}
	return nil
}

// watch stops the run when ctx is cancelled, and shows progress.
func (e *engine) watch(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e.observe(ctx, done)
	}()
	return func() {
		close(done)
		<-ended
	}
}

func (e *engine) observe(ctx context.Context, done <-chan struct{}) {
	ticker := time.NewTicker(progressEvery)
	defer ticker.Stop()
	interrupted := ctx.Done()
	for {
		select {
		case <-interrupted:
			interrupted = nil
			e.stop(StopInterrupted, context.Cause(ctx).Error())
		case <-ticker.C:
			e.report()
		case <-done:
			e.report()
			return
		}
	}
}

const progressEvery = time.Second
