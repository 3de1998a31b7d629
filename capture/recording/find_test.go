package recording

import (
	"errors"
	"path/filepath"
	"testing"
)

// Find knows rows by what they replay, in any order of asking and over row groups
// and parts; Get knows a run's own IDs as well.
func TestFind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	o := small(KindRun)
	o.RowGroupBytes, o.PartBytes = 3000, 10_000
	w, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	const n = 60
	for i := range n {
		if err := w.Write(runRow(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.Manifest().Files) < 2 {
		t.Fatalf("%d parts: too few to be a test", len(r.Manifest().Files))
	}
	for i := range 2 * n {
		row := runRow(i * 7 % n)
		if i >= n {
			row = runRow(i - n)
		}
		ex, err := r.Find(row.Replays)
		if err != nil {
			t.Fatal(err)
		}
		if diff := sameExchanges([]*Exchange{ex}, []*Exchange{row}); diff != "" {
			t.Fatal(diff)
		}
		if _, err := r.Find(row.ID); !errors.Is(err, ErrNotFound) {
			t.Fatalf("found by its own ID: %v", err)
		}
		if ex, err := r.Get(row.ID); err != nil || ex.Replays != row.Replays {
			t.Fatalf("%v %v", ex, err)
		}
	}
	between := runRow(3).Replays[:16] + "-ffffffff-ffffffff"
	if _, err := r.Find(between); !errors.Is(err, ErrNotFound) {
		t.Errorf("found what is not there: %v", err)
	}
	if _, err := r.Find("none"); err == nil || errors.Is(err, ErrNotFound) {
		t.Errorf("an ID that is none: %v", err)
	}
}
