package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// A full disk behind standard output is a failure of every command that prints
// data. (faults.md F6, F27)
func TestStandardOutputFull(t *testing.T) {
	dir := home(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("NOT CHECKED: %v", err)
	}
	defer full.Close()
	writePcap(t, filepath.Join(dir, "a.pcap"), 20)
	px(t, dir, 0, "capture", "packets", "--read", "a.pcap", "-o", "rec", "--redact", "off")
	px(t, dir, 0, "diff", "rec", "rec", "-o", "cmp")
	for _, args := range [][]string{
		{"cat", "rec"}, {"stats", "rec"}, {"stats", "rec", "--json"}, {"ls"}, {"report", "cmp"}, {"report", "cmp", "--json"},
		{"gate", "cmp"}, {"verify", "rec"}, {"scan", "rec"}, {"diff", "rec", "rec", "-o", "cmp2"},
		{"replay", "rec", "--target", "http://127.0.0.1:1", "--dry-run"}, {"--help"},
	} {
		c := startTo(t, dir, full, args...)
		if got := c.wait(childLimit); got.code != 3 || !strings.Contains(got.stderr, "no space left") {
			t.Errorf("parallax %q: exit code %d\n%s", args, got.code, got.stderr)
		}
	}
}

// startTo runs parallax with its standard output at out.
func startTo(t *testing.T, dir string, out *os.File, args ...string) *child {
	t.Helper()
	in, feed := openPipe(t)
	feed.Close()
	return startWith(t, dir, in, out, "parallax", args...)
}

// limited runs parallax where no file can grow beyond so many KiB, as on a full
// disk or under a quota.
func limited(t *testing.T, dir string, kib int, args ...string) *child {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("NOT CHECKED: needs a shell with ulimit -f in KiB")
	}
	script := fmt.Sprintf(`ulimit -f %d; exec parallax "$@"`, kib)
	return startWith(t, dir, nil, nil, "bash", append([]string{"-c", script, "bash"}, args...)...)
}

// A disk that fills up while a recording is made: exit 3, nothing that looks
// finished, and the same command works once there is room. (faults.md F6)
func TestDiskFullWhileCapturing(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 400)
	args := []string{"capture", "packets", "--read", "a.pcap", "--redact", "off", "-o"}
	for _, kib := range []int{1, 4, 8} {
		out := fmt.Sprint("rec", kib)
		got := limited(t, dir, kib, append(args, out)...).wait(childLimit)
		if got.code != 3 {
			t.Fatalf("limit %d KiB: exit code %d\n%s", kib, got.code, got.stderr)
		}
		says(t, got.stderr, "file too large")
		nothing(t, filepath.Join(dir, out), "manifest.json")
	}
	px(t, dir, 0, append(args, "rec")...)
}

func TestDiskFullWhileComparing(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 400)
	px(t, dir, 0, "capture", "packets", "--read", "a.pcap", "-o", "rec", "--redact", "off")
	got := limited(t, dir, 1, "diff", "rec", "rec", "-o", "cmp").wait(childLimit)
	if got.code != 3 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	nothing(t, dir, "cmp")
	px(t, dir, 0, "diff", "rec", "rec", "-o", "cmp")
	got = limited(t, dir, 1, "report", "cmp", "-o", "out").wait(childLimit)
	if got.code != 3 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	forms, err := os.ReadDir(filepath.Join(dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range forms {
		if strings.HasPrefix(form.Name(), ".") || form.Name() == "report.html" {
			t.Errorf("half a report was left: %s", form.Name())
		}
	}
}

// A replay that can write no more stops, and goes on when it can.
func TestDiskFullWhileReplaying(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 160)
	target := newStub(t, 0)
	args := []string{"replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes", "--keep-bodies"}
	got := limited(t, dir, 16, args...).wait(childLimit)
	if got.code != 3 {
		t.Fatalf("exit code %d\n%s", got.code, got.stderr)
	}
	says(t, got.stderr, "file too large", "kept", "--resume")
	nothing(t, filepath.Join(dir, "run"), "manifest.json")
	px(t, dir, 0, append(args, "--resume")...)
	if n := len(rows(t, dir, "run")); n != 160 {
		t.Errorf("%d rows", n)
	}
	for what, times := range target.sent() {
		if strings.HasPrefix(what, "POST") && times > 1 {
			t.Errorf("%s was sent %d times", what, times)
		}
	}
}

