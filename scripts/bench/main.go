// Command bench measures parallax beside its peers, in alternating runs, and
// prints the median of the ratios.
//
// Terms: a figure is what one run of a command cost; a pair is one run of ours
// and one of the peer's, next to each other in time; a ratio is ours by theirs.
//
// Steps: the inputs are generated once into a folder; each case runs its pairs
// and prints a row. Limits: whole processes are measured, by the operating
// system's own accounting; a peer that is not installed is named, and its case
// is left out.
//
//	go run ./scripts/bench [-runs 5] [-dir FOLDER] [-only capture,replay,lateness,get,json,tables]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

type bench struct {
	runs     int
	dir      string
	parallax string
	small    bool
}

func main() {
	var b bench
	only := flag.String("only", "capture,replay,lateness,get,json,tables", "cases, joined by commas")
	flag.IntVar(&b.runs, "runs", 5, "pairs of runs of each case")
	flag.StringVar(&b.dir, "dir", filepath.Join(os.TempDir(), "parallax-bench"), "folder for inputs and outputs")
	flag.StringVar(&b.parallax, "parallax", "bin/parallax", "the binary to measure")
	make := flag.String("make", "", "N,RATE: only make that baseline (the benchmark runs itself so, to keep its own memory small)")
	flag.BoolVar(&b.small, "small", false, "a tenth of the input, to try the benchmark itself")
	flag.Parse()
	work := func() error { return b.all(strings.Split(*only, ",")) }
	if *make != "" {
		work = func() error { return b.makeBaseline(*make) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) all(only []string) error {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return err
	}
	fmt.Printf("%-58s %9s %9s %9s %9s\n", "case", "ours", "peer", "ratio", "goal")
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"capture", b.capture}, {"get", b.get}, {"replay", b.replay}, {"lateness", b.lateness}, {"json", b.json}, {"tables", b.tables},
	} {
		if !slices.Contains(only, c.name) {
			continue
		}
		if err := c.run(); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return nil
}

// size is n, or a tenth of it in a trial.
func (b *bench) size(n int) int {
	if b.small {
		return n / 10
	}
	return n
}
