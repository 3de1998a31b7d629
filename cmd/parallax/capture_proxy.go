package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/proxy"
	"parallax/capture/recording"
)

type proxyOptions struct {
	Proxy  proxy.Options
	Out    string
	Redact redactOptions
	Quiet  bool
	// MinFree is left free on the disk of Out.
	MinFree lowWater
	// Mirror is nil where nothing is mirrored.
	Mirror *mirrorOptions
	// Ready is told the address once the proxy listens.
	Ready func(address string) error
}

func captureProxyCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:  "proxy",
		Usage: "record what passes through a proxy in front of the old system",
		Description: "Bytes go on unchanged in both directions. Ends with SIGINT or SIGTERM, then the\n" +
			"recording is finished; after a crash `parallax verify REC --recover` finishes it.\n" +
			"With --mirror, each request is also sent to another system, behind the clients'\n" +
			"backs and under a replay's rules; what it answers is a run for `parallax diff`.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "`ADDRESS` to accept clients at", Value: "127.0.0.1:8080"},
			&cli.StringFlag{Name: "upstream", Usage: "`URL` of the old system"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` of the recording"},
			&cli.StringFlag{Name: "config", Aliases: []string{"rules"}, Usage: "YAML `FILE` with the keys redact and, for --mirror, targets, carry, rules, routes"},
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
			&cli.IntFlag{Name: "max-connections", Usage: "clients connected at once; a further one takes the place of the one idle for longest, or waits", DefaultText: "what the limit of open files allows"},
			&cli.StringFlag{Name: "min-free", Usage: "stop recording, not serving, when less than this `SHARE` (5%) or size (2GiB) of the disk is free; 0 for none", DefaultText: "5% or 1GiB, whichever is less"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress, no summary"},
		}, slices.Concat(mirrorFlags(), redactFlags())...),
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
	mirrored, err := readMirrorFlags(c, conf, body)
	if err != nil {
		return proxyOptions{}, err
	}
	return proxyOptions{
		MinFree: free, Mirror: mirrored,
		Proxy: proxy.Options{
			Upstream: c.String("upstream"), UpstreamCA: c.String("upstream-ca"), UpstreamInsecure: c.Bool("upstream-insecure"),
			Listen: c.String("listen"), ListenPublic: c.Bool("listen-public"),
			CertFile: c.String("cert"), KeyFile: c.String("cert-key"),
			ForwardedFor: c.Bool("forwarded-for"), Via: c.Bool("via"),
			MaxConnections: c.Int("max-connections"), BodyCap: body, AnswerTimeout: c.Duration("answer-timeout"),
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
	if err := o.fitFiles(openFiles(), s); err != nil {
		return err
	}
	redactor, err := newRedactor(o.Redact, s)
	if err != nil {
		return err
	}
	sink := &proxySink{lateSink: lateSink{redactor: redactor}}
	p, err := proxy.New(o.Proxy, sink)
	if err != nil {
		return refusedProxy(err)
	}
	if err := o.open(p, sink, s); err != nil {
		return joinErrors(err, p.Shutdown(ctx))
	}
	r := &proxyRun{options: o, proxy: p, sink: sink, streams: s}
	served := o.Ready(p.Addr().String())
	if served == nil {
		served = r.serveUntil(ctx)
	}
	return joinErrors(served, r.finish())
}

// fitFiles bounds the connections by the limit of open files: beyond it neither
// clients nor the recording would get what they need. A client takes two.
func (o *proxyOptions) fitFiles(limit int64, s streams) (err error) {
	others := 0
	if o.Mirror != nil {
		others = o.Mirror.Connections
	}
	want := o.Proxy.MaxConnections
	o.Proxy.MaxConnections, err = connectionsFor(limit, want, 2, others)
	if want == 0 {
		want = fewConnections
	}
	sayFewer(s, limit, want, o.Proxy.MaxConnections)
	return err
}

// fewConnections are so few that it is said, also where nobody asked for more.
const fewConnections = 256

// open starts the recording and, where there is a candidate, its run.
func (o *proxyOptions) open(p *proxy.Proxy, sink *proxySink, s streams) error {
	if err := o.Mirror.check(p); err != nil {
		return err
	}
	live, err := recording.CreateLive(o.Out, recording.Options{
		Tool:      tool(),
		Source:    recording.Source{Kind: "proxy", Detail: "listening on " + p.Addr().String()},
		Redaction: redactionOf(sink.redactor),
		Room:      func() error { return o.MinFree.check(o.Out) },
	})
	if err != nil || o.Mirror == nil {
		sink.live = live
		return err
	}
	sink.live = live
	if sink.mirror, err = openCandidate(o, p, s); err != nil {
		return joinErrors(err, joinErrors(live.Suspend(), discardBegun(o.Out)))
	}
	return nil
}

func refusedProxy(err error) error {
	if errors.Is(err, proxy.ErrPublic) || errors.Is(err, proxy.ErrLoop) {
		return refusal{err}
	}
	return usageError{err}
}
