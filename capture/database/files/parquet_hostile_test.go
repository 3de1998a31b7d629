package files

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	pq "github.com/parquet-go/parquet-go/format"

	"parallax/capture/database"
	"parallax/internal/pagefile"
)

// crafted is a file of one column that says of itself what it likes.
type crafted struct {
	header pq.PageHeader
	raw    []byte // in place of the header
	body   []byte
	codec  pq.CompressionCodec
	kind   pq.Type
	rows   int64
	option pq.FieldRepetitionType
	footer []byte // in place of the footer

	statistics pq.Statistics // in the footer
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (c *crafted) write(t *testing.T) string {
	t.Helper()
	head := c.raw
	if head == nil {
		head = marshal(t, &c.header)
	}
	footer := c.footer
	if footer == nil {
		size := int64(len(head) + len(c.body))
		footer = marshal(t, &pq.FileMetaData{
			Version: 1, NumRows: c.rows,
			Schema: []pq.SchemaElement{
				{Name: "root", NumChildren: thrift.New[int32](1)},
				{Name: "a", Type: thrift.New(c.kind), RepetitionType: thrift.New(c.option)},
			},
			RowGroups: []pq.RowGroup{{NumRows: c.rows, TotalByteSize: size, Columns: []pq.ColumnChunk{{FileOffset: 4, MetaData: pq.ColumnMetaData{
				Type: c.kind, Encoding: []pq.Encoding{pq.Plain}, PathInSchema: []string{"a"}, Codec: c.codec, NumValues: c.rows,
				TotalUncompressedSize: size, TotalCompressedSize: size, DataPageOffset: 4, Statistics: c.statistics,
			}}}}},
		})
	}
	var out bytes.Buffer
	out.WriteString("PAR1")
	out.Write(head)
	out.Write(c.body)
	out.Write(footer)
	binary.Write(&out, binary.LittleEndian, uint32(len(footer)))
	out.WriteString("PAR1")
	return put(t, "t.parquet", out.Bytes())
}

// dataPage is the header of a page of version 1.
func dataPage(packed, plain, values int32, encoding pq.Encoding) pq.PageHeader {
	return pq.PageHeader{Type: pq.DataPage, CompressedPageSize: packed, UncompressedPageSize: plain,
		DataPageHeader: thrift.New(pq.DataPageHeader{NumValues: values, Encoding: encoding, DefinitionLevelEncoding: pq.RLE, RepetitionLevelEncoding: pq.RLE})}
}

func page(body []byte, plain, values int32, encoding pq.Encoding) crafted {
	return crafted{header: dataPage(int32(len(body)), plain, values, encoding), body: body, rows: int64(values), kind: pq.Int64}
}

// TestHostileParquet: whatever a file says of itself, what is taken for it is
// bounded by what it is and by a cap, and the error says where it stands.
func TestHostileParquet(t *testing.T) {
	eight := make([]byte, 8)
	zeros := make([]byte, 100<<20)
	zencoder, _ := zstd.NewWriter(nil)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(zeros)
	z.Close()
	cases := map[string]struct {
		file crafted
		want string
	}{
		"a page of 2 GiB":         {crafted{header: dataPage(math.MaxInt32, math.MaxInt32, 1, pq.Plain), body: eight, rows: 1, kind: pq.Int64}, "it says that it has 2147483647 bytes"},
		"2 GiB before snappy":     {with(page(snappy.Encode(nil, eight), math.MaxInt32, 1, pq.Plain), pq.Snappy), "at most 268435456 are read"},
		"snappy says more":        {with(page(binary.AppendUvarint(nil, math.MaxInt32), 8, 1, pq.Plain), pq.Snappy), "snappy of 2147483647 bytes"},
		"zstd becomes more":       {with(page(zencoder.EncodeAll(zeros, nil), 8, 1, pq.Plain), pq.Zstd), "ZSTD"},
		"two frames of zstd":      {with(page(append(zencoder.EncodeAll(eight, nil), zencoder.EncodeAll(zeros[:80<<20], nil)...), 8, 1, pq.Plain), pq.Zstd), "ZSTD"},
		"gzip becomes more":       {with(page(zipped.Bytes(), 8, 1, pq.Plain), pq.Gzip), "more than the 8 bytes"},
		"an unknown codec":        {with(page(eight, 8, 1, pq.Plain), pq.Brotli), "codec BROTLI is not accepted"},
		"a statistic of 2 GiB":    {crafted{raw: hostileStatistics(), body: eight, rows: 1, kind: pq.Int64}, "a text of 2147483647 bytes"},
		"2^31 values":             {page(eight, 8, math.MaxInt32, pq.Plain), "at most 16777216 are read of a page"},
		"runs of 2^31 levels":     {optional(page(append(binary.AppendUvarint([]byte{6, 0, 0, 0}, math.MaxInt32<<1), 1), 10, 10, pq.Plain)), "more than 10 values"},
		"runs of 2^31 indexes":    {page(append([]byte{1}, binary.AppendUvarint(nil, math.MaxInt32<<1)...), 6, 10, pq.RLEDictionary), "more than 10 values"},
		"2^31 deltas":             {page(delta(math.MaxInt32, 0), int32(len(delta(math.MaxInt32, 0))), 10, pq.DeltaBinaryPacked), "deltas of 2147483647 values where there are 10"},
		"prefixes of a terabyte":  {prefixes(), "prefixes: damaged: lengths beyond 268435456"},
		"a footer of 2^31 groups": {crafted{footer: []byte{0x49, 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0x07}, body: eight}, "footer: a list of 2147483647"},
		"a footer without end":    {crafted{footer: bytes.Repeat([]byte{0x1C}, 1<<20), body: eight}, "footer: structures 25 deep"},
		"a footer of small lies":  {crafted{footer: append([]byte{0x49, 0xFC, 0x80, 0x80, 0x40}, make([]byte, 1<<20)...), body: eight}, "structures in 1048576 bytes"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			path := c.file.write(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _, err := dump(t, path, database.Options{})
			runtime.ReadMemStats(&after)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
			if c.file.footer == nil && c.file.codec != pq.Brotli && (err == nil || !strings.Contains(err.Error(), `row group 0: column "a": page 0, at byte 4`)) {
				t.Errorf("%v does not say where", err)
			}
			if taken := after.TotalAlloc - before.TotalAlloc; taken > 64<<20 {
				t.Errorf("%d bytes were taken", taken)
			}
		})
	}
}

func with(c crafted, codec pq.CompressionCodec) crafted { c.codec = codec; return c }

func optional(c crafted) crafted { c.option = pq.Optional; return c }

// hostileStatistics is a page's header whose statistics hold a text of 2 GiB.
func hostileStatistics() []byte {
	b := []byte{0x15, 0x00, 0x15, 0x10, 0x15, 0x10} // type, sizes
	b = append(b, 0x2C, 0x15, 0x02, 0x15, 0x00, 0x15, 0x06, 0x15, 0x06, 0x1C, 0x18)
	return binary.AppendUvarint(b, math.MaxInt32)
}

// delta is DELTA_BINARY_PACKED of n values that are all first.
func delta(n uint64, first int64) []byte {
	b := binary.AppendUvarint(nil, 128)
	b = binary.AppendUvarint(b, 4)
	b = binary.AppendUvarint(b, n)
	b = binary.AppendVarint(b, first)
	for left := int64(n) - 1; left > 0 && left < 1<<20; left -= 128 {
		b = append(b, 0, 0, 0, 0, 0)
	}
	return b
}

// prefixes are texts of a MiB, each but the first the one before.
func prefixes() crafted {
	const n, long = 1 << 20, 1 << 20
	b := delta(n, long)
	b = append(b, delta(n, 0)...)
	c := page(b, int32(len(b)), n, pq.DeltaByteArray)
	c.kind = pq.ByteArray
	return c
}

// TestCraftedPageReads: the same file reads where it says what it is.
func TestCraftedPageReads(t *testing.T) {
	for _, codec := range []pq.CompressionCodec{pq.Uncompressed, pq.Snappy, pq.Zstd, pq.Gzip} {
		plain := binary.LittleEndian.AppendUint64(nil, 7)
		body := plain
		switch codec {
		case pq.Snappy:
			body = snappy.Encode(nil, plain)
		case pq.Zstd:
			z, _ := zstd.NewWriter(nil)
			body = z.EncodeAll(plain, nil)
		case pq.Gzip:
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(plain)
			z.Close()
			body = b.Bytes()
		}
		c := with(page(body, 8, 1, pq.Plain), codec)
		got, _, err := dump(t, c.write(t), database.Options{})
		check(t, codec.String(), got, "a number\nnumber 7", err)
	}
}

// TestTypeCase61StatisticsSayNothing: bounds and counts that lie change no value.
func TestTypeCase61StatisticsSayNothing(t *testing.T) {
	c := page(binary.LittleEndian.AppendUint64(nil, 7), 8, 1, pq.Plain)
	lie := pq.Statistics{NullCount: 1, Max: []byte{1, 0, 0, 0, 0, 0, 0, 0}, Min: []byte{0xFF}, MaxValue: []byte("x"), MinValue: []byte("yy")}
	c.header.DataPageHeader.V.Statistics = lie
	c.statistics = lie
	got, _, err := dump(t, c.write(t), database.Options{})
	check(t, "statistics that lie", got, "a number\nnumber 7", err)
}

func FuzzThriftLength(f *testing.F) {
	f.Add(hostileStatistics())
	f.Add([]byte{0x15, 0x00, 0x15, 0x10, 0x15, 0x10, 0})
	f.Add(bytes.Repeat([]byte{0x1C}, 100))
	f.Fuzz(func(t *testing.T, b []byte) {
		n, err := pagefile.StructureLength(b)
		if err == nil && (n < 1 || n > len(b)) {
			t.Fatalf("%d of %d bytes", n, len(b))
		}
		if err != nil {
			return
		}
		var h pq.PageHeader // what passed can be decoded without harm
		_ = thrift.Unmarshal(new(thrift.CompactProtocol), b[:n], &h)
	})
}
