package recording

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// layout is what all parts of a recording share: their schema and its leaves.
type layout struct {
	cols   []column
	leaves [][]leaf // by column
	// footer of a file without rows: schema, column orders, writer.
	footer *format.FileMetaData
}

// leaf is one leaf column as it is written.
type leaf struct {
	path     []string
	kind     columnKind
	repeated bool
	// bounded leaves have the least and the greatest value of each page and row
	// group kept: rows are found by them.
	bounded  bool
	encoding format.Encoding
}

// newLayout takes the schema's form in the footer from the library, which knows
// it from a file without rows.
func newLayout(cols []column) (*layout, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[any](&b, writerOptions(cols)...)
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	l := &layout{cols: cols, footer: f.Metadata()}
	for i := range cols {
		l.leaves = append(l.leaves, leavesOf(&cols[i]))
	}
	return l, nil
}

func leavesOf(c *column) []leaf {
	var out []leaf
	for _, path := range c.leaves() {
		of := leaf{path: path, kind: c.kind, encoding: format.Plain,
			repeated: c.kind == textsColumn || c.kind == headersColumn,
			bounded:  c.name == idColumn || c.name == replaysColumn}
		if c.kind == intColumn || c.kind == timeColumn {
			of.encoding = format.DeltaBinaryPacked
		}
		out = append(out, of)
	}
	return out
}

func (l *leaf) physical() format.Type {
	switch l.kind {
	case intColumn, timeColumn:
		return format.Int64
	case boolColumn:
		return format.Boolean
	case hashColumn:
		return format.FixedLenByteArray
	}
	return format.ByteArray
}

// partFile writes a Parquet file of row groups that were encoded elsewhere.
type partFile struct {
	out    *bufio.Writer
	offset int64
	layout *layout

	groups  []format.RowGroup
	offsets [][]format.OffsetIndex // by row group and leaf
	bounds  [][]format.ColumnIndex // the same; empty for leaves without bounds
}

const (
	parquetMagic = "PAR1"
	writeBuffer  = 256 << 10
)

func newPartFile(w io.Writer, l *layout) *partFile {
	return &partFile{out: bufio.NewWriterSize(w, writeBuffer), layout: l}
}

func (f *partFile) write(b []byte) error {
	n, err := f.out.Write(b)
	f.offset += int64(n)
	return err
}

func (f *partFile) begin() error {
	if f.offset > 0 {
		return nil
	}
	return f.write([]byte(parquetMagic))
}

// append writes a row group and empties its leaves.
func (f *partFile) append(rows int, leaves []*leafWriter) error {
	if err := f.begin(); err != nil {
		return err
	}
	if len(f.groups) == parquet.MaxRowGroups {
		return fmt.Errorf("more than %d row groups in a part", parquet.MaxRowGroups)
	}
	g := format.RowGroup{NumRows: int64(rows), FileOffset: f.offset, Ordinal: int16(len(f.groups))}
	offsets := make([]format.OffsetIndex, len(leaves))
	bounds := make([]format.ColumnIndex, len(leaves))
	for i, l := range leaves {
		if l.done.rows != int64(rows) {
			return fmt.Errorf("column %v has %d rows of %d", l.leaf.path, l.done.rows, rows)
		}
		offsets[i], bounds[i] = l.done.indexes(f.offset)
		g.Columns = append(g.Columns, format.ColumnChunk{MetaData: l.metadata(f.offset, &bounds[i])})
		g.TotalByteSize += l.done.raw
		g.TotalCompressedSize += int64(len(l.done.bytes))
		if err := f.write(l.done.bytes); err != nil {
			return err
		}
		l.done.reset()
	}
	f.groups, f.offsets, f.bounds = append(f.groups, g), append(f.offsets, offsets), append(f.bounds, bounds)
	return nil
}

// indexes are the page index of a chunk that begins at offset.
func (d *donePages) indexes(offset int64) (format.OffsetIndex, format.ColumnIndex) {
	for i := range d.places {
		d.places[i].Offset += offset
	}
	index := d.index
	if slices.IsSortedFunc(index.MinValues, bytes.Compare) && slices.IsSortedFunc(index.MaxValues, bytes.Compare) &&
		!slices.Contains(index.NullPages, true) {
		index.BoundaryOrder = format.Ascending
	}
	return format.OffsetIndex{PageLocations: d.places}, index
}

func (l *leafWriter) metadata(offset int64, bounds *format.ColumnIndex) format.ColumnMetaData {
	encodings := []format.Encoding{format.RLE, l.leaf.encoding}
	slices.Sort(encodings)
	return format.ColumnMetaData{
		Type: l.leaf.physical(), Encoding: encodings, PathInSchema: l.leaf.path, Codec: format.Zstd,
		NumValues: l.done.values, TotalUncompressedSize: l.done.raw, TotalCompressedSize: int64(len(l.done.bytes)),
		DataPageOffset: offset, Statistics: statistics(l.done.nulls, bounds),
		EncodingStats: []format.PageEncodingStats{{PageType: format.DataPageV2, Encoding: l.leaf.encoding, Count: int32(len(l.done.places))}},
	}
}

// statistics of a chunk, from those of its pages.
func statistics(nulls int64, pages *format.ColumnIndex) format.Statistics {
	s := format.Statistics{NullCount: nulls}
	for i, none := range pages.NullPages {
		if none {
			continue
		}
		if s.MinValue == nil || bytes.Compare(pages.MinValues[i], s.MinValue) < 0 {
			s.MinValue = pages.MinValues[i]
		}
		if s.MaxValue == nil || bytes.Compare(pages.MaxValues[i], s.MaxValue) > 0 {
			s.MaxValue = pages.MaxValues[i]
		}
	}
	return s
}

// finish writes page index and footer.
func (f *partFile) finish() error {
	if err := f.begin(); err != nil {
		return err
	}
	if err := f.writeIndexes(); err != nil {
		return err
	}
	m := *f.layout.footer
	m.RowGroups, m.NumRows = f.groups, 0
	for i := range f.groups {
		m.NumRows += f.groups[i].NumRows
	}
	size, err := f.encode(&m)
	if err == nil {
		err = f.write(append(binary.LittleEndian.AppendUint32(nil, uint32(size)), parquetMagic...))
	}
	if err == nil {
		err = f.out.Flush()
	}
	return err
}

// writeIndexes writes first the bounds of all pages, then the places.
func (f *partFile) writeIndexes() error {
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
func (f *partFile) encode(v any) (int, error) {
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		return 0, fmt.Errorf("footer: %w", err)
	}
	return len(b), f.write(b)
}
