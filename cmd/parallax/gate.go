package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/report"
	"parallax/report/gate"
)

type gateOptions struct {
	Comparison string
	Config     *config
	Files      report.Files
	JSON       bool
	Now        time.Time
}

func gateCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "gate", Usage: "pass or fail a cutover by a comparison", ArgsUsage: "COMPARISON",
		Description: "Exit code 0 within the policy, 1 if it is not met, 3 if that could not be verified.\n" +
			"Without a policy nothing may differ, fail or be left out (docs/gate.md).",
		Flags: []cli.Flag{
			configFlag("gate, waivers"),
			&cli.StringFlag{Name: "junit", Usage: "write JUnit to `FILE`"},
			&cli.StringFlag{Name: "markdown", Usage: "write Markdown to `FILE`"},
			&cli.BoolFlag{Name: "json", Usage: "print the gate's answer as JSON"},
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
			files := report.Files{JUnit: c.String("junit"), Markdown: c.String("markdown")}
			return runGate(c.Context, gateOptions{args[0], conf, files, c.Bool("json"), time.Now()}, s)
		},
	}
}

// gateDocument is the JSON form.
type gateDocument struct {
	Schema int `json:"schema"`
	gate.Result
}

func runGate(_ context.Context, o gateOptions, s streams) error {
	r, err := buildReport(o.Comparison, o.Config, o.Now)
	if err != nil {
		return err
	}
	if err := report.Write(r, o.Files); err != nil {
		return err
	}
	if o.JSON {
		if err := printJSON(s.out, gateDocument{1, r.Gate}); err != nil {
			return err
		}
		return verdictOf(r)
	}
	for _, reason := range r.Gate.Reasons {
		if _, err := fmt.Fprintf(s.out, "%s: %s\n", reason.Verdict, safeText(reason.Text)); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(s.out, "gate: %s: %s\n", r.Verdict, safeText(r.Headline)); err != nil {
		return err
	}
	return verdictOf(r)
}
