package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/diff"
	"parallax/diff/comparison"
)

type diffOptions struct {
	Old, New string
	Controls []string
	Out      string
	Config   *config
	Filter   recording.Filter
	Names    *routeNames
	ExitCode bool
	JSON     bool
	Quiet    bool
	MaxWork  int
	// These are for tables.
	Strict     bool
	Sample     float64
	SampleOnly bool
	Proof      int
	Keys       map[string][]string
}

func diffCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "diff", Usage: "compare two recordings, or two snapshots, field by field", ArgsUsage: "OLD NEW",
		Description: "OLD is the recording, NEW a run of it (or another recording of the same exchanges);\n" +
			"or both are snapshots of databases, or Parquet files sorted by a key.\n" +
			"A control run against the old system tells noise from differences. The exit code\n" +
			"is 0 when everything was read; --exit-code makes it 1 where something differs.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` of the comparison"},
			configFlag("rules, mapping, invariants, routes"),
			&cli.BoolFlag{Name: "strict", Usage: "of tables: without the named normalisations, so that only the same value is equal"},
			&cli.Float64Flag{Name: "sample-rows", Usage: "of tables: read this `SHARE` of the rows whole, chosen by the hash of their keys: the same rows on both sides and every night"},
			&cli.BoolFlag{Name: "sample-only", Usage: "of tables: compare nothing but the sample; the rest is left out, and lowers the coverage"},
			&cli.StringSliceFlag{Name: "key", Usage: "of two Parquet files that are sorted by it: `TABLE=COLUMN,COLUMN`, * for every table"},
			&cli.IntFlag{Name: "proof-blocks", Usage: "of tables: read `N` blocks of each although their checksums agree; -1 is none", Value: 8},
			&cli.StringSliceFlag{Name: "control", Usage: "`RUN` against the old system; may be given again"},
			&cli.IntFlag{Name: "max-work", Usage: "of recordings: align the parts of two bodies in at most `N` steps; beyond it they are compared coarsely, which is counted", DefaultText: "8 for each byte of both, and 67108864"},
			&cli.BoolFlag{Name: "exit-code", Usage: "exit 1 where something differs, 3 where something could not be compared"},
			&cli.BoolFlag{Name: "json", Usage: "print the summary as JSON"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print no summary"},
		}, requestFilterFlags()...),
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "OLD", "NEW")
			if err != nil {
				return err
			}
			if err := required(c, "output"); err != nil {
				return err
			}
			conf, err := loadConfig(c.String("config"))
			if err != nil {
				return err
			}
			names, err := readRoutes(c, conf)
			if err != nil {
				return err
			}
			filter, err := readFilter(c, names)
			if err != nil {
				return err
			}
			if c.IsSet("max-work") && c.Int("max-work") < 1 {
				return usagef("--max-work %d: want at least 1", c.Int("max-work"))
			}
			keys, err := readKeys(c, "key")
			if err != nil {
				return err
			}
			return runDiff(c.Context, diffOptions{
				Keys: keys, Names: names, MaxWork: c.Int("max-work"),
				Old: args[0], New: args[1], Controls: c.StringSlice("control"), Out: c.String("output"), Config: conf,
				Filter: filter, ExitCode: c.Bool("exit-code"), JSON: c.Bool("json"), Quiet: c.Bool("quiet"),
				Strict: c.Bool("strict"), Sample: c.Float64("sample-rows"), SampleOnly: c.Bool("sample-only"), Proof: c.Int("proof-blocks"),
			}, s)
		},
	}
}

func runDiff(ctx context.Context, o diffOptions, s streams) error {
	if areParquet(o.Old, o.New) {
		return runDiffFiles(ctx, o, s)
	}
	if tables, err := areSnapshots(o.Old, o.New); err != nil || tables {
		if err != nil {
			return err
		}
		return runDiffTables(ctx, o, s)
	}
	set, err := o.Config.ruleSet()
	if err != nil {
		return usageError{err}
	}
	inputs, closeAll, err := openInputs(append([]string{o.Old, o.New}, o.Controls...), s)
	if err != nil {
		return err
	}
	defer closeAll()
	options := diff.Options{Tool: tool(), Rules: set, Filter: o.Filter, Routes: o.Names.forDiff(), MaxWork: o.MaxWork}
	summary, err := diff.Run(ctx, o.Out, inputs[0].Input, inputs[1].Input, controls(inputs[2:]), options, inputs[0].reader, inputs[1].reader)
	if err != nil {
		return refused(err)
	}
	return o.finish(summary, s)
}

// refused marks the errors that the user's choice of inputs causes.
func refused(err error) error {
	if errors.Is(err, diff.ErrRedaction) {
		return usageError{err}
	}
	return err
}

// opened is an input with the reader that the examples are fetched from.
type opened struct {
	diff.Input
	reader recordingReader
}

func controls(list []opened) []diff.Input {
	var inputs []diff.Input
	for _, o := range list {
		inputs = append(inputs, o.Input)
	}
	return inputs
}

// openInputs opens recordings in the order of dirs.
func openInputs(dirs []string, s streams) (inputs []opened, closeAll func(), err error) {
	closeAll = func() {
		for _, in := range inputs {
			in.reader.Close() // read only: what could be wrong was seen while reading
		}
	}
	for _, dir := range dirs {
		r, err := openRecording(dir, recording.OpenOptions{ReuseBuffers: true}, s)
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		inputs = append(inputs, opened{diff.Input{
			Name: filepath.Base(filepath.Clean(dir)), Manifest: r.Manifest(), Digest: r.Digest(), Exchanges: r.Exchanges,
		}, r})
	}
	return inputs, closeAll, nil
}

func (o *diffOptions) finish(summary *comparison.Summary, s streams) error {
	total := totals(summary)
	switch {
	case o.JSON:
		if err := printJSON(s.out, summary); err != nil {
			return err
		}
	case !o.Quiet:
		if _, err := fmt.Fprintf(s.out, "%d recorded, %d compared, %d equal, %d equal under rules, %d noise only, %d different, %d could not be compared\n%s\n",
			total.Recorded, total.Compared(), total.Equal, total.UnderRules, total.NoiseOnly, total.Mismatched(), total.NotCompared,
			"see: parallax report "+o.Out); err != nil {
			return err
		}
	}
	switch {
	case total.Compared() == 0:
		return unverifiedf("nothing was compared")
	case o.ExitCode && total.Mismatched() > 0:
		return verdictError{exitPolicy}
	case o.ExitCode && total.NotCompared > 0:
		return verdictError{exitUnverified}
	}
	return nil
}

// totals adds the counters of all subjects.
func totals(summary *comparison.Summary) comparison.Subject {
	var t comparison.Subject
	for i := range summary.Subjects {
		x := &summary.Subjects[i]
		t.Recorded += x.Recorded
		t.Equal += x.Equal
		t.UnderRules += x.UnderRules
		t.NoiseOnly += x.NoiseOnly
		t.Different += x.Different
		t.MissingNew += x.MissingNew
		t.MissingOld += x.MissingOld
		t.NotCompared += x.NotCompared
	}
	return t
}
