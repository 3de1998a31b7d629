package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/proxy"
	"parallax/capture/recording"
	"parallax/capture/redact"
)

type proxyOptions struct {
	Proxy  proxy.Options
	Out    string
	Redact redactOptions
	Quiet  bool
	// MinFree is left free on the disk of Out.
	MinFree lowWater
	// Ready is told the address once the proxy listens.
	Ready func(address string) error
}

func captureProxyCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:  "proxy",
		Usage: "record what passes through a proxy in front of the old system",
		Description: "Bytes go on unchanged in both directions. Ends with SIGINT or SIGTERM, then the\n" +
			"recording is finished; after a crash `parallax verify REC --recover` finishes it.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "`ADDRESS` to accept clients at", Value: "127.0.0.1:8080"},
			&cli.StringFlag{Name: "upstream", Usage: "`URL` of the old system"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` of the recording"},
			&cli.StringFlag{Name: "config", Usage: "YAML `FILE` with the key redact"},
			&cli.StringFlag{Name: "address-file", Usage: "write the URL to send clients to into `FILE`, once it is listened at"},
			&cli.BoolFlag{Name: "listen-public", Usage: "allow an address that is not loopback"},
			&cli.StringFlag{Name: "cert", Usage: "PEM `FILE` of the certificate to answer clients with TLS"},
			&cli.StringFlag{Name: "cert-key", Usage: "PEM `FILE` of its key"},
			&cli.StringFlag{Name: "upstream-ca", Usage: "PEM `FILE` of authorities for an https upstream"},
			&cli.BoolFlag{Name: "upstream-insecure", Usage: "accept any certificate of the upstream"},
			&cli.BoolFlag{Name: "forwarded-for", Usage: "add X-Forwarded-For towards the upstream"},
			&cli.BoolFlag{Name: "via", Usage: "add Via towards the upstream"},
			&cli.DurationFlag{Name: "answer-timeout", Usage: "silence of an upstream that owes an answer; 0 waits as long as the client"},
			&cli.Int64Flag{Name: "max-body", Usage: "`MIB` kept of one body", Value: 16},
			&cli.StringFlag{Name: "min-free", Usage: "stop recording, not serving, when less than this `SHARE` (5%) or size (2GiB) of the disk is free; 0 for none", DefaultText: "5% or 1GiB, whichever is less"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no summary"},
		}, redactFlags()...),
		Action: func(c *cli.Context) error {
			o, err := readProxyFlags(c)
			if err != nil {
				return err
			}
			o.Ready = announce(o, c.String("address-file"), s)
			return runCaptureProxy(c.Context, o, s)
		},
	}
}

// announce says where the proxy listens, also in a file for scripts.
func announce(o proxyOptions, file string, s streams) func(string) error {
	return func(address string) error {
		scheme := "http://"
		if o.Proxy.CertFile != "" {
			scheme = "https://"
		}
		fmt.Fprintf(s.err, "listening on %s%s, recording to %s\n", scheme, address, o.Out)
		if file == "" {
			return nil
		}
		return os.WriteFile(file, []byte(scheme+address+"\n"), 0o600)
	}
}

func readProxyFlags(c *cli.Context) (proxyOptions, error) {
	if _, err := arguments(c); err != nil {
		return proxyOptions{}, err
	}
	if err := required(c, "upstream", "output"); err != nil {
		return proxyOptions{}, err
	}
	conf, err := loadConfig(c.String("config"))
	if err != nil {
		return proxyOptions{}, err
	}
	body, err := mebibytes(c, "max-body")
	if err != nil {
		return proxyOptions{}, err
	}
	free, err := parseLowWater(c.String("min-free"))
	if err != nil {
		return proxyOptions{}, err
	}
	return proxyOptions{
		MinFree: free,
		Proxy: proxy.Options{
			Upstream: c.String("upstream"), UpstreamCA: c.String("upstream-ca"), UpstreamInsecure: c.Bool("upstream-insecure"),
			Listen: c.String("listen"), ListenPublic: c.Bool("listen-public"),
			CertFile: c.String("cert"), KeyFile: c.String("cert-key"),
			ForwardedFor: c.Bool("forwarded-for"), Via: c.Bool("via"),
			BodyCap: body, AnswerTimeout: c.Duration("answer-timeout"),
		},
		Out: c.String("output"), Redact: readRedactFlags(c, conf.Redact), Quiet: c.Bool("quiet"),
	}, nil
}

// shutdownGrace is what requests under way get when the proxy ends.
const shutdownGrace = 8 * time.Second

// runCaptureProxy serves until ctx ends. An end by a signal is how a proxy is
// meant to end, but the exit code still tells of it.
func runCaptureProxy(ctx context.Context, o proxyOptions, s streams) error {
	if err := o.MinFree.check(o.Out); err != nil {
		return unverifiedf("nothing would be recorded: %w", err)
	}
	redactor, err := newRedactor(o.Redact, s)
	if err != nil {
		return err
	}
	live := &lateSink{redactor: redactor}
	p, err := proxy.New(o.Proxy, live)
	if err != nil {
		return refusedProxy(err)
	}
	live.live, err = recording.CreateLive(o.Out, recording.Options{
		Tool:      tool(),
		Source:    recording.Source{Kind: "proxy", Detail: "listening on " + p.Addr().String()},
		Redaction: redactionOf(redactor),
		Room:      func() error { return o.MinFree.check(o.Out) },
	})
	if err != nil {
		return joinErrors(err, p.Shutdown(ctx))
	}
	served := o.Ready(p.Addr().String())
	if served == nil {
		served = serveUntil(ctx, p, live.live, s)
	}
	return finishProxy(p, live, redactor, served, o, s)
}

func refusedProxy(err error) error {
	if errors.Is(err, proxy.ErrPublic) || errors.Is(err, proxy.ErrLoop) {
		return refusal{err}
	}
	return usageError{err}
}

// serveUntil accepts clients until ctx ends, then lets what is under way finish.
func serveUntil(ctx context.Context, p *proxy.Proxy, live *recording.Live, s streams) error {
	failed := make(chan error, 1)
	go func() { failed <- p.Serve() }()
	if err, ended := watchProxy(ctx, p, live, failed, s); ended {
		return err
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := p.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

const (
	lookEvery = time.Second
	// remindEvery is how often it is said again that nothing is recorded.
	remindEvery = time.Minute
)

// watchProxy waits for the end of ctx or of the serving. That nothing is
// recorded any more (a full disk) is said at once, and again: the clients are
// still served, so that nobody would notice.
func watchProxy(ctx context.Context, p *proxy.Proxy, live *recording.Live, failed <-chan error, s streams) (err error, ended bool) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for last := (time.Time{}); ; {
		select {
		case err := <-failed:
			return err, true
		case <-ctx.Done():
			return nil, false
		case now := <-look.C:
			if err := firstLoss(p, live); err != nil && now.Sub(last) >= remindEvery {
				last = now
				sayLoss(p, live, err, s)
			}
		}
	}
}

// firstLoss returns why something is not recorded: the whole rest, or single
// exchanges that could not be.
func firstLoss(p *proxy.Proxy, live *recording.Live) error {
	if err := live.Stopped(); err != nil {
		return err
	}
	return p.SinkError()
}

func sayLoss(p *proxy.Proxy, live *recording.Live, why error, s streams) {
	missed, _ := p.Missed()
	text := safeText(why.Error())
	if live.Stopped() == nil {
		fmt.Fprintf(s.err, "NOT RECORDED: %d exchanges so far: %s\n", missed.Exchanges, text)
		return
	}
	fmt.Fprintf(s.err, "NOT RECORDING any more: %s\nclients are still served, %d exchanges are not in the recording so far; end the proxy to keep what was recorded\n",
		text, missed.Exchanges)
}

// finishProxy closes the recording. What passed unrecorded is said in it and on
// standard error, and makes the exit code 3.
func finishProxy(p *proxy.Proxy, live *lateSink, r *redact.Redactor, served error, o proxyOptions, s streams) error {
	ledger := p.Ledger()
	why := firstLoss(p, live.live)
	closing := recording.Closing{Ledger: ledger, RedactionCounts: r.Counts()}
	missed := missing(p, live.live.Stopped() != nil, &closing)
	err := live.live.Close(closing)
	if err == nil {
		err = why
	}
	if err != nil { // what the ledger calls whole may not be on the disk
		err = fmt.Errorf("what was recorded is not all on the disk: %w\n%skept: what was recorded before it; `parallax verify --recover %s` finishes it where it is not", err, missed, o.Out)
		err = lostError{err}
	} else if !o.Quiet {
		printLedger(s.err, &ledger)
	}
	return joinErrors(served, err)
}

// missing notes in the recording what passed and is not in it, and returns the
// same as lines for who reads the end of the proxy.
func missing(p *proxy.Proxy, stopped bool, c *recording.Closing) (lines string) {
	refused, within := p.Missed()
	switch {
	case stopped && refused.Exchanges > 0:
		c.Interrupted = fmt.Sprintf("the recording stopped and was not taken up again: %s served and not recorded", refused)
		c.Notes = append(c.Notes, c.Interrupted)
	case stopped:
		c.Interrupted = "the recording stopped before the proxy did"
	case refused.Exchanges > 0:
		c.Notes = append(c.Notes, fmt.Sprintf("holes: %s could not be recorded", refused))
	}
	if within.Exchanges > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("holes: the recording was slower than the traffic, %s not recorded", within))
	}
	if n := p.Crowded(); n > 0 {
		c.Notes = append(c.Notes, fmt.Sprintf("%d clients came while all connections were taken: idle ones were closed for them, or they waited", n))
	}
	for _, note := range c.Notes {
		lines += note + "\n"
	}
	return lines
}

// lateSink redacts and then journals.
type lateSink struct {
	redactor *redact.Redactor
	live     *recording.Live
}

func (l *lateSink) Write(ex *recording.Exchange) error {
	if err := l.redactor.Apply(ex); err != nil {
		return err
	}
	return l.live.Write(ex)
}
