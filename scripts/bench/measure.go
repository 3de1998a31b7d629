package main

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"time"
)

// figure is what one run cost.
type figure struct {
	wall, cpu time.Duration
	memory    int64 // bytes, the peak
}

// command is one side of a pair.
type command struct {
	args []string
	// before clears what the last run left; it is not measured.
	before func() error
}

func (c command) run() (figure, error) {
	if c.before != nil {
		if err := c.before(); err != nil {
			return figure{}, err
		}
	}
	cmd := exec.Command(c.args[0], c.args[1:]...)
	start := time.Now()
	out, err := cmd.CombinedOutput()
	wall := time.Since(start)
	if err != nil {
		return figure{}, fmt.Errorf("%v: %w\n%s", c.args, err, tail(out))
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return figure{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), usage.Maxrss << 10}, nil
}

func tail(out []byte) []byte { return out[max(0, len(out)-2000):] }

// pairs runs ours and theirs in turn, after one warm-up of each.
func pairs(n int, ours, theirs command) (a, b []figure, err error) {
	for i := -1; i < n; i++ {
		x, err := ours.run()
		if err != nil {
			return nil, nil, err
		}
		y, err := theirs.run()
		if err != nil {
			return nil, nil, err
		}
		if i >= 0 {
			a, b = append(a, x), append(b, y)
		}
	}
	return a, b, nil
}

func wall(f figure) float64   { return f.wall.Seconds() }
func cpu(f figure) float64    { return f.cpu.Seconds() }
func memory(f figure) float64 { return float64(f.memory) / (1 << 20) }

// row prints one line: medians of both sides and the median of the ratios.
func row(name string, a, b []figure, of func(figure) float64, goal string) {
	var ours, theirs, ratios []float64
	for i := range a {
		ours, theirs = append(ours, of(a[i])), append(theirs, of(b[i]))
		ratios = append(ratios, of(a[i])/of(b[i]))
	}
	fmt.Printf("%-58s %9.3f %9.3f %9.3f %9s\n", name, median(ours), median(theirs), median(ratios), goal)
}

// alone prints a figure that has no peer.
func alone(name string, a []figure, of func(figure) float64, goal string) {
	var ours []float64
	for _, f := range a {
		ours = append(ours, of(f))
	}
	fmt.Printf("%-58s %9.3f %9s %9s %9s\n", name, median(ours), "-", "-", goal)
}

func median(v []float64) float64 {
	slices.Sort(v)
	if len(v)%2 == 1 {
		return v[len(v)/2]
	}
	return (v[len(v)/2-1] + v[len(v)/2]) / 2
}

// missing reports whether a peer is not installed, and says so.
func missing(program string) bool {
	if _, err := exec.LookPath(program); err == nil {
		return false
	}
	fmt.Printf("%-58s LEFT OUT: %s is not installed (scripts/setup.sh --bench)\n", "", program)
	return true
}

func remove(path string) func() error { return func() error { return os.RemoveAll(path) } }
