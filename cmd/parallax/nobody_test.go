//go:build linux

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// nobody is the user of no rights.
const nobody = 65534

// TestT28_RunsWithoutRights: hostile captures are read, compared and judged by a
// user who may do nothing else; what another user owns stays closed to him. (T28, T5)
func TestT28_RunsWithoutRights(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("NOT CHECKED: only root can become another user")
	}
	dir := openFolder(t)
	writePcap(t, filepath.Join(dir, "a.pcap"), 20)
	whole := readText(t, filepath.Join(dir, "a.pcap"))
	writeText(t, filepath.Join(dir, "bad.pcap"), whole[:len(whole)/2])
	for _, name := range []string{"a.pcap", "bad.pcap"} {
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	asNobody(t, dir, 0, "capture", "packets", "--read", "a.pcap", "-o", "his/rec", "--redact", "off")
	asNobody(t, dir, 3, "capture", "packets", "--read", "bad.pcap", "-o", "his/bad", "--redact", "off")
	asNobody(t, dir, 0, "diff", "his/rec", "his/rec", "-o", "his/cmp")
	asNobody(t, dir, 0, "gate", "his/cmp")
	asNobody(t, dir, 0, "report", "his/cmp", "-o", "his/out")
	if text := asNobody(t, dir, 3, "capture", "packets", "--read", "a.pcap", "-o", "rec", "--redact", "off"); !strings.Contains(text, "permission denied") {
		t.Errorf("a folder that he may not write: %s", text)
	}
	home(t)
	px(t, dir, 0, "capture", "packets", "--read", "a.pcap", "-o", "root", "--redact", "off")
	if text := asNobody(t, dir, 3, "cat", "root"); !strings.Contains(text, "permission denied") {
		t.Errorf("another's recording: %s", text)
	}
}

// openFolder is a folder that everybody may enter, with a copy of the program and
// a folder "his" that nobody may write.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "parallax-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer self.Close()
	program, err := os.OpenFile(filepath.Join(dir, "parallax"), os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(program, self); err != nil {
		t.Fatal(err)
	}
	if err := program.Close(); err != nil {
		t.Fatal(err)
	}
	his := filepath.Join(dir, "his")
	if err := os.Mkdir(his, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(his, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	return dir
}

// asNobody runs the program as nobody and returns what it said.
func asNobody(t *testing.T, dir string, want int, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(dir, "parallax"), args...)
	cmd.Dir, cmd.Env = dir, []string{"HOME=" + filepath.Join(dir, "his")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
		t.Fatalf("parallax %q as nobody: %v, want exit code %d\n%.2000s", args, err, want, out)
	}
	return string(out)
}
