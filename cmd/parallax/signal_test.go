package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// signalLimit bounds the wait for a process after a signal: to hang is a fault, to be
// slow on a busy machine is none.
const signalLimit = time.Minute

// signals with the exit codes that they cause.
func bothSignals() map[os.Signal]int {
	return map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143}
}

// A signal ends a capture that waits for its input; what came before is a
// recording. (faults.md F26)
func TestSignalWhileCapturing(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 200)
	capture, err := os.ReadFile(filepath.Join(dir, "a.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	for signal, want := range bothSignals() {
		out := fmt.Sprint("rec", want)
		in, feed := openPipe(t)
		c := start(t, dir, in, "capture", "packets", "--read", "-", "-o", out, "--redact", "off")
		if _, err := feed.Write(capture[:len(capture)/2]); err != nil {
			t.Fatal(err)
		}
		waitFor(t, filepath.Join(dir, out, "manifest.partial.json"))
		c.signal(signal)
		got := c.wait(signalLimit)
		if got.code != want {
			t.Fatalf("exit code %d, want %d\n%s", got.code, want, got.stderr)
		}
		says(t, got.stderr, "interrupted", "kept", out)
		var m manifest
		readJSON(t, filepath.Join(dir, out, "manifest.json"), &m)
		if m.Exchanges == 0 || m.Interrupted == "" || len(rows(t, dir, out)) != m.Exchanges {
			t.Errorf("%s: %+v", out, m)
		}
		px(t, dir, 0, "verify", out)
	}
}

// Before the first packet there is nothing to keep, so nothing is left.
func TestSignalBeforeFirstPacket(t *testing.T) {
	dir := home(t)
	in, feed := openPipe(t)
	c := start(t, dir, in, "capture", "packets", "--read", "-", "-o", "rec", "--redact", "off")
	if _, err := feed.Write([]byte{0xd4}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(200 * time.Millisecond)
	c.signal(os.Interrupt)
	if got := c.wait(signalLimit); got.code != 130 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	nothing(t, dir, "rec")
}

func waitFor(t *testing.T, path string) {
	t.Helper()
	for range 200 {
		if _, err := os.Stat(path); err == nil {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("%s does not come", path)
}

// A proxy that is told to end lets the request under way finish and records it.
func TestSignalWhileProxying(t *testing.T) {
	dir := home(t)
	target := newStub(t, 700*time.Millisecond)
	for signal, want := range bothSignals() {
		out := fmt.Sprint("rec", want)
		c, url := startProxy(t, dir, target.url, out)
		there := target.tell(1)
		answered := make(chan error, 1)
		go func() {
			resp, err := http.Get(url + "/slow")
			if err == nil {
				err = resp.Body.Close()
			}
			answered <- err
		}()
		arrive(t, there, c)
		c.signal(signal)
		got := c.wait(signalLimit)
		if err := <-answered; err != nil {
			t.Errorf("the request under way: %v", err)
		}
		if got.code != want {
			t.Fatalf("exit code %d, want %d\n%s", got.code, want, got.stderr)
		}
		if n := len(rows(t, dir, out)); n != 1 {
			t.Errorf("%s: %d exchanges, want the one under way", out, n)
		}
		px(t, dir, 0, "verify", out)
		nothing(t, filepath.Join(dir, out), "journal.bin", "manifest.partial.json", ".lock")
	}
}

// The second signal ends at once, whatever is under way.
func TestSecondSignal(t *testing.T) {
	dir := home(t)
	target := newStub(t, 20*time.Second)
	c, url := startProxy(t, dir, target.url, "rec")
	there := target.tell(1)
	go func() {
		client := &http.Client{Timeout: 5 * time.Second}
		if resp, err := client.Get(url + "/hangs"); err == nil {
			resp.Body.Close()
		}
	}()
	arrive(t, there, c)
	c.signal(os.Interrupt)
	time.Sleep(200 * time.Millisecond)
	c.signal(syscall.SIGTERM)
	if got := c.wait(2 * time.Second); got.code != 143 {
		t.Errorf("exit code %d, want 143", got.code)
	}
}

// A target that never answers does not hold up the end of a replay.
func TestSignalWhileTargetHangs(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 24)
	target := newStub(t, 20*time.Second)
	there := target.tell(4)
	c := start(t, dir, nil, "replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes")
	arrive(t, there, c)
	c.signal(os.Interrupt)
	got := c.wait(signalLimit)
	if got.code != 130 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	says(t, got.stderr, "--resume")
}

// A job that is interrupted says so, decides nothing, and does not disturb the
// next night.
func TestSignalWhileRunning(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 80)
	target := newStub(t, 20*time.Millisecond)
	writeText(t, filepath.Join(dir, "job.yaml"), jobText(target.url))
	for signal, want := range bothSignals() {
		there := target.tell(10)
		c := start(t, dir, nil, "run", "job.yaml")
		arrive(t, there, c)
		c.signal(signal)
		got := c.wait(signalLimit)
		if got.code != want {
			t.Fatalf("exit code %d, want %d\n%s", got.code, want, got.stderr)
		}
		says(t, got.stderr, "step replay", "kept", "--resume")
		if bytes.Contains([]byte(got.stdout), []byte("gate")) {
			t.Errorf("a verdict of half a night:\n%s", got.stdout)
		}
	}
	px(t, dir, 0, "run", "job.yaml")
	nights, err := filepath.Glob(filepath.Join(dir, "nights", "2*"))
	if err != nil || len(nights) != 3 {
		t.Fatalf("%q, %v", nights, err)
	}
	verdicts, err := filepath.Glob(filepath.Join(dir, "nights", "2*", "report", "report.json"))
	if err != nil || len(verdicts) != 1 {
		t.Errorf("reports of %q, %v", verdicts, err)
	}
}

// jobText is a job that opens rec and asks the target at url.
func jobText(url string) string {
	return fmt.Sprintf(`targets:
  new: {url: "%s", writable: true}
steps:
  folder: nights
  open: rec
  replay: {target: new, max: true, allow_writes: true, connections: 4}
`, url)
}
