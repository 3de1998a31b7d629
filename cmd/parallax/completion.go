package main

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"parallax/internal/manual"
)

func completionCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "completion", Usage: "print what a shell reads to complete the command line", ArgsUsage: "SHELL",
		Description: "SHELL is " + strings.Join(manual.Shells[:], ", ") + ". For the shell at hand: source <(parallax completion bash).\n" +
			"Commands, flags, their values and the targets of --config FILE are completed.",
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "SHELL")
			if err != nil {
				return err
			}
			text, err := manual.Script(args[0], "parallax")
			if err != nil {
				return usageError{err}
			}
			_, err = fmt.Fprint(s.out, text)
			return err
		},
	}
}

// completeCommand answers the shells' scripts.
func completeCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "complete", Hidden: true, ArgsUsage: "-- WORD ...",
		Action: func(c *cli.Context) error {
			found := manual.Complete(commandTree(c.App), c.Args().Slice())
			return found.Print(s.out)
		},
	}
}

func manCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print the manual page",
		Description: "To read it: parallax man | man -l -",
		Action: func(c *cli.Context) error {
			if _, err := arguments(c); err != nil {
				return err
			}
			return manual.Roff(s.out, commandTree(c.App), manualPage())
		},
	}
}

// buildDate is set by the linker (see the Makefile): the day of the last commit.
var buildDate string

func manualPage() manual.Page {
	return manual.Page{
		Version: version(), Date: buildDate,
		About: []string{
			"parallax records what a running system was asked and what it answered, asks its successor the same, and says field by field what differs. It compares databases and table files likewise.",
			"A green verdict can be trusted: whatever could not be captured, decoded, sent, read or compared is counted and shown, and is never a pass.",
		},
		Exit: [][2]string{
			{"0", "done; for gate, run and diff --exit-code: within the policy"},
			{"1", "compared, and the policy is not met"},
			{"2", "usage or configuration"},
			{"3", "could not verify: damage, a ledger's residual, target down, nothing compared, or more left out than the policy allows"},
			{"4", "refused by a safety policy"},
			{"5", "the output folder is locked by another process"},
			{"130, 143", "interrupted by SIGINT or SIGTERM: what was finished is committed"},
		},
		Environment: [][2]string{
			{"PARALLAX_KEY", "the redaction key, where --key-file is not given"},
			{"PARALLAX_SECRET_NAME, PARALLAX_SECRET_NAME_FILE", "the value of {{secret:NAME}} in a target's headers, or the file that holds it"},
			{"CI", "with the value true no redaction key is made"},
			{"NO_COLOR", "no colour on a terminal"},
			{"GOGC, GOMEMLIMIT, GOMAXPROCS", "left as they are, where they are set; HTTP_PROXY and its like are never used"},
		},
		Files: [][2]string{
			{"parallax/redaction.key", "in the user's configuration folder ($XDG_CONFIG_HOME, ~/.config): the key that is made where none is given"},
		},
		See: []string{"The pages in docs/: configuration, rules, gate, snapshots, queries.", "parallax schema prints the JSON Schema of the configuration."},
	}
}
