package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
)

// filterFlags choose exchanges, the same way in every command.
func filterFlags() []cli.Flag {
	return append(requestFilterFlags(),
		&cli.StringSliceFlag{Name: "status", Usage: "only this `STATUS`, 404, 4xx or 400-499; may be given again"})
}

// requestFilterFlags choose by the request alone: what a diff can narrow both
// sides by, whose answers may differ.
func requestFilterFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Name: "route", Usage: "only this `ROUTE`, as in \"GET /orders/{id}\"; may be given again"},
		openapiFlag(),
		&cli.StringSliceFlag{Name: "method", Usage: "only this `METHOD`; may be given again"},
		&cli.StringSliceFlag{Name: "host", Usage: "only this `HOST`; may be given again"},
		&cli.StringFlag{Name: "from", Usage: "only from this `TIME` on, RFC 3339"},
		&cli.StringFlag{Name: "until", Usage: "only before this `TIME`, RFC 3339"},
		&cli.StringFlag{Name: "sample", Usage: "only this `SHARE` of the sessions, 0.1 or 10%, the same ones every time"},
	}
}

func readFilter(c *cli.Context, names *routeNames) (recording.Filter, error) {
	f := recording.Filter{Methods: c.StringSlice("method"), Hosts: c.StringSlice("host")}
	if wanted := c.StringSlice("route"); len(wanted) > 0 {
		f.Route = routeFilter(wanted, names)
	}
	for _, text := range c.StringSlice("status") {
		r, err := parseStatus(text)
		if err != nil {
			return f, usageError{err}
		}
		f.Statuses = append(f.Statuses, r)
	}
	var err error
	if f.From, err = parseTime("from", c.String("from")); err != nil {
		return f, err
	}
	if f.Until, err = parseTime("until", c.String("until")); err != nil {
		return f, err
	}
	f.SharePPM, err = parseShare(c.String("sample"))
	return f, err
}

// filterText is what the flags say, to hold two runs against each other. Routes mean
// the same where they are named alike.
func filterText(c *cli.Context, names *routeNames) string {
	var parts []string
	if counts := names.counts(); counts != nil && len(c.StringSlice("route")) > 0 {
		parts = append(parts, "openapi="+counts.Digest)
	}
	for _, name := range []string{"route", "method", "host", "status"} {
		for _, value := range c.StringSlice(name) {
			parts = append(parts, name+"="+value)
		}
	}
	for _, name := range []string{"from", "until", "sample"} {
		if value := c.String(name); value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	return strings.Join(parts, " ")
}

func routeFilter(wanted []string, names *routeNames) func(method, target string) bool {
	set := map[string]bool{}
	for _, w := range wanted {
		set[w] = true
	}
	return func(method, target string) bool {
		name, _ := names.name(method, target)
		return set[name]
	}
}

func parseStatus(text string) (recording.StatusRange, error) {
	low, high := text, text
	if strings.HasSuffix(text, "xx") {
		low, high = text[:len(text)-2]+"00", text[:len(text)-2]+"99"
	} else if from, to, ok := strings.Cut(text, "-"); ok {
		low, high = from, to
	}
	a, errA := strconv.Atoi(low)
	b, errB := strconv.Atoi(high)
	if errA != nil || errB != nil || a < 0 || b < a {
		return recording.StatusRange{}, fmt.Errorf("status %q: want 404, 4xx or 400-499", text)
	}
	return recording.StatusRange{Min: a, Max: b}, nil
}

func parseTime(flag, text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return 0, usagef("--%s %q: want a time like 2026-01-31T13:00:00Z", flag, text)
	}
	return t.UnixNano(), nil
}

// parseShare returns millionths, at least one where a share was given.
func parseShare(text string) (uint32, error) {
	if text == "" {
		return 0, nil
	}
	number, percent := strings.CutSuffix(text, "%")
	share, err := strconv.ParseFloat(number, 64)
	if percent {
		share /= 100
	}
	if err != nil || !(share > 0 && share <= 1) {
		return 0, usagef("--sample %q: want a share above 0 and up to 1, 0.1 or 10%%", text)
	}
	return max(1, uint32(share*1e6+0.5)), nil
}
