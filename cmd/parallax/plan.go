package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"parallax/capture/recording"
	"parallax/replay"
)

// printPlan says what a replay would do; nothing is connected to.
func printPlan(base recordingReader, e replay.Options, names *routeNames, asJSON bool, s streams) error {
	// With the requests' bodies: one that lacks bytes is not sent.
	plan, err := replay.Plan(base.Exchanges(recording.Filter{ToSend: true, NoAnswerBodies: true}), names.of, e)
	if err != nil {
		return err
	}
	if asJSON {
		return printJSON(s.out, struct {
			Schema int `json:"schema"`
			replay.Outline
			Shard   string           `json:"shard,omitempty"`
			OpenAPI *describedCounts `json:"openapi,omitempty"`
		}{1, plan, shardText(e.Shard), names.counts()})
	}
	share := ""
	if e.Shard.Of > 0 {
		share = "shard " + shardText(e.Shard) + ": "
	}
	if _, err := fmt.Fprintf(s.out, "target %s, unsafe methods: %s\n%s%d of %d exchanges would be sent, in %d sessions, over %s, by %s\n",
		plan.Target, plan.Writes, share, plan.Send, plan.Total, plan.Sessions, plan.Duration.Round(time.Millisecond), plan.Schedule); err != nil {
		return err
	}
	for i, stage := range plan.Stages {
		if _, err := fmt.Fprintf(s.out, "stage %3d %9d  from %s to %s, %v to %v\n",
			i+1, stage.Requests, stage.Begin, stage.Begin+stage.Duration, stage.From, stage.To); err != nil {
			return err
		}
	}
	if plan.Auth != "" {
		if _, err := fmt.Fprintf(s.out, "token    %s\n", safeText(plan.Auth)); err != nil {
			return err
		}
	}
	if err := printShift(s.out, plan.Shift); err != nil {
		return err
	}
	for _, kind := range slices.Sorted(maps.Keys(plan.Order)) {
		if _, err := fmt.Fprintf(s.out, "order    %9d  %s, %d behind another session\n",
			plan.Order[kind].Requests, safeText(kind), plan.Order[kind].Behind); err != nil {
			return err
		}
	}
	if _, err := io.WriteString(s.out, names.text()); err != nil {
		return err
	}
	notSent := map[string]int64{}
	for end, n := range plan.Ends {
		notSent[string(end)] = n
	}
	for _, table := range []struct {
		title  string
		counts map[string]int64
	}{{"not sent", notSent}, {"blocked", plan.Blocked}, {"method", plan.Methods}, {"host", plan.Hosts}, {"route", plan.Routes}} {
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
