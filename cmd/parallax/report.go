package main

import (
	"context"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/diff/comparison"
	"parallax/report"
	"parallax/report/gate"

	"os"
)

type reportOptions struct {
	Comparison string
	Config     *config
	Files      report.Files
	JSON       bool
	Quiet      bool
	Now        time.Time
}

func reportCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "show a comparison", ArgsUsage: "COMPARISON",
		Description: "Prints a table and writes the forms that are asked for. The verdict is shown;\n" +
			"the exit code is 0 whatever it is: `parallax gate` decides.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FOLDER` for all forms: report.html, junit.xml, summary.md, report.json, metrics.txt"},
			&cli.StringFlag{Name: "html", Usage: "`FILE`"}, &cli.StringFlag{Name: "junit", Usage: "`FILE`"},
			&cli.StringFlag{Name: "markdown", Usage: "`FILE`, for a CI summary"}, &cli.StringFlag{Name: "metrics", Usage: "`FILE`, OpenMetrics"},
			configFlag("gate, waivers"),
			&cli.BoolFlag{Name: "json", Usage: "print the report as one JSON document"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print nothing"},
		},
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "COMPARISON")
			if err != nil {
				return err
			}
			conf, err := loadConfig(c.String("config"))
			if err != nil {
				return err
			}
			return runReport(c.Context, reportOptions{
				Comparison: args[0], Config: conf, Files: readFiles(c),
				JSON: c.Bool("json"), Quiet: c.Bool("quiet"), Now: time.Now(),
			}, s)
		},
	}
}

// configFlag is --config with the keys that the command reads; --rules and
// --policy are the same file by the names that people look for.
func configFlag(keys string) cli.Flag {
	return &cli.StringFlag{Name: "config", Aliases: []string{"rules", "policy"}, Usage: "YAML `FILE` with the keys " + keys}
}

func readFiles(c *cli.Context) report.Files {
	var f report.Files
	if dir := c.String("output"); dir != "" {
		f = report.InDir(dir)
	}
	for flag, path := range map[string]*string{"html": &f.HTML, "junit": &f.JUnit, "markdown": &f.Markdown, "metrics": &f.Metrics} {
		if v := c.String(flag); v != "" {
			*path = v
		}
	}
	return f
}

func runReport(_ context.Context, o reportOptions, s streams) error {
	r, err := buildReport(o.Comparison, o.Config, o.Now)
	if err != nil {
		return err
	}
	if err := report.Write(r, o.Files); err != nil {
		return err
	}
	switch {
	case o.JSON:
		return report.JSON(s.out, r)
	case o.Quiet:
		return nil
	}
	return printReport(r, s)
}

// buildReport reads the comparison's summary and holds it against the policy.
func buildReport(dir string, conf *config, now time.Time) (*report.Report, error) {
	kind, err := kindOf(dir)
	if err != nil {
		return nil, err
	}
	if kind != isComparison {
		return nil, usagef("%s is a %s, want a comparison (parallax diff makes one)", dir, kind)
	}
	r, err := comparison.Open(dir)
	if err != nil {
		return nil, err
	}
	summary := r.Summary()
	return report.Build(summary, gate.Evaluate(summary, conf.Gate, conf.Waivers, now)), nil
}

func printReport(r *report.Report, s streams) error {
	o := report.TerminalOptions{Color: report.UseColor(isTerminal(s.out), os.Getenv)}
	return report.Terminal(s.out, r, o)
}

// verdictOf is the gate's verdict as an exit code; it was printed already.
func verdictOf(r *report.Report) error {
	if r.ExitCode == exitOK {
		return nil
	}
	return verdictError{r.ExitCode}
}
