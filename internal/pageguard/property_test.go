package pageguard

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"
	"pgregory.net/rapid"
)

// kind is a physical type with the encodings that it has, and how its values are drawn.
type kind struct {
	name      string
	typ       parquet.Type
	encodings []encoding.Encoding
	draw      func(t *rapid.T) parquet.Value
}

func kinds() []kind {
	numbers := []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaBinaryPacked, &parquet.ByteStreamSplit}
	floats := []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.ByteStreamSplit}
	small := rapid.Int64Range(-3, 3)
	whole := rapid.OneOf(small, rapid.Int64())
	texts := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "ab", "abc", "abcdefghijklmnopqrstuvwxyz"}), rapid.String())
	fixed := func(n int) func(t *rapid.T) parquet.Value {
		one := rapid.SliceOfN(rapid.OneOf(rapid.Just(byte(0)), rapid.Byte()), n, n)
		return func(t *rapid.T) parquet.Value { return parquet.FixedLenByteArrayValue(one.Draw(t, "v")) }
	}
	shared := []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaByteArray, &parquet.ByteStreamSplit}
	return []kind{
		{"bool", parquet.BooleanType, []encoding.Encoding{&parquet.Plain, &parquet.RLE}, func(t *rapid.T) parquet.Value { return parquet.BooleanValue(rapid.Bool().Draw(t, "v")) }},
		{"int32", parquet.Int32Type, numbers, func(t *rapid.T) parquet.Value { return parquet.Int32Value(int32(whole.Draw(t, "v"))) }},
		{"int64", parquet.Int64Type, numbers, func(t *rapid.T) parquet.Value { return parquet.Int64Value(whole.Draw(t, "v")) }},
		{"int96", parquet.Int96Type, floats[:2], func(t *rapid.T) parquet.Value {
			v := uint64(whole.Draw(t, "v"))
			return parquet.Int96Value(deprecated.Int96{uint32(v), uint32(v >> 32), uint32(v >> 7)})
		}},
		{"float", parquet.FloatType, floats, func(t *rapid.T) parquet.Value { return parquet.FloatValue(rapid.Float32().Draw(t, "v")) }},
		{"double", parquet.DoubleType, floats, func(t *rapid.T) parquet.Value { return parquet.DoubleValue(rapid.Float64().Draw(t, "v")) }},
		{"text", parquet.ByteArrayType, []encoding.Encoding{&parquet.Plain, &parquet.RLEDictionary, &parquet.DeltaLengthByteArray, &parquet.DeltaByteArray},
			func(t *rapid.T) parquet.Value { return parquet.ByteArrayValue([]byte(texts.Draw(t, "v"))) }},
		{"fixed 1", parquet.FixedLenByteArrayType(1), shared, fixed(1)},
		{"fixed 5", parquet.FixedLenByteArrayType(5), shared, fixed(5)},
		{"fixed 16", parquet.FixedLenByteArrayType(16), shared, fixed(16)},
	}
}

// shapes are how a value stands in its row: its highest levels, and the node.
type shape struct {
	name             string
	def, rep, listed int // listed is the definition level of an element or a null in its place
	node             func(parquet.Node) parquet.Node
}

func shapes() []shape {
	return []shape{
		{"required", 0, 0, 0, func(n parquet.Node) parquet.Node { return n }},
		{"optional", 1, 0, 0, parquet.Optional},
		{"list", 1, 1, 1, parquet.Repeated},
		{"list of nulls", 3, 1, 2, func(n parquet.Node) parquet.Node { return parquet.Optional(parquet.List(parquet.Optional(n))) }},
	}
}

// row draws one, where values come from a pool so that runs and dictionaries occur.
func (s *shape) row(t *rapid.T, value func(*rapid.T) parquet.Value, nulls int) parquet.Row {
	null := func(most int) bool { return most > 0 && rapid.IntRange(0, 99).Draw(t, "null") < nulls }
	slot := func(rep int) parquet.Value {
		if null(s.def - s.listed) {
			return parquet.NullValue().Level(rep, max(s.def-1, 0), 0)
		}
		return value(t).Level(rep, s.def, 0)
	}
	if s.rep == 0 {
		return parquet.Row{slot(0)}
	}
	if null(1) {
		return parquet.Row{parquet.NullValue().Level(0, rapid.IntRange(0, s.listed-1).Draw(t, "level"), 0)}
	}
	var row parquet.Row
	for i := range rapid.IntRange(1, 5).Draw(t, "elements") {
		row = append(row, slot(min(i, 1)))
	}
	return row
}

// TestPagesAreTheLibrarys draws columns of all types, shapes and encodings in both
// versions of pages, and reads them page by page as the library does.
func TestPagesAreTheLibrarys(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				s := rapid.SampledFrom(shapes()).Draw(rt, "shape")
				samePages(t, rt, &k, &s)
			})
		})
	}
}

