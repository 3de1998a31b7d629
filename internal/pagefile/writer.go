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

// NewWriter returns a writer of a file with these leaves.
func NewWriter(w io.Writer, name, createdBy string, leaves []Leaf) *Writer {
	return &Writer{out: bufio.NewWriterSize(w, writeBuffer), footer: footer(name, createdBy, leaves)}
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

// Groups is the number of row groups so far, and Full whether a file takes no
// more of them.
func (f *Writer) Groups() int { return len(f.groups) }

// Full reports whether the file takes no further row group.
func (f *Writer) Full() bool { return len(f.groups) >= maxGroups }

// Append writes a row group and empties its chunks.
func (f *Writer) Append(rows int64, chunks []*Chunk) error {
	if err := f.begin(); err != nil {
		return err
	}
	if f.Full() {
		return fmt.Errorf("more than %d row groups in a file", maxGroups)
	}
	g := format.RowGroup{NumRows: rows, FileOffset: f.offset, Ordinal: int16(len(f.groups))}
	offsets := make([]format.OffsetIndex, len(chunks))
	indexes := make([]format.ColumnIndex, len(chunks))
	for i, c := range chunks {
		if c.rows != rows {
			return fmt.Errorf("column %q has %d rows of %d", c.leaf.Name, c.rows, rows)
		}
		offsets[i], indexes[i] = c.indexes(f.offset)
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: c.metadata(f.offset)})
		g.TotalByteSize += c.raw
		g.TotalCompressedSize += int64(len(c.bytes))
		if err := f.write(c.bytes); err != nil {
			return err
		}
		c.reset()
	}
	f.groups, f.offsets, f.bounds = append(f.groups, g), append(f.offsets, offsets), append(f.bounds, indexes)
	return nil
}

// indexes are the page index of a chunk that begins at offset.
func (c *Chunk) indexes(offset int64) (format.OffsetIndex, format.ColumnIndex) {
	for i := range c.places {
		c.places[i].Offset += offset
	}
	var index format.ColumnIndex
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
	return format.OffsetIndex{PageLocations: c.places}, index
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

func (c *Chunk) metadata(offset int64) format.ColumnMetaData {
	encodings := []format.Encoding{format.RLE, c.leaf.Encoding}
	slices.Sort(encodings)
	return format.ColumnMetaData{
		Type: c.leaf.Type, Encoding: encodings, PathInSchema: []string{c.leaf.Name}, Codec: format.Zstd,
		NumValues: c.rows, TotalUncompressedSize: c.raw, TotalCompressedSize: int64(len(c.bytes)),
		DataPageOffset: offset, Statistics: c.statistics(),
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