// A proxy that can record no more still serves, says so, and keeps what it has.
func TestDiskFullWhileProxying(t *testing.T) {
	dir := home(t)
	target := newStub(t, 0)
	address := filepath.Join(dir, "address")
	c := limited(t, dir, 8, "capture", "proxy", "--upstream", target.url, "--listen", "127.0.0.1:0",
		"--address-file", address, "-o", "rec", "--redact", "off")
	waitFor(t, address)
	time.Sleep(50 * time.Millisecond)
	url, err := os.ReadFile(address)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		visitOnce(t, strings.TrimSpace(string(url))+fmt.Sprintf("/items/%d", i))
	}
	time.Sleep(1500 * time.Millisecond)
	c.signal(os.Interrupt)
	got := c.wait(signalLimit)
	if got.code != 3 { // not 130: who ends the proxy must see that exchanges are lost
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stderr, "NOT RECORDING", "still served", "file too large", "verify --recover")
	px(t, dir, 0, "verify", "rec", "--recover")
	if n := len(rows(t, dir, "rec")); n == 0 || n >= 200 {
		t.Errorf("%d exchanges were kept", n)
	}
}

// A recording that is gone is no clean end.
func TestRecordingRemovedWhileProxying(t *testing.T) {
	dir := home(t)
	target := newStub(t, 0)
	c, url := startProxy(t, dir, target.url, "rec")
	visitOnce(t, url+"/items/1")
	if err := os.RemoveAll(filepath.Join(dir, "rec")); err != nil {
		t.Fatal(err)
	}
	c.signal(os.Interrupt)
	got := c.wait(signalLimit)
	if got.code != 3 {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stderr, "not all on the disk", "rec")
	nothing(t, dir, "rec")
}

