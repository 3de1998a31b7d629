package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"parallax/capture/recording"
	"parallax/internal/route"
	"parallax/replay"
)

// printPlan says what a replay would do; nothing is connected to.
func printPlan(base recordingReader, e replay.Options, asJSON bool, s streams) error {
	plan, err := replay.Plan(base.Exchanges(recording.Filter{NoBodies: true}), route.Of, e)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(s.out, struct {
			Schema int `json:"schema"`
			replay.Outline
		}{1, plan})
	}
	if _, err := fmt.Fprintf(s.out, "target %s, unsafe methods: %s\n%d of %d exchanges would be sent, over %s\n",
		plan.Target, plan.Writes, plan.Send, plan.Total, plan.Duration.Round(time.Millisecond)); err != nil {
		return err
	}
	notSent := map[string]int64{}
	for end, n := range plan.Ends {
		notSent[string(end)] = n
	}
	for _, table := range []struct {
		title  string
		counts map[string]int64
	}{{"not sent", notSent}, {"method", plan.Methods}, {"host", plan.Hosts}, {"route", plan.Routes}} {
		if err := printCounts(s.out, table.title, table.counts); err != nil {
			return err
		}
	}
	return nil
}

func printCounts(w io.Writer, title string, counts map[string]int64) error {
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if _, err := fmt.Fprintf(w, "%-8s %9d  %s\n", title, counts[name], safeText(name)); err != nil {
			return err
		}
	}
	return nil
}
