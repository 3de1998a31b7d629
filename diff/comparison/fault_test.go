package comparison

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"parallax/internal/store"
	"parallax/internal/store/faultfs"
)

// writeOn writes a comparison of n differences, through a spool as a pass with
// controls does, on a disk.
func writeOn(dir string, disk store.Files, n int) error {
	w, err := create(dir, disk)
	if err != nil {
		return err
	}
	list := some(n)
	if err := spoolTo(w, disk, list); err != nil {
		return errors.Join(err, w.Abort())
	}
	return w.Close(summaryOf(list))
}

func spoolTo(w *Writer, disk store.Files, list []Difference) (err error) {
	scratch, err := w.ScratchDir()
	if err != nil {
		return err
	}
	spool, err := newSpool(scratch, disk)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, spool.Remove()) }()
	for i := range list {
		if err := spool.Write(&list[i]); err != nil {
			return err
		}
	}
	for d, err := range spool.All() {
		if err != nil {
			return err
		}
		if err := w.Write(d); err != nil {
			return err
		}
	}
	return nil
}

// wholeOrAbsent checks what stands at dir, and that the next writer finds room.
func wholeOrAbsent(t *testing.T, dir, what string, err error, n int) {
	t.Helper()
	_, stat := os.Stat(dir)
	switch {
	case stat == nil:
		if _, list := read(t, dir); len(list) != n {
			t.Fatalf("%s: %d of %d differences", what, len(list), n)
		}
		return
	case !errors.Is(stat, fs.ErrNotExist) || err == nil:
		t.Fatalf("%s: %v, and there is %v", what, err, stat)
	}
	if err := writeOn(dir, &faultfs.FS{Unsynced: true}, n); err != nil {
		t.Fatalf("%s: again without faults: %v", what, err)
	}
	if _, list := read(t, dir); len(list) != n {
		t.Fatalf("%s: again: %d of %d differences", what, len(list), n)
	}
	if left, _ := os.ReadDir(filepath.Dir(dir)); len(left) != 1 {
		t.Fatalf("%s: left beside it: %v", what, left)
	}
}

// TestF6_FailAtEveryStep: whichever step of writing a comparison or its spool
// fails, once or from then on, there is an error or a whole comparison.
func TestF6_FailAtEveryStep(t *testing.T) {
	const n = 200
	for _, forever := range []bool{false, true} {
		for at := 1; ; at++ {
			faults := &faultfs.FS{At: at, Forever: forever, Err: syscall.ENOSPC, Unsynced: true}
			dir := filepath.Join(t.TempDir(), "cmp")
			err := writeOn(dir, faults, n)
			hit := faults.Hit()
			if hit == "" {
				if err != nil || at < 20 {
					t.Fatalf("step %d: no fault, %v", at, err)
				}
				break
			}
			if err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%s: %v does not wrap the cause", hit, err)
			}
			wholeOrAbsent(t, dir, hit, err, n)
		}
	}
}

// TestF5_PowerLoss stops the disk after each call and keeps only what was synced:
// a comparison whose writing ended without an error is there, whole.
func TestF5_PowerLoss(t *testing.T) {
	const n = 300
	whole := faultfs.NewLosing()
	if err := writeOn(filepath.Join(t.TempDir(), "cmp"), whole, n); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= whole.Calls+1; at++ {
		disk := faultfs.NewLosing()
		disk.StopAt = at
		dir := filepath.Join(t.TempDir(), "cmp")
		err := writeOn(dir, disk, n)
		if cerr := disk.Crash(filepath.Dir(dir)); cerr != nil {
			t.Fatal(cerr)
		}
		wholeOrAbsent(t, dir, fmt.Sprintf("power lost at call %d of %d", at, whole.Calls), err, n)
	}
}

// intruder tries to write the same comparison at the moment when it is shown.
type intruder struct {
	store.OS
	dir string
	err error
}

func (i *intruder) Rename(oldname, newname string) error {
	w, err := Create(i.dir)
	if i.err = err; err == nil {
		i.err = w.Abort()
	}
	return i.OS.Rename(oldname, newname)
}

// TestF28_LockedUntilShown: between the last byte and the name there is no moment
// at which another writer may clear the folder away; there once was one. (F28)
func TestF28_LockedUntilShown(t *testing.T) {
	disk := &intruder{dir: filepath.Join(t.TempDir(), "cmp")}
	if err := writeOn(disk.dir, disk, 50); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(disk.err, store.ErrLocked) {
		t.Errorf("the intruder: %v", disk.err)
	}
	if _, list := read(t, disk.dir); len(list) != 50 {
		t.Errorf("%d differences", len(list))
	}
}
