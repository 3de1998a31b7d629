package files

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/parquet-go/parquet-go"
	pq "github.com/parquet-go/parquet-go/format"

	"parallax/capture/snapshot"
	"parallax/internal/pagefile"
	"parallax/internal/pageguard"
)

// maxFooter bounds the footer, which is read as a whole.
const maxFooter = 64 << 20

type parquetReader struct{ batchRows int }

// parquetFile is an open file whose footer was checked.
type parquetFile struct {
	*parquet.File
	os     *os.File
	leaves []leaf
}

func openParquet(path string) (*parquetFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &parquetFile{os: f}
	if err := safely(p.open); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return p, nil
}

// safely makes an error of a panic: the library's answer to some damage.
func safely(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: the Parquet reader failed: %v", snapshot.ErrDamaged, v)
		}
	}()
	return f()
}

func (p *parquetFile) open() error {
	info, err := p.os.Stat()
	if err != nil {
		return err
	}
	if err := checkEnds(p.os, info.Size()); err != nil {
		return err
	}
	p.File, err = parquet.OpenFile(p.os, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	root, err := tree(p.Metadata().Schema)
	if err != nil {
		return fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	if p.leaves, err = leaves(root); err != nil {
		return err
	}
	return p.check(info.Size())
}

// checkEnds looks at magic and footer length before anything is allocated for it.
func checkEnds(f io.ReaderAt, size int64) error {
	var first [4]byte
	var last [8]byte
	if size < 12 {
		return fmt.Errorf("%d bytes are no Parquet file", size)
	}
	if _, err := f.ReadAt(first[:], 0); err != nil {
		return err
	}
	if _, err := f.ReadAt(last[:], size-8); err != nil {
		return err
	}
	if string(first[:]) != "PAR1" || string(last[4:]) != "PAR1" {
		return fmt.Errorf("it does not begin and end as a Parquet file does, or is encrypted")
	}
	if n := int64(binary.LittleEndian.Uint32(last[:])); n > size-12 || n > maxFooter {
		return fmt.Errorf("%w: a footer of %d bytes in a file of %d", snapshot.ErrDamaged, n, size)
	}
	return pagefile.CheckFooter(f, size)
}

// check holds the footer against itself and the file's size.
func (p *parquetFile) check(size int64) error {
	var rows int64
	for i, g := range p.Metadata().RowGroups {
		rows += g.NumRows
		if g.NumRows < 0 || len(g.Columns) != len(p.leaves) {
			return fmt.Errorf("%w: row group %d has %d rows and %d columns of %d", snapshot.ErrDamaged, i, g.NumRows, len(g.Columns), len(p.leaves))
		}
		for j := range g.Columns {
			if err := p.checkChunk(&g.Columns[j].MetaData, &p.leaves[j], g.NumRows, size); err != nil {
				return fmt.Errorf("row group %d: column %q: %w", i, p.leaves[j].column.Name, err)
			}
		}
	}
	if rows != p.NumRows() {
		return fmt.Errorf("%w: the footer says %d rows, its row groups %d", snapshot.ErrDamaged, p.NumRows(), rows)
	}
	return nil
}

func (p *parquetFile) checkChunk(m *pq.ColumnMetaData, l *leaf, rows, size int64) error {
	switch {
	case !slices.Contains([]pq.CompressionCodec{pq.Uncompressed, pq.Snappy, pq.Gzip, pq.Zstd}, m.Codec):
		return fmt.Errorf("codec %s is not accepted (zstd, snappy, gzip, none)", m.Codec)
	case m.TotalCompressedSize < 0 || m.DataPageOffset < 0 || m.DictionaryPageOffset < 0 ||
		m.TotalCompressedSize > size || max(m.DataPageOffset, m.DictionaryPageOffset) > size || pageguard.Start(m) > size-m.TotalCompressedSize:
		return fmt.Errorf("%w: %d bytes at %d in a file of %d", snapshot.ErrDamaged, m.TotalCompressedSize, pageguard.Start(m), size)
	case l.repDef == 0 && m.NumValues != rows || m.NumValues < 0:
		return fmt.Errorf("%w: %d values in %d rows", snapshot.ErrDamaged, m.NumValues, rows)
	}
	return nil
}

func (r *parquetReader) describe(_ context.Context, f *file, t *snapshot.Table) error {
	p, err := openParquet(f.path)
	if err != nil {
		return err
	}
	for _, l := range p.leaves {
		t.Columns = append(t.Columns, l.column)
	}
	return p.os.Close()
}

// Estimate returns the rows that a Parquet file's footer promises; of text files
// nobody knows.
func (s *source) Estimate(_ context.Context, t *snapshot.Table) (int64, error) {
	f := s.files[t.Name]
	if s.format != parquetFormat || f == nil {
		return 0, nil
	}
	p, err := openParquet(f.path)
	if err != nil {
		return 0, err
	}
	return p.NumRows(), p.os.Close()
}
