package pageguard

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	pq "github.com/parquet-go/parquet-go/format"

	"parallax/internal/sealed"
)

// dataPage is a page of version 1 without compression.
func dataPage(t testing.TB, e pq.Encoding, n int32, body []byte) []byte {
	return pageOf(t, &pq.PageHeader{Type: pq.DataPage, DataPageHeader: thrift.New(pq.DataPageHeader{NumValues: n, Encoding: e, DefinitionLevelEncoding: pq.RLE, RepetitionLevelEncoding: pq.RLE})}, body)
}

func dictionaryPage(t testing.TB, n int32, body []byte) []byte {
	return pageOf(t, &pq.PageHeader{Type: pq.DictionaryPage, DictionaryPageHeader: thrift.New(pq.DictionaryPageHeader{NumValues: n})}, body)
}

func pageOf(t testing.TB, h *pq.PageHeader, body []byte) []byte {
	t.Helper()
	h.CompressedPageSize, h.UncompressedPageSize = int32(len(body)), int32(len(body))
	b, err := thrift.Marshal(new(thrift.CompactProtocol), h)
	if err != nil {
		t.Fatal(err)
	}
	return append(b, body...)
}

// read reads a chunk that is nothing but pages.
func read(l Leaf, values int64, pages ...[]byte) (chunkPages, error) {
	b := slices.Concat(pages...)
	c := NewColumn(bytes.NewReader(b), l, new(Unpacker))
	return ours(c, &pq.ColumnMetaData{NumValues: values, TotalCompressedSize: int64(len(b))})
}

