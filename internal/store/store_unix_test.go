//go:build unix

package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parallax/internal/store"
	"parallax/internal/store/faultfs"
)

func TestCreateOnceAndModes(t *testing.T) {
	old := syscall.Umask(0o277)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "a", "b")
	f, err := store.MakeFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.WriteFile(f, "sub/x", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteFile(f, "sub/x", []byte("two")); !errors.Is(err, fs.ErrExist) {
		t.Fatalf("second create: %v, want fs.ErrExist", err)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "sub": 0o700, "sub/x": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%q has mode %v, want %v", name, info.Mode().Perm(), want)
		}
	}
	got, err := store.ReadFile(f, "sub/x", 10)
	if err != nil || string(got) != "one" {
		t.Fatalf("read %q, %v", got, err)
	}
	if _, err := store.ReadFile(f, "sub/x", 2); err == nil {
		t.Fatal("a file over the limit was read")
	}
	list, err := f.List("")
	if err != nil || len(list) != 1 || list[0] != (store.Entry{Name: "sub/x", Size: 3}) {
		t.Fatalf("list: %v, %v", list, err)
	}
}

func TestNamesStayInside(t *testing.T) {
	for _, name := range []string{"", "/x", "../x", "a/../../x", "a//b", "a/./b", "..", `a\b`, "a\x00"} {
		if store.CheckName(name) == nil {
			t.Errorf("name %q was taken", name)
		}
	}
	for _, name := range []string{"x", "a/b.c", "..a/b"} {
		if err := store.CheckName(name); err != nil {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

// TestFailAtEveryStep holds that a file is either whole and visible or absent.
func TestFailAtEveryStep(t *testing.T) {
	for _, forever := range []bool{false, true} {
		for at := 1; ; at++ {
			dir := t.TempDir()
			faults := &faultfs.FS{At: at, Forever: forever, Err: syscall.ENOSPC}
			f, err := store.OpenFolder(dir, faults)
			if err != nil {
				t.Fatal(err)
			}
			err = store.WriteFile(f, "x", []byte("some bytes"))
			if faults.Hit() == "" {
				if err != nil || at < 6 {
					t.Fatalf("no fault hit at step %d: %v", at, err)
				}
				break
			}
			got, rerr := os.ReadFile(filepath.Join(dir, "x"))
			if rerr == nil && string(got) != "some bytes" {
				t.Fatalf("%s: half a file is visible: %q", faults.Hit(), got)
			}
			if err == nil && rerr != nil {
				t.Fatalf("%s: success without a file", faults.Hit())
			}
			if err == nil && !strings.HasPrefix(faults.Hit(), "remove") {
				t.Fatalf("%s: no error", faults.Hit())
			}
			if err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%s: %v does not wrap the cause", faults.Hit(), err)
			}
		}
	}
}

func TestLock(t *testing.T) {
	f, err := store.OpenFolder(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	l, err := f.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Lock(); !errors.Is(err, store.ErrLocked) || !strings.Contains(err.Error(), "process ") {
		t.Fatalf("second lock: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	l, err = f.Lock()
	if err != nil {
		t.Fatalf("after unlock: %v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Fatal(err)
	}
	if list, _ := os.ReadDir(f.Dir()); len(list) != 0 {
		t.Fatalf("left behind: %v", list)
	}
}

func TestSweep(t *testing.T) {
	f, err := store.OpenFolder(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Create("a/x"); err != nil {
		t.Fatal(err)
	}
	if err := store.WriteFile(f, "a/y", nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Sweep(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Join(f.Dir(), "a"))
	if err != nil || len(left) != 1 || left[0].Name() != "y" {
		t.Fatalf("left: %v, %v", left, err)
	}
}

// TestReplace: a name has its old bytes or its new ones, whichever step fails.
func TestReplace(t *testing.T) {
	for at := 0; ; at++ {
		dir := t.TempDir()
		faults := &faultfs.FS{}
		f, err := store.OpenFolder(dir, faults)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Replace("x", []byte("one")); err != nil {
			t.Fatal(err)
		}
		faults.At, faults.Err = faults.Steps()+at, syscall.EIO
		err = f.Replace("x", []byte("two"))
		b, rerr := os.ReadFile(filepath.Join(dir, "x"))
		if rerr != nil || string(b) != "one" && string(b) != "two" || err == nil && string(b) != "two" {
			t.Fatalf("step %d: %q, %v, %v", at, b, err, rerr)
		}
		if at > 0 && faults.Hit() == "" {
			if at < 5 {
				t.Fatalf("only %d steps", at)
			}
			break
		}
	}
}

// TestNamesOfFoldersAreDurable: a file that was committed in a folder made for it
// outlives a loss of power.
func TestNamesOfFoldersAreDurable(t *testing.T) {
	root := t.TempDir()
	disk := faultfs.NewLosing()
	f, err := store.MakeFolder(filepath.Join(root, "a", "b"), disk)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.WriteFile(f, "c/x", []byte("one")); err != nil {
		t.Fatal(err)
	}
	lost, err := f.Create("c/y")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lost.Write([]byte("two")); err != nil {
		t.Fatal(err)
	}
	if err := disk.Crash(root); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(filepath.Join(root, "a", "b", "c", "x")); err != nil || string(b) != "one" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := os.Stat(filepath.Join(root, "a", "b", "c", "y.tmp")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a name that was never synced: %v", err)
	}
}
