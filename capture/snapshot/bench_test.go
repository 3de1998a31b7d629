package snapshot

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// benchTable is a table of 12 mixed columns.
func benchTable() Table {
	return Table{Name: "orders", From: "table", Key: []string{"id"}, KeyFrom: "primary key", Columns: []Column{
		{Name: "id", Class: Number, Bits: 64}, {Name: "customer", Class: Number, Bits: 32}, {Name: "status", Class: Text},
		{Name: "amount", Class: Number, Precision: 12, Scale: 2}, {Name: "tax", Class: Number, Precision: 12, Scale: 4},
		{Name: "created", Class: Instant, Precision: 6}, {Name: "day", Class: Date}, {Name: "note", Class: Text},
		{Name: "weight", Class: Float, Bits: 64}, {Name: "paid", Class: Bool}, {Name: "ref", Class: UUID}, {Name: "email", Class: Text},
	}}
}

func benchBatches(rows int, step int64) []*Batch {
	r := rand.New(rand.NewPCG(1, 1))
	t := benchTable()
	var out []*Batch
	status := []string{"new", "paid", "shipped", "returned"}
	for at := 0; at < rows; at += 1024 {
		b := NewBatch(t.Columns)
		for i := at; i < min(at+1024, rows); i++ {
			id := int64(i)
			if step != 1 {
				id = int64(i) * step % 1_000_003
			}
			cells := [][]byte{
				AppendInt(nil, id), AppendInt(nil, int64(r.IntN(50000))), []byte(status[r.IntN(4)]),
				AppendScaled(nil, r.Int64N(1e7), 2), AppendScaled(nil, r.Int64N(1e8), 4),
				AppendMicros(nil, 1.7e15+int64(i)*1e6+r.Int64N(1e6)), AppendDays(nil, 19000+int32(i/5000)),
				fmt.Appendf(nil, "note of order %d, number %d", i, r.IntN(1000)),
				AppendFloat(nil, float64(r.IntN(10000))/100), AppendBool(nil, r.IntN(2) == 0),
				fmt.Appendf(nil, "%08d%08d", r.IntN(1e8), r.IntN(1e8)), fmt.Appendf(nil, "user%d@example.org", r.IntN(50000)),
			}
			for k, c := range cells {
				if k == 7 && i%3 == 0 {
					b.Columns[k].AppendNull()
					continue
				}
				b.Columns[k].Append(t.Columns[k].Class, c)
			}
			b.Rows++
		}
		out = append(out, b)
	}
	return out
}

func benchWrite(b *testing.B, step int64) {
	const rows = 500_000
	batches := benchBatches(rows, step)
	b.ReportAllocs()
	used := cpuTime()
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "s")
		if err := benchOnce(dir, batches); err != nil {
			b.Fatal(err)
		}
		os.RemoveAll(dir)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
	b.ReportMetric(float64(cpuTime()-used)/float64(b.N*rows), "cpu-ns/row")
}

// cpuTime is what this process has used, in nanoseconds: other processes on the
// machine do not count.
func cpuTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

func benchOnce(dir string, batches []*Batch) error {
	w, err := Create(dir, Options{Encoders: 1, files: unsynced{}})
	if err != nil {
		return err
	}
	t, err := w.Table(benchTable())
	if err != nil {
		return err
	}
	for _, x := range batches {
		if err := t.Write(x); err != nil {
			return err
		}
	}
	if err := t.Close(TableClosing{}); err != nil {
		return err
	}
	return w.Close(Closing{})
}

func BenchmarkWriteSorted(b *testing.B)   { benchWrite(b, 1) }
func BenchmarkWriteUnsorted(b *testing.B) { benchWrite(b, 7919) }

func BenchmarkBatches(b *testing.B) {
	const rows = 200_000
	dir := filepath.Join(b.TempDir(), "s")
	if err := benchOnce(dir, benchBatches(rows, 1)); err != nil {
		b.Fatal(err)
	}
	table := openTable(b, dir)
	for b.Loop() {
		for _, err := range table.Batches(nil) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
}

func BenchmarkReadBlock(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "s")
	if err := benchOnce(dir, benchBatches(200_000, 1)); err != nil {
		b.Fatal(err)
	}
	table := openTable(b, dir)
	blocks := blocksOf(b, table)
	into, i := NewBatch(table.Entry().Columns), 0
	for b.Loop() {
		k := blocks[i*37%len(blocks)]
		i++
		if err := table.Read(k.First, k.Rows, nil, into); err != nil {
			b.Fatal(err)
		}
	}
}
