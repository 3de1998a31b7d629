package replay

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"parallax/capture/recording"
	"parallax/replay/schedule"
)

// crashScript is 400 exchanges over 8 sessions, every second one unsafe. Each
// names itself in its target.
func crashScript() *script {
	var s script
	for i := range 400 {
		s.add(fmt.Sprint(i%8), i, i, []string{"GET", "POST"}[i/8%2], fmt.Sprintf("/%d", i))
	}
	return &s
}

func runOptions() recording.Options {
	return recording.Options{Kind: recording.KindRun, Tool: "test", Baseline: "baseline", Redaction: recording.Redaction{Profile: "off"}}
}

// childMain replays the crash script into the folder that the environment
// names, until it is killed. It reports whether this process is that child.
func childMain() bool {
	dir := os.Getenv("REPLAY_CRASH_DIR")
	if dir == "" {
		return false
	}
	live, err := recording.CreateLive(dir, runOptions())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	o := Options{Target: Target{URL: os.Getenv("REPLAY_CRASH_TARGET")}, AllowWrites: true}
	if os.Getenv("REPLAY_CRASH_MAX") != "" {
		o.Schedule = schedule.Max()
	}
	_, err = Run(context.Background(), crashScript().exchanges(), live, live, o)
	fmt.Fprintln(os.Stderr, "the child was not killed:", err)
	os.Exit(1)
	return true
}

// After kill -9 a resumed run ends what was begun and never sends an unsafe
// request twice. (faults.md F2, http-traps.md 12)
func TestKilledRunResumes(t *testing.T) {
	for round, killAt := range []int{1, 37, 150, 290} {
		t.Run(fmt.Sprint(killAt), func(t *testing.T) { crashOnce(t, killAt, round%2 == 0) })
	}
}

func crashOnce(t *testing.T, killAt int, paced bool) {
	dir := t.TempDir() + "/run"
	var mu sync.Mutex
	asked := make(map[string]int)
	reached := make(chan bool, 1)
	total := 0
	address, _ := httpServer(t, func(r seen) string {
		mu.Lock()
		defer mu.Unlock()
		asked[r.method+" "+r.target]++
		if total++; total == killAt {
			reached <- true
		}
		return ok(r.target)
	})
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "REPLAY_CRASH_DIR="+dir, "REPLAY_CRASH_TARGET=http://"+address)
	if !paced {
		child.Env = append(child.Env, "REPLAY_CRASH_MAX=1")
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-reached:
	case <-time.After(time.Minute):
		t.Error("the child sent too little")
	}
	child.Process.Kill()
	child.Wait()

	live, progress, err := recording.ResumeLive(dir, runOptions())
	if err != nil {
		t.Fatal(err)
	}
	open := make(map[recording.ID]bool)
	for _, id := range progress.Open {
		open[id] = true
	}
	s := crashScript()
	r, err := Run(t.Context(), s.exchanges(), live, live, Options{
		Target: Target{URL: "http://" + address}, AllowWrites: true, Schedule: schedule.Max(),
		Resume: Resume{Ended: progress.Ended, Open: open},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Close(recording.Closing{Ledger: r.Ledger()}); err != nil {
		t.Fatal(err)
	}
	checkCrashed(t, dir, s, r, asked)
}

func checkCrashed(t *testing.T, dir string, s *script, r Result, asked map[string]int) {
	t.Helper()
	for request, n := range asked {
		if n > 1 && strings.HasPrefix(request, "POST ") {
			t.Errorf("%s was sent %d times", request, n)
		}
	}
	run, err := recording.Open(dir, recording.OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	rows := make(map[recording.ID]recording.End)
	for ex, err := range run.Exchanges(recording.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := rows[ex.Replays]; twice {
			t.Errorf("%s has two rows", ex.Replays)
		}
		rows[ex.Replays] = ex.Outcome.End
	}
	unknown := 0
	for _, ex := range s.list {
		switch end := rows[ex.ID]; {
		case end == recording.Unknown && ex.Request.Method == "POST":
			unknown++
		case end != recording.Answered:
			t.Errorf("%s %s: %q", ex.Request.Method, ex.Request.Target, end)
		case asked[ex.Request.Method+" "+ex.Request.Target] == 0:
			t.Errorf("%s is called answered and was never sent", ex.Request.Target)
		}
	}
	if l := r.Ledger(); !l.Closed() || r.Total != 400 || len(rows) != 400 {
		t.Errorf("%d rows, %+v", len(rows), l)
	}
	t.Logf("%d resumed, %d unknown", r.Resumed, unknown)
}

// An interrupted run that leaves out what it did not reach is taken up again
// and ends with one row for every exchange.
func TestInterruptedRunResumes(t *testing.T) {
	dir := t.TempDir() + "/run"
	var mu sync.Mutex
	asked := make(map[string]int)
	ctx, cancel := context.WithCancelCause(t.Context())
	address, _ := httpServer(t, func(r seen) string {
		mu.Lock()
		defer mu.Unlock()
		asked[r.method+" "+r.target]++
		if len(asked) == 100 {
			cancel(errors.New("interrupted"))
		}
		return ok(r.target)
	})
	live, err := recording.CreateLive(dir, runOptions())
	if err != nil {
		t.Fatal(err)
	}
	s := crashScript()
	o := Options{Target: Target{URL: "http://" + address}, AllowWrites: true, OmitUnreached: true}
	r, err := Run(ctx, s.exchanges(), live, live, o)
	if err != nil || r.Stopped != StopInterrupted || r.Ends[recording.NotReached] == 0 {
		t.Fatalf("%v %+v", err, r)
	}
	if err := live.Suspend(); err != nil {
		t.Fatal(err)
	}
	live, progress, err := recording.ResumeLive(dir, runOptions())
	if err != nil || len(progress.Open) > 0 {
		t.Fatalf("%v, open: %v", err, progress.Open)
	}
	left := 0
	for _, end := range progress.Ended {
		if end == recording.NotReached {
			left++
		}
	}
	o.Schedule, o.Resume = schedule.Max(), Resume{Ended: progress.Ended}
	r, err = Run(t.Context(), s.exchanges(), live, live, o)
	if err != nil || r.Ends[recording.Answered] != int64(400-left) || r.Total != 400 {
		t.Errorf("%v %+v, %d left out", err, r, left)
	}
	for request, n := range asked {
		if n != 1 {
			t.Errorf("%s was sent %d times", request, n)
		}
	}
	if err := live.Close(recording.Closing{Ledger: r.Ledger()}); err != nil {
		t.Error(err)
	}
}
