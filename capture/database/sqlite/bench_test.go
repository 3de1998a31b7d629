package sqlite

import (
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

func BenchmarkRead(b *testing.B) {
	path := b.TempDir() + "/bench.db"
	db := writable(b, path)
	for _, s := range []string{"CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, price DECIMAL(10,2), at DATETIME, name TEXT, note TEXT)",
		`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO t SELECT i, i * 7, i / 100.0, '2024-01-01 12:34:56', 'name ' || i, 'a note that is a little longer ' || i FROM n`} {
		if _, err := db.Exec(s); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	src, err := Open(b.Context(), path, database.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	list, err := src.Tables(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	rows := 0
	for b.Loop() {
		err := src.Read(b.Context(), &list[0], func(batch *snapshot.Batch) error { rows += batch.Rows; return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportAllocs()
}
