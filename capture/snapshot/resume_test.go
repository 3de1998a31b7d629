package snapshot

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// half writes the first table, begins the second and aborts.
func half(t *testing.T, dir string, o Options) {
	t.Helper()
	w, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	tables := faultTables()
	if err := writeTable(w, tables[0], smallRows(100), 30); err != nil {
		t.Fatal(err)
	}
	second, err := w.Table(tables[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Write(batchOf(tables[1].Columns, smallRows(50))); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(second.Abort(), w.Abort()); err != nil {
		t.Fatal(err)
	}
}

func TestAbortLeavesWholeTables(t *testing.T) {
	dir := t.TempDir()
	half(t, dir, Options{})
	if _, err := Open(dir, OpenOptions{}); !errors.Is(err, ErrPartial) {
		t.Fatalf("opened: %v", err)
	}
	r, err := Open(dir, OpenOptions{Partial: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if m := r.Manifest(); len(m.Tables) != 1 || m.Tables[0].Rows != 100 || m.Interrupted == "" {
		t.Fatalf("%+v", m)
	}
	table, err := r.Table(0)
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := allRows(table); err != nil || len(rows) != 100 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
}

func TestResumeKeepsWholeTables(t *testing.T) {
	dir := t.TempDir()
	half(t, dir, Options{})
	leftover := filepath.Join(dir, "tables", "t-0002", "part-00000.parquet")
	if err := os.MkdirAll(filepath.Dir(leftover), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, leftover, []byte("x"))
	w, err := Create(dir, Options{Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	if k := w.Kept(); len(k) != 1 || k[0].Name != "small" {
		t.Fatalf("kept %+v", k)
	}
	if _, err := w.Table(faultTables()[0]); !errors.Is(err, ErrExists) {
		t.Fatalf("again: %v", err)
	}
	if err := writeTable(w, faultTables()[1], smallRows(10), 10); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	if err := Verify(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(dir, Options{Resume: true}); !errors.Is(err, ErrExists) {
		t.Fatalf("a finished one taken up: %v", err)
	}
}

// TestResumeRefuses: tables made in another way do not mix, and a table that is
// no longer whole is made again.
func TestResumeRefuses(t *testing.T) {
	dir := t.TempDir()
	half(t, dir, Options{})
	for want, o := range map[string]Options{
		"blocks":    {Resume: true, BlockRows: 7},
		"redaction": {Resume: true, Redaction: Redaction{Profile: "strict", KeyID: "k"}},
		"mysql":     {Resume: true, Source: Source{Engine: "mysql"}},
	} {
		if _, err := Create(dir, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if err := os.Truncate(filepath.Join(dir, "tables", "t-0001", "part-00001.parquet"), 10); err != nil {
		if err := os.Truncate(filepath.Join(dir, "tables", "t-0001", "part-00000.parquet"), 10); err != nil {
			t.Fatal(err)
		}
	}
	w, err := Create(dir, Options{Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Kept()) != 0 {
		t.Fatalf("kept %+v", w.Kept())
	}
	if err := w.Abort(); err != nil {
		t.Fatal(err)
	}
}

func TestCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "tables"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "tables", "mine.parquet"), []byte("x"))
	if _, err := Create(dir, Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("foreign files: %v", err)
	}
	for name, o := range map[string]Options{"buffer": {BufferBytes: 1}, "groups": {RowGroupBytes: 1 << 40}, "negative": {BlockRows: -1}} {
		if _, err := Create(t.TempDir(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	w, err := Create(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	if _, err := w.Table(smallTable()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(Closing{}); err == nil || !strings.Contains(err.Error(), "still being written") {
		t.Errorf("closed with an open table: %v", err)
	}
}
