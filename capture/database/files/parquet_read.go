package files

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"parallax/capture/database"
	"parallax/capture/snapshot"
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
	b := snapshot.NewBatch(t.Columns)
	for i, g := range p.RowGroups() {
		if err := safely(func() error { return p.checkPages(ctx, i) }); err != nil {
			return fmt.Errorf("row group %d: %w", i, err)
		}
		step := r.step(p.Metadata().RowGroups[i].TotalByteSize, g.NumRows())
		if err := r.group(ctx, p, g, step, b, emit); err != nil {
			return fmt.Errorf("row group %d: %w", i, err)
		}
	}
	return nil
}

// checkPages goes through a row group's pages before the library does.
func (p *parquetFile) checkPages(ctx context.Context, group int) error {
	g := guard{file: p.os}
	defer g.close()
	columns := p.Metadata().RowGroups[group].Columns
	for i := range columns {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.chunk(&columns[i].MetaData, &p.leaves[i]); err != nil {
			return fmt.Errorf("column %q: %w", p.leaves[i].column.Name, err)
		}
	}
	return nil
}

// group reads one row group, all columns in step.
func (*parquetReader) group(ctx context.Context, p *parquetFile, g parquet.RowGroup, step int64, b *snapshot.Batch, emit func(*snapshot.Batch) error) error {
	columns := make([]*columnReader, len(p.leaves))
	defer func() {
		for _, c := range columns {
			c.close()
		}
	}()
	for i, chunk := range g.ColumnChunks() {
		columns[i] = newColumnReader(&p.leaves[i], chunk)
	}
	for left := g.NumRows(); left > 0; left -= int64(b.Rows) {
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
		if c.row == c.n {
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