// behind puts a length in front of bytes.
func behind(b ...byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// deltasOf are n deltas of no bits, in as many blocks as they take.
func deltasOf(n int, first int64) []byte {
	b := binary.AppendUvarint(binary.AppendUvarint(binary.AppendUvarint(nil, 128), 4), uint64(n))
	b = binary.AppendVarint(b, first)
	for left := n - 1; left > 0; left -= 128 {
		b = append(b, 0, 0, 0, 0, 0)
	}
	return b
}

// TestDamagedPages: what is not what it says is refused, and nothing is made up.
func TestDamagedPages(t *testing.T) {
	text, optional, number := Leaf{Type: pq.ByteArray}, Leaf{Type: pq.Int64, MaxDef: 1}, Leaf{Type: pq.Int64}
	truth, fixed := Leaf{Type: pq.Boolean}, Leaf{Type: pq.FixedLenByteArray, Length: 2}
	one := make([]byte, 8)
	sum := pageOf(t, &pq.PageHeader{CRC: int32(crc32.ChecksumIEEE(one)) + 1, Type: pq.DataPage, DataPageHeader: thrift.New(pq.DataPageHeader{NumValues: 1})}, one)
	v2 := func(l Leaf, h pq.DataPageHeaderV2, body []byte) (chunkPages, error) {
		return read(l, int64(h.NumValues), pageOf(t, &pq.PageHeader{Type: pq.DataPageV2, DataPageHeaderV2: thrift.New(h)}, body))
	}
	short := append(behind('a', 'b', 'c')[:7:7], 'x', 'x', 'x')[:7]
	for name, c := range map[string]struct {
		want string
		read func() (chunkPages, error)
	}{
		"a text beyond its page":     {"a text that ends early", func() (chunkPages, error) { return read(text, 1, dataPage(t, pq.Plain, 1, short[:6])) }},
		"bytes behind the last text": {"1 bytes behind", func() (chunkPages, error) { return read(text, 1, dataPage(t, pq.Plain, 1, append(behind('a'), 0))) }},
		"a number too many":          {"2 values in the encoding PLAIN where there are 1", func() (chunkPages, error) { return read(number, 1, dataPage(t, pq.Plain, 1, make([]byte, 16))) }},
		"half a number":              {"where there are 2", func() (chunkPages, error) { return read(number, 2, dataPage(t, pq.Plain, 2, make([]byte, 12))) }},
		"a delta too few": {"deltas of 1 values where there are 2", func() (chunkPages, error) {
			return read(number, 2, dataPage(t, pq.DeltaBinaryPacked, 2, deltasOf(1, 0)))
		}},
		"deltas that end early": {"deltas that end early", func() (chunkPages, error) {
			return read(number, 9, dataPage(t, pq.DeltaBinaryPacked, 9, append(deltasOf(9, 0)[:6], 60, 0, 0, 0, 1)))
		}},
		"a delta of 65 bits": {"of 65 bits", func() (chunkPages, error) {
			return read(number, 2, dataPage(t, pq.DeltaBinaryPacked, 2, append(deltasOf(2, 0)[:6], 65, 0, 0, 0, 0)))
		}},
		"levels beyond the highest": {"levels beyond 1", func() (chunkPages, error) { return read(optional, 2, dataPage(t, pq.Plain, 2, behind(4, 2))) }},
		"fewer levels than slots":   {"1 levels of 2 slots", func() (chunkPages, error) { return read(optional, 2, dataPage(t, pq.Plain, 2, behind(2, 0))) }},
		"an index beyond the dictionary": {"an index of 1 in a dictionary of 1", func() (chunkPages, error) {
			return read(number, 1, dictionaryPage(t, 1, one), dataPage(t, pq.RLEDictionary, 1, []byte{1, 2, 1}))
		}},
		"a negative index": {"in a dictionary of 1", func() (chunkPages, error) {
			return read(number, 1, dictionaryPage(t, 1, one), dataPage(t, pq.RLEDictionary, 1, []byte{32, 2, 255, 255, 255, 255}))
		}},
		"indexes without a dictionary": {"without a dictionary", func() (chunkPages, error) { return read(number, 1, dataPage(t, pq.RLEDictionary, 1, []byte{1, 2, 0})) }},
		"a second dictionary": {"a second dictionary", func() (chunkPages, error) {
			return read(number, 1, dictionaryPage(t, 1, one), dictionaryPage(t, 1, one))
		}},
		"a dictionary that is short": {"1 values", func() (chunkPages, error) { return read(number, 1, dictionaryPage(t, 2, one)) }},
		"a wrong checksum":           {"its CRC is", func() (chunkPages, error) { return read(number, 1, sum) }},
		"values beyond the chunk's": {"its column has 1 more", func() (chunkPages, error) {
			return read(number, 2, dataPage(t, pq.Plain, 1, one), dataPage(t, pq.Plain, 2, make([]byte, 16)))
		}},
		"nulls that the header denies": {"1 nulls where the header says 2", func() (chunkPages, error) {
			return v2(optional, pq.DataPageHeaderV2{NumValues: 2, NumNulls: 2, DefinitionLevelsByteLength: 4}, append([]byte{2, 0, 2, 1}, one...))
		}},
		"a page within a row": {"begins within a row", func() (chunkPages, error) {
			return v2(Leaf{Type: pq.Int64, MaxDef: 1, MaxRep: 1}, pq.DataPageHeaderV2{NumValues: 1, RepetitionLevelsByteLength: 2, DefinitionLevelsByteLength: 2}, append([]byte{2, 1, 2, 1}, one...))
		}},
		"a prefix of nothing": {"a prefix of 1 bytes of a text of 0", func() (chunkPages, error) {
			return read(text, 1, dataPage(t, pq.DeltaByteArray, 1, append(deltasOf(1, 1), deltasOf(1, 0)...)))
		}},
		"a fixed value of another size": {"bytes", func() (chunkPages, error) {
			return read(fixed, 1, dataPage(t, pq.DeltaByteArray, 1, append(append(deltasOf(1, 0), deltasOf(1, 3)...), "abc"...)))
		}},
		"negative lengths": {"lengths beyond", func() (chunkPages, error) {
			return read(text, 1, dataPage(t, pq.DeltaLengthByteArray, 1, deltasOf(1, -1)))
		}},
		"too few bits": {"9 truth values in 1 bytes", func() (chunkPages, error) { return read(truth, 9, dataPage(t, pq.Plain, 9, []byte{1})) }},
		"an empty run of 4 bytes' value": {"more than 1 values", func() (chunkPages, error) {
			return read(number, 1, dictionaryPage(t, 1, one), dataPage(t, pq.RLEDictionary, 1, []byte{32, 0, 0xFE, 0xFF, 0xFF, 0x7F, 2, 0, 0, 0, 0}))
		}},
		"texts as numbers": {"values in the encoding DELTA_BYTE_ARRAY", func() (chunkPages, error) { return read(number, 1, dataPage(t, pq.DeltaByteArray, 1, deltasOf(1, 0))) }},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.read()
			if !errors.Is(err, sealed.ErrDamaged) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v, want %s", got, err, c.want)
			}
		})
	}
}

