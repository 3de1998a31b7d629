package recording

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
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

// encoded are the finished pages of a row group's leaves.
func encoded(leaves []*leafWriter) []pagefile.Encoded {
	out := make([]pagefile.Encoded, len(leaves))
	for i, l := range leaves {
		index := l.done.bounds()
		out[i] = pagefile.Encoded{Rows: l.done.rows, Bytes: l.done.bytes, Meta: l.metadata(&index), Places: l.done.places, Index: index}
	}
	return out
}

// bounds are the page index of a bounded leaf.
func (d *donePages) bounds() format.ColumnIndex {
	index := d.index
	if slices.IsSortedFunc(index.MinValues, bytes.Compare) && slices.IsSortedFunc(index.MaxValues, bytes.Compare) &&
		!slices.Contains(index.NullPages, true) {
		index.BoundaryOrder = format.Ascending
	}
	return index
}

func (l *leafWriter) metadata(bounds *format.ColumnIndex) format.ColumnMetaData {
	encodings := []format.Encoding{format.RLE, l.leaf.encoding}
	slices.Sort(encodings)
	return format.ColumnMetaData{
		Type: l.leaf.physical(), Encoding: encodings, PathInSchema: l.leaf.path, Codec: format.Zstd,
		NumValues: l.done.values, TotalUncompressedSize: l.done.raw, Statistics: statistics(l.done.nulls, bounds),
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
