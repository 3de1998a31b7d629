package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"parallax/report"
)

// job is the key steps: what `parallax run FILE` does, always in the order
// capture or open, replay, control, diff, report, gate; or snapshots, diff, report,
// gate. Paths are relative to the file.
type job struct {
	// Folder gets a folder a night.
	Folder string `yaml:"folder"`
	// Open names a recording; Capture makes one. Exactly one is given.
	Open    string      `yaml:"open,omitempty"`
	Capture *captureJob `yaml:"capture,omitempty"`
	Replay  *replayJob  `yaml:"replay"`
	// Snapshots are the job of two databases, in the place of open, capture, replay and
	// control.
	Snapshots *snapshotsJob `yaml:"snapshots,omitempty"`
	// Control runs against the old system, to tell noise from differences.
	Control []replayJob `yaml:"control,omitempty"`
	Report  reportJob   `yaml:"report,omitempty"`
}

type captureJob struct {
	Packets string `yaml:"packets"`
}

// replayJob has the flags of `parallax replay` that a job needs.
type replayJob struct {
	Target      string `yaml:"target"`
	Speed       string `yaml:"speed,omitempty"`
	Rate        string `yaml:"rate,omitempty"`
	Ramp        string `yaml:"ramp,omitempty"`
	Max         bool   `yaml:"max,omitempty"`
	MaxGap      string `yaml:"max_gap,omitempty"`
	Connections int    `yaml:"connections,omitempty"`
	AllowWrites bool   `yaml:"allow_writes,omitempty"`
	KeepBodies  bool   `yaml:"keep_bodies,omitempty"`
	RetryStale  bool   `yaml:"retry_stale,omitempty"`
}

// reportJob names further places for the forms, besides the night's folder.
type reportJob struct {
	JUnit    string `yaml:"junit,omitempty"`
	Markdown string `yaml:"markdown,omitempty"`
	HTML     string `yaml:"html,omitempty"`
}

func (j *job) validate() error {
	switch {
	case j.Folder == "":
		return fmt.Errorf("steps: folder is missing: where the nights go")
	case j.Snapshots != nil && (j.Open != "" || j.Capture != nil || j.Replay != nil || len(j.Control) > 0):
		return fmt.Errorf("steps: snapshots is a job of its own: open, capture, replay and control are for answers")
	case j.Snapshots != nil:
		return j.Snapshots.validate()
	case (j.Open == "") == (j.Capture == nil):
		return fmt.Errorf("steps: want either open (a recording) or capture (which makes one)")
	case j.Capture != nil && j.Capture.Packets == "":
		return fmt.Errorf("steps: capture: packets is missing: the capture file to read")
	case j.Replay == nil || j.Replay.Target == "":
		return fmt.Errorf("steps: replay: target is missing")
	}
	for i := range j.Control {
		if j.Control[i].Target == "" {
			return fmt.Errorf("steps: control %d: target is missing", i+1)
		}
	}
	return nil
}

// checkSteps finds what a replay of the job would stumble over once its turn comes,
// hours after the start perhaps: a target that nobody declared, times that are none.
func (c *config) checkSteps() error {
	var errs []error
	check := func(name string, r *replayJob) {
		_, err := c.target(r.Target)
		if err == nil {
			err = r.check()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("steps: %s: %w", name, err))
		}
	}
	if r := c.Steps.Replay; r != nil {
		check("replay", r)
	}
	for i := range c.Steps.Control {
		check(fmt.Sprintf("control %d", i+1), &c.Steps.Control[i])
	}
	return errors.Join(errs...)
}

func (r *replayJob) check() error {
	pace, err := r.pace()
	if err != nil {
		return err
	}
	if r.Connections < 0 {
		return usagef("connections: %d, want at least 1 (0 is the default)", r.Connections)
	}
	_, err = pace.schedule()
	return err
}

func (r *replayJob) pace() (paceOptions, error) {
	p := paceOptions{Speed: r.Speed, Rate: r.Rate, Ramp: r.Ramp, Max: r.Max}
	if r.MaxGap == "" {
		return p, nil
	}
	gap, err := time.ParseDuration(r.MaxGap)
	if err != nil {
		return p, usagef("max_gap %q: want a duration like 30s", r.MaxGap)
	}
	p.MaxGap = gap
	return p, nil
}

// night is where one run of a job puts what it makes.
type night struct{ dir string }

func (n night) recording() string           { return filepath.Join(n.dir, "recording") }
func (n night) snapshot(side string) string { return filepath.Join(n.dir, side) }
func (n night) run() string                 { return filepath.Join(n.dir, "run") }
func (n night) control(i int) string        { return filepath.Join(n.dir, fmt.Sprintf("control-%d", i+1)) }
func (n night) comparison() string          { return filepath.Join(n.dir, "comparison") }
func (n night) reports() report.Files       { return report.InDir(filepath.Join(n.dir, "report")) }
