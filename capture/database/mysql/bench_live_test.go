package mysql_test

import (
	"context"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// 200,000 rows of twelve columns, over one connection.
func BenchmarkRead(b *testing.B) {
	const rows = 200_000
	s := newScratch(b)
	s.exec(`CREATE TABLE t (id bigint PRIMARY KEY, a int, b bigint, c decimal(12,2), d decimal(12,4), e varchar(40), f varchar(40), g char(8),
		h datetime(6), i timestamp NULL, j double, k date)`,
		`INSERT INTO t SELECT seq, seq % 1000, seq * 7919, seq / 7, seq / 11, concat('name ', seq), 'a text of ordinary length', 'abcd',
		'2024-01-31 10:11:12.131415' + INTERVAL seq SECOND, '2024-01-31 10:11:12' + INTERVAL seq SECOND, seq / 3, '2024-01-31' FROM seq_1_to_200000`)
	src := s.open(database.Options{})
	all := tables(b, src)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		n, bytes := 0, 0
		err := src.Read(context.Background(), &all[0], func(batch *snapshot.Batch) error {
			n += batch.Rows
			bytes += batch.Bytes()
			return nil
		})
		if err != nil || n != rows {
			b.Fatal(n, err)
		}
		b.SetBytes(int64(bytes))
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
