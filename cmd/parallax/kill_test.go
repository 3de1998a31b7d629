package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"parallax/internal/mutate"
)

// killRounds is the number of kills in a normal test; the nightly run has 200 a
// phase.
func killRounds(t *testing.T, n int) int {
	t.Helper()
	if testing.Short() {
		n = 2
	}
	return mutate.Rounds(n, 200)
}

// killSeed chooses the moments of the kills; it is printed with the figures.
const killSeed = 1000

// killSome starts a command anew for each round, kills it at a random moment of
// the time that it takes, and has the rest checked. It says how many came to
// their end.
func killSome(t *testing.T, dir, phase string, rounds int, took time.Duration, args func(round int) []string, check func(round int)) {
	t.Helper()
	random := rand.New(rand.NewPCG(killSeed, uint64(len(phase))))
	ended := 0
	for round := range rounds {
		c := start(t, dir, nil, args(round)...)
		time.Sleep(time.Duration(random.Int64N(int64(took * 6 / 5))))
		c.signal(syscall.SIGKILL)
		if c.wait(childLimit).code >= 0 {
			ended++
		}
		check(round)
	}
	t.Logf("%s: seed %d: %d rounds, %d killed, %d came to their end before", phase, killSeed, rounds, rounds-ended, ended)
	if rounds >= 10 && ended == rounds {
		t.Errorf("%s: none was killed before its end", phase)
	}
}

// timed returns how long a command takes.
func timed(t *testing.T, dir string, args ...string) time.Duration {
	t.Helper()
	begin := time.Now()
	px(t, dir, 0, args...)
	return time.Since(begin)
}

// After kill -9 of a recording proxy its recording reads; at most the last
// second is missing, and the manifest says so. (faults.md F1)
func TestProxyKilled(t *testing.T) {
	dir := home(t)
	target := newStub(t, 0)
	random := rand.New(rand.NewPCG(1, 2))
	for round := range killRounds(t, 12) {
		proxyKilled(t, dir, target, fmt.Sprintf("rec%d", round), time.Duration(random.IntN(400))*time.Millisecond)
	}
	// One that lives beyond a second has had its first requests synced.
	proxyKilled(t, dir, target, "long", 1500*time.Millisecond)
}

func proxyKilled(t *testing.T, dir string, target *stub, name string, after time.Duration) {
	t.Helper()
	proxy, url := startProxy(t, dir, target.url, name)
	traffic := visitUntilBroken(url, 4)
	time.Sleep(after)
	killed := time.Now()
	proxy.signal(syscall.SIGKILL)
	if got := proxy.wait(childLimit); got.code != -1 {
		t.Fatalf("the proxy ended by itself with %d: %s", got.code, got.stderr)
	}
	answered := traffic()
	if strings.HasSuffix(name, "1") { // one way to recover, or the other
		says(t, px(t, dir, 0, "verify", name, "--recover").stdout, "PASS")
	}
	have := map[string]bool{}
	for _, row := range rows(t, dir, name) {
		target := row["request"].(map[string]any)["target"].(string)
		if have[target] {
			t.Fatalf("%s: %s stands in it twice", name, target)
		}
		have[target] = true
	}
	for target, at := range answered {
		if !have[target] && killed.Sub(at) > time.Second+200*time.Millisecond {
			t.Errorf("%s: %s, answered %s before the kill, is missing", name, target, killed.Sub(at))
		}
	}
	var m manifest
	readJSON(t, filepath.Join(dir, name, "manifest.json"), &m)
	if m.Interrupted == "" || m.Exchanges != len(have) {
		t.Errorf("%s: manifest %+v, %d rows", name, m, len(have))
	}
	says(t, px(t, dir, 0, "verify", name).stdout, "PASS")
	nothing(t, filepath.Join(dir, name), "journal.bin", "manifest.partial.json")
}

