package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"parallax/capture/recording"
	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// listed is one artefact as `parallax ls` shows it.
type listed struct {
	Path     string `json:"path"`
	Kind     string `json:"kind"`
	Rows     int64  `json:"rows"`
	From     string `json:"from,omitempty"`
	Until    string `json:"until,omitempty"`
	Redacted string `json:"redacted,omitempty"`
	State    string `json:"state"`
}

// listing is the JSON form.
type listing struct {
	Schema    int      `json:"schema"`
	Artefacts []listed `json:"artefacts"`
}

func lsCommand(s streams) *cli.Command {
	return &cli.Command{
		Name: "ls", Usage: "list the artefacts in folders", ArgsUsage: "[FOLDER ...]",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "one JSON document"}},
		Action: func(c *cli.Context) error {
			dirs := c.Args().Slice()
			if len(dirs) == 0 {
				dirs = []string{"."}
			}
			return runLs(dirs, c.Bool("json"), s)
		},
	}
}

func runLs(dirs []string, asJSON bool, s streams) error {
	found := []listed{}
	for _, dir := range dirs {
		more, err := listIn(dir)
		if err != nil {
			return usageError{err}
		}
		found = append(found, more...)
	}
	if asJSON {
		return printJSON(s.out, listing{1, found})
	}
	for _, l := range found {
		if _, err := fmt.Fprintf(s.out, "%-12s %9d  %-20s  %-24s %-12s %s\n", l.Kind, l.Rows, l.From, l.Redacted, l.State, safeText(l.Path)); err != nil {
			return err
		}
	}
	return nil
}

// listIn looks at dir itself and at what lies directly in it.
func listIn(dir string) ([]listed, error) {
	if kind, err := kindOf(dir); err == nil {
		return []listed{describeArtefact(dir, kind)}, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []listed
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if kind, err := kindOf(path); e.IsDir() && err == nil {
			found = append(found, describeArtefact(path, kind))
		}
	}
	return found, nil
}

func describeArtefact(dir string, kind artefactKind) listed {
	switch kind {
	case isComparison:
		return describeComparison(dir)
	case isSnapshot:
		return describeSnapshot(dir)
	}
	if isSharded(dir) {
		return describeShards(dir)
	}
	l := listed{Path: dir, Kind: string(kind), State: "finished"}
	r, err := recording.Open(dir, recording.OpenOptions{})
	if err != nil {
		l.State = "unfinished"
		return l
	}
	defer r.Close()
	l.fill(r.Manifest())
	return l
}

// fill says of a recording what its manifest does.
func (l *listed) fill(m *recording.Manifest) {
	l.Kind, l.Rows, l.Redacted = string(m.Kind), m.Exchanges, m.Redaction.Profile+" "+m.Redaction.KeyID
	if m.Exchanges > 0 && m.FirstAt > 0 { // a run that reached nothing has no times
		l.From, l.Until = stamp(m.FirstAt), stamp(m.LastAt)
	}
	if m.Interrupted != "" {
		l.State = "interrupted"
	}
}

func describeComparison(dir string) listed {
	l := listed{Path: dir, Kind: string(isComparison), State: "finished"}
	r, err := comparison.Open(dir)
	if err != nil {
		l.State = "damaged"
		return l
	}
	for _, subject := range r.Summary().Subjects {
		l.Rows += subject.Recorded
	}
	return l
}

func describeSnapshot(dir string) listed {
	l := listed{Path: dir, Kind: string(isSnapshot), State: "finished"}
	r, err := snapshot.Open(dir, snapshot.OpenOptions{})
	if err != nil {
		l.State = "unfinished"
		return l
	}
	m := r.Manifest()
	for i := range m.Tables {
		l.Rows += m.Tables[i].Rows
	}
	l.Redacted = m.Redaction.Profile + " " + m.Redaction.KeyID
	if m.Point.At > 0 {
		l.From, l.Until = stamp(m.Point.At), stamp(m.Point.At)
	}
	return l
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339) }
