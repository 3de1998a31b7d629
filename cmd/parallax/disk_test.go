package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"parallax/internal/mutate"
)

// A file of an artefact that is not there is damage, not a wrong argument. (F31)
func TestF31_FilesThatVanish(t *testing.T) {
	dir := home(t)
	compared(t, dir)
	px(t, dir, 0, "diff", "rec", "new", "-o", "cmp", "-q")
	writeText(t, filepath.Join(dir, "t.csv"), "id,name\n1,ada\n2,bob\n")
	px(t, dir, 0, "capture", "database", "t.csv", "--key", "*=id", "--redact", "off", "-o", "snap")
	px(t, dir, 0, "diff", "snap", "snap", "-o", "same", "-q")
	for _, artefact := range []string{"rec", "cmp", "snap", "same"} {
		for _, name := range filesUnder(t, filepath.Join(dir, artefact)) {
			if filepath.Base(name) == "manifest.json" && filepath.Dir(name) == filepath.Join(dir, artefact) {
				continue // without it there is no artefact, which is a wrong argument
			}
			text := readText(t, name)
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			says(t, px(t, dir, 3, "verify", artefact).stderr, filepath.Base(name), "missing")
			if artefact == "rec" {
				px(t, dir, 3, "cat", "rec")
				px(t, dir, 3, "diff", "rec", "new", "-o", "cmp2")
				nothing(t, dir, "cmp2")
			}
			if artefact == "snap" {
				px(t, dir, 3, "diff", "snap", "snap", "-o", "cmp2")
				nothing(t, dir, "cmp2")
			}
			writeText(t, name, text)
		}
		px(t, dir, 0, "verify", artefact)
	}
	writeText(t, filepath.Join(dir, "summary"), readText(t, filepath.Join(dir, "cmp", "summary.json")))
	if err := os.Remove(filepath.Join(dir, "cmp", "summary.json")); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"gate", "report"} {
		px(t, dir, 3, command, "cmp")
	}
}

func filesUnder(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// small runs a command that writes into the folder "disk", which is a file system
// of so many KiB. It prints what is left there, and the command's exit code last.
func small(t *testing.T, dir string, kib int, args ...string) ended {
	t.Helper()
	script := fmt.Sprintf(`mount -t tmpfs -o size=%dk,mode=0700 tmpfs disk || exit 99
"$@" >/dev/null; code=$?
cd disk && find . -type f -printf '%%P %%s\n'
exit $code`, kib)
	return startWith(t, dir, nil, nil, "unshare", append([]string{"-Urm", "bash", "-c", script, "bash", "parallax"}, args...)...).wait(childLimit)
}

// needsSmallDisks skips the test, loudly, where no file system can be mounted.
func needsSmallDisks(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(dir, "disk"), 0o700); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "linux" {
		t.Skip("NOT CHECKED: needs Linux")
	}
	if out, err := exec.Command("unshare", "-Urm", "mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", filepath.Join(dir, "disk")).CombinedOutput(); err != nil {
		t.Skipf("NOT CHECKED: no file system of one's own: %v: %s", err, out)
	}
}

// Every command that writes, on disks of every size up to the one that is large
// enough: exit 3 with a message, nothing that looks finished, and then 0. The
// disk is a real one: writes, links and folders fail as they do. (F6)
func TestF6_DisksOfEverySize(t *testing.T) {
	dir := home(t)
	needsSmallDisks(t, dir)
	compared(t, dir)
	px(t, dir, 0, "diff", "rec", "new", "-o", "cmp", "-q")
	px(t, dir, 0, "report", "cmp", "-o", "whole", "-q")
	target := newStub(t, 0)
	record(t, dir, "asked", 64)
	for name, args := range map[string][]string{
		"capture": {"capture", "packets", "--read", "a.pcap", "-o", "disk/rec", "--redact", "off", "-q"},
		"diff":    {"diff", "rec", "new", "--control", "rec", "-o", "disk/cmp", "-q"},
		"report":  {"report", "cmp", "-o", "disk/out", "-q"},
		"gate":    {"gate", "cmp", "--junit", "disk/junit.xml", "--markdown", "disk/summary.md"},
		"replay":  {"replay", "asked", "--target", target.url, "-o", "disk/run", "--max", "--allow-writes", "-q"},
	} {
		t.Run(name, func(t *testing.T) { onEverySize(t, dir, name, args) })
	}
}

func onEverySize(t *testing.T, dir, name string, args []string) {
	done := 0
	if name == "gate" {
		done = 1 // the recordings differ
	}
	step := mutate.Rounds(60, 20) // per cent
	full := 0
	for kib := 4; ; kib += max(4, kib*step/100) {
		got := small(t, dir, kib, args...)
		if got.code == done {
			t.Logf("%s: full at %d sizes, enough with %d KiB", name, full, kib)
			if full == 0 {
				t.Errorf("%s: no disk was too small", name)
			}
			return
		}
		full++
		if got.code != 3 || !strings.Contains(got.stderr, "no space left") {
			t.Fatalf("%s on %d KiB: exit code %d\n%s%s", name, kib, got.code, got.stdout, got.stderr)
		}
		wholeForms(t, dir, fmt.Sprintf("%s on %d KiB", name, kib), got.stdout)
		if kib > 64<<10 {
			t.Fatalf("%s: %d KiB are not enough", name, kib)
		}
	}
}