func samePages(t *testing.T, rt *rapid.T, k *kind, s *shape) {
	f, leaf := opened(rt, drawn(t, rt, k, s))
	unpack := new(Unpacker)
	defer unpack.Close()
	c := NewColumn(f, leaf, unpack)
	for i, g := range f.RowGroups() {
		want, err := theirs(g.ColumnChunks()[0], &leaf)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := ours(c, &f.Metadata().RowGroups[i].Columns[0].MetaData)
		if err != nil || !slices.Equal(got, want) {
			rt.Fatalf("%v\n got %s\nwant %s", err, short(got), short(want))
		}
	}
}

func drawn(t *testing.T, rt *rapid.T, k *kind, s *shape) []byte {
	e := rapid.SampledFrom(k.encodings).Draw(rt, "encoding")
	node := s.node(parquet.Encoded(parquet.Leaf(k.typ), e))
	pool := rapid.SliceOfN(rapid.Custom(k.draw), 1, 6).Draw(rt, "pool")
	fresh, nulls := rapid.IntRange(0, 100).Draw(rt, "fresh"), rapid.SampledFrom([]int{0, 3, 50, 97, 100}).Draw(rt, "nulls")
	value := func(rt *rapid.T) parquet.Value {
		if rapid.IntRange(0, 99).Draw(rt, "new") < fresh {
			return k.draw(rt)
		}
		return rapid.SampledFrom(pool).Draw(rt, "old")
	}
	var rows []parquet.Row
	for range rapid.IntRange(0, 80).Draw(rt, "rows") {
		if n := len(rows); n > 0 && rapid.IntRange(0, 3).Draw(rt, "repeat") == 0 {
			rows = append(rows, slices.Repeat(rows[n-1:], rapid.IntRange(1, 40).Draw(rt, "times"))...)
		}
		rows = append(rows, s.row(rt, value, nulls))
	}
	return column(t, node, rows,
		parquet.PageBufferSize(rapid.SampledFrom([]int{16, 100, 1000, 1 << 20}).Draw(rt, "page")),
		parquet.DataPageVersion(rapid.IntRange(1, 2).Draw(rt, "version")),
		parquet.MaxRowsPerRowGroup(rapid.SampledFrom([]int64{40, 300, 1 << 20}).Draw(rt, "group")),
		parquet.Compression(rapid.SampledFrom([]compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Zstd}).Draw(rt, "codec")))
}

// TestLargePages: pages beyond what is read at once, and beyond what memory is kept.
func TestLargePages(t *testing.T) {
	var rows []parquet.Row
	for i := range 40 {
		long := bytes.Repeat([]byte{byte(i), 'x', byte(i / 2)}, 100_000)
		rows = append(rows, parquet.Row{parquet.ByteArrayValue(long[:len(long)-i])})
	}
	for _, e := range kinds()[6].encodings {
		for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Zstd, &parquet.Snappy} {
			b := column(t, parquet.Encoded(parquet.Leaf(parquet.ByteArrayType), e), rows, parquet.PageBufferSize(9<<20), parquet.Compression(codec), parquet.MaxRowsPerRowGroup(35))
			f, leaf := opened(t, b)
			c := NewColumn(f, leaf, new(Unpacker))
			for i, g := range f.RowGroups() {
				want, err := theirs(g.ColumnChunks()[0], &leaf)
				if err != nil {
					t.Fatal(err)
				}
				got, err := ours(c, &f.Metadata().RowGroups[i].Columns[0].MetaData)
				if err != nil || !slices.Equal(got, want) {
					t.Fatalf("%s %s: %v, %d and %d pages", e, codec, err, len(got), len(want))
				}
			}
		}
	}
}

// TestColumnsInStep: what one column decoded stays while another goes on.
func TestColumnsInStep(t *testing.T) {
	for version := 1; version <= 2; version++ {
		for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Zstd, &parquet.Snappy, &parquet.Gzip} {
			unpack, texts := new(Unpacker), make([]string, 2)
			columns := make([]*Column, 2)
			for i := range columns {
				random := rand.NewChaCha8([32]byte{byte(i)})
				long := make([]byte, 2*readAhead)
				random.Read(long)
				b := column(t, parquet.Leaf(parquet.ByteArrayType), []parquet.Row{{parquet.ByteArrayValue(long)}}, parquet.Compression(codec), parquet.DataPageVersion(version))
				f, leaf := opened(t, b)
				columns[i] = NewColumn(f, leaf, unpack)
				columns[i].Open(&f.Metadata().RowGroups[0].Columns[0].MetaData)
				if err := columns[i].Next(); err != nil {
					t.Fatal(err)
				}
				texts[i] = columns[i].text(nil)
			}
			if columns[0].text(nil) != texts[0] || columns[1].text(nil) != texts[1] || texts[0] == texts[1] {
				t.Errorf("%s, version %d: one column's page is another's", codec, version)
			}
		}
	}
}
