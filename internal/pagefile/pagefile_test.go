package pagefile

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/sealed"
)

func testLeaves() []Leaf {
	return []Leaf{
		{Name: "n", Type: format.Int64, Encoding: format.DeltaBinaryPacked, Bounded: true},
		{Name: "s", Type: format.ByteArray, Encoding: format.DeltaLengthByteArray},
		{Name: "id", Type: format.FixedLenByteArray, Length: 4, Required: true},
	}
}

// pages is a file of one leaf a column and rows that say where they stand.
func testFile(t *testing.T, groups, pages, rows int) []byte {
	t.Helper()
	leaves := testLeaves()
	var out bytes.Buffer
	w := NewWriter(&out, "test", "pagefile test", leaves)
	codec := new(Codec)
	var chunks []*Chunk
	for i := range leaves {
		chunks = append(chunks, NewChunk(&leaves[i], codec))
	}
	at := int64(0)
	for range groups {
		for range pages {
			addPage(t, chunks, at, rows)
			at += int64(rows)
		}
		if err := w.Append(int64(pages*rows), chunks); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// addPage adds rows of which each third has no text, and the first of all no
// number.
func addPage(t *testing.T, chunks []*Chunk, at int64, rows int) {
	t.Helper()
	var ints []int64
	var texts, ids []byte
	ends := []uint32{0}
	numberDef, textDef := make([]byte, rows), make([]byte, rows)
	for i := range rows {
		row := at + int64(i)
		if row > 0 {
			ints, numberDef[i] = append(ints, row), 1
		}
		if row%3 != 0 {
			texts = append(texts, strings.Repeat("x", int(row%7))...)
			ends, textDef[i] = append(ends, uint32(len(texts))), 1
		}
		ids = append(ids, byte(row>>24), byte(row>>16), byte(row>>8), byte(row))
	}
	packed, err := new(delta.BinaryPackedEncoding).EncodeInt64(nil, ints)
	if err != nil {
		t.Fatal(err)
	}
	lengths, err := new(delta.LengthByteArrayEncoding).EncodeByteArray(nil, texts, ends)
	if err != nil {
		t.Fatal(err)
	}
	number := &Page{Rows: rows, Nulls: rows - len(ints), Def: numberDef, Values: packed}
	if len(ints) > 0 {
		number.Least, number.Most = ints[0], ints[len(ints)-1]
	}
	for i, p := range []*Page{number, {Rows: rows, Nulls: rows - len(ends) + 1, Def: textDef, Values: lengths}, {Rows: rows, Values: ids}} {
		if err := chunks[i].Add(p); err != nil {
			t.Fatal(err)
		}
	}
}

func TestColumns(t *testing.T) {
	b := testFile(t, 3, 4, 10)
	r, err := Open(bytes.NewReader(b), int64(len(b)), testLeaves(), new(Codec))
	if err != nil || r.Rows() != 120 {
		t.Fatal(err)
	}
	n, s, id := r.Column(0), r.Column(1), r.Column(2)
	for _, row := range []int64{119, 0, 57, 56, 1, 40} {
		for _, c := range []*Column{n, s, id} {
			if err := c.Load(row); err != nil || row < c.First || row >= c.First+int64(c.Rows) || c.Rows != 10 {
				t.Fatalf("row %d: %d rows from %d, %v", row, c.Rows, c.First, err)
			}
		}
		if in := row - id.First; id.Bytes[4*in+3] != byte(row) {
			t.Errorf("row %d: %x", row, id.Bytes[4*in:4*in+4])
		}
		if row >= 10 && n.Int64[row-n.First] != row || row < 10 && (n.Def[0] != 0 || n.Count != 9) {
			t.Errorf("row %d: %v %v", row, n.Def, n.Int64)
		}
		if s.Def == nil || len(s.Offsets) != s.Count+1 {
			t.Errorf("row %d: %v %v", row, s.Def, s.Offsets)
		}
	}
	for _, row := range []int64{-1, 120} {
		if err := n.Load(row); err == nil {
			t.Errorf("row %d: no error", row)
		}
	}
}

// TestLibraryReads: the Parquet library, which others use, reads the same.
func TestLibraryReads(t *testing.T) {
	b := testFile(t, 2, 3, 10)
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var numbers []int64
	for _, g := range f.RowGroups() {
		rows := g.Rows()
		buf := make([]parquet.Row, 30)
		n, _ := rows.ReadRows(buf)
		for _, row := range buf[:n] {
			if !row[0].IsNull() {
				numbers = append(numbers, row[0].Int64())
			}
		}
		rows.Close()
	}
	if len(numbers) != 59 || !slices.IsSorted(numbers) || numbers[58] != 59 {
		t.Errorf("%v", numbers)
	}
	bounds := f.ColumnIndexes()[0]
	if len(bounds.MinValues) != 3 || bounds.BoundaryOrder != format.Ascending || bounds.NullCounts[0] != 1 {
		t.Errorf("%+v", bounds)
	}
}

func TestRefusals(t *testing.T) {
	b := testFile(t, 1, 1, 10)
	for name, change := range map[string]func([]Leaf) []Leaf{
		"name":     func(l []Leaf) []Leaf { l[0].Name = "m"; return l },
		"length":   func(l []Leaf) []Leaf { l[2].Length = 5; return l },
		"required": func(l []Leaf) []Leaf { l[1].Required = true; return l },
		"logical":  func(l []Leaf) []Leaf { l[1].Logical = &format.StringType{}; return l },
		"scale":    func(l []Leaf) []Leaf { l[0].Precision, l[0].Scale = 9, 2; return l },
		"fewer":    func(l []Leaf) []Leaf { return l[:2] },
	} {
		if _, err := Open(bytes.NewReader(b), int64(len(b)), change(testLeaves()), new(Codec)); !errors.Is(err, sealed.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := range len(b) {
		if _, err := Open(bytes.NewReader(b[:n]), int64(n), testLeaves(), new(Codec)); err == nil {
			t.Errorf("cut to %d bytes: no error", n)
		}
	}
}