// wholeForms looks at the names that a full disk has: none is that of a finished
// artefact, and forms of a report have their full length.
func wholeForms(t *testing.T, dir, what, listing string) {
	t.Helper()
	for line := range strings.Lines(listing) {
		name, size, _ := strings.Cut(strings.TrimSpace(line), " ")
		base := filepath.Base(name)
		if name == "rec/manifest.json" || name == "run/manifest.json" || strings.HasPrefix(name, "cmp/") {
			t.Errorf("%s: %s looks finished", what, name)
		}
		whole, err := os.Stat(filepath.Join(dir, "whole", base))
		if err == nil && size != fmt.Sprint(whole.Size()) {
			t.Errorf("%s: %s has %s bytes, whole it has %d", what, name, size, whole.Size())
		}
		if strings.HasPrefix(base, ".report") || strings.HasPrefix(base, ".summary") || strings.HasPrefix(base, ".junit") {
			t.Errorf("%s: %s was left behind", what, name)
		}
	}
}

// A reader of standard output that goes away ends the process or is an error; it
// is never a clean end with half of the data. What is written to files is whole. (F27)
func TestF27_ReaderGoesAway(t *testing.T) {
	dir := home(t)
	compared(t, dir)
	px(t, dir, 0, "diff", "rec", "new", "-o", "cmp", "-q")
	for i, args := range [][]string{
		{"cat", "rec"}, {"cat", "cmp"}, {"stats", "rec"}, {"ls"}, {"report", "cmp", "-o", "out"}, {"report", "cmp", "--json"},
		{"gate", "cmp"}, {"verify", "rec"}, {"scan", "rec"}, {"diff", "rec", "new", "-o", "cmp2"}, {"show", "cmp"}, {"--help"},
		{"replay", "rec", "--target", "http://127.0.0.1:1", "--dry-run"},
	} {
		out, in, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		out.Close()
		got := startTo(t, dir, in, args...).wait(childLimit)
		in.Close()
		if got.code == 0 || got.code == 1 {
			t.Errorf("%d: parallax %q: exit code %d\n%s", i, args, got.code, got.stderr)
		}
	}
	px(t, dir, 0, "verify", "cmp2")
	px(t, dir, 0, "report", "cmp", "-o", "whole", "-q")
	for _, form := range []string{"report.html", "report.json"} {
		if readText(t, filepath.Join(dir, "out", form)) != readText(t, filepath.Join(dir, "whole", form)) {
			t.Errorf("%s is not whole", form)
		}
	}
}

// Without any standard output, as under some schedulers, no file of ours takes its
// number: artefacts are as they always are. (F27)
func TestF27_NoStandardOutput(t *testing.T) {
	dir := home(t)
	compared(t, dir)
	script := `parallax capture packets --read a.pcap -o rec2 --redact off >&- 2>&- <&- && parallax diff rec2 new -o cmp >&- 2>&- <&- && parallax report cmp -o out >&- 2>&- <&-`
	if got := startWith(t, dir, nil, nil, "bash", "-c", script).wait(childLimit); got.code != 0 {
		t.Fatalf("exit code %d", got.code)
	}
	px(t, dir, 0, "verify", "cmp")
	if readText(t, filepath.Join(dir, "rec", "manifest.json")) != readText(t, filepath.Join(dir, "rec2", "manifest.json")) {
		t.Error("the recording is another one")
	}
}

// A signal while recordings are compared or reported ends at once and leaves
// nothing half. (F26)
func TestF26_SignalWhileComparing(t *testing.T) {
	dir := home(t)
	compared(t, dir)
	took := timed(t, dir, "diff", "rec", "new", "--control", "rec", "-o", "whole", "-q")
	for signal, want := range bothSignals() {
		for part := range 8 {
			c := start(t, dir, nil, "diff", "rec", "new", "--control", "rec", "-o", "cmp", "-q")
			time.Sleep(took * time.Duration(part) / 8)
			c.signal(signal)
			switch got := c.wait(signalLimit); got.code {
			case 0: // it had ended
			case want:
				if _, err := os.Stat(filepath.Join(dir, "cmp")); err != nil {
					nothing(t, dir, ".cmp.unfinished")
					continue
				}
			case -1: // before the program could listen, or when it no longer did
				if !exists(filepath.Join(dir, "cmp")) {
					continue
				}
			default:
				t.Fatalf("exit code %d, want %d\n%s", got.code, want, got.stderr)
			}
			px(t, dir, 0, "verify", "cmp")
			remove(t, dir, "cmp")
		}
	}
}
