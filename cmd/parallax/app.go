package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
)

// streams are the three standard streams: data goes to out, everything else to
// err.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// run executes the command line and returns the exit code.
func run(ctx context.Context, args []string, s streams) int {
	out := &output{Writer: s.out}
	s.out = out
	app := newApp(s)
	args, err := interspersed(app, args)
	if err == nil {
		err = app.RunContext(ctx, args)
	}
	if out.err != nil && (err == nil || isSilent(err)) {
		err = unverifiedf("standard output: %w", out.err)
	}
	code := exitCode(ctx, err)
	if err != nil && !isSilent(err) {
		printError(s.err, err)
	}
	return code
}

func newApp(s streams) *cli.App {
	app := &cli.App{
		Name:                      "parallax",
		Usage:                     "record a running system, replay its successor, compare field by field",
		Version:                   version(),
		Reader:                    s.in,
		Writer:                    s.out,
		ErrWriter:                 s.err,
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              onUsageError,
		Action:                    noCommand,
		CommandNotFound:           nil,
		Commands:                  commands(s),
	}
	markUsage(app.Commands)
	return app
}

func commands(s streams) []*cli.Command {
	return []*cli.Command{
		captureCommand(s), replayCommand(s), diffCommand(s), reportCommand(s), gateCommand(s),
		showCommand(s), lsCommand(s), statsCommand(s), catCommand(s), verifyCommand(s),
		scanCommand(s), keyCommand(s), runCommand(s), doctorCommand(s), demoCommand(s),
		schemaCommand(s), completionCommand(s), manCommand(s), completeCommand(s),
	}
}

// markUsage gives every command the same treatment of usage errors: the
// library's own differ between levels (an unknown command exits 3, a missing
// required flag bypasses the handler).
func markUsage(commands []*cli.Command) {
	for _, c := range commands {
		c.OnUsageError = onUsageError
		c.HideHelpCommand = true
		if len(c.Subcommands) > 0 {
			c.Action = noCommand
			markUsage(c.Subcommands)
		}
	}
}

func onUsageError(c *cli.Context, err error, _ bool) error {
	return usagef("%w\nsee: %s --help", err, commandName(c))
}

func noCommand(c *cli.Context) error {
	if name := c.Args().First(); name != "" {
		return usagef("unknown command %q\nsee: %s --help", name, commandName(c))
	}
	return usagef("which command? see: %s --help", commandName(c))
}

func commandName(c *cli.Context) string {
	if c.Command == nil || c.Command.HelpName == "" {
		return "parallax"
	}
	return c.Command.HelpName
}

// arguments returns the command's positional arguments, which must be as many
// as names.
func arguments(c *cli.Context, names ...string) ([]string, error) {
	if c.NArg() != len(names) {
		return nil, usagef("want the arguments: %s; have %d\nsee: %s --help",
			describe(names), c.NArg(), commandName(c))
	}
	return c.Args().Slice(), nil
}

// required checks flags that must be given. The library's own check bypasses
// its handler of usage errors.
func required(c *cli.Context, names ...string) error {
	for _, name := range names {
		if !c.IsSet(name) {
			return usagef("flag --%s is missing\nsee: %s --help", name, commandName(c))
		}
	}
	return nil
}

func describe(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " ")
}

func printError(w io.Writer, err error) {
	fmt.Fprintf(w, "parallax: %s\n", safeText(err.Error()))
}

func isCI() bool { return os.Getenv("CI") == "true" }
