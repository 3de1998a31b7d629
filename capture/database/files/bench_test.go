package files

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// wide is a row of twelve columns, as an orders table has them.
type wide struct {
	ID       int64    `parquet:"id,delta"`
	Customer int64    `parquet:"customer"`
	Quantity int32    `parquet:"quantity"`
	Price    int64    `parquet:"price,decimal(2:18)"`
	Rate     float64  `parquet:"rate"`
	Paid     bool     `parquet:"paid"`
	Placed   int64    `parquet:"placed,timestamp(microsecond)"`
	Status   string   `parquet:"status,dict"`
	Country  string   `parquet:"country,dict"`
	Name     string   `parquet:"name"`
	Note     *string  `parquet:"note,optional"`
	Discount *float64 `parquet:"discount,optional"`
}

func wideFile(b *testing.B, n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	rows := make([]wide, n)
	for i := range rows {
		r := &rows[i]
		*r = wide{ID: int64(i), Customer: random.Int64N(1e6), Quantity: random.Int32N(100), Price: random.Int64N(1e6), Rate: random.Float64(), Paid: i%3 == 0,
			Placed: time.Unix(1_700_000_000+int64(i), 0).UnixMicro(), Status: []string{"new", "paid", "sent"}[i%3], Country: fmt.Sprint("country ", i%150), Name: fmt.Sprint("customer name ", random.Int64N(1e6))}
		if i%4 != 0 {
			note := fmt.Sprint("left at the door ", i)
			r.Note = &note
		}
		if i%10 == 0 {
			r.Discount = &r.Rate
		}
	}
	return writeRows(b, rows, parquet.Compression(&parquet.Snappy), parquet.MaxRowsPerRowGroup(122_880))
}

func BenchmarkParquet(b *testing.B) {
	src, of, err := table(b, wideFile(b, 500_000), database.Options{})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkRead(b, src, of)
}

func benchmarkRead(b *testing.B, src database.Source, of *snapshot.Table) {
	rows, bytes := 0, 0
	for b.Loop() {
		err := src.Read(b.Context(), of, func(batch *snapshot.Batch) error {
			rows, bytes = rows+batch.Rows, bytes+batch.Bytes()
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(bytes)/b.Elapsed().Seconds()/1e6, "MB/s")
	b.ReportAllocs()
}

func benchmarkText(b *testing.B, file, header string, line func(i int) string) {
	content := []byte(header)
	for i := range 100_000 {
		content = append(content, line(i)...)
	}
	src, of, err := table(b, put(b, file, content), database.Options{Types: map[string]string{"price": "number"}})
	if err != nil {
		b.Fatal(err)
	}
	benchmarkRead(b, src, of)
}

func BenchmarkCSV(b *testing.B) {
	benchmarkText(b, "t.csv", "id,price,name,note\n", func(i int) string { return fmt.Sprintf("%d,%d.50,customer %d,\"a note, %d\"\n", i, i, i, i) })
}

func BenchmarkNDJSON(b *testing.B) {
	benchmarkText(b, "t.ndjson", "", func(i int) string {
		return fmt.Sprintf(`{"id":%d,"price":%d.50,"name":"customer %d","note":{"n":%d}}`+"\n", i, i, i, i)
	})
}
