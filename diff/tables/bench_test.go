package tables

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// pieces is a table of ready batches, so that a benchmark measures the comparison
// alone.
type pieces struct {
	entry   snapshot.TableEntry
	batches []*snapshot.Batch
}

func (p *pieces) Blocks(func(*snapshot.Block) error) error { return nil }

func (p *pieces) Read(int64, int64, []int, *snapshot.Batch) error { return nil }

func (p *pieces) Batches([]int) iter.Seq2[*snapshot.Batch, error] {
	return func(yield func(*snapshot.Batch, error) bool) {
		for _, b := range p.batches {
			if !yield(b, nil) {
				return
			}
		}
	}
}

const benchColumns = 12

func benchTable() snapshot.Table {
	t := snapshot.Table{Name: "bench", From: "table", Key: []string{"c0"}}
	for i := range benchColumns {
		class := []snapshot.Class{snapshot.Number, snapshot.Text, snapshot.Instant, snapshot.Number}[i%4]
		c := column(fmt.Sprintf("c%d", i), class)
		if class == snapshot.Number {
			c.Bits = 64
		}
		t.Columns = append(t.Columns, c)
	}
	return t
}

// benchBatches makes rows; every row divisible by differ has another value in one
// column, and every row divisible by skip is left out.
func benchBatches(rows, differ, skip, size int, emit func(*snapshot.Batch) error) error {
	t := benchTable()
	b := snapshot.NewBatch(t.Columns)
	var c []byte
	for i := range rows {
		if skip > 0 && i%skip == skip-1 {
			continue
		}
		for col := range benchColumns {
			v := i*(col+1) + col
			if col == 5 && differ > 0 && i%differ == 0 {
				v++
			}
			switch t.Columns[col].Class {
			case snapshot.Text:
				c = fmt.Appendf(c[:0], "value %d of a row", v)
			case snapshot.Instant:
				c = snapshot.AppendMicros(c[:0], int64(v)*1e6)
			default:
				c = snapshot.AppendInt(c[:0], int64(v))
			}
			b.Columns[col].Append(t.Columns[col].Class, c)
		}
		if b.Rows++; b.Rows == size {
			if err := emit(b); err != nil {
				return err
			}
			b = snapshot.NewBatch(t.Columns)
		}
	}
	return emit(b)
}

func newPieces(rows, differ, skip, size int) *pieces {
	p := &pieces{entry: snapshot.TableEntry{Table: benchTable()}}
	_ = benchBatches(rows, differ, skip, size, func(b *snapshot.Batch) error {
		p.batches = append(p.batches, b)
		p.entry.Rows += int64(b.Rows)
		return nil
	})
	return p
}

func benchInput(name string, p *pieces) Input {
	return Input{
		Name: name, Manifest: &snapshot.Manifest{Tables: []snapshot.TableEntry{p.entry}},
		Table: func(int) (Table, error) { return p, nil },
	}
}

const benchRows = 200_000

func BenchmarkMerge(b *testing.B) {
	for _, c := range []struct {
		name               string
		differ, skip, size int
	}{{"equal", 0, 0, 4096}, {"other borders", 0, 0, 3000}, {"1 percent differ", 100, 0, 4096}, {"1 percent missing", 0, 100, 4096}} {
		b.Run(c.name, func(b *testing.B) {
			old, new := benchInput("old", newPieces(benchRows, 0, 0, 4096)), benchInput("new", newPieces(benchRows, c.differ, c.skip, c.size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compare(context.Background(), old, new, Options{}, &discard{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows/benchColumns, "ns/cell")
		})
	}
}

// discard counts what is written.
type discard struct{ output }

// BenchmarkSnapshots reads both sides from their files.
func BenchmarkSnapshots(b *testing.B) {
	dir := b.TempDir()
	write := func(name string, differ int) Input {
		w, err := snapshot.Create(filepath.Join(dir, name), snapshot.Options{})
		if err != nil {
			b.Fatal(err)
		}
		t, err := w.Table(benchTable())
		if err != nil {
			b.Fatal(err)
		}
		if err := benchBatches(benchRows, differ, 0, 4096, t.Write); err != nil {
			b.Fatal(err)
		}
		if err := t.Close(snapshot.TableClosing{}); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(snapshot.Closing{}); err != nil {
			b.Fatal(err)
		}
		r, err := snapshot.Open(filepath.Join(dir, name), snapshot.OpenOptions{})
		if err != nil {
			b.Fatal(err)
		}
		return FromReader(name, r)
	}
	old := write("old", 0)
	for _, c := range []struct {
		name   string
		differ int
		share  float64
	}{{"equal", 0, 0}, {"2 rows differ", benchRows / 2, 0}, {"merge of all", 0, 1e-12}, {"1 percent differ", 100, 0}} {
		new := write(c.name, c.differ)
		b.Run(c.name, func(b *testing.B) {
			if c.name == "merge of all" {
				new = write("merge", benchRows/2)
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compare(context.Background(), old, new, Options{MergeShare: c.share}, &discard{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows/benchColumns, "ns/cell")
		})
	}
}

func (d *discard) Write(*comparison.Difference) error { return nil }
