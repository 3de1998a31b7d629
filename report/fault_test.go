package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"parallax/internal/store"
	"parallax/internal/store/faultfs"
)

// formsIn reads the forms that stand in dir.
func formsIn(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	f := InDir(dir)
	for _, path := range []string{f.HTML, f.JUnit, f.Markdown, f.JSON, f.Metrics} {
		b, err := os.ReadFile(path)
		if err != nil && !store.IsNotExist(err) {
			t.Fatal(err)
		}
		if err == nil {
			all[filepath.Base(path)] = b
		}
	}
	return all
}

// whole checks that each form is one of the two that were written, and whole.
func whole(t *testing.T, what string, got, before, after map[string][]byte) {
	t.Helper()
	for name, b := range got {
		if !bytes.Equal(b, before[name]) && !bytes.Equal(b, after[name]) {
			t.Fatalf("%s: %s has %d bytes, neither the old %d nor the new %d", what, name, len(b), len(before[name]), len(after[name]))
		}
	}
}

// TestF6_FailAtEveryStep: whichever step of writing a report fails, once or from
// then on, each form is the one before or the new one, and there is an error
// unless all are new. What could not be removed is hidden.
func TestF6_FailAtEveryStep(t *testing.T) {
	before, after := twoReports(t)
	for _, forever := range []bool{false, true} {
		for at := 1; ; at++ {
			dir := t.TempDir()
			if err := Write(passingReport(), InDir(dir)); err != nil {
				t.Fatal(err)
			}
			faults := &faultfs.FS{At: at, Forever: forever, Err: syscall.ENOSPC, Unsynced: true}
			err := write(sampleReport(), InDir(dir), faults)
			hit := faults.Hit()
			if hit == "" {
				if err != nil || at < 25 {
					t.Fatalf("step %d: no fault, %v", at, err)
				}
				break
			}
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%s: %v does not wrap the cause", hit, err)
			}
			whole(t, hit, formsIn(t, dir), before, after)
			if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 && !forever {
				t.Fatalf("%s: left behind: %q", hit, left)
			}
		}
	}
}

// twoReports are the forms of two reports.
func twoReports(t *testing.T) (before, after map[string][]byte) {
	t.Helper()
	for r, into := range map[*Report]*map[string][]byte{passingReport(): &before, sampleReport(): &after} {
		dir := t.TempDir()
		if err := Write(r, InDir(dir)); err != nil {
			t.Fatal(err)
		}
		*into = formsIn(t, dir)
	}
	return before, after
}

// TestF5_PowerLoss stops the disk after each call: what was synced is whole, and
// all of it where there was no error.
func TestF5_PowerLoss(t *testing.T) {
	_, after := twoReports(t)
	clean := faultfs.NewLosing()
	if err := write(sampleReport(), InDir(filepath.Join(t.TempDir(), "r")), clean); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= clean.Calls+1; at++ {
		disk := faultfs.NewLosing()
		disk.StopAt = at
		dir := filepath.Join(t.TempDir(), "r")
		err := write(sampleReport(), InDir(dir), disk)
		if cerr := disk.Crash(filepath.Dir(dir)); cerr != nil {
			t.Fatal(cerr)
		}
		got := formsIn(t, dir)
		whole(t, "power lost", got, nil, after)
		if err == nil && len(got) != len(after) {
			t.Fatalf("call %d: no error, and %d of %d forms", at, len(got), len(after))
		}
	}
}

// TestF4_AbandonedFilesGo: what a killed process left is removed once nobody can be
// writing it; what another process writes now, and what is not ours, stays. (F4)
func TestF4_AbandonedFilesGo(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().Add(-2 * abandoned)
	for name, at := range map[string]time.Time{
		".report.html.0123abcd": old, ".junit.xml.ffffffff": old, ".report.html.deadbeef": time.Now(), ".report.html.notours": old, ".other.01234567": old,
	} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte("half"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(passingReport(), InDir(dir)); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	if want := []string{".other.01234567", ".report.html.deadbeef", ".report.html.notours"}; !slices.Equal(left, want) {
		t.Errorf("left: %q, want %q", left, want)
	}
}