// visitUntilBroken asks through n connections until they break. The function it
// returns waits for that and tells when each target was answered.
func visitUntilBroken(url string, n int) (answered func() map[string]time.Time) {
	var mu sync.Mutex
	var all sync.WaitGroup
	at := map[string]time.Time{}
	for worker := range n {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
			defer client.CloseIdleConnections()
			for i := range 5000 {
				target := fmt.Sprintf("/items/%d-%d", worker, i)
				resp, err := client.Get(url + target)
				if err != nil {
					return
				}
				if resp.Body.Close() != nil {
					return
				}
				mu.Lock()
				at[target] = time.Now()
				mu.Unlock()
				time.Sleep(time.Millisecond)
			}
		})
	}
	return func() map[string]time.Time { all.Wait(); return at }
}

// After kill -9 of a replay --resume completes the run; no unsafe request is
// sent twice, and the run pairs with its baseline. (faults.md F2)
func TestReplayKilled(t *testing.T) {
	dir := home(t)
	const n = 240
	record(t, dir, "rec", n)
	random := rand.New(rand.NewPCG(3, 4))
	for round := range killRounds(t, 6) {
		out := fmt.Sprintf("run%d", round)
		replayStopped(t, dir, out, n, 1+random.IntN(n-40), syscall.SIGKILL)
	}
}

// record makes a recording of n exchanges, each with a target of its own.
func record(t *testing.T, dir, name string, n int) {
	t.Helper()
	old := newStub(t, 0)
	proxy, url := startProxy(t, dir, old.url, name)
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
			defer client.CloseIdleConnections()
			for i := worker; i < n; i += 8 {
				req, err := http.NewRequest([]string{"GET", "POST"}[i/8%2], fmt.Sprintf("%s/things/%d", url, i), nil)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
			}
		})
	}
	all.Wait()
	proxy.signal(os.Interrupt)
	if got := proxy.wait(childLimit); got.code != 130 {
		t.Fatalf("the proxy ended with %d: %s", got.code, got.stderr)
	}
	if got := len(rows(t, dir, name)); got != n {
		t.Fatalf("recorded %d of %d exchanges", got, n)
	}
}

// replayStopped stops a replay by a signal once the target was asked so often,
// resumes it and checks the whole.
func replayStopped(t *testing.T, dir, out string, n, after int, signal os.Signal) {
	t.Helper()
	target := newStub(t, 5*time.Millisecond)
	args := []string{"replay", "rec", "--target", target.url, "-o", out, "--max", "--allow-writes", "--connections", "8", "-q"}
	there := target.tell(after)
	first := start(t, dir, nil, args...)
	arrive(t, there, first)
	first.signal(signal)
	stopped := first.wait(time.Minute)
	if want := map[os.Signal]int{syscall.SIGKILL: -1, os.Interrupt: 130, syscall.SIGTERM: 143}[signal]; stopped.code != want {
		t.Fatalf("%s: exit code %d, want %d\n%s", out, stopped.code, want, stopped.stderr)
	}
	if signal != syscall.SIGKILL {
		says(t, stopped.stderr, "kept", "--resume")
	}
	// Reading it must not end the chance to resume it.
	says(t, px(t, dir, 3, "cat", out).stderr, "--resume")
	px(t, dir, 0, append(args, "--resume")...)
	px(t, dir, 2, append(args, "--resume")...) // it is finished now
	checkResumed(t, dir, out, n, target, signal)
}

