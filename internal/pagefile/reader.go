package pagefile

import (
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/sealed"
)

// Reader reads a file that a Writer made. Its methods may be called from several
// goroutines; a Column is used by one.
type Reader struct {
	at     io.ReaderAt
	leaves []Leaf
	codec  *Codec
	meta   format.FileMetaData
	// starts holds the first row of each row group, and the rows of all at its end.
	starts []int64

	mu     sync.Mutex
	places map[[2]int][]format.PageLocation // by row group and leaf
}

// Open reads the footer and compares it with the leaves that the file must have.
// Whatever the Parquet code makes of foreign bytes comes back as an error.
func Open(at io.ReaderAt, size int64, leaves []Leaf, codec *Codec) (r *Reader, err error) {
	defer recovered(&err)
	r = &Reader{at: at, leaves: leaves, codec: codec, places: map[[2]int][]format.PageLocation{}}
	if err := r.readFooter(size); err != nil {
		return nil, err
	}
	if err := r.checkSchema(); err != nil {
		return nil, err
	}
	r.starts = []int64{0}
	for i := range r.meta.RowGroups {
		if err := r.checkGroup(i, size); err != nil {
			return nil, fmt.Errorf("row group %d: %w", i, err)
		}
		r.starts = append(r.starts, r.starts[i]+r.meta.RowGroups[i].NumRows)
	}
	if sum := r.starts[len(r.starts)-1]; sum != r.meta.NumRows {
		return nil, damaged("the footer says %d rows, the row groups %d", r.meta.NumRows, sum)
	}
	return r, nil
}

func damaged(f string, args ...any) error {
	return fmt.Errorf("%w: %s", sealed.ErrDamaged, fmt.Sprintf(f, args...))
}

func recovered(err *error) {
	if v := recover(); v != nil {
		*err = damaged("the Parquet code failed: %v", v)
	}
}

func (r *Reader) readFooter(size int64) error {
	b, err := readFooter(r.at, size)
	if err != nil {
		return err
	}
	return unmarshal(b, &r.meta)
}

func unmarshal(b []byte, v any) error {
	if err := thrift.Unmarshal(new(thrift.CompactProtocol), b, v); err != nil {
		return damaged("footer: %v", err)
	}
	return nil
}

func (r *Reader) checkSchema() error {
	if n := len(r.meta.Schema); n != len(r.leaves)+1 {
		return damaged("the footer has %d columns, want %d", n-1, len(r.leaves))
	}
	for i := range r.leaves {
		got, want := &r.meta.Schema[i+1], r.leaves[i].element()
		if !sameElement(got, &want) {
			return damaged("column %d is %q of type %s %s, want %q of type %s %s",
				i, got.Name, got.Type.V, &got.LogicalType, want.Name, want.Type.V, &want.LogicalType)
		}
	}
	return nil
}

func sameElement(a, b *format.SchemaElement) bool {
	return a.Name == b.Name && a.Type == b.Type && a.TypeLength == b.TypeLength && a.RepetitionType == b.RepetitionType &&
		a.Scale == b.Scale && a.Precision == b.Precision && a.LogicalType.String() == b.LogicalType.String()
}

// checkGroup looks at what a row group says of itself. Codecs that no writer of
// this format uses are refused, since every codec is code that outside bytes
// reach.
func (r *Reader) checkGroup(i int, size int64) error {
	g := &r.meta.RowGroups[i]
	if len(g.Columns) != len(r.leaves) || g.NumRows < 1 {
		return damaged("%d columns and %d rows", len(g.Columns), g.NumRows)
	}
	for j := range g.Columns {
		c := &g.Columns[j]
		m := &c.MetaData
		if !slices.Contains([]format.CompressionCodec{format.Zstd, format.Uncompressed}, m.Codec) {
			return fmt.Errorf("column %q: codec %s is not accepted (zstd, none)", r.leaves[j].Name, m.Codec)
		}
		if m.NumValues != g.NumRows || m.DataPageOffset < 0 || m.TotalCompressedSize < 0 || m.DataPageOffset > size-m.TotalCompressedSize ||
			c.OffsetIndexLength < 0 || c.OffsetIndexOffset < 0 || c.OffsetIndexOffset > size-int64(c.OffsetIndexLength) {
			return damaged("column %q: %d values at offset %d", r.leaves[j].Name, m.NumValues, m.DataPageOffset)
		}
	}
	return nil
}

// Rows is the number of rows in the file.
func (r *Reader) Rows() int64 { return r.meta.NumRows }

// RawBytes is what the leaves hold before compression.
func (r *Reader) RawBytes(leaves []int) (n int64) {
	for i := range r.meta.RowGroups {
		for _, j := range leaves {
			n += r.meta.RowGroups[i].Columns[j].MetaData.TotalUncompressedSize
		}
	}
	return n
}

// LargestGroup is the size of the largest row group on disk.
func (r *Reader) LargestGroup() (n int64) {
	for i := range r.meta.RowGroups {
		n = max(n, r.meta.RowGroups[i].TotalCompressedSize)
	}
	return n
}

// pages returns where the pages of a leaf in a row group stand.
func (r *Reader) pages(group, leaf int) ([]format.PageLocation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := [2]int{group, leaf}
	if p, ok := r.places[at]; ok {
		return p, nil
	}
	c := &r.meta.RowGroups[group].Columns[leaf]
	b := make([]byte, c.OffsetIndexLength)
	if _, err := r.at.ReadAt(b, c.OffsetIndexOffset); err != nil {
		return nil, err
	}
	var index format.OffsetIndex
	if err := unmarshal(b, &index); err != nil {
		return nil, err
	}
	if err := checkPlaces(index.PageLocations, c, r.meta.RowGroups[group].NumRows); err != nil {
		return nil, err
	}
	r.places[at] = index.PageLocations
	return index.PageLocations, nil
}

func checkPlaces(places []format.PageLocation, c *format.ColumnChunk, rows int64) error {
	at, last := c.MetaData.DataPageOffset, int64(-1)
	for _, p := range places {
		if p.Offset != at || p.CompressedPageSize < 1 || p.FirstRowIndex <= last || p.FirstRowIndex >= rows {
			return damaged("page index: a page of %d bytes at offset %d, row %d", p.CompressedPageSize, p.Offset, p.FirstRowIndex)
		}
		at, last = at+int64(p.CompressedPageSize), p.FirstRowIndex
	}
	if len(places) == 0 || places[0].FirstRowIndex != 0 || at != c.MetaData.DataPageOffset+c.MetaData.TotalCompressedSize {
		return damaged("page index: its %d pages are not the column", len(places))
	}
	return nil
}
