// Package pagefile writes Parquet files page by page.
//
// Terms. A leaf is a column of optional or required values of one physical type;
// a page is what is compressed at once; a chunk is the pages of one leaf in one
// row group.
//
// Steps. An Encoder makes data pages (version 2) of values that stand side by side
// already; File writes the chunks of row groups, in order, then the page index and
// the footer.
//
// Limits. No lists, no dictionaries, no statistics beyond null counts: whoever
// reads by key has an index of another kind. Compression is zstd at its fastest.
package pagefile

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Leaf is one column as it is written.
type Leaf struct {
	Name string
	Type format.Type
	// Width of fixed-length values, in bytes.
	Width    int
	Required bool
}

func (l *Leaf) encoding() format.Encoding {
	if l.Type == format.Int32 || l.Type == format.Int64 {
		return format.DeltaBinaryPacked
	}
	return format.Plain
}

// Page is a stretch of one leaf's rows.
type Page struct {
	Rows int
	// Present holds 1 for each row with a value and 0 for the others.
	Present []byte
	Nulls   int
	// Ints are the values of integer leaves.
	Ints []int64
	// Data are the values of others as PLAIN has them: lengths before byte arrays,
	// one byte a bool.
	Data []byte
}

// Reset empties the page and keeps its memory.
func (p *Page) Reset() {
	*p = Page{Present: p.Present[:0], Ints: p.Ints[:0], Data: p.Data[:0]}
}

// Size is about what the page weighs before compression.
func (p *Page) Size() int { return len(p.Data) + 8*len(p.Ints) + len(p.Present)/8 }

// Null adds a row without a value.
func (p *Page) Null() {
	p.Rows++
	p.Nulls++
	p.Present = append(p.Present, 0)
}

// Int adds an integer.
func (p *Page) Int(v int64) {
	p.Rows++
	p.Present = append(p.Present, 1)
	p.Ints = append(p.Ints, v)
}

// Bytes adds a byte array.
func (p *Page) Bytes(b []byte) {
	p.Rows++
	p.Present = append(p.Present, 1)
	p.Data = append(binary.LittleEndian.AppendUint32(p.Data, uint32(len(b))), b...)
}

// Fixed adds a value of the leaf's width, or a bool as one byte.
func (p *Page) Fixed(b []byte) {
	p.Rows++
	p.Present = append(p.Present, 1)
	p.Data = append(p.Data, b...)
}

// Chunk holds the finished pages of a leaf in a row group. Its places count from
// its beginning.
type Chunk struct {
	bytes  []byte
	raw    int64 // before compression, with headers
	places []format.PageLocation
	rows   int64
	nulls  int64
}

// Reset empties the chunk and keeps its memory.
func (c *Chunk) Reset() { *c = Chunk{bytes: c.bytes[:0], places: c.places[:0]} }

// Encoder is the memory in which pages are encoded; it is for one goroutine.
type Encoder struct {
	zstd      *zstd.Encoder
	values    []byte
	ints32    []int32
	levels    []byte
	packed    []byte
	header    bytes.Buffer
	thriftOut thrift.CompactProtocol
}

// window fits a page; the library's own encoders keep 4 MiB each.
const window = 512 << 10

// NewEncoder returns an encoder.
func NewEncoder() (*Encoder, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithWindowSize(window), zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true), zstd.WithEncoderCRC(false))
	return &Encoder{zstd: z}, err
}

// Add encodes a page onto the end of a chunk.
func (e *Encoder) Add(c *Chunk, l *Leaf, p *Page) (err error) {
	raw, err := e.plain(l, p)
	if err != nil {
		return fmt.Errorf("column %q: %w", l.Name, err)
	}
	e.packed = e.zstd.EncodeAll(raw, e.packed[:0])
	e.levels = e.levels[:0]
	if !l.Required {
		if e.levels, err = (&rle.Encoding{BitWidth: 1}).EncodeLevels(e.levels, p.Present); err != nil {
			return err
		}
	}
	if err := e.writeHeader(l, p, len(raw)); err != nil {
		return fmt.Errorf("column %q: %w", l.Name, err)
	}
	start := len(c.bytes)
	c.bytes = append(append(append(c.bytes, e.header.Bytes()...), e.levels...), e.packed...)
	c.places = append(c.places, format.PageLocation{Offset: int64(start), CompressedPageSize: int32(len(c.bytes) - start), FirstRowIndex: c.rows})
	c.raw += int64(len(c.bytes) - start - len(e.packed) + len(raw))
	c.rows += int64(p.Rows)
	c.nulls += int64(p.Nulls)
	return nil
}

// plain returns the values as the leaf's encoding has them.
func (e *Encoder) plain(l *Leaf, p *Page) (raw []byte, err error) {
	switch l.Type {
	case format.Int64:
		e.values, err = (&delta.BinaryPackedEncoding{}).EncodeInt64(e.values[:0], p.Ints)
		return e.values, err
	case format.Int32:
		e.ints32 = e.ints32[:0]
		for _, v := range p.Ints {
			e.ints32 = append(e.ints32, int32(v))
		}
		e.values, err = (&delta.BinaryPackedEncoding{}).EncodeInt32(e.values[:0], e.ints32)
		return e.values, err
	case format.Boolean:
		e.values = appendBits(e.values[:0], p.Data)
		return e.values, nil
	}
	return p.Data, nil
}

// appendBits packs bytes that are 0 or 1, the first in the lowest bit.
func appendBits(dst, bools []byte) []byte {
	for i, b := range bools {
		if i%8 == 0 {
			dst = append(dst, 0)
		}
		dst[len(dst)-1] |= b << (i % 8)
	}
	return dst
}

