package snapshot

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestNamesAreUnique(t *testing.T) {
	columns := []Column{
		{Name: "a", Class: Text, Mixed: true}, {Name: "A", Class: Text}, {Name: "a__other", Class: Text},
		{Name: "", Class: Text}, {Name: "column", Class: Text}, {Name: "b\x00\xff", Class: Text}, {Name: "A_2", Class: Text},
	}
	var got []string
	for _, l := range newLayout(columns).leaves {
		got = append(got, l.Name)
	}
	want := "a|a__other_2|A_2|a__other|column|column_2|b\uFFFD\uFFFD|A_2_2"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("%s, want %s", s, want)
	}
}

// TestMisfits: a cell that its column cannot hold, and that no sibling takes, is
// an error that names table, column and row.
func TestMisfits(t *testing.T) {
	for name, c := range map[string]struct {
		column Column
		cell   cell
		want   string
	}{
		"class":      {Column{Class: Number, Bits: 64}, cell{Text, []byte("x")}, "class text"},
		"NaN":        {Column{Class: Number}, cell{Number, AppendNaN(nil)}, "class number"},
		"range":      {Column{Class: Number, Bits: 16}, cell{Number, AppendInt(nil, 40000)}, "class number"},
		"scale":      {Column{Class: Number, Precision: 9, Scale: 2}, cell{Number, AppendScaled(nil, 1, 3)}, "class number"},
		"digits":     {Column{Class: Number, Precision: 3, Scale: 2}, cell{Number, AppendInt(nil, 10)}, "class number"},
		"infinity":   {Column{Class: Instant, Precision: 6}, cell{Instant, AppendEndless(nil, 1, false)}, "class instant"},
		"nanosecond": {Column{Class: WallTime, Precision: 6}, cell{WallTime, AppendSeconds(nil, 0, 1)}, "class wall time"},
		"24:00":      {Column{Class: Time}, cell{Time, AppendTimeMicros(nil, dayMicros)}, "class time"},
		"float":      {Column{Class: Float, Bits: 32}, cell{Float, AppendFloat(nil, 0.1)}, "class float"},
		"UTF-8":      {Column{Class: Text}, cell{Text, []byte("\xff")}, "not UTF-8"},
		"half":       {Column{Class: Text}, cell{Text, []byte("é")[:1]}, "not UTF-8"},
	} {
		id := Column{Name: "id", Class: Number, Bits: 64}
		c.column.Name = "odd"
		table := Table{Schema: "s", Name: "t", From: "table", Key: []string{"id"}, Columns: []Column{id, c.column}}
		w, err := Create(t.TempDir(), Options{files: unsynced{}})
		if err != nil {
			t.Fatal(err)
		}
		rows := []testRow{{{Number, AppendInt(nil, 1)}, {Null, nil}}, {{Number, AppendInt(nil, 2)}, c.cell}}
		if name == "half" {
			rows = append(rows, testRow{{Number, AppendInt(nil, 3)}, {Text, []byte("é")[1:]}})
		}
		err = writeTable(w, table, rows, 10)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `table s.t: column "odd": row`) {
			t.Errorf("%s: %v", name, err)
		}
		if err := w.Abort(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBadBatches(t *testing.T) {
	w, err := Create(t.TempDir(), Options{files: unsynced{}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for name, bad := range map[string]func(*Batch){
		"columns": func(b *Batch) { b.Columns = b.Columns[:2] },
		"class":   func(b *Batch) { b.Columns[0].Class = Text },
		"rows":    func(b *Batch) { b.Rows++ },
		"null":    func(b *Batch) { b.Columns[1].Nulls = []uint32{0} },
	} {
		table := smallTable()
		table.Name = name
		tw, err := w.Table(table)
		if err != nil {
			t.Fatal(err)
		}
		b := batchOf(table.Columns, []testRow{{{Number, AppendInt(nil, 1)}, {Text, []byte("x")}, {Null, nil}, {Null, nil}}})
		bad(b)
		if err := tw.Write(b); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := tw.Close(TableClosing{}); err == nil {
			t.Errorf("%s: closed", name)
		}
	}
}

func TestTagged(t *testing.T) {
	for want, c := range map[string]cell{
		"number:NaN":                           {Number, AppendNaN(nil)},
		"bytes:00ff":                           {Bytes, []byte{0, 0xFF}},
		"text:a:b":                             {Text, []byte("a:b")},
		"instant:-infinity":                    {Instant, AppendEndless(nil, -1, false)},
		"instant:raw:8000000000000000ffffffff": {Instant, AppendSeconds(nil, 0, -1)},
		"date:-0043-02-29":                     {Date, AppendDays(nil, -735194)},
		"time:24:00:00":                        {Time, AppendTimeMicros(nil, dayMicros)},
	} {
		got := string(AppendTagged(nil, c.class, c.c))
		if got != want && !strings.HasPrefix(want, "date") {
			t.Errorf("%s, want %s", got, want)
		}
		class, back, err := ParseTagged(nil, got)
		if err != nil || class != c.class || string(back) != string(c.c) {
			t.Errorf("%s: %s %x, %v", got, class, back, err)
		}
	}
	for _, bad := range []string{"", "number", "number:x", "tape:1", "date:2024-13-01", "bool:yes", "uuid:12", "time:1:2", "interval:1", "bytes:0"} {
		if _, c, err := ParseTagged(nil, bad); err == nil {
			t.Errorf("%q is %x", bad, c)
		}
	}
}

func TestRowJSON(t *testing.T) {
	table := Table{Schema: "s", Name: "t\"", From: "table", Key: []string{"id"}, Columns: []Column{
		{Name: "id", Class: Number}, {Name: "n", Class: Number}, {Name: "x", Class: Float}, {Name: "b", Class: Bytes},
		{Name: "t", Class: Text}, {Name: "nul", Class: Text}, {Name: "odd", Class: Date}, {Name: "flag", Class: Bool}, {Name: "j", Class: JSON},
	}}
	id, err := AppendNumberText(nil, "123456789012345678901234567890.5")
	if err != nil {
		t.Fatal(err)
	}
	row := testRow{{Number, id}, {Number, AppendNaN(nil)}, {Float, AppendFloat(nil, 1e300)}, {Bytes, []byte{1, 0xFE}},
		{Text, []byte("a\"\n\x7fé")}, {Null, nil}, {Text, []byte("0000-00-00")}, {Bool, []byte{1}}, {JSON, []byte(`{"a":1}`)}}
	got := AppendRowJSON(nil, &table, batchOf(table.Columns, []testRow{row}), 0)
	want := `{"table":"s.t\"","key":["123456789012345678901234567890.5"],"row":{"id":123456789012345678901234567890.5,"n":"number:NaN","x":1e+300,` +
		`"b":"01fe","t":"a\"\u000a\u007fé","nul":null,"odd":"text:0000-00-00","flag":true,"j":"{\"a\":1}"}}` + "\n"
	if string(got) != want || !json.Valid(got) {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestHugeBlock: rows of one key are one block, however many they are, in row
// groups of bounded size.
func TestHugeBlock(t *testing.T) {
	table := smallTable()
	table.Key = []string{"text"}
	rows := smallRows(500)
	for i := range rows {
		rows[i][1] = cell{Text, []byte("same")}
	}
	dir := writeSnapshot(t, Options{BlockRows: 4, RowGroupBytes: 1000, PartBytes: 4000, PageBytes: 100}, table, inOrder(&table, rows), 20)
	reader := openTable(t, dir)
	if b := blocksOf(t, reader); len(b) != 1 || b[0].Rows != 500 || reader.Entry().DuplicateKeys != 499 || len(reader.Entry().Files) < 2 {
		t.Errorf("%d blocks, %+v", len(b), reader.Entry())
	}
	if err := Verify(dir); err != nil {
		t.Error(err)
	}
}

// TestBytesAreDeterministic: neither the number of encoders, nor the size of
// batches, nor the order of rows changes a byte; also not where blocks are larger
// than row groups.
func TestBytesAreDeterministic(t *testing.T) {
	table := everyColumn()
	rows := inOrder(&table, randomRows(9, &table, 800))
	for _, o := range []Options{{BlockRows: 16, RowGroupBytes: 20_000, PageBytes: 1000}, {BlockRows: 400, RowGroupBytes: 3000}} {
		var first string
		for i, c := range []struct{ encoders, batch int }{{1, 7}, {4, 800}, {2, 100}, {2, 40}} {
			list := rows
			if i == 3 {
				list = shuffled(1, rows)
			}
			o.Encoders = c.encoders
			r, err := Open(writeSnapshot(t, o, table, list, c.batch), OpenOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = r.Digest()
			}
			if r.Digest() != first {
				t.Errorf("%+v: another snapshot", c)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestReadRefuses(t *testing.T) {
	dir, _, _ := smallSnapshot(t)
	table := openTable(t, dir)
	b := NewBatch(table.Entry().Columns)
	for name, err := range map[string]error{
		"beyond":   table.Read(50, 11, nil, b),
		"negative": table.Read(-1, 1, nil, b),
		"column":   table.Read(0, 1, []int{9}, b),
		"twice":    table.Read(0, 1, []int{1, 1}, b),
		"batch":    table.Read(0, 1, nil, &Batch{}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := table.Read(5, 3, []int{2}, b); err != nil || b.Columns[2].Len() != 3 || b.Columns[0].Len() != 0 {
		t.Errorf("one column: %v", err)
	}
	stop := errors.New("stop")
	if err := table.Blocks(func(*Block) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("stopped: %v", err)
	}
	for range table.Batches(nil) {
		break
	}
}
