package main

import (
	"errors"
	"fmt"

	"parallax/diff/comparison"
	"parallax/diff/tables/lag"
)

// lagDocument is the JSON form.
type lagDocument struct {
	Schema int         `json:"schema"`
	Total  lag.Count   `json:"total"`
	Tables []lag.Table `json:"tables"`
	// BoundSeconds is the time within which what was behind had caught up; Why says
	// why there is none.
	BoundSeconds float64 `json:"bound_seconds,omitempty"`
	Why          string  `json:"why,omitempty"`
}

// runShowLag tells what was behind from what differs for good, by two comparisons
// of the same stores.
func runShowLag(earlier, later string, asJSON bool, s streams) error {
	first, err := openTables(earlier)
	if err != nil {
		return err
	}
	second, err := openTables(later)
	if err != nil {
		return err
	}
	counts, err := lag.Classify(first.Differences(), second.Differences(), func(lag.Kind, *comparison.Difference) error { return nil })
	if err != nil {
		return err
	}
	d := lagDocument{Schema: 1, Total: counts.Total, Tables: counts.Tables}
	a, b := first.Summary(), second.Summary()
	bound, err := lag.Points{FirstOld: a.Old.PointAt, FirstNew: a.New.PointAt, SecondOld: b.Old.PointAt, SecondNew: b.New.PointAt}.Bound()
	switch {
	case errors.Is(err, lag.ErrNoTime):
		d.Why = err.Error()
	case err != nil:
		return usageError{err}
	}
	d.BoundSeconds = bound.Seconds()
	if asJSON {
		return printJSON(s.out, d)
	}
	return printLag(&d, s)
}

func openTables(dir string) (*comparison.Reader, error) {
	kind, err := kindOf(dir)
	if err != nil {
		return nil, err
	}
	if kind != isComparison {
		return nil, usagef("%s is a %s, want a comparison of tables", dir, kind)
	}
	r, err := comparison.Open(dir)
	if err != nil {
		return nil, err
	}
	if len(r.Summary().Tables) == 0 {
		return nil, usagef("%s compares no tables", dir)
	}
	return r, nil
}

func printLag(d *lagDocument, s streams) error {
	line := func(name string, c lag.Count) error {
		_, err := fmt.Fprintf(s.out, "%-40s %12d %12d %12d\n", safeText(name), c.Lag, c.Divergence, c.New)
		return err
	}
	if _, err := fmt.Fprintf(s.out, "%-40s %12s %12s %12s\n", "differences", "lag", "divergence", "new"); err != nil {
		return err
	}
	for _, t := range d.Tables {
		if err := line(t.Name, t.Count); err != nil {
			return err
		}
	}
	if err := line("all tables", d.Total); err != nil {
		return err
	}
	text := "what was behind had caught up within " + fmt.Sprintf("%.3f s", d.BoundSeconds)
	if d.Why != "" {
		text = d.Why
	}
	_, err := fmt.Fprintln(s.out, text)
	return err
}
