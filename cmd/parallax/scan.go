package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/capture/redact"
)

func scanCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "scan", Usage: "look for secrets that are still in a recording", ArgsUsage: "RECORDING",
		Description: "An independent pass over a finished recording, for CI and before sharing.\n" +
			"Exit code 1 where something is found; values are never printed.",
		Flags: []cli.Flag{&cli.IntFlag{Name: "max", Usage: "print at most this many findings", Value: 100}},
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "RECORDING")
			if err != nil {
				return err
			}
			return runScan(c.Context, args[0], c.Int("max"), s)
		},
	}
}

func runScan(ctx context.Context, dir string, most int, s streams) error {
	r, err := openRecording(dir, recording.OpenOptions{}, s)
	if err != nil {
		return err
	}
	defer r.Close()
	found := 0
	for ex, err := range r.Exchanges(recording.Filter{}) {
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, f := range redact.Scan(ex) {
			if found++; found <= most {
				if _, err := fmt.Fprintf(s.out, "%s %s\n", ex.ID, safeText(f.String())); err != nil {
					return err
				}
			}
		}
	}
	if _, err := fmt.Fprintf(s.out, "%d findings in %d exchanges\n", found, r.Manifest().Exchanges); err != nil {
		return err
	}
	if found > 0 {
		return verdictError{exitPolicy}
	}
	return nil
}
