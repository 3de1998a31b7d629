package snapshot

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
)

func blocksOf(t testing.TB, table *TableReader) []Block {
	t.Helper()
	var out []Block
	if err := table.Blocks(func(b *Block) error {
		c := *b
		c.LastKey = append([]byte(nil), b.LastKey...)
		c.Columns = append([]Sum(nil), b.Columns...)
		out = append(out, c)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWriteThenRead(t *testing.T) {
	table := everyColumn()
	keyless := everyColumn()
	keyless.Key = nil
	for name, c := range map[string]struct {
		table Table
		o     Options
		n     int
	}{
		"one group":    {table, Options{}, 500},
		"many":         {table, Options{RowGroupBytes: 20_000, PartBytes: 300_000, PageBytes: 500, BlockRows: 16, BufferBytes: minBufferBytes}, 3000},
		"keyless":      {keyless, Options{BlockRows: 16, RowGroupBytes: 30_000, BufferBytes: minBufferBytes}, 1000},
		"empty":        {table, Options{}, 0},
		"single":       {table, Options{}, 1},
		"block of one": {table, Options{BlockRows: 1, RowGroupBytes: 1}, 20},
	} {
		rows := randomRows(3, &c.table, c.n)
		want := inOrder(&c.table, rows)
		for order, list := range map[string][]testRow{"sorted": want, "shuffled": shuffled(1, rows)} {
			t.Run(name+"/"+order, func(t *testing.T) {
				dir := writeSnapshot(t, c.o, c.table, list, 70)
				got, err := allRows(openTable(t, dir))
				if err != nil {
					t.Fatal(err)
				}
				if d := firstDifference(&c.table, got, want); d != "" {
					t.Fatal(d)
				}
				checkRead(t, openTable(t, dir), want)
				checkLibrary(t, dir, len(want))
			})
		}
	}
}

// checkRead reads each block alone, and some columns of all of them.
func checkRead(t *testing.T, table *TableReader, want []testRow) {
	t.Helper()
	b := NewBatch(table.Entry().Columns)
	for _, k := range blocksOf(t, table) {
		if err := table.Read(k.First, k.Rows, nil, b); err != nil {
			t.Fatal(err)
		}
		if d := firstDifference(&table.Entry().Table, rowsOf(b), want[k.First:k.First+k.Rows]); d != "" {
			t.Fatalf("block at %d: %s", k.First, d)
		}
	}
}

// TestRange reads stretches that begin and end anywhere, of one column.
func TestRange(t *testing.T) {
	table := everyColumn()
	rows := randomRows(4, &table, 400)
	want := inOrder(&table, rows)
	reader := openTable(t, writeSnapshot(t, Options{BlockRows: 16, RowGroupBytes: 10_000, PartBytes: 40_000, PageBytes: 300}, table, rows, 50))
	const column = 4 // mixed: the sibling's pages are walked too
	into := NewBatch(table.Columns)
	for _, c := range [][2]int64{{0, 400}, {399, 1}, {13, 200}, {14, 7}, {3, 5}, {20, 0}} {
		at := c[0]
		check := func(b *Batch) {
			for k := range b.Rows {
				class, got := b.Columns[column].Cell(k)
				if w := want[at][column]; class != w.class || !bytes.Equal(got, w.c) {
					t.Fatalf("rows %v: row %d: %s %x, want %s %x", c, at, class, got, w.class, w.c)
				}
				at++
			}
		}
		for b, err := range reader.Range(c[0], c[1], []int{column}) {
			if err != nil {
				t.Fatal(err)
			}
			check(b)
		}
		if at != c[0]+c[1] {
			t.Errorf("rows %v: ended at %d", c, at)
		}
		at = c[0]
		if err := reader.Read(c[0], c[1], []int{column}, into); err != nil {
			t.Fatal(err)
		}
		check(into)
	}
	for _, err := range reader.Range(300, 101, nil) {
		if err == nil {
			t.Error("beyond the end: no error")
		}
	}
}

// checkLibrary reads all files as other programs do.
func checkLibrary(t *testing.T, dir string, want int) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "tables", "t-0001", "part-*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for _, name := range files {
		rows += libraryRows(t, name)
	}
	if rows != want {
		t.Errorf("the library reads %d rows of %d", rows, want)
	}
	libraryRows(t, filepath.Join(dir, "tables", "t-0001", "index.parquet"))
}

func libraryRows(t *testing.T, name string) int {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	n, buf := 0, make([]parquet.Row, 64)
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		for {
			k, err := rows.ReadRows(buf)
			if n += k; err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return n
}
