package main

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Two writers of one folder: the second ends with 5 and does no harm.
// (faults.md F28)
func TestTwoProxies(t *testing.T) {
	dir := home(t)
	target := newStub(t, 0)
	first, url := startProxy(t, dir, target.url, "rec")
	got := px(t, dir, 5, "capture", "proxy", "--upstream", target.url, "--listen", "127.0.0.1:0", "-o", "rec", "--redact", "off")
	says(t, got.stderr, "rec", "locked", "process")
	says(t, px(t, dir, 5, "verify", "rec", "--recover").stderr, "locked")
	says(t, px(t, dir, 5, "cat", "rec").stderr, "locked")
	visitOnce(t, url+"/a")
	first.signal(os.Interrupt)
	if got := first.wait(signalLimit); got.code != 130 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	if n := len(rows(t, dir, "rec")); n != 1 {
		t.Errorf("%d exchanges", n)
	}
}

func TestTwoReplays(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 40)
	target := newStub(t, 30*time.Millisecond)
	args := []string{"replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes", "--connections", "2"}
	there := target.tell(1)
	first := start(t, dir, nil, args...)
	arrive(t, there, first)
	px(t, dir, 5, args...)
	px(t, dir, 5, append(args, "--resume")...)
	if got := first.wait(childLimit); got.code != 0 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	if n := target.count(); n != 40 {
		t.Errorf("the target was asked %d times", n)
	}
	px(t, dir, 0, "verify", "run")
}

func TestTwoRuns(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 40)
	target := newStub(t, 30*time.Millisecond)
	writeText(t, filepath.Join(dir, "job.yaml"), jobText(target.url))
	there := target.tell(1)
	first := start(t, dir, nil, "run", "job.yaml")
	arrive(t, there, first)
	says(t, px(t, dir, 5, "run", "job.yaml").stderr, "locked")
	if got := first.wait(childLimit); got.code != 0 {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	nights, err := filepath.Glob(filepath.Join(dir, "nights", "*"))
	if err != nil || len(nights) != 1 {
		t.Errorf("%q, %v", nights, err)
	}
	px(t, dir, 0, "run", "job.yaml") // the lock is free again
}

// A lock file that a dead process left locks nothing.
func TestStaleLock(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 10)
	if err := os.Mkdir(filepath.Join(dir, "rec"), 0o700); err != nil {
		t.Fatal(err)
	}
	writeText(t, filepath.Join(dir, "rec", ".lock"), "process 1 on elsewhere\n")
	px(t, dir, 0, "capture", "packets", "--read", "a.pcap", "-o", "rec", "--redact", "off")
	px(t, dir, 0, "verify", "rec")
}

func visitOnce(t *testing.T, url string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
}
