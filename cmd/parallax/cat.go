package main

import (
	"bufio"
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/internal/sanitise"
)

type catOptions struct {
	Dir     string
	Bodies  bool
	Partial bool
	Filter  recording.Filter
	CSV     string // csvSafe, csvRaw or ""
}

func catCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "cat", Usage: "print an artefact as JSON lines", ArgsUsage: "ARTEFACT",
		Description: "One line an exchange (of a recording or a run), a row (of a snapshot) or a difference (of a\n" +
			"comparison).",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "bodies", Usage: "with the bodies, as text where they are UTF-8, else in base64"},
			&cli.StringFlag{Name: "csv", Usage: "of a comparison: CSV, `FORM` safe (no cell begins like a formula) or raw"},
			&cli.BoolFlag{Name: "partial", Usage: "read the finished parts of an unfinished recording"},
		}, filterFlags()...),
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "ARTEFACT")
			if err != nil {
				return err
			}
			names, err := readRoutes(c, &config{})
			if err != nil {
				return err
			}
			filter, err := readFilter(c, names)
			if err != nil {
				return err
			}
			o := catOptions{args[0], c.Bool("bodies"), c.Bool("partial"), filter, c.String("csv")}
			if c.IsSet("csv") && o.CSV != csvSafe && o.CSV != csvRaw {
				return usagef("--csv %s: want %s or %s", o.CSV, csvSafe, csvRaw)
			}
			return runCat(c.Context, o, s)
		},
	}
}

func runCat(ctx context.Context, o catOptions, s streams) error {
	kind, err := kindOf(o.Dir)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(s.out, 64<<10)
	switch {
	case o.CSV != "" && kind != isComparison:
		return usagef("%s: --csv wants a comparison", o.Dir)
	case o.CSV != "":
		err = catCSV(ctx, o, out)
	case kind == isComparison:
		err = catComparison(ctx, o, out)
	case kind == isSnapshot:
		err = catSnapshot(ctx, o, out)
	default:
		err = catRecording(ctx, o, out, s)
	}
	return joinErrors(err, out.Flush())
}

func catRecording(ctx context.Context, o catOptions, out io.Writer, s streams) error {
	r, err := openRecording(o.Dir, recording.OpenOptions{Partial: o.Partial, ReuseBuffers: true}, s)
	if err != nil {
		return err
	}
	defer r.Close()
	o.Filter.NoBodies = !o.Bodies
	var line, text []byte
	for ex, err := range r.Exchanges(o.Filter) {
		if err != nil {
			return err
		}
		text = recording.AppendJSON(text[:0], ex, o.Bodies)
		line = append(sanitise.JSON(line[:0], text), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func catComparison(ctx context.Context, o catOptions, out io.Writer) error {
	r, err := comparison.Open(o.Dir)
	if err != nil {
		return err
	}
	var line, text []byte
	for d, err := range r.Differences() {
		if err != nil {
			return err
		}
		if text, err = comparison.AppendJSON(text[:0], d); err != nil {
			return err
		}
		line = append(sanitise.JSON(line[:0], text), '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}