func checkResumed(t *testing.T, dir, out string, n int, target *stub, signal os.Signal) {
	t.Helper()
	says(t, px(t, dir, 0, "verify", out).stdout, "PASS")
	unknown := 0
	seen := map[string]bool{}
	last := ""
	for _, row := range rows(t, dir, out) {
		id := row["replays"].(string)
		if seen[id] || id <= last {
			t.Fatalf("%s: %s comes after %s", out, id, last)
		}
		seen[id], last = true, id
		switch end := row["outcome"].(map[string]any)["end"].(string); end {
		case "answered":
		case "unknown":
			unknown++
		default:
			t.Errorf("%s: %s ended as %q", out, id, end)
		}
	}
	if len(seen) != n {
		t.Errorf("%s has %d of %d rows", out, len(seen), n)
	}
	if signal != syscall.SIGKILL && unknown > 0 {
		t.Errorf("%s: %d of a run that had time to end are unknown", out, unknown)
	}
	for what, times := range target.sent() {
		if strings.HasPrefix(what, "POST") && times > 1 || signal != syscall.SIGKILL && times > 1 {
			t.Errorf("%s: %s was sent %d times", out, what, times)
		}
	}
	px(t, dir, 0, "diff", "rec", out, "-o", out+".cmp")
	gate := 0
	if unknown > 0 {
		gate = 3 // what may or may not have been sent was not compared
	}
	px(t, dir, gate, "gate", out+".cmp")
}

// A run whose journal is damaged before its end is not taken up: what stood there may
// have been sent, and would be sent again. It can be ended as it is, and is no pass.
// (F2, F9)
func TestF2_DamagedJournalIsNotResumed(t *testing.T) {
	dir := home(t)
	const n = 120
	record(t, dir, "rec", n)
	target := newStub(t, 5*time.Millisecond)
	args := []string{"replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes", "--connections", "8", "-q"}
	there := target.tell(n / 2)
	first := start(t, dir, nil, args...)
	arrive(t, there, first)
	first.signal(syscall.SIGKILL)
	first.wait(childLimit)
	before := target.sent()
	journal := filepath.Join(dir, "run", "journal.bin")
	text := []byte(readText(t, journal))
	text[len(text)/3] ^= 4
	writeText(t, journal, string(text))
	says(t, px(t, dir, 3, append(args, "--resume")...).stderr, "journal.bin", "whole records follow", "recover")
	for what, times := range target.sent() {
		if times != before[what] {
			t.Errorf("%s was sent again", what)
		}
	}
	px(t, dir, 0, "verify", "run", "--recover")
	px(t, dir, 0, "diff", "rec", "run", "-o", "cmp", "-q")
	if got := start(t, dir, nil, "gate", "cmp").wait(childLimit); got.code != 3 && got.code != 1 {
		t.Errorf("gate: exit code %d\n%s", got.code, got.stdout)
	}
}

// An interrupted replay is as good as one that was not, once resumed.
func TestReplayInterrupted(t *testing.T) {
	dir := home(t)
	const n = 160
	record(t, dir, "rec", n)
	for i, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		replayStopped(t, dir, fmt.Sprintf("run%d", i), n, 40, signal)
	}
}

