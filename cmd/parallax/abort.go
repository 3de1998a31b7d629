package main

import (
	"github.com/urfave/cli/v2"

	"parallax/replay"
)

// abortFlags are the key abort, one flag each.
func abortFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "abort-errors", Usage: "stop when more than this `SHARE` of the last requests have no answer: 20%", DefaultText: "more than half of 200"},
		&cli.StringFlag{Name: "abort-server-errors", Usage: "stop when more than this `SHARE` of the last answers are of status 5xx and the recorded ones not", DefaultText: "never"},
		&cli.StringFlag{Name: "abort-divergence", Usage: "stop when more than this `SHARE` of the last answers have another status or body than recorded", DefaultText: "never"},
		&cli.StringFlag{Name: "abort-latency", Usage: "stop when p99 of the last answers is longer than this `DURATION`: 2s", DefaultText: "never"},
		&cli.IntFlag{Name: "abort-window", Usage: "how many answers the conditions above look at", DefaultText: "500"},
	}
}

// readAbort lays the flags over the configuration's key.
func readAbort(c *cli.Context, a replay.Abort) (replay.Abort, error) {
	for flag, into := range map[string]interface{ UnmarshalText([]byte) error }{
		"abort-errors": &a.Errors, "abort-server-errors": &a.ServerErrors, "abort-divergence": &a.Divergence, "abort-latency": &a.Latency.P99,
	} {
		if text := c.String(flag); text != "" {
			if err := into.UnmarshalText([]byte(text)); err != nil {
				return a, usagef("--%s: %w", flag, err)
			}
		}
	}
	if c.IsSet("abort-window") {
		a.Window = c.Int("abort-window")
	}
	if err := a.Validate(); err != nil {
		return a, usageError{err}
	}
	return a, nil
}