// TestPagesOfOtherWriters: what the library's own writer does not write.
func TestPagesOfOtherWriters(t *testing.T) {
	truth, optional := Leaf{Type: pq.Boolean}, Leaf{Type: pq.Int32, MaxDef: 1}
	for name, c := range map[string]struct {
		leaf Leaf
		n    int32
		page []byte
		want string
	}{
		"a run of truth, whose value is 1":  {truth, 10, dataPage(t, pq.RLE, 10, behind(20, 1)), `10   ["1" "1" "1" "1" "1" "1" "1" "1" "1" "1"]`},
		"a run of no whole bytes":           {truth, 4, dataPage(t, pq.RLE, 4, behind(6, 0, 2, 1)), `4   ["0" "0" "0" "1"]`},
		"the last deltas are not filled up": {Leaf{Type: pq.Int32}, 3, dataPage(t, pq.DeltaBinaryPacked, 3, append(deltasOf(3, 1)[:5], 0, 8, 0, 0, 0, 1, 2)), `3   ["\x01\x00\x00\x00" "\x02\x00\x00\x00" "\x04\x00\x00\x00"]`},
		"nothing but nulls, no indexes":     {optional, 2, dataPage(t, pq.RLEDictionary, 2, behind(4, 0)), `2  0000 []`},
		"nulls of which no statistics are":  {optional, 2, pageOf(t, &pq.PageHeader{Type: pq.DataPageV2, DataPageHeaderV2: thrift.New(pq.DataPageHeaderV2{NumValues: 2, DefinitionLevelsByteLength: 4})}, []byte{2, 0, 2, 1, 7, 0, 0, 0}), `2  0001 ["\a\x00\x00\x00"]`},
	} {
		got, err := read(c.leaf, int64(c.n), c.page)
		if err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %v\n got %v\nwant %v", name, err, got, c.want)
		}
	}
}

// TestMutatedPages changes 10,000 files at random: what still reads is what the library
// reads, and little memory is taken for what does not.
func TestMutatedPages(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	files := mutable(t)
	read := 0
	for range 10_000 / len(files) {
		for _, good := range files {
			f, leaf := opened(t, good)
			m := &f.Metadata().RowGroups[0].Columns[0].MetaData
			bad := bytes.Clone(good)
			for range random.IntN(3) + 1 {
				bad[Start(m)+random.Int64N(m.TotalCompressedSize)] = byte(random.Uint32()) >> random.IntN(8)
			}
			f, _ = opened(t, bad)
			if mutated(t, f, m, leaf) {
				read++
			}
		}
	}
	if read < 500 || read > 9500 {
		t.Errorf("%d read", read)
	}
}

// mutated reports whether a changed chunk was read.
func mutated(t *testing.T, f *parquet.File, m *pq.ColumnMetaData, leaf Leaf) bool {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := ours(NewColumn(f, leaf, new(Unpacker)), m)
	runtime.ReadMemStats(&after)
	if taken := after.TotalAlloc - before.TotalAlloc; taken > maxPage+64<<20 {
		t.Errorf("%d bytes were taken (%v)", taken, err)
	}
	if err != nil {
		return false
	}
	want, err := theirs(f.RowGroups()[0].ColumnChunks()[0], &leaf)
	if err == nil && !slices.Equal(got, want) {
		t.Errorf("%v\n got %s\nwant %s", leaf, short(got), short(want))
	}
	return true
}

// mutable are files of all types, encodings and versions of pages. Those with runs of
// truth are left out, which the library reads as its own writer's.
func mutable(t testing.TB) (out [][]byte) {
	for i, k := range kinds() {
		for _, e := range k.encodings {
			if e == &parquet.RLE {
				continue
			}
			for version := 1; version <= 2; version++ {
				var rows []parquet.Row
				for j := range 50 {
					v := sample(k.typ, j*(i+1))
					if j%7 == 0 {
						v = parquet.NullValue()
					}
					rows = append(rows, parquet.Row{v.Level(0, min(j%7, 1), 0)})
				}
				out = append(out, column(t, parquet.Optional(parquet.Encoded(parquet.Leaf(k.typ), e)), rows, parquet.DataPageVersion(version), parquet.PageBufferSize(100)))
			}
		}
	}
	return out
}

// sample is a value of a type.
func sample(typ parquet.Type, n int) parquet.Value {
	b := []byte(strings.Repeat("ab", n%9) + string(rune('a'+n%5)))
	switch typ.Kind() {
	case parquet.Boolean:
		return parquet.BooleanValue(n%3 == 0)
	case parquet.Int32:
		return parquet.Int32Value(int32(n))
	case parquet.Int64:
		return parquet.Int64Value(int64(n) << 20)
	case parquet.Int96:
		return parquet.Int96Value([3]uint32{uint32(n)})
	case parquet.Float:
		return parquet.FloatValue(float32(n))
	case parquet.Double:
		return parquet.DoubleValue(float64(n) / 3)
	case parquet.ByteArray:
		return parquet.ByteArrayValue(b)
	}
	return parquet.FixedLenByteArrayValue(append(make([]byte, 16), b...)[len(b):][:typ.Length()])
}
