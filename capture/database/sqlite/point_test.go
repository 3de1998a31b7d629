package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

func pointOf(t *testing.T, consistency, journal string) {
	path := build(t, "PRAGMA journal_mode = "+journal, "CREATE TABLE t (a INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)")
	writer := writable(t, path)
	defer writer.Close()
	src := open(t, path, database.Options{Consistency: consistency, Connections: 3})
	blocked := journal == "delete" && consistency != VacuumInto // by our lock: a caveat says so
	if _, err := writer.Exec("PRAGMA busy_timeout = 10"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"INSERT INTO t VALUES (2)", "ALTER TABLE t ADD COLUMN b", "CREATE TABLE u (a)"} {
		if _, err := writer.Exec(s); (err != nil) != blocked {
			t.Errorf("%s: %v", s, err)
		}
	}
	all := tables(t, src)
	if got := cells(t, src, all["t"]); len(all) != 1 || fmt.Sprint(got) != "[number 1]" {
		t.Errorf("%v: %v", all, got)
	}
	if changed, err := src.Recheck(t.Context(), all["t"]); changed != "" || err != nil {
		t.Errorf("%s, %v", changed, err)
	}
	p := src.Point()
	if !strings.Contains(p.Position, "change counter ") || p.At == 0 || len(p.Caveats) < 1 {
		t.Errorf("%+v", p)
	}
}

func TestThePointHolds(t *testing.T) {
	for _, consistency := range []string{"", VacuumInto} {
		for _, journal := range []string{"wal", "delete"} {
			t.Run(consistency+" "+journal, func(t *testing.T) { pointOf(t, consistency, journal) })
		}
	}
}

func TestTheCopyIsPrivateAndGoes(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	path := build(t, "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)", "INSERT INTO t VALUES (7)")
	src, err := Open(t.Context(), path, database.Options{Consistency: VacuumInto})
	if err != nil {
		t.Fatal(err)
	}
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "parallax-*", "*"))
	if len(left) != 1 {
		t.Fatalf("%v", left)
	}
	if info, err := os.Stat(left[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if seq := tables(t, src)["t"].Sequences; len(seq) != 1 || seq[0].Next != "8" {
		t.Errorf("%+v", seq)
	}
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if left, _ = filepath.Glob(filepath.Join(os.TempDir(), "parallax-*")); len(left) != 0 {
		t.Errorf("%v stays", left)
	}
}

func TestNothingIsWritten(t *testing.T) {
	path := build(t, "CREATE TABLE t (a)")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	src := open(t, path, database.Options{})
	err = src.(*source).with(t.Context(), func(ctx context.Context, c *sql.Conn) error {
		_, err := c.ExecContext(ctx, "INSERT INTO t VALUES (1)")
		return err
	})
	if err == nil {
		t.Error("the connection writes")
	}
	if after, _ := os.ReadFile(path); string(after) != string(before) {
		t.Error("the file changed")
	}
}

func TestReadsEnd(t *testing.T) {
	path := build(t, "CREATE TABLE t (a)", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) INSERT INTO t SELECT i FROM n")
	src := open(t, path, database.Options{BatchRows: 100})
	table := tables(t, src)["t"]
	ctx, cancel := context.WithCancel(t.Context())
	batches := 0
	err := src.Read(ctx, table, func(b *snapshot.Batch) error { batches++; cancel(); return nil })
	if !errors.Is(err, context.Canceled) || batches != 1 {
		t.Errorf("%v after %d batches", err, batches)
	}
	stop := errors.New("enough")
	if err := src.Read(t.Context(), table, func(*snapshot.Batch) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
	closing := make(chan error)
	err = src.Read(t.Context(), table, func(*snapshot.Batch) error {
		if batches++; batches == 3 {
			go func() { closing <- src.Close() }()
		}
		return nil
	})
	if err == nil {
		t.Error("Close does not end a Read")
	}
	if err := <-closing; err != nil {
		t.Error(err)
	}
	if err := src.Read(t.Context(), table, func(*snapshot.Batch) error { return nil }); err == nil {
		t.Error("a closed source reads")
	}
}

func TestBigCellsMakeSmallBatches(t *testing.T) {
	path := build(t, "CREATE TABLE t (a)", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) INSERT INTO t SELECT zeroblob(1000000) FROM n")
	src := open(t, path, database.Options{})
	rows, most := 0, 0
	err := src.Read(t.Context(), tables(t, src)["t"], func(b *snapshot.Batch) error {
		rows, most = rows+b.Rows, max(most, b.Bytes())
		return nil
	})
	if err != nil || rows != 30 || most > batchBytes+1_000_000 {
		t.Errorf("%d rows, %d bytes: %v", rows, most, err)
	}
}
