package comparison

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const killVariable = "PARALLAX_TEST_COMPARISON"

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killVariable); dir != "" {
		os.Exit(writeForKill(dir))
	}
	os.Exit(m.Run())
}

func writeForKill(dir string) int {
	w, err := Create(dir)
	if err != nil {
		return 1
	}
	list := some(20_000)
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			return 1
		}
	}
	if err := w.Close(summaryOf(list)); err != nil {
		return 1
	}
	return 0
}

// TestKilledWriterLeavesNothingOrAll kills a writer at many moments; what stands at
// the folder's name is whole, and the next writer is not in its way.
func TestKilledWriterLeavesNothingOrAll(t *testing.T) {
	var absent, whole int
	for i := range 24 {
		dir := filepath.Join(t.TempDir(), "cmp")
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), killVariable+"="+dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(i*i) * time.Millisecond / 4)
		if err := child.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		_ = child.Wait() // its end is the signal, or a success before it
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			absent++
			write(t, dir, some(2), summaryOf(nil))
			read(t, dir)
			continue
		}
		whole++
		if _, list := read(t, dir); len(list) != 20_000 {
			t.Errorf("%d differences", len(list))
		}
	}
	t.Logf("%d absent, %d whole", absent, whole)
	if absent == 0 {
		t.Error("no child was killed before its end")
	}
}
