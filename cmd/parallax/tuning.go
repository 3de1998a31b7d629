package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// roomyHeap is up to where the heap may grow before it is collected as often
	// as Go's default has it; roomyPercent is the rarest that it is collected.
	roomyHeap    = 120 << 20
	roomyPercent = 400
	tunedEvery   = 50 * time.Millisecond
)

// roomyCollector lets the collector run rarely while the heap is small, until
// stop is called. A memory limit would do it, too, but collects without pause
// where large bodies are really held. GOGC and GOMEMLIMIT are left alone.
func roomyCollector() (stop func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(roomyPercent)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		followHeap(done)
	}()
	return func() {
		close(done)
		<-ended
		debug.SetGCPercent(before)
	}
}

func followHeap(done <-chan struct{}) {
	ticker := time.NewTicker(tunedEvery)
	defer ticker.Stop()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	for percent := roomyPercent; ; {
		select {
		case <-done:
			return
		case <-ticker.C:
		}
		metrics.Read(live)
		// Setting it stops the world for a moment: only for a change that counts.
		if want := gcPercent(live[0].Value.Uint64()); want < percent*7/8 || want > percent*8/7 {
			percent = want
			debug.SetGCPercent(percent)
		}
	}
}

// gcPercent is how much the heap may grow before it is collected again, where
// live bytes of it were found in use.
func gcPercent(live uint64) int {
	if live >= roomyHeap/2 {
		return 100
	}
	return int(min(roomyPercent, (roomyHeap-live)*100/max(live, 1)))
}

// fewerThreads leaves half of the processors idle until stop is called. Sending
// as fast as it goes is mostly waiting: threads that wake one another for each
// answer cost a fifth more than fewer that always have one to go on with.
// GOMAXPROCS of the environment is left alone.
func fewerThreads() (stop func()) {
	before := runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") != "" || before == 1 {
		return func() {}
	}
	runtime.GOMAXPROCS((before + 1) / 2)
	return func() { runtime.GOMAXPROCS(before) }
}
