package main

import (
	"context"
	"encoding/json"
	"errors"
	"iter"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/diff/comparison"
	"parallax/diff/repair"
)

func showCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "show one exchange, or the differences of one record", ArgsUsage: "ARTEFACT ID",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "sql", Usage: "of a comparison of tables: the statements that would make the new side equal, for reading; without ID for all records"},
			&cli.StringFlag{Name: "earlier", Usage: "of a comparison of tables: `COMPARISON` of an earlier pair of snapshots of the same stores; what went away since is lag, what stayed is divergence"},
			&cli.BoolFlag{Name: "json", Usage: "with --earlier: one JSON document"},
			&cli.StringFlag{Name: "export", Usage: "of an exchange: make `FOLDER` with its request as a script for curl, for an editor's HTTP client and as a Go test"},
			&cli.StringFlag{Name: "target", Usage: "with --export: `URL` of the system that the request is for", Value: "http://127.0.0.1:8080"},
		},
		Description: "Of a recording or a run: the exchange called ID, with its bodies, as JSON; a run's\n" +
			"exchange is also found by the id it replays. Of a comparison: the differences of record ID.",
		Action: func(c *cli.Context) error {
			if c.Bool("sql") {
				return runShowSQL(c, s)
			}
			if c.IsSet("earlier") {
				args, err := arguments(c, "COMPARISON")
				if err != nil {
					return err
				}
				return runShowLag(c.String("earlier"), args[0], c.Bool("json"), s)
			}
			args, err := arguments(c, "ARTEFACT", "ID")
			if err != nil {
				return err
			}
			if c.IsSet("export") {
				return runExport(args[0], args[1], c.String("export"), c.String("target"), s)
			}
			return runShow(c.Context, args[0], args[1], s)
		},
	}
}

func runShow(ctx context.Context, dir, id string, s streams) error {
	kind, err := kindOf(dir)
	if err != nil {
		return err
	}
	if kind == isComparison {
		return showDifferences(ctx, dir, id, s)
	}
	ex, err := exchangeOf(dir, id, s)
	if err != nil {
		return err
	}
	return printJSON(s.out, json.RawMessage(recording.AppendJSON(nil, ex, true)))
}

// exchangeOf reads one exchange with its bodies.
func exchangeOf(dir, id string, s streams) (*recording.Exchange, error) {
	r, err := openRecording(dir, recording.OpenOptions{}, s)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if _, err := recording.ID(id).Time(); err != nil {
		return nil, usageError{err}
	}
	ex, err := r.Get(recording.ID(id))
	if errors.Is(err, recording.ErrNotFound) {
		return nil, usagef("%s: %w: %s", dir, err, id)
	}
	return ex, err
}

// runShowSQL prints statements; nothing is ever executed.
func runShowSQL(c *cli.Context, s streams) error {
	if c.NArg() < 1 || c.NArg() > 2 {
		return usagef("want the arguments: ARTEFACT [ID]; have %d\nsee: %s --help", c.NArg(), commandName(c))
	}
	kind, err := kindOf(c.Args().First())
	if err != nil {
		return err
	}
	if kind != isComparison {
		return usagef("%s: --sql wants a comparison of tables", c.Args().First())
	}
	r, err := comparison.Open(c.Args().First())
	if err != nil {
		return err
	}
	if len(r.Summary().Tables) == 0 {
		return usagef("%s compares no tables: there is nothing to repair by SQL", c.Args().First())
	}
	return repair.Statements(s.out, r.Summary(), ofRecord(r, c.Args().Get(1)))
}

// ofRecord are the differences of one record, or all.
func ofRecord(r *comparison.Reader, record string) iter.Seq2[*comparison.Difference, error] {
	return func(yield func(*comparison.Difference, error) bool) {
		for d, err := range r.Differences() {
			if err == nil && record != "" && d.Record != record {
				continue
			}
			if !yield(d, err) {
				return
			}
		}
	}
}

func showDifferences(ctx context.Context, dir, record string, s streams) error {
	r, err := comparison.Open(dir)
	if err != nil {
		return err
	}
	found := 0
	for d, err := range r.Differences() {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if d.Record != record {
			continue
		}
		found++
		line, err := comparison.AppendJSON(nil, d)
		if err != nil {
			return err
		}
		if err := printJSON(s.out, json.RawMessage(line)); err != nil {
			return err
		}
	}
	if found == 0 {
		return usagef("%s holds no difference of record %s", dir, record)
	}
	return nil
}
