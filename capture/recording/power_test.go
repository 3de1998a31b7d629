package recording

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"parallax/internal/mutate"
	"parallax/internal/store/faultfs"
)

// promised is what a live recording said was on the disk.
type promised struct{ intents, rows int }

// runOn writes a run live, with a Sync after each intent and each fourth row.
func runOn(dir string, disk fileSystem) (p promised, err error) {
	o := small(KindRun)
	o.files = disk
	l, err := CreateLive(dir, o)
	if err != nil {
		return p, err
	}
	for i := range 12 {
		ex := runRow(i)
		if err := errors.Join(l.Intend(ex.Replays), l.Sync()); err != nil {
			return p, errors.Join(err, l.Suspend())
		}
		p.intents = i + 1
		if err := l.Write(ex); err != nil {
			return p, errors.Join(err, l.Suspend())
		}
		if i%4 != 3 {
			continue
		}
		if err := l.Sync(); err != nil {
			return p, errors.Join(err, l.Suspend())
		}
		p.rows = i + 1
	}
	err = l.Close(Closing{})
	if err == nil {
		p.rows = 12
	}
	return p, err
}

// TestF5_PowerLossLive stops the disk after each call and keeps only what was
// synced: whatever Sync promised is recovered, in the journal or in the parts.
func TestF5_PowerLossLive(t *testing.T) {
	clean := faultfs.NewLosing()
	if _, err := runOn(filepath.Join(t.TempDir(), "run"), clean); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= clean.Calls+1; at += mutate.Rounds(2, 1) {
		disk := faultfs.NewLosing()
		disk.StopAt = at
		dir := filepath.Join(t.TempDir(), "run")
		p, err := runOn(dir, disk)
		if cerr := disk.Crash(filepath.Dir(dir)); cerr != nil {
			t.Fatal(cerr)
		}
		checkPromised(t, dir, fmt.Sprintf("power lost at call %d of %d (%v)", at, clean.Calls, err), p)
	}
}

func checkPromised(t *testing.T, dir, what string, p promised) {
	t.Helper()
	if _, err := Open(dir, OpenOptions{}); err != nil {
		if _, rerr := Recover(dir); rerr != nil {
			if p.intents > 0 {
				t.Fatalf("%s: %d intents are lost: %v, %v", what, p.intents, err, rerr)
			}
			return
		}
	}
	if err := Verify(dir); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	got := readAll(t, dir, OpenOptions{}, Filter{})
	for i := range p.intents {
		want := runRow(i)
		if i >= len(got) || got[i].Replays != want.Replays {
			t.Fatalf("%s: intent %d of %d is lost", what, i, p.intents)
		}
		if i >= p.rows {
			continue
		}
		if diff := sameExchanges(got[i:i+1], []*Exchange{want}); diff != "" {
			t.Fatalf("%s: row %d of %d is lost:\n%s", what, i, p.rows, diff)
		}
	}
}

// TestF5_PowerLossOffline: a recording made offline is whole after its Close, and
// before that is not there or refused.
func TestF5_PowerLossOffline(t *testing.T) {
	write := func(dir string, disk fileSystem) error {
		w, err := Create(dir, Options{RowGroupBytes: 3000, PartBytes: 9000, files: disk})
		if err != nil {
			return err
		}
		for _, ex := range damageRows() {
			if err := w.Write(ex); err != nil {
				return errors.Join(err, w.Abort())
			}
		}
		return w.Close(Closing{})
	}
	clean := faultfs.NewLosing()
	if err := write(filepath.Join(t.TempDir(), "rec"), clean); err != nil {
		t.Fatal(err)
	}
	for at := 1; at <= clean.Calls+1; at++ {
		disk := faultfs.NewLosing()
		disk.StopAt = at
		dir := filepath.Join(t.TempDir(), "rec")
		err := write(dir, disk)
		if cerr := disk.Crash(filepath.Dir(dir)); cerr != nil {
			t.Fatal(cerr)
		}
		what := fmt.Sprintf("power lost at call %d of %d", at, clean.Calls)
		if _, there := os.Stat(filepath.Join(dir, ManifestName)); there != nil {
			if err == nil {
				t.Fatalf("%s: no error, and no manifest", what)
			}
			if _, err := Open(dir, OpenOptions{}); err == nil {
				t.Fatalf("%s: it opens without a manifest", what)
			}
			if err := write(dir, &faultfs.FS{Unsynced: true}); err != nil {
				t.Fatalf("%s: again: %v", what, err)
			}
		}
		if err := checkDamaged(t, dir, what); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if err := Verify(dir); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}
