package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestCollectorPercent(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{
		{0, roomyPercent}, {1 << 20, roomyPercent}, {roomyHeap / 5, roomyPercent},
		{roomyHeap / 4, 300}, {roomyHeap / 2, 100}, {roomyHeap, 100}, {1 << 40, 100},
	} {
		if got := gcPercent(c.live); got != c.want {
			t.Errorf("with %d bytes live: %d, want %d", c.live, got, c.want)
		}
	}
}

// What a replay sets for itself does not outlive it: `run` goes on with a diff.
func TestTuningIsUndone(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GOMAXPROCS"} {
		t.Setenv(name, "")
	}
	threads, percent := runtime.GOMAXPROCS(0), debug.SetGCPercent(77)
	defer debug.SetGCPercent(percent)
	collector, all := roomyCollector(), fewerThreads()
	if got := runtime.GOMAXPROCS(0); got != (threads+1)/2 {
		t.Errorf("%d of %d threads", got, threads)
	}
	all()
	collector()
	if got := debug.SetGCPercent(77); got != 77 || runtime.GOMAXPROCS(0) != threads {
		t.Errorf("left: GOGC %d, %d threads", got, runtime.GOMAXPROCS(0))
	}
}