// Captures that are cut, garbage or hostile: exit 3, a message with the place,
// and what was whole before is kept and reads. (faults.md F10)
func TestDamagedCapture(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 60)
	whole, err := os.ReadFile(filepath.Join(dir, "a.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	copy(flipped[len(flipped)/2:], bytes.Repeat([]byte{0xff}, 64))
	huge := append(bytes.Clone(whole[:24]), "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\x7f\xff\xff\xff\x7f"...)
	for _, c := range []struct {
		name  string
		bytes []byte
		says  string
		keeps bool
	}{
		{"empty", nil, "not a capture file", false},
		{"garbage", []byte("GET / HTTP/1.1\r\nHost: this is no capture\r\n\r\n"), "not a capture file", false},
		{"head cut", whole[:12], "", false},
		{"cut", whole[:len(whole)*2/3], "truncated after packet", true},
		{"bytes gone wrong", flipped, "after packet", true},
		{"huge packet", huge, "after packet 0", true},
		{"gzip cut", compress(t, whole)[:9000], "after packet", true},
		{"gzip garbage", append([]byte{0x1f, 0x8b, 8}, bytes.Repeat([]byte{7}, 99)...), "", false},
		{"zstd garbage", append([]byte{0x28, 0xb5, 0x2f, 0xfd}, bytes.Repeat([]byte{7}, 99)...), "", false},
	} {
		t.Run(c.name, func(t *testing.T) { damagedCapture(t, dir, c.name, c.bytes, c.says, c.keeps) })
	}
}

func compress(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func damagedCapture(t *testing.T, dir, name string, text []byte, message string, keeps bool) {
	t.Helper()
	writeText(t, filepath.Join(dir, name+".pcap"), string(text))
	begin := time.Now()
	got := px(t, dir, 3, "capture", "packets", "--read", name+".pcap", "-o", name, "--redact", "off")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	says(t, got.stderr, name+".pcap", message)
	if !keeps {
		nothing(t, dir, name)
		return
	}
	says(t, got.stderr, "kept", name)
	var m manifest
	readJSON(t, filepath.Join(dir, name, "manifest.json"), &m)
	if m.Interrupted == "" || len(rows(t, dir, name)) != m.Exchanges {
		t.Errorf("%+v", m)
	}
	px(t, dir, 0, "verify", name)
}

// Damage of what rests is named; nothing shows a verdict from it. (faults.md F8)
func TestDamagedArtefacts(t *testing.T) {
	dir := home(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 60)
	px(t, dir, 0, "capture", "packets", "--read", "a.pcap", "-o", "rec", "--redact", "off")
	px(t, dir, 0, "diff", "rec", "rec", "-o", "cmp")
	for _, file := range []string{"rec/manifest.json", "rec/exchanges/part-00001.parquet", "cmp/manifest.json", "cmp/summary.json"} {
		path := filepath.Join(dir, filepath.FromSlash(file))
		whole, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			if path, err = firstPart(dir); err == nil {
				whole, err = os.ReadFile(path)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		for name, bad := range map[string][]byte{
			"cut": whole[:len(whole)/2], "longer": append(bytes.Clone(whole), "{}"...), "flipped": flip(whole),
		} {
			writeText(t, path, string(bad))
			artefact, _, _ := strings.Cut(file, "/")
			if got := start(t, dir, nil, "verify", artefact).wait(childLimit); got.code != 3 {
				t.Errorf("%s %s: verify ended with %d", file, name, got.code)
			}
			if artefact == "rec" {
				px(t, dir, 3, "diff", "rec", "rec", "-o", "cmp2")
				nothing(t, dir, "cmp2")
			} else if got := start(t, dir, nil, "gate", "cmp").wait(childLimit); got.code != 3 {
				t.Errorf("%s %s: the gate ended with %d\n%s", file, name, got.code, got.stdout)
			}
		}
		writeText(t, path, string(whole))
	}
	px(t, dir, 0, "verify", "rec")
	px(t, dir, 0, "verify", "cmp")
}

func firstPart(dir string) (string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "rec", "exchanges", "*.parquet"))
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no part: %w", err)
	}
	return found[0], nil
}

func flip(text []byte) []byte {
	bad := bytes.Clone(text)
	bad[len(bad)/2] ^= 4
	return bad
}

// A target that is not there, or goes away, is never a pass. (faults.md F14)
func TestTargetDown(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 400)
	got := px(t, dir, 3, "replay", "rec", "--target", "http://127.0.0.1:1", "-o", "down", "--max", "--allow-writes")
	says(t, got.stderr, "target down", "127.0.0.1:1", "400 not reached")
	px(t, dir, 3, "diff", "rec", "down", "-o", "down.cmp")
	px(t, dir, 3, "gate", "down.cmp")
	says(t, px(t, dir, 3, "replay", "rec", "--target", "http://nowhere.invalid:80", "-o", "dns", "--max").stderr, "nowhere.invalid")

	target := newStub(t, 0)
	target.dieAfter(30)
	got = px(t, dir, 3, "replay", "rec", "--target", target.url, "-o", "dies", "--max", "--allow-writes", "--connections", "4")
	says(t, got.stderr, "kept")
	if n := len(rows(t, dir, "dies")); n != 400 {
		t.Errorf("%d rows, want one for each exchange", n)
	}
	px(t, dir, 0, "verify", "dies")
	diff := start(t, dir, nil, "diff", "rec", "dies", "-o", "dies.cmp").wait(childLimit)
	gate := start(t, dir, nil, "gate", "dies.cmp").wait(childLimit)
	if gate.code != 1 && gate.code != 3 {
		t.Errorf("diff %d, gate %d\n%s", diff.code, gate.code, gate.stdout)
	}
}

// dieAfter closes the listener and all connections after n requests.
func (s *stub) dieAfter(n int) {
	there := s.tell(n)
	go func() { <-there; s.server.Close() }()
}
