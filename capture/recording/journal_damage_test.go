package recording

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parallax/internal/mutate"
	"parallax/internal/store/faultfs"
)

// writtenJournal is the journal of a run of n rows, each intended before, and the
// offsets at which its records begin.
func writtenJournal(t *testing.T, n int) (journal []byte, begins []int64) {
	t.Helper()
	dir := t.TempDir()
	o := small(KindRun)
	l, err := CreateLive(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := errors.Join(l.Intend(runRow(i).Replays), l.Write(runRow(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Suspend(); err != nil {
		t.Fatal(err)
	}
	if journal, err = os.ReadFile(filepath.Join(dir, JournalName)); err != nil {
		t.Fatal(err)
	}
	frames := newFrameReader(strings.NewReader(string(journal)), int64(len(journalMagic)), int64(len(journal)))
	for at := frames.good; ; at = frames.good {
		if _, err := frames.next(); err != nil {
			return journal, begins
		}
		begins = append(begins, at)
	}
}

// TestF9_DamagedJournals damages a run's journal at random. Recovered, it loses the
// records that were hit and no others, and says so. It is taken up again only where
// nothing is lost but its end: what was lost from its middle may have been sent, and
// would be sent twice; it once was. (F2, F9, H12)
func TestF9_DamagedJournals(t *testing.T) {
	const n = 40
	journal, begins := writtenJournal(t, n)
	rng := rand.New(rand.NewPCG(20, 9))
	resumed, refused := 0, 0
	for range mutate.Rounds(100, 2000) {
		at := begins[1] + rng.Int64N(int64(len(journal))-begins[1])
		hit := 1 // the first record is the options
		for hit+1 < len(begins) && begins[hit+1] <= at {
			hit++
		}
		b := append([]byte(nil), journal...)
		b[at] ^= 1 << rng.IntN(8)
		what := fmt.Sprintf("byte %d, in record %d of %d", at, hit, len(begins))
		if resumeDamaged(t, b, what, hit == len(begins)-1) {
			resumed++
		} else {
			refused++
		}
		recoverDamaged(t, b, what, n, hit)
	}
	t.Logf("%d taken up, %d refused", resumed, refused)
	if resumed == 0 || refused == 0 {
		t.Error("both must be seen")
	}
}

func damagedFolder(t *testing.T, journal []byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, JournalName), journal, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func resumeDamaged(t *testing.T, journal []byte, what string, last bool) bool {
	t.Helper()
	dir := damagedFolder(t, journal)
	l, _, err := ResumeLive(dir, small(KindRun))
	if (err == nil) != last || err != nil && !errors.Is(err, ErrDamaged) {
		t.Fatalf("%s: resumed with %v", what, err)
	}
	if err != nil {
		if now, rerr := os.ReadFile(filepath.Join(dir, JournalName)); rerr != nil || string(now) != string(journal) {
			t.Fatalf("%s: a refusal changed the journal (%v)", what, rerr)
		}
		return false
	}
	if err := l.Suspend(); err != nil {
		t.Fatal(err)
	}
	return true
}

// recoverDamaged checks that all rows are there but at most the one that was hit,
// which is unknown where its intent is left.
func recoverDamaged(t *testing.T, journal []byte, what string, n, hit int) {
	t.Helper()
	dir := damagedFolder(t, journal)
	rec, err := Recover(dir)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if err := Verify(dir); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	answered := 0
	for _, ex := range readAll(t, dir, OpenOptions{}, Filter{}) {
		if ex.Outcome.End == Answered {
			answered++
		}
	}
	want := n
	if hit%2 == 0 { // options, intent, row, intent, row, …
		want--
	}
	m := rec.Manifest
	if answered != want || rec.DroppedBytes == 0 || m.Interrupted == "" || m.Ledger.Account("journal bytes").Sum(Lost) != rec.DroppedBytes {
		t.Fatalf("%s: %d of %d rows: %+v", what, answered, want, rec)
	}
}

// TestF6_RecoveryFailsAtEveryStep: whichever step of a recovery fails, once or from
// then on, and wherever the power goes, nothing of the journal is lost: tried again
// it has every row. (F1, F5, F6)
func TestF6_RecoveryFailsAtEveryStep(t *testing.T) {
	const n = 12
	journal, _ := writtenJournal(t, n)
	whole := func(dir, what string) {
		t.Helper()
		if _, err := Recover(dir); err != nil {
			t.Fatalf("%s: tried again: %v", what, err)
		}
		if err := Verify(dir); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := readAll(t, dir, OpenOptions{}, Filter{}); len(got) != n {
			t.Fatalf("%s: %d of %d rows", what, len(got), n)
		}
	}
	for _, forever := range []bool{false, true} {
		for at := 1; ; at++ {
			dir := damagedFolder(t, journal)
			disk := &faultfs.FS{At: at, Forever: forever, Err: syscall.ENOSPC, Unsynced: true}
			_, err := recoverOn(dir, disk)
			if disk.Hit() == "" {
				if err != nil || at < 15 {
					t.Fatalf("step %d: no fault, %v", at, err)
				}
				break
			}
			if err != nil && !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("%s: %v", disk.Hit(), err)
			}
			if err == nil {
				if verr := Verify(dir); verr != nil {
					t.Fatalf("%s: no error, and yet: %v", disk.Hit(), verr)
				}
			}
			whole(dir, disk.Hit())
		}
	}
	for at := 1; ; at++ {
		dir := t.TempDir()
		disk := faultfs.NewLosing()
		if err := durable(disk, dir, journal); err != nil {
			t.Fatal(err)
		}
		before := disk.Calls
		disk.StopAt = before + at
		_, err := recoverOn(dir, disk)
		calls := disk.Calls
		if cerr := disk.Crash(dir); cerr != nil {
			t.Fatal(cerr)
		}
		whole(dir, fmt.Sprintf("power lost at call %d (%v)", at, err))
		if calls < before+at {
			return
		}
	}
}

// durable puts a journal on a disk, so that it lasts.
func durable(disk *faultfs.Losing, dir string, journal []byte) error {
	f, err := disk.OpenFile(filepath.Join(dir, JournalName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write(journal); err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close(), disk.SyncDir(dir))
}
