package snapshot

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// everyColumn has a column of each form, all of which may hold other cells.
func everyColumn() Table {
	t := Table{Name: "t", Key: []string{"id"}}
	for _, c := range []Column{
		{Name: "id", Class: Number, Bits: 64}, {Name: "small", Class: Number, Bits: 32}, {Name: "Small", Class: Number, Precision: 12, Scale: 2},
		{Name: "big", Class: Number, Precision: 38, Scale: 10}, {Name: "any", Class: Number}, {Name: "double", Class: Float, Bits: 64},
		{Name: "float", Class: Float, Bits: 32}, {Name: "flag", Class: Bool}, {Name: "at", Class: Instant, Precision: 6},
		{Name: "wall", Class: WallTime, Precision: 9}, {Name: "day", Class: Date}, {Name: "clock", Class: Time}, {Name: "uuid", Class: UUID},
		{Name: "text", Class: Text}, {Name: "text__other", Class: Text}, {Name: "raw", Class: Bytes}, {Name: "doc", Class: JSON}, {Name: "list", Class: List}, {Name: "span", Class: Interval},
	} {
		c.Mixed = c.Name != "id"
		t.Columns = append(t.Columns, c)
	}
	return t
}

func drawCell(t *rapid.T, class Class) (Class, []byte) {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return Null, nil
	case 1:
		class = rapid.SampledFrom([]Class{Text, Number, Float, Bytes, Interval, Instant}).Draw(t, "other")
	}
	switch class {
	case Bool:
		return class, AppendBool(nil, rapid.Bool().Draw(t, "b"))
	case Number:
		if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
			return class, rapid.SampledFrom([][]byte{AppendNaN(nil), AppendInf(nil, 1), AppendInf(nil, -1)}).Draw(t, "odd number")
		}
		n, scale := drawDecimal(t, "n")
		return class, AppendBig(nil, n, scale)
	case Float:
		return class, AppendFloat(nil, rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.1, 1e300, math.Inf(-1), math.NaN(), float64(float32(0.1))}).Draw(t, "f"))
	case Instant, WallTime:
		if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
			return class, AppendEndless(nil, 1, false)
		}
		return class, AppendSeconds(nil, rapid.Int64Range(-1<<40, 1<<40).Draw(t, "s"), rapid.Int32Range(0, 999_999_999).Draw(t, "ns"))
	case Date:
		return class, AppendDays(nil, rapid.Int32().Draw(t, "days"))
	case Time:
		return class, AppendTimeMicros(nil, rapid.Int64Range(-1e12, 1e12).Draw(t, "us"))
	case UUID:
		return class, rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid")
	case Interval:
		return class, AppendInterval(nil, rapid.Int32().Draw(t, "m"), rapid.Int32().Draw(t, "d"), rapid.Int64Range(-1e15, 1e15).Draw(t, "us"))
	}
	return class, rapid.SliceOfN(rapid.SampledFrom([]byte("aé\x00\xff:{")), 0, 6).Draw(t, "bytes")
}

func drawBatch(t *rapid.T, table *Table, keys []int64) *Batch {
	b := NewBatch(table.Columns)
	for _, k := range keys {
		b.Rows++
		b.Columns[0].Append(Number, AppendInt(nil, k))
		for i := range table.Columns[1:] {
			class, c := drawCell(t, table.Columns[i+1].Class)
			b.Columns[i+1].Append(class, c)
		}
	}
	return b
}

// rowsOf encodes all rows of a table, in the order in which they come.
func rowsOf(t testing.TB, dir string) [][]byte {
	t.Helper()
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := r.Table(0)
	if err != nil {
		t.Fatal(err)
	}
	defer tr.Close()
	var rows [][]byte
	for b, err := range tr.Batches(nil) {
		if err != nil {
			t.Fatal(err)
		}
		for row := range b.Rows {
			rows = append(rows, append(b.AppendRowKey(nil, tr.key, row), appendRow(nil, b, row)...))
		}
	}
	return rows
}

