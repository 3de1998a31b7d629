package pagefile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	magic       = "PAR1"
	writeBuffer = 256 << 10
	maxGroups   = math.MaxInt16
)

// Writer writes a Parquet file of row groups whose chunks were filled elsewhere.
type Writer struct {
	out    *bufio.Writer
	offset int64
	footer format.FileMetaData

	groups  []format.RowGroup
	offsets [][]format.OffsetIndex // by row group and leaf
	bounds  [][]format.ColumnIndex // the same; empty for leaves without bounds
}

// Encoded is one leaf's finished pages in one row group. Offsets count from its first
// byte; the Writer moves them to the file's.
type Encoded struct {
	Rows  int64
	Bytes []byte
	// Meta describes them, but for where they stand.
	Meta   format.ColumnMetaData
	Places []format.PageLocation
	Index  format.ColumnIndex // of a leaf whose bounds are kept; else empty
}

// NewWriter returns a writer of a file with these leaves.
func NewWriter(w io.Writer, name, createdBy string, leaves []Leaf) *Writer {
	return NewWriterOf(w, footer(name, createdBy, leaves))
}

// NewWriterOf returns a writer of a file whose footer says what that of a file without
// rows does: its schema and who wrote it.
func NewWriterOf(w io.Writer, empty format.FileMetaData) *Writer {
	return &Writer{out: bufio.NewWriterSize(w, writeBuffer), footer: empty}
}

func (f *Writer) write(b []byte) error {
	n, err := f.out.Write(b)
	f.offset += int64(n)
	return err
}

func (f *Writer) begin() error {
	if f.offset > 0 {
		return nil
	}
	return f.write([]byte(magic))
}

// Full reports whether the file takes no further row group.
func (f *Writer) Full() bool { return len(f.groups) >= maxGroups }

// Append writes a row group and empties its chunks.
func (f *Writer) Append(rows int64, chunks []*Chunk) error {
	leaves := make([]Encoded, len(chunks))
	for i, c := range chunks {
		leaves[i] = c.encoded()
	}
	if err := f.AppendEncoded(rows, leaves); err != nil {
		return err
	}
	for _, c := range chunks {
		c.reset()
	}
	return nil
}

// AppendEncoded writes a row group whose leaves come in the schema's order. It keeps
// their places and indexes.
func (f *Writer) AppendEncoded(rows int64, leaves []Encoded) error {
	if err := f.begin(); err != nil {
		return err
	}
	if f.Full() {
		return fmt.Errorf("more than %d row groups in a file", maxGroups)
	}
	g := format.RowGroup{NumRows: rows, FileOffset: f.offset, Ordinal: int16(len(f.groups))}
	offsets := make([]format.OffsetIndex, len(leaves))
	indexes := make([]format.ColumnIndex, len(leaves))
	for i := range leaves {
		l := &leaves[i]
		if l.Rows != rows {
			return fmt.Errorf("column %v has %d rows of %d", l.Meta.PathInSchema, l.Rows, rows)
		}
		for k := range l.Places {
			l.Places[k].Offset += f.offset
		}
		offsets[i], indexes[i] = format.OffsetIndex{PageLocations: l.Places}, l.Index
		l.Meta.DataPageOffset, l.Meta.TotalCompressedSize = f.offset, int64(len(l.Bytes))
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: l.Meta})
		g.TotalByteSize += l.Meta.TotalUncompressedSize
		g.TotalCompressedSize += int64(len(l.Bytes))
		if err := f.write(l.Bytes); err != nil {
			return err
		}
	}
	f.groups, f.offsets, f.bounds = append(f.groups, g), append(f.offsets, offsets), append(f.bounds, indexes)
	return nil
}

func (c *Chunk) encoded() Encoded {
	return Encoded{Rows: c.rows, Bytes: c.bytes, Meta: c.metadata(), Places: c.places, Index: c.index()}
}

// index is the bounds of the pages of a bounded leaf.
func (c *Chunk) index() (index format.ColumnIndex) {
	for _, b := range c.bounds {
		least, most := c.leaf.bound(b.least), c.leaf.bound(b.most)
		if b.none {
			least, most = []byte{0}, []byte{0}
		}
		index.NullPages = append(index.NullPages, b.none)
		index.NullCounts = append(index.NullCounts, b.nulls)
		index.MinValues = append(index.MinValues, least)
		index.MaxValues = append(index.MaxValues, most)
	}
	if c.ascending() {
		index.BoundaryOrder = format.Ascending
	}
	return index
}

func (c *Chunk) ascending() bool {
	for i, b := range c.bounds {
		if b.none || i > 0 && (b.least < c.bounds[i-1].least || b.most < c.bounds[i-1].most) {
			return false
		}
	}
	return len(c.bounds) > 0
}

// bound is a value as PLAIN has it.
func (l *Leaf) bound(v int64) []byte {
	if l.Type == format.Int32 {
		return binary.LittleEndian.AppendUint32(nil, uint32(v))
	}
	return binary.LittleEndian.AppendUint64(nil, uint64(v))
}

func (c *Chunk) metadata() format.ColumnMetaData {
	encodings := []format.Encoding{format.RLE, c.leaf.Encoding}
	slices.Sort(encodings)
	return format.ColumnMetaData{
		Type: c.leaf.Type, Encoding: encodings, PathInSchema: []string{c.leaf.Name}, Codec: format.Zstd,
		NumValues: c.rows, TotalUncompressedSize: c.raw, Statistics: c.statistics(),
		EncodingStats: []format.PageEncodingStats{{PageType: format.DataPageV2, Encoding: c.leaf.Encoding, Count: int32(len(c.places))}},
	}
}

// statistics of a chunk, from those of its pages.
func (c *Chunk) statistics() format.Statistics {
	s := format.Statistics{NullCount: c.nulls}
	least, most, any := int64(math.MaxInt64), int64(math.MinInt64), false
	for _, b := range c.bounds {
		if !b.none {
			least, most, any = min(least, b.least), max(most, b.most), true
		}
	}
	if any {
		s.MinValue, s.MaxValue = c.leaf.bound(least), c.leaf.bound(most)
	}
	return s
}

// Finish writes page index and footer.
func (f *Writer) Finish() error {
	if err := f.begin(); err != nil {
		return err
	}
	if err := f.writeIndexes(); err != nil {
		return err
	}
	f.footer.RowGroups = f.groups
	for i := range f.groups {
		f.footer.NumRows += f.groups[i].NumRows
	}
	size, err := f.encode(&f.footer)
	if err == nil {
		err = f.write(append(binary.LittleEndian.AppendUint32(nil, uint32(size)), magic...))
	}
	if err == nil {
		err = f.out.Flush()
	}
	return err
}

// writeIndexes writes first the bounds of all pages, then the places.
func (f *Writer) writeIndexes() error {
	for i := range f.groups {
		for j := range f.bounds[i] {
			if len(f.bounds[i][j].NullPages) == 0 {
				continue
			}
			c := &f.groups[i].Columns[j]
			c.ColumnIndexOffset = f.offset
			size, err := f.encode(&f.bounds[i][j])
			if err != nil {
				return err
			}
			c.ColumnIndexLength = int32(size)
		}
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
	return nil
}

// encode writes a part of the footer and returns its size.
func (f *Writer) encode(v any) (int, error) {
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		return 0, fmt.Errorf("footer: %w", err)
	}
	return len(b), f.write(b)
}
