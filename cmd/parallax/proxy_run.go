package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parallax/capture/proxy"
	"parallax/capture/recording"
)

// proxyRun is a proxy at work.
type proxyRun struct {
	options proxyOptions
	proxy   *proxy.Proxy
	sink    *proxySink
	streams streams
	// ending is when the serving was asked to end.
	ending time.Time
}

// serveUntil accepts clients until ctx ends, then lets what is under way finish.
func (r *proxyRun) serveUntil(ctx context.Context) error {
	failed := make(chan error, 1)
	go func() { failed <- r.proxy.Serve() }()
	if err, ended := r.watch(ctx, failed); ended {
		return err
	}
	r.ending = time.Now()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := r.proxy.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// watch waits for the end of ctx or of the serving. That nothing is recorded any
// more (a full disk) is said at once, and again: the clients are still served, so
// that nobody would notice.
func (r *proxyRun) watch(ctx context.Context, failed <-chan error) (err error, ended bool) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for last := (time.Time{}); ; {
		select {
		case err := <-failed:
			return err, true
		case <-ctx.Done():
			return nil, false
		case now := <-look.C:
			if err := firstLoss(r.proxy, r.sink.live); err != nil && now.Sub(last) >= remindEvery {
				last = now
				sayLoss(r.proxy, r.sink.live, err, r.streams)
			}
			r.sink.mirror.report()
		}
	}
}

// finish closes the recording, then the run of the candidate, which names it.
// What passed unrecorded is said in it and on standard error, and makes the exit
// code 3.
func (r *proxyRun) finish() error {
	result := r.sink.mirror.end(r.ending)
	err := r.finishRecording()
	return joinErrors(err, r.sink.mirror.finish(result, r.options.Out))
}

func (r *proxyRun) finishRecording() error {
	o, live, ledger := r.options, r.sink.live, r.proxy.Ledger()
	why := firstLoss(r.proxy, live)
	closing := recording.Closing{Ledger: ledger, RedactionCounts: r.sink.redactor.Counts()}
	missed := missing(r.proxy, live.Stopped() != nil, &closing)
	err := live.Close(closing)
	if err == nil {
		err = why
	}
	if err != nil { // what the ledger calls whole may not be on the disk
		err = fmt.Errorf("what was recorded is not all on the disk: %w\n%skept: what was recorded before it; `parallax verify --recover %s` finishes it where it is not", err, missed, o.Out)
		return lostError{err}
	}
	if !o.Quiet {
		printLedger(r.streams.err, &ledger)
	}
	return nil
}

// proxySink redacts and journals, and offers what was recorded to the candidate.
type proxySink struct {
	lateSink
	mirror *candidate
}

// Write takes ex over.
func (s *proxySink) Write(ex *recording.Exchange) error {
	if s.mirror == nil {
		return s.lateSink.Write(ex)
	}
	return s.mirror.record(ex, &s.lateSink)
}
