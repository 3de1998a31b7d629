package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
)

type statsOptions struct {
	Dir     string
	Filter  recording.Filter
	Names   *routeNames
	JSON    bool
	Partial bool
}

func statsCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "stats", Usage: "routes, statuses, sizes, rates and the ledger of a recording; tables of a snapshot", ArgsUsage: "ARTEFACT",
		Flags: append([]cli.Flag{
			configFlag("routes"),
			&cli.BoolFlag{Name: "json", Usage: "one JSON document"},
			&cli.BoolFlag{Name: "partial", Usage: "read the finished parts of an unfinished recording"},
		}, filterFlags()...),
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "RECORDING")
			if err != nil {
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
			return runStats(c.Context, statsOptions{args[0], filter, names, c.Bool("json"), c.Bool("partial")}, s)
		},
	}
}

// statsDocument is the JSON form.
type statsDocument struct {
	Schema int `json:"schema"`
	*recording.Stats
	Kind        recording.Kind      `json:"kind"`
	Redaction   recording.Redaction `json:"redaction"`
	Interrupted string              `json:"interrupted,omitempty"`
	Notes       []string            `json:"notes,omitempty"`
	Ledger      recording.Ledger    `json:"ledger"`
	OpenAPI     *describedCounts    `json:"openapi,omitempty"`
}

func runStats(ctx context.Context, o statsOptions, s streams) error {
	if kind, err := kindOf(o.Dir); err == nil && kind == isSnapshot {
		return runSnapshotStats(o, s)
	}
	r, err := openRecording(o.Dir, recording.OpenOptions{Partial: o.Partial, ReuseBuffers: true}, s)
	if err != nil {
		return err
	}
	defer r.Close()
	o.Filter.NoBodies = true
	stats := recording.NewStats(o.Names.of)
	for ex, err := range r.Exchanges(o.Filter) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		stats.Add(ex)
	}
	m := r.Manifest()
	if o.JSON {
		return printJSON(s.out, statsDocument{1, stats, m.Kind, m.Redaction, m.Interrupted, m.Notes, m.Ledger, o.Names.counts()})
	}
	return printStats(s, stats, m, o.Names)
}

func printStats(s streams, stats *recording.Stats, m *recording.Manifest, names *routeNames) error {
	fmt.Fprintf(s.out, "%s of %s %s, redaction %s %s\n", m.Kind, m.Source.Kind, safeText(m.Source.Detail), m.Redaction.Profile, m.Redaction.KeyID)
	if m.Interrupted != "" {
		fmt.Fprintf(s.out, "INTERRUPTED: %s\n", safeText(m.Interrupted))
	}
	if err := stats.Print(s.out, safeText); err != nil {
		return err
	}
	fmt.Fprint(s.out, names.text())
	for _, note := range m.Notes {
		fmt.Fprintf(s.out, "note: %s\n", safeText(note))
	}
	printLedger(s.out, &m.Ledger)
	return nil
}
