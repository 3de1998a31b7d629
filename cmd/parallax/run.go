package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/internal/store"
	"parallax/report"
)

type runOptions struct {
	File    string
	KeyFile string
	Quiet   bool
	Now     time.Time
}

func runCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "do a whole job: capture or open, replay, diff, report, gate; or two snapshots, diff, report, gate", ArgsUsage: "FILE",
		Description: "Everything comes from one YAML file (docs/configuration.md). Each run gets a folder\n" +
			"of its own; two runs of one job at once are refused with exit code 5.",
		Flags: []cli.Flag{
			redactFlags()[1],
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "no progress"},
		},
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "FILE")
			if err != nil {
				return err
			}
			return runJob(c.Context, runOptions{args[0], c.String("key-file"), c.Bool("quiet"), time.Now()}, s)
		},
	}
}

// nightLayout names a night's folder; it sorts, and holds no character that a
// file system refuses.
const nightLayout = "2006-01-02T150405.000Z"

func runJob(ctx context.Context, o runOptions, s streams) error {
	conf, err := loadConfig(o.File)
	if err != nil {
		return err
	}
	if conf.Steps == nil {
		return usagef("%s: the key steps is missing", o.File)
	}
	if err := conf.checkSteps(); err != nil {
		return usagef("%s: %w", o.File, err)
	}
	base := filepath.Dir(o.File)
	w := &worker{conf: conf, base: base, options: o, streams: s}
	w.night = night{filepath.Join(within(base, conf.Steps.Folder), o.Now.UTC().Format(nightLayout))}
	var sides []*capturing
	if conf.Steps.Snapshots != nil { // nothing is made for a job that cannot begin
		if sides, err = w.capturings(); err != nil {
			return err
		}
	}
	folder, err := store.MakeFolder(within(base, conf.Steps.Folder), nil)
	if err != nil {
		return err
	}
	lock, err := folder.Lock()
	if err != nil {
		return err
	}
	defer lock.Unlock()
	if err := os.Mkdir(w.night.dir, 0o700); err != nil {
		return err
	}
	fmt.Fprintf(s.err, "folder %s\n", w.night.dir)
	if sides != nil {
		return w.allSnapshots(ctx, sides)
	}
	return w.all(ctx)
}

// within resolves path against the folder of the job's file.
func within(base, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// worker does the steps of one job.
type worker struct {
	conf    *config
	base    string
	night   night
	options runOptions
	streams streams
}

func (w *worker) all(ctx context.Context) error {
	if _, err := w.conf.routeNames(); err != nil { // before hours of work
		return err
	}
	recording, err := w.obtain(ctx)
	if err != nil {
		return fmt.Errorf("step capture: %w", err)
	}
	// A replay that stopped early still has rows to compare; its fault is
	// weighed by the gate with the rest, unless nothing was committed.
	replayed := w.replay(ctx, w.conf.Steps.Replay, recording, w.night.run(), false)
	if replayed != nil && !committed(w.night.run()) {
		return fmt.Errorf("step replay: %w", replayed)
	}
	controls, err := w.controls(ctx, recording)
	if err != nil {
		return fmt.Errorf("step control: %w", err)
	}
	compared := w.compare(ctx, recording, controls)
	if compared != nil && !committed(w.night.comparison()) {
		return fmt.Errorf("step diff: %w", compared)
	}
	return w.worst(w.judge(), replayed, compared)
}

func (w *worker) obtain(ctx context.Context) (string, error) {
	steps := w.conf.Steps
	if steps.Open != "" {
		return within(w.base, steps.Open), nil
	}
	err := runCapturePackets(ctx, packetsOptions{
		Read: []string{within(w.base, steps.Capture.Packets)}, Out: w.night.recording(),
		Redact: redactOptions{KeyFile: w.options.KeyFile, Config: w.conf.Redact}, Quiet: w.options.Quiet,
	}, w.streams)
	return w.night.recording(), err
}

func (w *worker) replay(ctx context.Context, j *replayJob, recording, out string, control bool) error {
	target, err := w.conf.target(j.Target)
	if err != nil {
		return err
	}
	pace, err := j.pace()
	if err != nil {
		return err
	}
	o := replayOptions{
		Recording: recording, Out: out, Target: target, Control: control, Writes: j.AllowWrites, Pace: pace,
		KeepAll: j.KeepBodies, Carry: w.conf.Carry, Sessions: w.conf.Sessions.Key, Order: w.conf.Order, Abort: w.conf.Abort, Shift: w.conf.Shift, KeyFile: w.options.KeyFile, Redact: w.conf.Redact, Quiet: w.options.Quiet,
	}
	o.Pool.Connections, o.Pool.RetryStale = j.Connections, j.RetryStale
	_, err = runReplay(ctx, o, w.streams)
	return err
}

// controls runs against the old system. One that fails proves nothing about
// noise, so the job ends there.
func (w *worker) controls(ctx context.Context, recording string) ([]string, error) {
	var dirs []string
	for i := range w.conf.Steps.Control {
		dir := w.night.control(i)
		if err := w.replay(ctx, &w.conf.Steps.Control[i], recording, dir, true); err != nil {
			return nil, err
		}
		dirs = append(dirs, dir)
	}
	return dirs, nil
}

func (w *worker) compare(ctx context.Context, recording string, controls []string) error {
	names, err := w.conf.routeNames()
	if err != nil {
		return err
	}
	return runDiff(ctx, diffOptions{
		Names: names,
		Old:   recording, New: w.night.run(), Controls: controls, Out: w.night.comparison(), Config: w.conf, Quiet: w.options.Quiet,
	}, w.streams)
}

// judge writes the reports and applies the gate.
func (w *worker) judge() error {
	r, err := buildReport(w.night.comparison(), w.conf, w.options.Now)
	if err != nil {
		return err
	}
	extra := w.conf.Steps.Report
	for _, files := range []report.Files{w.night.reports(), {
		HTML: within(w.base, extra.HTML), JUnit: within(w.base, extra.JUnit), Markdown: within(w.base, extra.Markdown),
	}} {
		if err := report.Write(r, files); err != nil {
			return err
		}
	}
	if err := printReport(r, w.streams); err != nil {
		return err
	}
	fmt.Fprintf(w.streams.err, "report %s\n", w.night.reports().HTML)
	return verdictOf(r)
}

// worst lets a proven failure win over what could not be verified.
func (w *worker) worst(verdict error, faults ...error) error {
	var v verdictError
	if errors.As(verdict, &v) && v.code == exitPolicy {
		return verdict
	}
	for _, fault := range faults {
		if fault != nil {
			return fault
		}
	}
	return verdict
}

func committed(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "manifest.json"))
	return err == nil
}
