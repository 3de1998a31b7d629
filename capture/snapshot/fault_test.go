package snapshot

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"parallax/internal/store"
	"parallax/internal/store/faultfs"
)

func faultTables() []Table {
	a, b := smallTable(), smallTable()
	b.Name = "other"
	return []Table{a, b}
}

// writeBoth writes a table in order and one that is sorted, with spills.
func writeBoth(dir string, o Options) error {
	o.BlockRows, o.RowGroupBytes, o.PartBytes, o.BufferBytes = 16, 6000, 12000, minBufferBytes
	w, err := Create(dir, o)
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, e := range w.Kept() {
		kept[e.Name] = true
	}
	for i, table := range faultTables() {
		if kept[table.Name] {
			continue
		}
		rows := inOrder(&table, smallRows(600))
		if i == 1 {
			rows = append(rows, shuffled(1, smallRows(1400))...)
		}
		if err := writeTable(w, table, rows, 100); err != nil {
			return errors.Join(err, w.Abort())
		}
	}
	return w.Close(Closing{})
}

func rowsIn(dir string) (rows []int64, err error) {
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for i := range r.Manifest().Tables {
		rows = append(rows, r.Manifest().Tables[i].Rows)
	}
	return rows, Verify(dir)
}

// TestFailAtEveryStep: whichever single step of writing fails, there is an
// error or a snapshot that is whole; never half a snapshot that opens. Once the
// cause is gone the work can be done again, or taken up.
func TestFailAtEveryStep(t *testing.T) {
	clean := &faultfs.FS{Unsynced: true}
	if err := writeBoth(filepath.Join(t.TempDir(), "s"), Options{files: clean}); err != nil {
		t.Fatal(err)
	}
	if clean.Steps() < 60 {
		t.Fatalf("only %d steps", clean.Steps())
	}
	for _, forever := range []bool{false, true} {
		for at := 1; at <= clean.Steps(); at += nightly(29, 1) {
			faults := &faultfs.FS{At: at, Forever: forever, Err: os.ErrDeadlineExceeded, Unsynced: true}
			dir := filepath.Join(t.TempDir(), "s")
			err := writeBoth(dir, Options{files: faults})
			hit := faults.Hit()
			if err != nil && !errors.Is(err, faults.Err) {
				t.Fatalf("%s: %v does not wrap the cause", hit, err)
			}
			checkAfterFault(t, dir, hit, err, at%2 == 0)
		}
	}
}

func checkAfterFault(t *testing.T, dir, hit string, err error, resume bool) {
	t.Helper()
	rows, operr := rowsIn(dir)
	if err == nil && operr != nil {
		t.Fatalf("%s: no error, and yet: %v", hit, operr)
	}
	if operr == nil {
		checkRows(t, hit, rows)
		return
	}
	if errors.Is(operr, ErrDamaged) {
		t.Fatalf("%s: it opens and is damaged: %v", hit, operr)
	}
	if err := writeBoth(dir, Options{files: &faultfs.FS{Unsynced: true}, Resume: resume}); err != nil {
		t.Fatalf("%s: again without faults: %v", hit, err)
	}
	rows, operr = rowsIn(dir)
	if operr != nil {
		t.Fatalf("%s: made again: %v", hit, operr)
	}
	checkRows(t, hit, rows)
}

func checkRows(t *testing.T, what string, rows []int64) {
	t.Helper()
	if len(rows) != 2 || rows[0] != 600 || rows[1] != 2000 {
		t.Fatalf("%s: tables of %d rows", what, rows)
	}
}

// TestPowerLoss stops the disk after each call and keeps only what was synced.
func TestPowerLoss(t *testing.T) {
	whole := faultfs.NewLosing()
	if err := writeBoth(filepath.Join(t.TempDir(), "s"), Options{files: whole}); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= whole.Calls+1; at += nightly(23, 1) {
		disk := faultfs.NewLosing()
		disk.StopAt = at
		dir := filepath.Join(t.TempDir(), "s")
		err := writeBoth(dir, Options{files: disk})
		if cerr := disk.Crash(filepath.Dir(dir)); cerr != nil {
			t.Fatal(cerr)
		}
		what := fmt.Sprintf("power lost at call %d", at)
		if err == nil && at <= whole.Calls && at < whole.Calls-1 {
			t.Fatalf("%s: no error", what)
		}
		checkAfterFault(t, dir, what, err, at%2 == 0)
	}
}

// TestChild is no test: it is what TestKill starts and kills.
func TestChild(t *testing.T) {
	dir := os.Getenv("PARALLAX_SNAPSHOT_CHILD")
	if dir == "" {
		t.Skip("not a child")
	}
	fmt.Println("begun")
	if err := writeBoth(dir, Options{files: unsynced{}, Encoders: 1}); err != nil {
		t.Fatal(err)
	}
}

// TestKill kills a writing process with SIGKILL: what it leaves does not open as
// whole, and taken up it gives the bytes of an undisturbed run.
func TestKill(t *testing.T) {
	undisturbed := filepath.Join(t.TempDir(), "s")
	if err := writeBoth(undisturbed, Options{files: unsynced{}}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(undisturbed, ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	for i := range nightly(6, 100) {
		dir := filepath.Join(t.TempDir(), "s")
		killChild(t, dir, time.Duration(i%20)*2*time.Millisecond)
		if _, err := rowsIn(dir); err == nil {
			continue // it had finished
		} else if !errors.Is(err, ErrPartial) && !store.IsNotExist(err) {
			t.Fatalf("killed: %v", err)
		}
		if err := writeBoth(dir, Options{files: unsynced{}, Resume: true}); err != nil {
			t.Fatal(err)
		}
		if err := Verify(dir); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(dir, ManifestName))
		if err != nil || string(got) != string(want) {
			t.Fatalf("the manifest is another: %v\n%s", err, got)
		}
	}
}

func killChild(t *testing.T, dir string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "PARALLAX_SNAPSHOT_CHILD="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may have ended
	_ = cmd.Wait()         // it was killed
}