func (e *Encoder) writeHeader(l *Leaf, p *Page, raw int) error {
	if len(e.levels)+max(raw, len(e.packed)) > math.MaxInt32 {
		return fmt.Errorf("a page of %d bytes is too large", len(e.levels)+raw)
	}
	sum := crc32.NewIEEE()
	sum.Write(e.levels)
	sum.Write(e.packed)
	h := format.PageHeader{
		Type:                 format.DataPageV2,
		UncompressedPageSize: int32(len(e.levels) + raw),
		CompressedPageSize:   int32(len(e.levels) + len(e.packed)),
		CRC:                  int32(sum.Sum32()),
	}
	h.DataPageHeaderV2.Valid = true
	h.DataPageHeaderV2.V = format.DataPageHeaderV2{
		NumValues: int32(p.Rows), NumNulls: int32(p.Nulls), NumRows: int32(p.Rows), Encoding: l.encoding(),
		DefinitionLevelsByteLength: int32(len(e.levels)), IsCompressed: thrift.New(true),
		Statistics: format.Statistics{NullCount: int64(p.Nulls)},
	}
	e.header.Reset()
	return thrift.NewEncoder(e.thriftOut.NewWriter(&e.header)).Encode(&h)
}

// File writes row groups whose chunks were encoded elsewhere.
type File struct {
	out     *bufio.Writer
	offset  int64
	leaves  []Leaf
	footer  format.FileMetaData
	groups  []format.RowGroup
	offsets [][]format.OffsetIndex
}

const magic = "PAR1"

// NewFile begins a file of the schema, whose leaves are given in its order.
// createdBy is what the footer says of the writer.
func NewFile(w io.Writer, schema *parquet.Schema, leaves []Leaf, createdBy string) (*File, error) {
	footer, err := footerOf(schema)
	if err != nil {
		return nil, err
	}
	footer.CreatedBy = createdBy
	return &File{out: bufio.NewWriterSize(w, 256<<10), leaves: leaves, footer: footer}, nil
}

// footerOf takes the schema's form in the footer from the library, which knows it
// from a file without rows.
func footerOf(schema *parquet.Schema) (format.FileMetaData, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, schema)
	if err := w.Close(); err != nil {
		return format.FileMetaData{}, fmt.Errorf("schema: %w", err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return format.FileMetaData{}, fmt.Errorf("schema: %w", err)
	}
	return *f.Metadata(), nil
}

func (f *File) write(b []byte) error {
	if f.offset == 0 {
		if _, err := f.out.WriteString(magic); err != nil {
			return err
		}
		f.offset = int64(len(magic))
	}
	n, err := f.out.Write(b)
	f.offset += int64(n)
	return err
}

// Append writes a row group.
func (f *File) Append(rows int64, chunks []*Chunk) error {
	if len(f.groups) == parquet.MaxRowGroups {
		return fmt.Errorf("more than %d row groups in a file", parquet.MaxRowGroups)
	}
	if err := f.write(nil); err != nil {
		return err
	}
	g := format.RowGroup{NumRows: rows, FileOffset: f.offset, Ordinal: int16(len(f.groups))}
	offsets := make([]format.OffsetIndex, len(chunks))
	for i, c := range chunks {
		if c.rows != rows {
			return fmt.Errorf("column %q has %d rows of %d", f.leaves[i].Name, c.rows, rows)
		}
		offsets[i] = f.placed(c)
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: f.metadata(&f.leaves[i], c)})
		g.TotalByteSize += c.raw
		g.TotalCompressedSize += int64(len(c.bytes))
		if err := f.write(c.bytes); err != nil {
			return err
		}
	}
	f.groups, f.offsets = append(f.groups, g), append(f.offsets, offsets)
	return nil
}

// placed is the chunk's offset index where it is written now.
func (f *File) placed(c *Chunk) format.OffsetIndex {
	places := slices.Clone(c.places)
	for i := range places {
		places[i].Offset += f.offset
	}
	return format.OffsetIndex{PageLocations: places}
}

func (f *File) metadata(l *Leaf, c *Chunk) format.ColumnMetaData {
	encodings := []format.Encoding{format.RLE, l.encoding()}
	slices.Sort(encodings)
	return format.ColumnMetaData{
		Type: l.Type, Encoding: encodings, PathInSchema: []string{l.Name}, Codec: format.Zstd,
		NumValues: c.rows, TotalUncompressedSize: c.raw, TotalCompressedSize: int64(len(c.bytes)),
		DataPageOffset: f.offset, Statistics: format.Statistics{NullCount: c.nulls},
		EncodingStats: []format.PageEncodingStats{{PageType: format.DataPageV2, Encoding: l.encoding(), Count: int32(len(c.places))}},
	}
}

// Finish writes page index and footer.
func (f *File) Finish() error {
	if err := f.write(nil); err != nil {
		return err
	}
	for i := range f.groups {
		for j := range f.offsets[i] {
			c := &f.groups[i].Columns[j]
			c.OffsetIndexOffset = f.offset
			size, err := f.encode(&f.offsets[i][j])
			if err != nil {
				return err
			}
			c.OffsetIndexLength = int32(size)
		}
	}
	m := f.footer
	m.RowGroups, m.NumRows = f.groups, 0
	for i := range f.groups {
		m.NumRows += f.groups[i].NumRows
	}
	size, err := f.encode(&m)
	if err == nil {
		err = f.write(append(binary.LittleEndian.AppendUint32(nil, uint32(size)), magic...))
	}
	if err == nil {
		err = f.out.Flush()
	}
	return err
}

// encode writes a part of the footer and returns its size.
func (f *File) encode(v any) (int, error) {
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		return 0, fmt.Errorf("footer: %w", err)
	}
	return len(b), f.write(b)
}
