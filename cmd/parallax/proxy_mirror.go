package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/proxy"
	"parallax/capture/recording"
	"parallax/capture/redact"
	"parallax/diff"
	"parallax/diff/rules"
	"parallax/replay"
	"parallax/replay/carry"
	"parallax/replay/mirror"
)

// mirrorOptions say whom a proxy asks besides the old system.
type mirrorOptions struct {
	Target      replay.Target
	Out         string // of the run
	Writes      bool
	KeepAll     bool
	Connections int
	Exchanges   int
	Bytes       int64
	Carry       []carry.Rule
	// Compare counts what differs while it runs, under Rules, by the routes of Names.
	Compare bool
	Rules   *rules.Set
	Names   *routeNames

	runID string
}

func mirrorFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "mirror", Usage: "send each request to this `TARGET`, too: the name of a configured one, or a URL; its answers reach no client"},
		&cli.StringFlag{Name: "run-out", Usage: "`FOLDER` of the run with the mirror's answers"},
		&cli.BoolFlag{Name: "allow-writes", Usage: "of the mirror: this run's half of the permission for unsafe methods"},
		&cli.BoolFlag{Name: "compare", Usage: "of the mirror: count while it runs what matches and what differs, by route"},
		&cli.BoolFlag{Name: "keep-bodies", Usage: "of the mirror: store answers that are equal to the old system's, too"},
		&cli.IntFlag{Name: "mirror-connections", Usage: "connections to the mirror at once", Value: 64},
		&cli.IntFlag{Name: "mirror-queue", Usage: "exchanges that wait for the mirror at most; what comes then is dropped and counted", Value: 4096},
		&cli.Int64Flag{Name: "mirror-queue-size", Usage: "`MIB` that they may hold", Value: 64},
	}
}

// readMirrorFlags returns nil where nothing is to be mirrored; a flag of the
// mirror without it would do nothing.
func readMirrorFlags(c *cli.Context, conf *config) (*mirrorOptions, error) {
	if !c.IsSet("mirror") {
		for _, f := range mirrorFlags()[1:] {
			if name := f.Names()[0]; c.IsSet(name) {
				return nil, usagef("--%s is of the mirror: --mirror TARGET is missing", name)
			}
		}
		return nil, nil
	}
	if err := required(c, "run-out"); err != nil {
		return nil, err
	}
	target, err := conf.target(c.String("mirror"))
	if err != nil {
		return nil, err
	}
	size, err := mebibytes(c, "mirror-queue-size")
	if err != nil {
		return nil, err
	}
	o := &mirrorOptions{
		Target: target, Out: c.String("run-out"), Writes: c.Bool("allow-writes"), KeepAll: c.Bool("keep-bodies"),
		Connections: c.Int("mirror-connections"), Exchanges: c.Int("mirror-queue"), Bytes: size,
		Carry: conf.Carry, Compare: c.Bool("compare"),
	}
	if o.Connections < 1 || o.Exchanges < 1 || o.Bytes < 1 {
		return nil, usagef("--mirror-connections, --mirror-queue and --mirror-queue-size: want at least 1")
	}
	if o.Rules, err = conf.ruleSet(); err != nil || !o.Compare {
		return o, err
	}
	o.Names, err = conf.routeNames()
	return o, err
}

// replay translates the options. What the proxy listens at, and what it stands
// before, is no target.
func (o *mirrorOptions) replay(p *proxy.Proxy) replay.Options {
	r := replay.Options{
		Target: o.Target, AllowWrites: o.Writes, Carry: o.Carry, HoldsToken: redact.Contains, RunID: o.runID,
		Bodies:          replay.Bodies{KeepAll: o.KeepAll, Budget: mirrorBodies},
		RecordedServers: append(ownAddresses(p.Addr()), p.Upstream()),
	}
	r.Pool.Connections = o.Connections
	return r
}

// mirrorBodies bounds what is kept of the candidate's answers under way.
const mirrorBodies = 128 << 20

func (o *mirrorOptions) mirror(p *proxy.Proxy) mirror.Options {
	return mirror.Options{Replay: o.replay(p), Exchanges: o.Exchanges, Bytes: o.Bytes}
}

// check finds what the options or the policy forbid before anything is made.
func (o *mirrorOptions) check(p *proxy.Proxy) error {
	if o == nil {
		return nil
	}
	if o.isProxy(p) {
		return fmt.Errorf("%w: the mirror would be the proxy itself", replay.ErrRefused)
	}
	err := mirror.Check(o.mirror(p))
	if err == nil || errors.Is(err, replay.ErrRefused) {
		return err
	}
	return usageError{err}
}

// isProxy reports whether the target is written as the proxy's own address, which
// not even a control may be.
func (o *mirrorOptions) isProxy(p *proxy.Proxy) bool {
	u, err := url.Parse(o.Target.URL)
	if err != nil {
		return false // for Check to say
	}
	host := u.Host
	if u.Hostname() == "localhost" {
		host = net.JoinHostPort("127.0.0.1", u.Port())
	}
	return slices.Contains(ownAddresses(p.Addr()), host)
}

