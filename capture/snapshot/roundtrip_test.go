package snapshot

import "testing"

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
