package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/proxy"
	"parallax/capture/recording"
	"parallax/capture/redact"
	"parallax/replay"
	"parallax/report"
)

type demoOptions struct {
	Shop     string
	Out      string
	Requests int
	Rules    bool
	// NewVariant is the shop that stands for the new system; "" is "new". The old
	// one against itself shows that nothing is found where nothing differs.
	NewVariant string
	Now        time.Time
}

func demoCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "show the whole chain on two versions of a small shop",
		Description: "Builds and starts an old and a new order service, records traffic to the old one,\n" +
			"replays it against the new one, compares and reports. Needs Go and this repository.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "shop", Usage: "`FOLDER` of the shop's source", Value: filepath.Join("fixtures", "shop")},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` that gets a folder a run", Value: "demo-out"},
			&cli.IntFlag{Name: "requests", Usage: "about how many requests to record", Value: 400},
			&cli.BoolFlag{Name: "no-rules", Usage: "compare without the shop's rules file"},
		},
		Action: func(c *cli.Context) error {
			if _, err := arguments(c); err != nil {
				return err
			}
			_, err := runDemo(c.Context, demoOptions{
				Shop: c.String("shop"), Out: c.String("output"), Requests: c.Int("requests"),
				Rules: !c.Bool("no-rules"), Now: time.Now(),
			}, s)
			return err
		},
	}
}

// runDemo returns the comparison's folder. What differs between the shops is
// the demo's point, so the gate's verdict is shown and no failure of the demo.
func runDemo(ctx context.Context, o demoOptions, s streams) (string, error) {
	if _, err := os.Stat(filepath.Join(o.Shop, "go.mod")); err != nil {
		return "", usagef("%w\nhint: run the demo in parallax's repository, or give --shop FOLDER", err)
	}
	s.err = &shared{w: s.err} // both shops print to it
	d := &demo{o: o, s: s, night: night{filepath.Join(o.Out, o.Now.UTC().Format(nightLayout))}}
	if err := os.MkdirAll(d.night.dir, 0o700); err != nil {
		return "", err
	}
	err := d.steps(ctx)
	return d.night.comparison(), errors.Join(err, d.stop())
}

func (d *demo) steps(ctx context.Context) error {
	for _, step := range []struct {
		text string
		do   func(context.Context) error
	}{
		{"building the old and the new shop", d.build},
		{"recording traffic to the old shop through the proxy", d.record},
		{"replaying it against the new shop", d.replay},
		{"comparing", d.compare},
		{"reporting", d.report},
	} {
		fmt.Fprintf(d.s.err, "== %s\n", step.text)
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("demo: %s: %w", step.text, err)
		}
	}
	return nil
}

// stop ends the shops, the last one first.
func (d *demo) stop() error {
	var errs []error
	for _, stop := range slices.Backward(d.stops) {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

type demo struct {
	o     demoOptions
	s     streams
	night night
	conf  *config
	// stops end what was started. The old shop lives until the end, so that the
	// new one cannot get its address, which a replay refuses.
	stops []func() error
}

func (d *demo) build(ctx context.Context) error {
	dir, err := filepath.Abs(d.night.dir)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator), "./cmd/shop", "./cmd/traffic")
	cmd.Dir, cmd.Stdout, cmd.Stderr = d.o.Shop, d.s.err, d.s.err
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return err
	}
	file := ""
	if d.o.Rules {
		file = filepath.Join(d.o.Shop, "parallax.yaml")
	}
	if d.conf, err = loadConfig(file); err != nil {
		return err
	}
	key, err := redact.NewKey()
	if err != nil {
		return err
	}
	return redact.WriteKey(d.key(), key)
}

func (d *demo) key() string { return filepath.Join(d.night.dir, "redaction.key") }

// shop starts a variant in the role of the old or the new system, over a database
// of its own, and returns its address.
func (d *demo) shop(ctx context.Context, role, variant string) (address string, err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(d.night.dir, "shop"),
		"-variant", variant, "-listen", "127.0.0.1:0", "-db", filepath.Join(d.night.dir, role+".db"))
	cmd.Stderr = d.s.err
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	d.stops = append(d.stops, func() error {
		return errors.Join(cmd.Process.Signal(syscall.SIGTERM), cmd.Wait())
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the %s shop said no address: %w", role, err)
	}
	fields := strings.Fields(line)
	return fields[len(fields)-1], nil
}

func (d *demo) record(ctx context.Context) error {
	old, err := d.shop(ctx, "old", "old")
	if err != nil {
		return err
	}
	proxied, end := context.WithCancel(ctx)
	defer end()
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- runCaptureProxy(proxied, proxyOptions{
			Proxy: proxy.Options{Upstream: "http://" + old, Listen: "127.0.0.1:0"},
			Out:   d.night.recording(), Redact: redactOptions{KeyFile: d.key(), Config: d.conf.Redact},
			Ready: func(address string) error { ready <- address; return nil },
		}, d.s)
	}()
	select {
	case err := <-ended:
		return err
	case address := <-ready:
		err = d.traffic(ctx, address)
	}
	end()
	return errors.Join(err, <-ended)
}

func (d *demo) traffic(ctx context.Context, address string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(d.night.dir, "traffic"),
		"-target", "http://"+address, "-n", fmt.Sprint(d.o.Requests), "-seed", "1")
	cmd.Stdout, cmd.Stderr = d.s.err, d.s.err
	return cmd.Run()
}

func (d *demo) replay(ctx context.Context) error {
	address, err := d.shop(ctx, "new", cmp.Or(d.o.NewVariant, "new"))
	if err != nil {
		return err
	}
	_, err = runReplay(ctx, replayOptions{
		Recording: d.night.recording(), Out: d.night.run(), Writes: true,
		Target: replay.Target{Name: "new shop", URL: "http://" + address, Writable: true},
		Pace:   paceOptions{Max: true}, Carry: d.conf.Carry, KeyFile: d.key(), Redact: d.conf.Redact,
		Filter: recording.Filter{},
	}, d.s)
	return err
}

func (d *demo) compare(ctx context.Context) error {
	return runDiff(ctx, diffOptions{Old: d.night.recording(), New: d.night.run(), Out: d.night.comparison(), Config: d.conf}, d.s)
}

func (d *demo) report(context.Context) error {
	r, err := buildReport(d.night.comparison(), d.conf, d.o.Now)
	if err != nil {
		return err
	}
	if err := report.Write(r, d.night.reports()); err != nil {
		return err
	}
	if err := printReport(r, d.s); err != nil {
		return err
	}
	_, err = io.WriteString(d.s.out, "\nopen "+d.night.reports().HTML+"\n")
	return err
}