// ownAddresses are those at which the listener can be reached.
func ownAddresses(listening net.Addr) []string {
	host, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
		return []string{listening.String()}
	}
	own := []string{net.JoinHostPort("127.0.0.1", port), net.JoinHostPort("::1", port)}
	addresses, _ := net.InterfaceAddrs() // what is not known here is caught by the marker
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok {
			own = append(own, net.JoinHostPort(n.IP.String(), port))
		}
	}
	return own
}

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

// record stores ex, which it takes over, and then offers it to the candidate.
// What is not recorded is not mirrored: there would be nothing to compare with.
func (c *candidate) record(ex *recording.Exchange, to *lateSink) error {
	sent := copyExchange(ex) // redaction changes ex
	if err := to.Write(ex); err != nil {
		return err
	}
	redacted := ex
	if c.outward != nil {
		redacted = copyExchange(sent)
		if err := c.outward.Apply(redacted); err != nil {
			return err
		}
	}
	switch {
	case c.options.Target.Credentials != replay.PassCredentials:
		sent = copyExchange(redacted)
	case holdsToken(redacted.Request):
		c.passed.Add(1)
	}
	c.mirror.Offer(sent, ex)
	return nil
}

// copyExchange copies all that a redaction or a replay writes to.
func copyExchange(ex *recording.Exchange) *recording.Exchange {
	out := *ex
	out.Errors = slices.Clone(ex.Errors)
	if ex.Request != nil {
		request := *ex.Request
		out.Request = &request
	}
	if ex.Response != nil {
		response := *ex.Response
		response.Interim = slices.Clone(response.Interim)
		out.Response = &response
	}
	return &out
}

// holdsToken reports whether something of a request was redacted.
func holdsToken(r *recording.Request) bool {
	if r == nil {
		return false
	}
	in := func(h recording.Header) bool { return redact.Contains(h.Value) }
	return r.Body.Redacted || redact.Contains(r.Target) || slices.ContainsFunc(r.Headers, in) || slices.ContainsFunc(r.Trailers, in)
}

// report says now and then how far it is, and at once where it ends or pauses.
func (c *candidate) report() {
	if c == nil {
		return
	}
	p := c.mirror.Progress()
	trouble := p.Down
	if p.Failure != nil {
		trouble = "for good: " + p.Failure.Error()
	}
	if trouble != c.said {
		c.said = trouble
		if trouble != "" {
			fmt.Fprintf(c.streams.err, "NOT MIRRORING: %s\nclients are still served and recorded\n", safeText(trouble))
		}
	}
	if p.Offered > 0 {
		c.lines.line(c.line(p))
	}
}

func (c *candidate) line(p mirror.Progress) string {
	tail := fmt.Sprintf("%d dropped, %d waiting", p.Dropped, p.Waiting)
	if c.counts == nil {
		return fmt.Sprintf("mirror: %d offered, %s", p.Offered, tail)
	}
	if tail = ", " + tail; !c.lines.terminal { // there it is one line, written over and over
		tail += c.counts.worst()
	}
	return "mirror: " + c.counts.line() + tail
}

// end takes no more and waits for the candidate until the time, a moment at
// least.
func (c *candidate) end(until time.Time) mirror.Result {
	if c == nil {
		return mirror.Result{}
	}
	wait := max(time.Until(until), mirrorGrace)
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	r := c.mirror.Close(ctx)
	c.lines.done()
	return r
}

const mirrorGrace = 500 * time.Millisecond

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

func mirrorNotes(r *mirror.Result, passed int64) (notes []string) {
	if n := r.DroppedAll(); n > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d exchanges were not sent to the candidate: their rows say why", n, r.Offered))
	}
	if r.Pauses > 0 {
		notes = append(notes, fmt.Sprintf("the candidate failed and was let alone %d times; what sessions had carried was forgotten each time", r.Pauses))
	}
	if r.Run.LeftOut > 0 {
		notes = append(notes, fmt.Sprintf("%d headers or cookies were not sent because they held a credential", r.Run.LeftOut))
	}
	if passed > 0 {
		notes = append(notes, fmt.Sprintf("%d requests were mirrored with the clients' own credentials (credentials: pass)", passed))
	}
	return notes
}

func (c *candidate) print(r *mirror.Result) {
	ledger := r.Ledger()
	fmt.Fprintf(c.streams.err, "mirrored to %s, the run is in %s\n", safeText(c.options.Target.URL), safeText(c.options.Out))
	printLedger(c.streams.err, &ledger)
	if c.counts != nil {
		fmt.Fprintf(c.streams.err, "compared while it ran: %s%s\n", c.counts.line(), c.counts.worst())
	}
	for _, note := range mirrorNotes(r, c.passed.Load()) {
		fmt.Fprintln(c.streams.err, note)
	}
}

// json of no counts is "".
func (l *liveCounts) json() (string, error) {
	if l == nil {
		return "", nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text, err := json.Marshal(struct {
		Total  routeCounts             `json:"total"`
		Routes map[string]*routeCounts `json:"routes"`
	}{l.total, l.routes})
	return string(text), err
}
