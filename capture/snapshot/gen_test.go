package snapshot

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"parallax/internal/store"
)

// unsynced is the machine's file system without waiting for the disk.
type unsynced struct{ store.OS }

func (unsynced) OpenFile(name string, flag int, perm os.FileMode) (store.File, error) {
	f, err := store.OS{}.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return unsyncedFile{f}, nil
}

func (unsynced) SyncDir(string) error { return nil }

type unsyncedFile struct{ store.File }

func (unsyncedFile) Sync() error { return nil }

// cell is a value in a row of a test.
type cell struct {
	class Class
	c     []byte
}

type testRow []cell

func (r testRow) key(key []int) []byte {
	b := batchOf(columnsOf(r), []testRow{r})
	return b.AppendRowKey(nil, key, 0)
}

func columnsOf(r testRow) []Column {
	out := make([]Column, len(r))
	for i := range out {
		out[i].Class = Text
	}
	return out
}

func batchOf(columns []Column, rows []testRow) *Batch {
	b := NewBatch(columns)
	for _, r := range rows {
		for i, c := range r {
			b.Columns[i].Append(c.class, c.c)
		}
		b.Rows++
	}
	return b
}

// everyColumn has one column of each form, mixed ones among them.
func everyColumn() Table {
	return Table{
		Schema: "s", Name: "every", From: "table", Key: []string{"id", "part"}, KeyFrom: "primary key",
		Columns: []Column{
			{Name: "id", Class: Number, Bits: 64},
			{Name: "part", Class: Text},
			{Name: "small", Class: Number, Bits: 16},
			{Name: "int", Class: Number, Bits: 32, Mixed: true},
			{Name: "money", Class: Number, Precision: 12, Scale: 2, Mixed: true},
			{Name: "large", Class: Number, Precision: 30, Scale: 7},
			{Name: "any number", Class: Number, Mixed: true},
			{Name: "double", Class: Float, Bits: 64},
			{Name: "float", Class: Float, Bits: 32, Mixed: true},
			{Name: "bytes", Class: Bytes},
			{Name: "flag", Class: Bool},
			{Name: "at", Class: Instant, Precision: 6, Mixed: true},
			{Name: "AT", Class: WallTime, Precision: 9},
			{Name: "day", Class: Date, Mixed: true},
			{Name: "time", Class: Time, Mixed: true},
			{Name: "uuid", Class: UUID},
			{Name: "doc", Class: JSON},
			{Name: "list", Class: List},
			{Name: "span", Class: Interval},
			{Name: "at__other", Class: Text},
			{Name: "", Class: Text},
		},
	}
}

// randomCell draws a value that the column holds; mixed columns also hold others.
func randomCell(r *rand.Rand, c *Column) cell {
	if !c.NotNull && r.IntN(6) == 0 {
		return cell{class: Null}
	}
	if c.Mixed && r.IntN(8) == 0 {
		return oddCell(r, c)
	}
	switch c.Class {
	case Number:
		return cell{Number, randomNumber(r, c)}
	case Float:
		x := r.NormFloat64()
		if c.Bits == 32 {
			x = float64(float32(x))
		}
		return cell{Float, AppendFloat(nil, x)}
	case Bytes:
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return cell{Bytes, b}
	case Bool:
		return cell{Bool, AppendBool(nil, r.IntN(2) == 0)}
	case Instant, WallTime:
		if c.Precision > 6 {
			return cell{c.Class, AppendSeconds(nil, r.Int64N(1<<33)-1<<32, int32(r.IntN(1e9)))}
		}
		return cell{c.Class, AppendMicros(nil, r.Int64N(1<<52)-1<<51)}
	case Date:
		return cell{Date, AppendDays(nil, int32(r.IntN(80000)-40000))}
	case Time:
		return cell{Time, AppendTimeMicros(nil, r.Int64N(dayMicros))}
	case UUID:
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return cell{UUID, b}
	case Interval:
		return cell{Interval, AppendInterval(nil, int32(r.Uint32()), int32(r.Uint32()), r.Int64()-1<<62)}
	case JSON:
		return cell{JSON, fmt.Appendf(nil, `{"a": %d}`, r.IntN(1000))}
	case List:
		return cell{List, fmt.Appendf(nil, `["é", %d]`, r.IntN(1000))}
	}
	texts := []string{"", "a", "é\x00ü", "text:x", "some longer text", "漢字"}
	return cell{Text, []byte(texts[r.IntN(len(texts))])}
}