// A capture that is killed leaves nothing that looks finished, and made again in
// the same folder it has the bytes of an undisturbed one. (F1)
func TestF1_CaptureKilled(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 6000)
	capture := func(out string) []string {
		return []string{"capture", "packets", "--read", "a.pcap", "-o", out, "--redact", "off", "-q"}
	}
	took := timed(t, dir, capture("whole")...)
	want := readText(t, filepath.Join(dir, "whole", "manifest.json"))
	rounds := killRounds(t, 20)
	killSome(t, dir, "capture packets", rounds, took, func(int) []string { return capture("rec") }, func(round int) {
		if _, err := os.Stat(filepath.Join(dir, "rec", "manifest.json")); err != nil {
			if _, err := os.Stat(filepath.Join(dir, "rec", "manifest.partial.json")); err == nil {
				px(t, dir, 3, "cat", "rec")
			}
			if round%3 > 0 && round < rounds-1 {
				return // the next one begins again in what this one left
			}
			px(t, dir, 0, capture("rec")...)
		}
		px(t, dir, 0, "verify", "rec")
		if readText(t, filepath.Join(dir, "rec", "manifest.json")) != want {
			t.Fatalf("round %d: it has other bytes", round)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "rec", "*", "*.tmp")); len(left) > 0 {
			t.Fatalf("round %d: left behind: %q", round, left)
		}
		remove(t, dir, "rec")
	})
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func remove(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// A diff that is killed leaves its output whole or not at all, and the next one
// is not disturbed. (F4)
func TestF4_DiffKilled(t *testing.T) {
	dir := home(t)
	compared(t, dir)
	args := func(out string) []string {
		return []string{"diff", "rec", "new", "--control", "rec", "-o", out, "-q"}
	}
	took := timed(t, dir, args("whole")...)
	want := readText(t, filepath.Join(dir, "whole", "manifest.json"))
	killSome(t, dir, "diff", killRounds(t, 20), took, func(int) []string { return args("cmp") }, func(round int) {
		if _, err := os.Stat(filepath.Join(dir, "cmp")); err != nil {
			return
		}
		px(t, dir, 0, "verify", "cmp")
		if readText(t, filepath.Join(dir, "cmp", "manifest.json")) != want {
			t.Fatalf("round %d: it has other bytes", round)
		}
		remove(t, dir, "cmp")
	})
	px(t, dir, 0, args("cmp")...)
	if readText(t, filepath.Join(dir, "cmp", "manifest.json")) != want {
		t.Error("after the kills it has other bytes")
	}
	nothing(t, dir, ".cmp.unfinished")
}

// compared makes the recordings "rec" and "new", which differ in each answer of
// one route.
func compared(t *testing.T, dir string) {
	t.Helper()
	writePcap(t, filepath.Join(dir, "a.pcap"), 1500)
	text := readText(t, filepath.Join(dir, "a.pcap"))
	writeText(t, filepath.Join(dir, "b.pcap"), strings.ReplaceAll(text, `"available":true`, `"available":null`))
	for in, out := range map[string]string{"a.pcap": "rec", "b.pcap": "new"} {
		px(t, dir, 0, "capture", "packets", "--read", in, "-o", out, "--redact", "off", "-q")
	}
}

// A report that is killed leaves each of its forms whole or as it was. (F4)
func TestF4_ReportKilled(t *testing.T) {
	dir := home(t)
	compared(t, dir)
	px(t, dir, 0, "diff", "rec", "new", "-o", "cmp", "-q")
	took := timed(t, dir, "report", "cmp", "-o", "whole", "-q")
	forms := []string{"report.html", "junit.xml", "summary.md", "report.json", "metrics.txt"}
	out := func(round int) string { return fmt.Sprintf("out%d", round%2) } // over another one half of the times
	killSome(t, dir, "report", killRounds(t, 20), took, func(round int) []string { return []string{"report", "cmp", "-o", out(round), "-q"} }, func(round int) {
		for _, form := range forms {
			got, err := os.ReadFile(filepath.Join(dir, out(round), form))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			if err == nil && string(got) != readText(t, filepath.Join(dir, "whole", form)) {
				t.Errorf("round %d: %s is not the whole one", round, form)
			}
		}
	})
}

// A job that is killed leaves no verdict or a whole one, and the next one is not
// disturbed. (F2, F4)
func TestF4_JobKilled(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 80)
	target := newStub(t, 2*time.Millisecond)
	writeText(t, filepath.Join(dir, "job.yaml"), jobText(target.url))
	took := timed(t, dir, "run", "job.yaml")
	rounds := killRounds(t, 8)
	killSome(t, dir, "run", rounds, took, func(int) []string { return []string{"run", "job.yaml"} }, func(round int) {
		nights, err := filepath.Glob(filepath.Join(dir, "nights", "2*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, night := range nights {
			wholeNight(t, dir, night)
		}
		if round%4 == 3 || round == rounds-1 {
			px(t, dir, 0, "run", "job.yaml")
		}
	})
}

// wholeNight checks that what a night's folder shows as finished is.
func wholeNight(t *testing.T, dir, night string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(night, "comparison")); err == nil {
		px(t, dir, 0, "verify", filepath.Join(night, "comparison"))
	}
	var report struct{ Verdict string }
	if path := filepath.Join(night, "report", "report.json"); exists(path) {
		readJSON(t, path, &report)
		if report.Verdict != "pass" {
			t.Errorf("%s: the verdict is %q", night, report.Verdict)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
