package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"

	"parallax/capture/proxy"
	"parallax/capture/recording"
	"parallax/capture/redact"
	"parallax/diff"
	"parallax/replay"
	"parallax/replay/mirror"
)

// candidate is the system that is asked besides the old one, with its run. A nil
// candidate is none.
type candidate struct {
	options  *mirrorOptions
	mirror   *mirror.Mirror
	live     *recording.Live
	redactor *redact.Redactor // of the run's rows
	// outward takes the live credentials out of what is sent, where the recording
	// keeps them (--redact off); else nil.
	outward *redact.Redactor
	passed  atomic.Int64 // requests that were offered with live credentials
	counts  *liveCounts  // nil: not asked for
	streams streams
	lines   *progress
	said    string
}

func openCandidate(o *proxyOptions, p *proxy.Proxy, s streams) (*candidate, error) {
	c := &candidate{options: o.Mirror, streams: s, lines: newProgress(s.err, "mirrored", o.Quiet)}
	var err error
	if c.redactor, err = newRedactor(o.Redact, s); err != nil {
		return nil, err
	}
	if c.outward, err = outwardRedactor(c.redactor, o.Redact.Config); err != nil {
		return nil, err
	}
	var id [8]byte
	rand.Read(id[:]) // never fails
	c.options.runID = hex.EncodeToString(id[:])
	if c.live, err = recording.CreateLive(c.options.Out, c.runOptions(o, p)); err != nil {
		return nil, err
	}
	m := c.options.mirror(p)
	m.Replay.Token = cmp.Or(c.outward, c.redactor).Token
	if c.options.Compare {
		if c.counts, err = newLiveCounts(c.options.Rules, c.options.Names, c.marker()); err != nil {
			return nil, joinErrors(err, c.discard())
		}
		m.Compare = c.counts.compare
	}
	c.mirror, err = mirror.New(m, &lateSink{c.redactor, c.live}, c.live)
	if err != nil {
		return nil, joinErrors(err, c.discard())
	}
	return c, nil
}

// outwardRedactor returns nil where the recording's own redaction does it.
func outwardRedactor(r *redact.Redactor, c redact.Config) (*redact.Redactor, error) {
	if r.Profile() != redact.Off {
		return nil, nil
	}
	key, err := redact.NewKey()
	if err != nil {
		return nil, err
	}
	c.Profile = redact.Secrets
	return redact.New(c, key)
}

func (c *candidate) discard() error { return joinErrors(c.live.Suspend(), discardBegun(c.options.Out)) }

func (c *candidate) marker() string { return replay.MarkerHeader + ": " + c.options.runID }

func (c *candidate) runOptions(o *proxyOptions, p *proxy.Proxy) recording.Options {
	return recording.Options{
		Kind: recording.KindRun, Tool: tool(), Baseline: recording.BaselineOpen, Target: c.options.Target.URL,
		Source:    recording.Source{Kind: mirrorSource, Detail: "of the proxy listening on " + p.Addr().String()},
		Redaction: redactionOf(c.redactor),
		Info:      map[string]string{"control": fmt.Sprint(c.options.Target.Control), diff.InfoMarker: c.marker()},
		Room:      func() error { return o.MinFree.check(c.options.Out) },
	}
}

// mirrorSource is the source of a run that a mirror made.
const mirrorSource = "mirror"

// end takes no more and waits for the candidate: so long from the end of the
// serving, a moment at least.
func (c *candidate) end(ending time.Time) mirror.Result {
	if c == nil {
		return mirror.Result{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), max(mirrorGrace-time.Since(ending), leastGrace))
	defer cancel()
	r := c.mirror.Close(ctx)
	c.lines.done()
	return r
}

const (
	mirrorGrace = 5 * time.Second
	leastGrace  = 500 * time.Millisecond
)

// finish closes the run, which names the recording by its digest.
func (c *candidate) finish(r mirror.Result, baseline string) error {
	if c == nil {
		return nil
	}
	closing, err := c.closing(&r, baseline)
	if err != nil {
		return err
	}
	if err := c.live.Close(closing); err != nil {
		return lostError{fmt.Errorf("what was mirrored is not all on the disk: %w\nkept: what came before it; `parallax verify --recover %s` finishes it where it is not", err, c.options.Out)}
	}
	if !c.lines.quiet {
		c.print(&r)
	}
	if r.Failure != nil {
		return lostError{fmt.Errorf("the mirror ended early: %w\nkept: what was answered before, in %s", r.Failure, c.options.Out)}
	}
	return nil
}

func (c *candidate) closing(r *mirror.Result, baseline string) (recording.Closing, error) {
	compared, err := c.counts.json()
	if err != nil {
		return recording.Closing{}, err
	}
	closing := recording.Closing{
		Ledger: r.Ledger(), RedactionCounts: c.redactor.Counts(), Notes: mirrorNotes(r, c.passed.Load()),
		Info: map[string]string{
			"carried": fmt.Sprint(r.Run.Carried), "left_out": fmt.Sprint(r.Run.LeftOut),
			"credentials_passed": fmt.Sprint(c.passed.Load()), "pauses": fmt.Sprint(r.Pauses),
		},
	}
	if compared != "" {
		closing.Info["compared"] = compared
	}
	if r.Failure != nil {
		closing.Interrupted = "the mirror ended early: " + r.Failure.Error()
	}
	base, err := recording.Open(baseline, recording.OpenOptions{})
	if err != nil {
		closing.Notes = append(closing.Notes, "the recording was not finished when the run was, so that the run does not name it")
		return closing, nil
	}
	closing.Baseline = base.Digest()
	return closing, base.Close()
}
