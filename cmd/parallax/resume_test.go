package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestResumeOfADamagedRun: what cannot be read is not gone on with, and stays as it
// is.
func TestResumeOfADamagedRun(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "small.pcap"), 40)
	px(t, dir, 0, "capture", "packets", "--read", "small.pcap", "-o", "rec", "--redact", "off")
	target := newStub(t, 0)
	px(t, dir, 3, "replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes", "--connections", "1",
		"--abort-divergence", "1%", "--abort-window", "10")
	parts, err := filepath.Glob(filepath.Join(dir, "run", "exchanges", "*.parquet"))
	if err != nil || len(parts) == 0 {
		t.Fatalf("%v, %v", parts, err)
	}
	whole, err := os.ReadFile(parts[0])
	if err != nil {
		t.Fatal(err)
	}
	damaged := append([]byte(nil), whole...)
	damaged[len(damaged)/2] ^= 1
	writeText(t, parts[0], string(damaged))
	before := target.count()

	args := []string{"replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes", "--resume"}
	says(t, px(t, dir, 3, args...).stderr, "resume run")
	if n := target.count(); n != before {
		t.Errorf("%d requests were sent", n-before)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), "resuming") || strings.Contains(e.Name(), "stopped") {
			t.Errorf("%s was left behind", e.Name())
		}
	}
	if now, err := os.ReadFile(parts[0]); err != nil || string(now) != string(damaged) {
		t.Errorf("the part was changed (%v)", err)
	}

	writeText(t, parts[0], string(whole))
	px(t, dir, 0, args...)
	px(t, dir, 0, "verify", "run")
	for request, n := range target.sent() {
		if n != 1 {
			t.Errorf("%s was sent %d times", request, n)
		}
	}
}
