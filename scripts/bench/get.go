package main

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// quantiles returns the median and the 99th percentile.
func quantiles(v []float64) [2]float64 {
	if len(v) == 0 {
		return [2]float64{}
	}
	slices.Sort(v)
	return [2]float64{v[len(v)/2], v[len(v)*99/100]}
}

// wholeExchanges reads the number of whole exchanges from `parallax stats --json`.
func wholeExchanges(stats []byte) (int64, error) {
	var s struct {
		Whole int64 `json:"whole"`
	}
	if err := json.Unmarshal(stats, &s); err != nil {
		return 0, fmt.Errorf("stats: %w", err)
	}
	return s.Whole, nil
}

// get: one exchange of 100,000 by id, from a cold process.
func (b *bench) get() error {
	base, err := b.baseline(b.size(100_000), 20_000)
	if err != nil {
		return err
	}
	id, err := b.someID(base)
	if err != nil {
		return err
	}
	var a []figure
	for range max(b.runs, 5) {
		f, err := command{args: []string{b.parallax, "show", base, id}}.run()
		if err != nil {
			return err
		}
		a = append(a, f)
	}
	alone("one exchange of 100,000 by id, cold process: wall s", a, wall, "0.050")
	return nil
}

// someID returns the id of an exchange in the middle.
func (b *bench) someID(recording string) (string, error) {
	out, err := exec.Command(b.parallax, "cat", recording).Output()
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	var row struct {
		ID string `json:"id"`
	}
	err = json.Unmarshal([]byte(lines[len(lines)/2]), &row)
	return row.ID, err
}
