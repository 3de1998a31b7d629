package files

import (
	"context"
	"errors"
	"fmt"
	"io"

	pq "github.com/parquet-go/parquet-go/format"

	"parallax/capture/database"
	"parallax/capture/snapshot"
	"parallax/internal/pageguard"
)

// batchBytes is what a batch should weigh at most; maxVector is what one column
// of it must not exceed, since vectors count in 32 bits.
const (
	batchBytes = 8 << 20
	maxVector  = 1 << 30
)

func (r *parquetReader) read(ctx context.Context, f *file, t *snapshot.Table, emit func(*snapshot.Batch) error) (err error) {
	p, err := openParquet(f.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.os.Close()) }()
	if len(p.leaves) != len(t.Columns) {
		return fmt.Errorf("it has %d columns, and had %d when it was found", len(p.leaves), len(t.Columns))
	}
	for i, l := range p.leaves {
		if !l.column.Equal(t.Columns[i]) {
			return fmt.Errorf("column %q is not what it was when the file was found", l.column.Name)
		}
	}
	unpack := new(pageguard.Unpacker)
	defer unpack.Close()
	columns := p.columns(unpack)
	b := snapshot.NewBatch(t.Columns)
	for i := range p.Metadata().RowGroups {
		g := &p.Metadata().RowGroups[i]
		if err := r.group(ctx, columns, g, b, emit); err != nil {
			return fmt.Errorf("row group %d: %w", i, err)
		}
	}
	return nil
}

// columns returns readers of all columns, before their first chunk.
func (p *parquetFile) columns(unpack *pageguard.Unpacker) []*columnReader {
	out := make([]*columnReader, len(p.leaves))
	for i := range p.leaves {
		l := &p.leaves[i]
		out[i] = newColumnReader(l, pageguard.NewColumn(p.os, l.pages(), unpack))
	}
	return out
}

// group reads one row group, all columns in step.
func (r *parquetReader) group(ctx context.Context, columns []*columnReader, g *pq.RowGroup, b *snapshot.Batch, emit func(*snapshot.Batch) error) error {
	for i, c := range columns {
		c.open(&g.Columns[i].MetaData)
	}
	step := r.step(g.TotalByteSize, g.NumRows)
	for left := g.NumRows; left > 0; left -= int64(b.Rows) {
		if err := ctx.Err(); err != nil {
			return err
		}
		b.Reset()
		b.Rows = int(min(left, step))
		if err := safely(func() error { return fill(b, columns) }); err != nil {
			return err
		}
		if err := emit(b); err != nil {
			return err
		}
	}
	return safely(func() error { return ended(columns) })
}

// step is how many rows a batch takes, so that wide rows make few.
func (r *parquetReader) step(bytes, rows int64) int64 {
	perRow := max(bytes, 0)/max(rows, 1) + 1
	return max(min(batchBytes/perRow, int64(r.batchRows)), 1)
}

func fill(b *snapshot.Batch, columns []*columnReader) error {
	for i, c := range columns {
		if err := c.read(&b.Columns[i], b.Rows); err != nil {
			return fmt.Errorf("column %q: %w", c.leaf.column.Name, err)
		}
	}
	return nil
}

// ended checks that no column has more rows than the footer says.
func ended(columns []*columnReader) error {
	for _, c := range columns {
		if c.row == c.pages.Slots {
			if err := c.next(); errors.Is(err, io.EOF) {
				continue
			} else if err != nil {
				return fmt.Errorf("column %q: %w", c.leaf.column.Name, err)
			}
		}
		return fmt.Errorf("%w: column %q has more values than the footer says", snapshot.ErrDamaged, c.leaf.column.Name)
	}
	return nil
}

// checkVector refuses what a vector cannot count.
func checkVector(v *snapshot.Vector) error {
	if len(v.Data) > maxVector {
		return fmt.Errorf("%d rows of it weigh more than %d bytes: %w\nhint: make batches smaller", v.Len(), maxVector, database.ErrType)
	}
	return nil
}
