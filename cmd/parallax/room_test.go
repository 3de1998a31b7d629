package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"parallax/capture/recording"
)

func TestLowWater(t *testing.T) {
	for _, c := range []struct {
		text string
		size int64
		want int64 // -1: an error
	}{
		{"", 10 << 30, (10 << 30) / 100 * 5},
		{"", 1 << 40, 1 << 30},
		{"10%", 1000, 100},
		{"1GiB", 10 << 30, 1 << 30},
		{"64KiB", 1 << 20, 64 << 10},
		{"300", 1000, 300},
		{"0", 1000, 0},
		{"0%", 1000, 0},
		{"101%", 0, -1},
		{"-1", 0, -1},
		{"much", 0, -1},
		{"5 %", 0, -1},
	} {
		l, err := parseLowWater(c.text)
		if got := l.of(c.size); (err != nil) != (c.want < 0) || err == nil && got != c.want {
			t.Errorf("%q of %d: %d, %v, want %d", c.text, c.size, got, err, c.want)
		}
	}
}

// onSmallDisk runs a shell script in a name space of its own where "disk" is a
// tmpfs of so many KiB.
func onSmallDisk(t *testing.T, dir string, kib int, script string) *child {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("NOT CHECKED: a small real disk needs Linux's name spaces")
	}
	if err := exec.Command("unshare", "-Urmn", "true").Run(); err != nil {
		t.Skipf("NOT CHECKED: no name space can be made: %v", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	whole := fmt.Sprintf("set -e; mount -t tmpfs -o size=%dk none disk; %s", kib, script)
	return startWith(t, dir, nil, nil, "unshare", "-Urm", "bash", "-c", whole)
}

// proxyOnSmallDisk is a script: a proxy writes to disk/out and, once it was
// ended, what is left there is copied to kept.
func proxyOnSmallDisk(upstream string, flags ...string) string {
	return fmt.Sprintf(`parallax capture proxy --upstream %s --listen 127.0.0.1:0 --address-file address --redact off %s 2>said &
proxy=$!
trap 'kill -TERM $proxy' TERM
code=0
wait $proxy || true # ends with the signal
wait $proxy || code=$?
cp -r disk/out kept
cat said >&2
exit $code`, upstream, strings.Join(flags, " "))
}

// visitUntilSaid asks for items until the file said has text, and then more of
// them. Every answer must be the upstream's. It returns how many there were.
func visitUntilSaid(t *testing.T, dir, text string, more int) (n int) {
	t.Helper()
	waitFor(t, filepath.Join(dir, "address"))
	var url string
	for !strings.HasSuffix(url, "\n") {
		b, err := os.ReadFile(filepath.Join(dir, "address"))
		if err != nil {
			t.Fatal(err)
		}
		url = string(b)
	}
	for left := -1; left != 0; n++ {
		path := fmt.Sprintf("/items/%d", n)
		if got, want := fetch(t, strings.TrimSpace(url)+path), fmt.Sprintf(`{"path": %q}`, path); got != want {
			t.Fatalf("the client got %q, want %q", got, want)
		}
		said, err := os.ReadFile(filepath.Join(dir, "said"))
		switch {
		case err != nil:
			t.Fatal(err)
		case left > 0:
			left--
		case strings.Contains(string(said), text):
			left = more
		case n > 200_000:
			t.Fatalf("after %d exchanges it was not said: %s", n, said)
		}
	}
	return n
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A real disk that fills up: every client is answered, what is not recorded is
// counted and said, and what was recorded reads. (faults.md F6)
func TestRealDiskFullWhileProxying(t *testing.T) {
	dir := home(t)
	target := newStub(t, 0)
	c := onSmallDisk(t, dir, 96, proxyOnSmallDisk(target.url, "-o", "disk/out", "--min-free", "0"))
	all := visitUntilSaid(t, dir, "NOT RECORDING", 20)
	c.signal(syscall.SIGTERM)
	got := c.wait(childLimit)
	if got.code != 3 {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stderr, "still served", "no space left", "served and not recorded")
	px(t, dir, 0, "verify", "kept", "--recover")
	if n := len(rows(t, dir, "kept")); n == 0 || n > all-20 {
		t.Errorf("%d exchanges of %d were kept", n, all)
	}
}

// Below the low-water mark recording stops while the rest still suffices to
// finish it; the manifest says how much is not in it.
func TestLowWaterWhileProxying(t *testing.T) {
	dir := home(t)
	target := newStub(t, 0)
	c := onSmallDisk(t, dir, 2048, proxyOnSmallDisk(target.url, "-o", "disk/out", "--min-free", "1900KiB"))
	all := visitUntilSaid(t, dir, "NOT RECORDING", 20)
	c.signal(syscall.SIGTERM)
	got := c.wait(childLimit)
	if got.code != 3 {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stderr, "nearly full", "served and not recorded")
	px(t, dir, 0, "verify", "kept")
	var m recording.Manifest
	readJSON(t, filepath.Join(dir, "kept", "manifest.json"), &m)
	lost := int(m.Ledger.Account("exchanges").Sum(recording.Lost))
	if n := len(rows(t, dir, "kept")); lost < 20 || n+lost != all || !m.Ledger.Closed() {
		t.Errorf("%d exchanges were kept, %d are said to be lost, of %d", n, lost, all)
	}
	says(t, m.Interrupted, "not taken up again", fmt.Sprintf("%d exchanges", lost), "bytes")
}

// A mirror whose run finds no room ends; clients are served and recorded as
// before, and the exit code tells.
func TestDiskOfTheRunFull(t *testing.T) {
	dir := home(t)
	target, candidate := newStub(t, 0), newStub(t, 0)
	c := onSmallDisk(t, dir, 96, proxyOnSmallDisk(target.url, "-o", "rec", "--mirror", candidate.url, "--run-out", "disk/out", "--min-free", "0"))
	all := visitUntilSaid(t, dir, "NOT MIRRORING", 20)
	c.signal(syscall.SIGTERM)
	got := c.wait(childLimit)
	if got.code != 3 {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stderr, "still served and recorded", "no space left", "verify --recover disk/out")
	if n := len(rows(t, dir, "rec")); n != all {
		t.Errorf("%d exchanges of %d were recorded", n, all)
	}
	px(t, dir, 0, "verify", "kept", "--recover")
	if n := len(rows(t, dir, "kept")); n == 0 || n > all-20 {
		t.Errorf("%d of %d answers were kept", n, all)
	}
	if start(t, dir, nil, "diff", "rec", "kept", "-o", "cmp", "-q").wait(childLimit); start(t, dir, nil, "gate", "cmp").wait(childLimit).code == 0 {
		t.Error("the gate passes")
	}
}

// A disk that is nearly full at the start: nothing is begun.
func TestLowWaterAtTheStart(t *testing.T) {
	dir := home(t)
	got := px(t, dir, 3, "capture", "proxy", "--upstream", "http://127.0.0.1:1", "--listen", "127.0.0.1:0",
		"-o", "deep/rec", "--redact", "off", "--min-free", "100%")
	says(t, got.stderr, "nothing would be recorded", "nearly full", "--min-free")
	nothing(t, dir, "deep")
	px(t, dir, 2, "capture", "proxy", "--upstream", "http://127.0.0.1:1", "-o", "rec", "--min-free", "some")
}
