package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/internal/doctor"
	"parallax/replay"
)

type doctorOptions struct {
	Config      string
	Target      string
	Outputs     []string
	Connections int
	KeyFile     string
	DSNs        []namedDSN
	Probe       bool
	Timeout     time.Duration
	Only        []string
	JSON        bool
	Start       time.Time
}

// namedDSN is a DSN with the name of the place it came from, which may be shown.
type namedDSN struct{ name, dsn string }

// doctorChecks are the names that --check takes, in the order of the report.
var doctorChecks = [...]string{
	"config", "versions", "rights", "key", "limits", "disk", "proxies", "inputs", "secrets", "waivers", "targets", "databases", "clock",
}

func doctorCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "doctor", Usage: "look at what a run will need, before it is needed",
		Description: "Looks at the configuration, rights, limits, room on the disk, the clock, targets and\n" +
			"databases, and says what to do about what is wrong. Targets are dialled and, for\n" +
			"https, shaken hands with; nothing is sent but, with --probe, one HEAD / each.\n" +
			"Exit code 0 where a run can go well, 2 where the configuration is wrong, 3 where\n" +
			"another check failed (docs/doctor.md).",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "config", Aliases: []string{"rules", "policy"}, Usage: "YAML `FILE` to check, with all keys"},
			&cli.StringFlag{Name: "target", Usage: "only this `NAME` of a configured target, or a URL; default: every configured target"},
			&cli.StringSliceFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` to be written to; default: the configuration's, else the working folder; may be given again"},
			&cli.IntFlag{Name: "connections", Usage: "connections at once that a replay will have", Value: 64},
			&cli.StringFlag{Name: "key-file", Usage: "`FILE` with the redaction key"},
			&cli.StringSliceFlag{Name: "dsn-file", Usage: "`FILE` that holds the DSN of a database to connect to; may be given again"},
			&cli.StringSliceFlag{Name: "dsn-env", Usage: "environment variable `NAME` that holds such a DSN; may be given again"},
			&cli.BoolFlag{Name: "probe", Usage: "send HEAD / to the targets: whether they speak HTTP, and their clocks"},
			&cli.DurationFlag{Name: "timeout", Usage: "`TIME` for each step of reaching something", Value: 5 * time.Second},
			&cli.StringSliceFlag{Name: "check", Usage: "only this `CHECK`, one of " + strings.Join(doctorChecks[:], ", ") + "; may be given again"},
			&cli.BoolFlag{Name: "json", Usage: "print the findings as one JSON document"},
		},
		Action: func(c *cli.Context) error {
			o, err := readDoctorFlags(c)
			if err != nil {
				return err
			}
			return runDoctor(c.Context, o, s)
		},
	}
}

func readDoctorFlags(c *cli.Context) (doctorOptions, error) {
	o := doctorOptions{
		Config: c.String("config"), Target: c.String("target"), Outputs: c.StringSlice("output"),
		Connections: c.Int("connections"), KeyFile: c.String("key-file"), Probe: c.Bool("probe"),
		Timeout: c.Duration("timeout"), Only: c.StringSlice("check"), JSON: c.Bool("json"), Start: time.Now(),
	}
	if _, err := arguments(c); err != nil {
		return o, err
	}
	for _, name := range o.Only {
		if !slices.Contains(doctorChecks[:], name) {
			return o, usagef("--check %q: want one of %s", name, strings.Join(doctorChecks[:], ", "))
		}
	}
	if o.Timeout <= 0 || o.Connections < 1 {
		return o, usagef("--timeout and --connections: want more than 0")
	}
	for _, path := range c.StringSlice("dsn-file") {
		text, err := os.ReadFile(path)
		if err != nil {
			return o, usageError{err}
		}
		o.DSNs = append(o.DSNs, namedDSN{"of file " + path, strings.TrimSpace(string(text))})
	}
	for _, name := range c.StringSlice("dsn-env") {
		dsn := os.Getenv(name)
		if dsn == "" {
			return o, usagef("--dsn-env %s: the variable is not set", name)
		}
		o.DSNs = append(o.DSNs, namedDSN{"of variable " + name, dsn})
	}
	return o, nil
}

// examination is the doctor with what it knows of the configuration; conf is
// empty where it could not be loaded.
type examination struct {
	o    doctorOptions
	conf *config
	base string
	// fault is what is wrong with the configuration.
	fault error
}

func runDoctor(ctx context.Context, o doctorOptions, s streams) error {
	x := &examination{o: o, base: filepath.Dir(o.Config)}
	if x.conf, x.fault = loadConfig(o.Config); x.fault != nil {
		x.conf = &config{}
	}
	found := doctor.Run(ctx, x.checks())
	if err := printFindings(found, o.JSON, s); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return doctorVerdict(found)
}

// checks are those that were asked for, in order.
func (x *examination) checks() []doctor.Check {
	look := map[string]func(context.Context) []doctor.Finding{
		"config": x.config, "versions": x.versions, "rights": x.rights, "key": x.key, "limits": x.limits, "disk": x.disk,
		"proxies": x.proxies, "inputs": x.inputs, "secrets": x.secrets, "waivers": x.waivers,
		"targets": x.targets, "databases": x.databases, "clock": x.clock,
	}
	var all []doctor.Check
	for _, name := range doctorChecks {
		if len(x.o.Only) == 0 || slices.Contains(x.o.Only, name) {
			all = append(all, doctor.Check{Name: name, Look: look[name]})
		}
	}
	return all
}

// doctorVerdict lets the configuration's code win: what was found without it says
// little.
func doctorVerdict(found []doctor.Finding) error {
	if doctor.Worst(found) != doctor.Failed {
		return nil
	}
	for _, f := range found {
		if f.Check == "config" && f.State == doctor.Failed {
			return verdictError{exitUsage}
		}
	}
	return verdictError{exitUnverified}
}

// examined is the JSON form.
type examined struct {
	Schema   int              `json:"schema"`
	State    doctor.State     `json:"state"`
	Findings []doctor.Finding `json:"findings"`
}

func printFindings(found []doctor.Finding, asJSON bool, s streams) error {
	if asJSON {
		return printJSON(s.out, examined{1, doctor.Worst(found), found})
	}
	for _, f := range found {
		if err := printFinding(s.out, &f); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.out, "%s\n", doctor.Worst(found))
	return err
}

func printFinding(w io.Writer, f *doctor.Finding) error {
	text := f.Found
	if f.Subject != "" {
		text = f.Subject + ": " + text
	}
	if f.Do != "" {
		text += "\ndo: " + f.Do
	}
	text = strings.ReplaceAll(safeText(text), "\n", "\n                   ")
	_, err := fmt.Fprintf(w, "%-8s %-9s %s\n", f.State, f.Check, text)
	return err
}

// chosen are the targets to look at, sorted by name.
func (x *examination) chosen() ([]replay.Target, error) {
	if x.o.Target != "" {
		t, err := x.conf.target(x.o.Target)
		t.Name = cmp.Or(t.Name, "of --target")
		return []replay.Target{t}, err
	}
	var all []replay.Target
	for name, t := range x.conf.Targets {
		t.Name = name
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b replay.Target) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}
