package snapshot

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"parallax/internal/store"
)

// TestSpills: with room for a few rows only, runs are merged over several levels
// and all rows come out in order; nothing is left behind.
func TestSpills(t *testing.T) {
	folder, err := store.OpenFolder(t.TempDir(), unsynced{})
	if err != nil {
		t.Fatal(err)
	}
	table := smallTable()
	rows := shuffled(3, smallRows(900))
	s := newSorter(folder, "runs", 150)
	if err := os.Mkdir(filepath.Join(folder.Dir(), "runs"), 0o700); err != nil {
		t.Fatal(err)
	}
	var k rowKeys
	b := batchOf(table.Columns, rows)
	k.of(b, []int{0})
	if err := s.add(b, &k, 0); err != nil {
		t.Fatal(err)
	}
	if s.made < 256 || len(s.runs) >= 3*fanIn {
		t.Fatalf("%d runs made, %d left", s.made, len(s.runs))
	}
	out := NewBatch(table.Columns)
	if err := s.merged(nil, func(r *record) error { return r.appendTo(out) }); err != nil {
		t.Fatal(err)
	}
	if d := firstDifference(&table, rowsOf(out), inOrder(&table, rows)); d != "" {
		t.Fatal(d)
	}
	if err := s.drop(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(filepath.Join(folder.Dir(), "runs")); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
}

// TestDamagedRun: a byte that changes in a spilled run is an error.
func TestDamagedRun(t *testing.T) {
	folder, err := store.OpenFolder(t.TempDir(), unsynced{})
	if err != nil {
		t.Fatal(err)
	}
	file, err := folder.Scratch("run")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r := &run{name: "run", file: file, limit: 100}
	for i := range 50 {
		rec := record{key: fmt.Appendf(nil, "%03d", i), cells: []byte{byte(Null), 0}}
		if err := r.append(rec.appendEncoded(nil)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.seal(); err != nil {
		t.Fatal(err)
	}
	full := filepath.Join(folder.Dir(), "run.tmp")
	whole, err := os.ReadFile(full)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		b := bytes.Clone(whole)
		b[at] ^= 0x10
		write(t, full, b)
		if err := readRun(&run{name: "run", file: file, size: r.size}); err == nil || !strings.Contains(err.Error(), "run: offset") {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
}

func readRun(r *run) error {
	for {
		if _, ok, err := r.next(); err != nil || !ok {
			return err
		}
	}
}

// TestTablesAtOnce writes several tables from several goroutines.
func TestTablesAtOnce(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, Options{BlockRows: 16, RowGroupBytes: 2000, files: unsynced{}})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			table := smallTable()
			table.Name = fmt.Sprint(i)
			errs[i] = writeTable(w, table, shuffled(uint64(i), smallRows(300)), 40)
		}()
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
}
