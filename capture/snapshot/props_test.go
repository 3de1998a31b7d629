package snapshot

import (
	"bytes"
	"flag"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// drawRows draws rows of a small table, with keys that repeat.
func drawRows(t *rapid.T, name string, table *Table) []testRow {
	rows := randomRows(rapid.Uint64().Draw(t, name+" seed"), table, rapid.IntRange(0, 120).Draw(t, name))
	for i := range rows {
		rows[i][0] = cell{Number, AppendInt(nil, int64(rapid.IntRange(0, 60).Draw(t, "id")))}
	}
	return rows
}

func drawTable(t *rapid.T) Table {
	table := smallTable()
	if rapid.Bool().Draw(t, "keyless") {
		table.Key = nil
	}
	return table
}

func drawOptions(t *rapid.T) Options {
	return Options{BlockRows: 4, BufferBytes: minBufferBytes, PageBytes: rapid.IntRange(1, 400).Draw(t, "page"),
		RowGroupBytes: int64(rapid.IntRange(1, 3000).Draw(t, "group")), PartBytes: int64(rapid.IntRange(1, 5000).Draw(t, "part"))}
}

// checkFew is rapid.Check for properties that write files, of which opening one
// costs more than all else.
func checkFew(t *testing.T, f func(*rapid.T)) {
	t.Helper()
	n := flag.Lookup("rapid.checks").Value
	before := n.String()
	if err := n.Set(strconv.Itoa(nightly(25, 1000))); err != nil {
		t.Fatal(err)
	}
	defer n.Set(before)
	rapid.Check(t, f)
}

// TestOrderDoesNotMatter: rows written in any order are read sorted, and blocks,
// sums and counts are the same whatever the order and the bounds were.
func TestOrderDoesNotMatter(t *testing.T) {
	checkFew(t, func(rt *rapid.T) {
		table := drawTable(rt)
		rows := drawRows(rt, "rows", &table)
		want := inOrder(&table, rows)
		sorted := openTable(t, writeSnapshot(t, Options{BlockRows: 4}, table, want, 1000))
		mixed := openTable(t, writeSnapshot(t, drawOptions(rt), table, rapid.Permutation(rows).Draw(rt, "order"), rapid.IntRange(1, 50).Draw(rt, "batch")))
		got, err := allRows(mixed)
		if err != nil {
			rt.Fatal(err)
		}
		if d := firstDifference(&table, got, want); d != "" {
			rt.Fatal(d)
		}
		if a, b := blocksOf(t, sorted), blocksOf(t, mixed); !slices.EqualFunc(a, b, sameBlock) || mixed.entry.DuplicateKeys != sorted.entry.DuplicateKeys {
			rt.Fatalf("blocks differ: %+v, %+v", a, b)
		}
		for _, x := range []*TableReader{sorted, mixed} {
			if err := x.verifyRows(4); err != nil {
				rt.Fatal(err)
			}
		}
	})
}

func sameBlock(a, b Block) bool {
	return a.First == b.First && sameContent(a, b)
}

func sameContent(a, b Block) bool {
	return a.Rows == b.Rows && a.Keys == b.Keys && bytes.Equal(a.LastKey, b.LastKey) && slices.Equal(a.Columns, b.Columns)
}

// TestBlocksDoNotDependOnNeighbours: rows added elsewhere leave a block as it is.
func TestBlocksDoNotDependOnNeighbours(t *testing.T) {
	checkFew(t, func(rt *rapid.T) {
		table := drawTable(rt)
		rows, more := drawRows(rt, "rows", &table), drawRows(rt, "more", &table)
		key, _ := table.KeyIndexes()
		o := Options{BlockRows: 4}
		before := blocksOf(t, openTable(t, writeSnapshot(t, o, table, rows, 100)))
		after := blocksOf(t, openTable(t, writeSnapshot(t, o, table, slices.Concat(rows, more), 100)))
		var last []byte
		for i, b := range before {
			touched := slices.ContainsFunc(more, func(r testRow) bool {
				k := r.key(key)
				return (i == 0 || bytes.Compare(k, last) > 0) && (i == len(before)-1 || bytes.Compare(k, b.LastKey) <= 0)
			})
			if last = b.LastKey; !touched && !slices.ContainsFunc(after, func(a Block) bool { return sameContent(a, b) }) {
				rt.Fatalf("block %d (%x) is not there any more", i, b.LastKey)
			}
		}
	})
}

func TestTaggedIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		class := Class(rapid.IntRange(1, 13).Draw(t, "class"))
		c := drawCanonical(t, class)
		got, back, err := ParseTagged(nil, string(AppendTagged(nil, class, c)))
		if err != nil || got != class || !bytes.Equal(back, c) {
			t.Fatalf("%s %x became %q, then %s %x (%v)", class, c, AppendTagged(nil, class, c), got, back, err)
		}
	})
}

// drawCanonical draws bytes of a class; those of fixed length may be any.
func drawCanonical(t *rapid.T, class Class) []byte {
	size := map[Class]int{Bool: 1, Float: 8, Instant: 12, WallTime: 12, Date: 4, Time: 8, UUID: 16, Interval: 16}[class]
	switch {
	case class == Number:
		n, scale := drawDecimal(t, "n")
		return AppendBig(nil, n, scale)
	case size > 0:
		return rapid.SliceOfN(rapid.Byte(), size, size).Draw(t, "bytes")
	}
	return rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "bytes")
}