func create(t testing.TB, dir string, table Table, o Options, batches ...*Batch) {
	t.Helper()
	w, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	tw, err := w.Table(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := tw.Write(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(TableClosing{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
}

// TestWriteThenRead: rows in any order come back sorted, each cell as it was.
func TestWriteThenRead(t *testing.T) {
	parent, n := t.TempDir(), 0
	rapid.Check(t, func(rt *rapid.T) {
		table := everyColumn()
		var want [][]byte
		var batches []*Batch
		for range rapid.IntRange(0, 3).Draw(rt, "batches") {
			b := drawBatch(rt, &table, rapid.SliceOfN(rapid.Int64Range(-50, 50), 0, 30).Draw(rt, "keys"))
			for row := range b.Rows {
				want = append(want, append(b.AppendRowKey(nil, []int{0}, row), appendRow(nil, b, row)...))
			}
			batches = append(batches, b)
		}
		slices.SortFunc(want, bytes.Compare)
		dir := filepath.Join(parent, fmt.Sprint(n))
		n++
		create(t, dir, table, Options{BlockRows: rapid.IntRange(1, 20).Draw(rt, "block rows"), RowGroupBytes: rapid.Int64Range(1, 5000).Draw(rt, "group"), PartBytes: 4000}, batches...)
		if err := Verify(dir); err != nil {
			rt.Fatal(err)
		}
		got := rowsOf(t, dir)
		if !slices.EqualFunc(got, want, bytes.Equal) {
			rt.Fatalf("%d rows, want %d", len(got), len(want))
		}
	})
}

func numbers(table *Table, keys []int) *Batch {
	b := NewBatch(table.Columns)
	for _, k := range keys {
		b.Rows++
		b.Columns[0].Append(Number, AppendInt(nil, int64(k)))
		b.Columns[1].Append(Text, fmt.Appendf(nil, "text of %d", k))
	}
	return b
}

func twoColumns() Table {
	return Table{Name: "n", Key: []string{"k"}, Columns: []Column{{Name: "k", Class: Number, Bits: 64}, {Name: "v", Class: Text}}}
}

// TestSpilledAndSortedIsTheSame: rows backwards, beyond the memory for them, give
// the same bytes as rows in order.
func TestSpilledAndSortedIsTheSame(t *testing.T) {
	table, keys := twoColumns(), make([]int, 20_000)
	for i := range keys {
		keys[i] = i
	}
	dir := t.TempDir()
	create(t, filepath.Join(dir, "a"), table, Options{}, numbers(&table, keys))
	slices.Reverse(keys)
	create(t, filepath.Join(dir, "b"), table, Options{BufferBytes: minBufferBytes}, numbers(&table, keys))
	// In order first, then not: what was written already is sorted again.
	slices.Reverse(keys)
	create(t, filepath.Join(dir, "c"), table, Options{BufferBytes: minBufferBytes}, numbers(&table, keys[10_000:]), numbers(&table, keys[:10_000]))
	want, err := os.ReadFile(filepath.Join(dir, "a", ManifestName))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b", "c"} {
		got, err := os.ReadFile(filepath.Join(dir, name, ManifestName))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: another manifest (%v)", name, err)
		}
		if err := Verify(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, name, "*.tmp")); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

// TestBlocksFollowKeys: an insert moves nothing but its own block.
func TestBlocksFollowKeys(t *testing.T) {
	table, dir := twoColumns(), t.TempDir()
	var keys []int
	for i := range 5000 {
		keys = append(keys, i*2)
	}
	create(t, filepath.Join(dir, "a"), table, Options{BlockRows: 64}, numbers(&table, keys))
	create(t, filepath.Join(dir, "b"), table, Options{BlockRows: 64}, numbers(&table, slices.Insert(keys, 2500, 4999)))
	a, b := blocksIn(t, filepath.Join(dir, "a")), blocksIn(t, filepath.Join(dir, "b"))
	differ := 0
	for k, sum := range b {
		if a[k] != sum {
			differ++
		}
	}
	if len(a) < 40 || differ > 2 {
		t.Errorf("%d blocks, %d differ after one insert", len(a), differ)
	}
}

func blocksIn(t *testing.T, dir string) map[string]Sum {
	t.Helper()
	r, err := Open(dir, OpenOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := r.Table(0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Sum{}
	if err := tr.Blocks(func(b *Block) error {
		found[string(b.LastKey)] = b.Columns[1]
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestDamageIsSeen cuts, lengthens and flips every file.
func TestDamageIsSeen(t *testing.T) {
	table, dir := twoColumns(), filepath.Join(t.TempDir(), "s")
	create(t, dir, table, Options{BlockRows: 16}, numbers(&table, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}))
	files, _ := filepath.Glob(filepath.Join(dir, "tables/t-0001/*"))
	if len(files) != 4 {
		t.Fatalf("%v", files)
	}
	for _, name := range files {
		whole, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := range whole {
			flipped := bytes.Clone(whole)
			flipped[at] ^= 0x10
			for _, b := range [][]byte{whole[:at], flipped} {
				if err := os.WriteFile(name, b, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := Verify(dir); !errors.Is(err, ErrDamaged) {
					t.Fatalf("%s, byte %d: %v", filepath.Base(name), at, err)
				}
			}
		}
		if err := os.WriteFile(name, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Verify(dir); err != nil {
		t.Error(err)
	}
}

// TestUnfinishedIsNoSnapshot: what an aborted writer leaves is refused unless told.
func TestUnfinishedIsNoSnapshot(t *testing.T) {
	table, dir := twoColumns(), filepath.Join(t.TempDir(), "s")
	w, err := Create(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	tw, err := w.Table(table)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(tw.Write(numbers(&table, []int{1, 2})), tw.Close(TableClosing{})); err != nil {
		t.Fatal(err)
	}
	other := table
	other.Name = "half"
	half, err := w.Table(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(half.Write(numbers(&table, []int{1})), half.Abort(), w.Abort()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, OpenOptions{}); !errors.Is(err, ErrPartial) {
		t.Errorf("%v", err)
	}
	if r, err := Open(dir, OpenOptions{Partial: true}); err != nil || len(r.Manifest().Tables) != 1 {
		t.Errorf("%v", err)
	}
	if _, err := Create(dir, Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("%v", err)
	}
	again, err := Create(dir, Options{Resume: true})
	if err != nil || len(again.Kept()) != 1 {
		t.Fatalf("%v", err)
	}
	if _, err := again.Table(table); !errors.Is(err, ErrExists) {
		t.Errorf("%v", err)
	}
	create2, err := again.Table(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(create2.Write(numbers(&table, []int{5})), create2.Close(TableClosing{}), again.Close(Closing{})); err != nil {
		t.Fatal(err)
	}
	if err := Verify(dir); err != nil {
		t.Error(err)
	}
}

// A cell that its column cannot hold is an error where the source did not say so.
func TestUndeclaredOtherCellsAreRefused(t *testing.T) {
	table := twoColumns()
	w, err := Create(filepath.Join(t.TempDir(), "s"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	tw, err := w.Table(table)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBatch(table.Columns)
	b.Rows++
	b.Columns[0].Append(Number, AppendInt(nil, 1))
	b.Columns[1].Append(Bytes, []byte{0xFF})
	if err := tw.Write(b); err == nil {
		t.Error("bytes in a column of texts are accepted")
	}
	if err := errors.Join(tw.Abort(), w.Abort()); err != nil {
		t.Error(err)
	}
}

func FuzzParseTagged(f *testing.F) {
	f.Add([]byte("number:NaN"))
	f.Add([]byte("text:a:b"))
	f.Add([]byte("bytes:x:00ff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		class, c, err := ParseTagged(nil, b)
		if err != nil {
			return
		}
		again, c2, err := ParseTagged(nil, AppendTagged(nil, class, c))
		if err != nil || again != class || !bytes.Equal(c, c2) {
			t.Errorf("%q: %s %x, then %s %x (%v)", b, class, c, again, c2, err)
		}
	})
}

func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"format":"parallax-snapshot","version":{"major":1},"block_rows":1,"tables":[]}`))
	f.Add([]byte(`{"format":"parallax-snapshot","version":{"major":1},"block_rows":1,"tables":[{"name":"t","index":{"name":"../x"}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := parseManifest(b); err == nil && m.BlockRows < 1 {
			t.Error("accepted")
		}
	})
}
