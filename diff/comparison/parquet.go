package comparison

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
	"github.com/parquet-go/parquet-go/format"

	"parallax/internal/pagefile"
)

// A row group ends at so many rows or bytes, whichever comes first; a part at so
// many rows. Cuts depend on nothing else, so the same rows give the same bytes.
const (
	groupRows  = 50_000
	groupBytes = 8 << 20
	partRows   = 2_000_000
)

// partWriter writes one Parquet file of differences.
type partWriter struct {
	out   *parquet.GenericWriter[row]
	rows  int64
	group int64 // bytes in the open row group
	count int   // rows in it
	one   [1]row
}

func newPartWriter(w io.Writer) *partWriter {
	options := []parquet.WriterOption{
		parquet.CreatedBy("parallax-comparison", fmt.Sprintf("%d.%d", FormatMajor, FormatMinor), "0"),
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest, Concurrency: 1}),
	}
	for _, wide := range []string{"field", "old", "new", "old_bytes", "new_bytes"} {
		options = append(options, parquet.SkipPageBounds(wide), parquet.SkipPageStatistics(wide))
	}
	return &partWriter{out: parquet.NewGenericWriter[row](w, options...)}
}

func (p *partWriter) write(d *Difference) error {
	p.one[0] = toRow(d)
	if _, err := p.out.Write(p.one[:]); err != nil {
		return err
	}
	p.rows++
	p.count++
	p.group += int64(len(d.Field) + len(d.Pattern) + len(d.Old.Text) + len(d.New.Text) + 128)
	if p.count < groupRows && p.group < groupBytes {
		return nil
	}
	p.count, p.group = 0, 0
	return p.out.Flush()
}

// readPart streams the rows of a file of size bytes. A panic of the Parquet
// library on bytes it did not expect becomes an error.
func readPart(r io.ReaderAt, size int64, yield func(*Difference) bool) (rows int64, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("row %d: %w: %v", rows, ErrDamaged, p)
		}
	}()
	if err := pagefile.CheckFooter(r, size); err != nil {
		return 0, err
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := checkCodecs(file); err != nil {
		return 0, err
	}
	in := parquet.NewGenericReader[row](file)
	defer in.Close()
	return readRows(in, yield)
}

func readRows(in *parquet.GenericReader[row], yield func(*Difference) bool) (rows int64, err error) {
	batch := make([]row, 256)
	for {
		n, err := in.Read(batch)
		for i := range batch[:n] {
			d := batch[i].difference()
			rows++
			if !yield(&d) {
				return rows, errStopped
			}
		}
		clear(batch[:n])
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, fmt.Errorf("row %d: %w: %w", rows, ErrDamaged, err)
		}
	}
}

// checkCodecs accepts zstd, snappy and plain only.
func checkCodecs(file *parquet.File) error {
	for _, group := range file.Metadata().RowGroups {
		for _, column := range group.Columns {
			switch c := column.MetaData.Codec; c {
			case format.Zstd, format.Snappy, format.Uncompressed:
			default:
				return fmt.Errorf("%w: codec %s", ErrDamaged, c)
			}
		}
	}
	return nil
}