func randomNumber(r *rand.Rand, c *Column) []byte {
	switch {
	case c.Bits == 16:
		return AppendInt(nil, int64(int16(r.Uint32())))
	case c.Bits == 32:
		return AppendInt(nil, int64(int32(r.Uint32())))
	case c.Bits == 64:
		return AppendInt(nil, int64(r.Uint64()))
	case c.Precision == 12:
		return AppendScaled(nil, r.Int64N(2e12)-1e12+1, 2)
	case c.Precision == 30:
		b, _ := AppendNumberText(nil, fmt.Sprintf("%d%d.%07d", int32(r.Uint32()), r.IntN(1e9), r.IntN(1e7)))
		return b
	}
	b, _ := AppendNumberText(nil, fmt.Sprintf("%d.%0*d", r.IntN(1000)-500, 1+r.IntN(40), r.IntN(10)))
	return b
}

func oddCell(r *rand.Rand, c *Column) cell {
	odd := []cell{
		{Text, []byte("0000-00-00")}, {Bytes, []byte{0, 0xFF, 'a'}}, {Float, AppendFloat(nil, 1.5)},
		{JSON, []byte("{}")}, {Bool, []byte{1}}, {Date, AppendDays(nil, 3)},
	}
	switch c.Class {
	case Number:
		odd = append(odd, cell{Number, AppendNaN(nil)}, cell{Number, AppendInf(nil, -1)},
			cell{Number, AppendScaled(nil, 12345, 4)}, cell{Number, AppendUint(nil, 1<<63)})
	case Float:
		odd = append(odd, cell{Float, AppendFloat(nil, 0.1)})
	case Instant:
		odd = append(odd, cell{Instant, AppendEndless(nil, 1, false)}, cell{Instant, AppendSeconds(nil, -1, 1)}, cell{Instant, AppendSeconds(nil, 1<<62, 1)})
	case Date:
		odd = append(odd, cell{Date, AppendEndless(nil, -1, true)})
	case Time:
		odd = append(odd, cell{Time, AppendTimeMicros(nil, -5)}, cell{Time, AppendTimeMicros(nil, dayMicros)})
	}
	return odd[r.IntN(len(odd))]
}

func randomRows(seed uint64, t *Table, n int) []testRow {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]testRow, n)
	for k := range out {
		out[k] = make(testRow, len(t.Columns))
		for i := range t.Columns {
			out[k][i] = randomCell(r, &t.Columns[i])
		}
		if len(t.Key) > 0 && r.IntN(20) > 0 {
			out[k][0] = cell{Number, AppendInt(nil, int64(k)*7)}
		}
	}
	return out
}

// inOrder returns the rows sorted as a snapshot has them.
func inOrder(t *Table, rows []testRow) []testRow {
	key, err := t.KeyIndexes()
	if err != nil {
		panic(err)
	}
	out := slices.Clone(rows)
	slices.SortStableFunc(out, func(a, b testRow) int {
		if c := bytes.Compare(a.key(key), b.key(key)); c != 0 {
			return c
		}
		return bytes.Compare(a.key(nil), b.key(nil))
	})
	return out
}

func shuffled(seed uint64, rows []testRow) []testRow {
	out := slices.Clone(rows)
	rand.New(rand.NewPCG(seed, 2)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// writeTable writes rows in batches of a few.
func writeTable(w *Writer, table Table, rows []testRow, batch int) error {
	t, err := w.Table(table)
	if err != nil {
		return err
	}
	for at := 0; at < len(rows); at += batch {
		if err := t.Write(batchOf(table.Columns, rows[at:min(at+batch, len(rows))])); err != nil {
			return err
		}
	}
	return t.Close(TableClosing{})
}

// writeSnapshot makes a snapshot of one table.
func writeSnapshot(t testing.TB, o Options, table Table, rows []testRow, batch int) string {
	t.Helper()
	dir := t.TempDir()
	if o.files == nil {
		o.files = unsynced{}
	}
	w, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeTable(w, table, rows, batch); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	return dir
}

func openTable(t testing.TB, dir string) *TableReader {
	t.Helper()
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	table, err := r.Table(0)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func rowsOf(b *Batch) []testRow {
	out := make([]testRow, b.Rows)
	for k := range out {
		for i := range b.Columns {
			class, c := b.Columns[i].Cell(k)
			out[k] = append(out[k], cell{class, bytes.Clone(c)})
		}
	}
	return out
}

func allRows(t *TableReader) (rows []testRow, err error) {
	for b, err := range t.Batches(nil) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, rowsOf(b)...)
	}
	return rows, nil
}

// firstDifference names the first cell in which two lists differ.
func firstDifference(t *Table, got, want []testRow) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d rows, want %d", len(got), len(want))
	}
	for k := range want {
		for i := range want[k] {
			if g, w := got[k][i], want[k][i]; g.class != w.class || !bytes.Equal(g.c, w.c) {
				return fmt.Sprintf("row %d column %q: %s %x, want %s %x", k, t.Columns[i].Name, g.class, g.c, w.class, w.c)
			}
		}
	}
	return ""
}
