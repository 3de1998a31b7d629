package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/capture/recording/shards"
	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

func verifyCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "verify", Usage: "prove that an artefact is whole", ArgsUsage: "ARTEFACT",
		Description: "Reads every byte and holds it against the manifest: sizes, SHA-256, rows, order, ledger.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "recover", Usage: "first finish a recording that a crash left behind, from its journal"},
		},
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "ARTEFACT")
			if err != nil {
				return err
			}
			return runVerify(args[0], c.Bool("recover"), s)
		},
	}
}

func runVerify(dir string, recover bool, s streams) error {
	kind, err := kindOf(dir)
	if err != nil {
		return err
	}
	sharded := kind == isRecording && isSharded(dir)
	if kind == isRecording && recover {
		finish := recoverRecording
		if sharded {
			finish = recoverShards
		}
		if err := finish(dir, s); err != nil {
			return err
		}
	}
	check := recording.Verify
	switch {
	case kind == isComparison:
		check = verifyComparison
	case kind == isSnapshot:
		check = snapshot.Verify
	case sharded:
		check = shards.Verify
	}
	if err := check(dir); err != nil {
		return unverifiedError{err}
	}
	_, err = fmt.Fprintf(s.out, "%s: PASS, every byte as written\n", dir)
	return err
}

func verifyComparison(dir string) error {
	r, err := comparison.Open(dir)
	if err != nil {
		return err
	}
	return r.Verify()
}
