package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"parallax/capture/snapshot"
)

// batchBytes bounds a batch, whose vectors count in 32 bits.
const batchBytes = 8 << 20

// Read streams a table's rows.
func (s *source) Read(ctx context.Context, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	err := s.with(ctx, func(ctx context.Context, c *sql.Conn) error {
		return rawQuery(ctx, c, selection(t), func(rows driver.Rows) error { return s.stream(ctx, rows, t, emit) })
	})
	if err != nil {
		return fmt.Errorf("table %s: %w", t.FullName(), err)
	}
	return nil
}

// selection is the statement that reads a table. A bare column would come with its
// declared type, and the driver makes times of texts by it; behind a unary plus,
// which changes no value, it has none. Rows come in whatever order is cheapest:
// that of the rowid or of the primary key, nearly always the key's own.
func selection(t *snapshot.Table) string {
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = "+t." + quote(t.Columns[i].Name)
	}
	from := "main." + quote(t.Name)
	if t.From == "query" {
		from = subquery(t.Query)
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + from + " AS t"
}

// rawQuery hands on the driver's rows: database/sql would copy every cell.
func rawQuery(ctx context.Context, c *sql.Conn, q string, f func(driver.Rows) error) error {
	return c.Raw(func(dc any) (err error) {
		queryer, ok := dc.(driver.QueryerContext)
		if !ok {
			return errors.New("the driver cannot be asked directly")
		}
		rows, err := queryer.QueryContext(ctx, q, nil)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		return f(rows)
	})
}

func (s *source) stream(ctx context.Context, rows driver.Rows, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	b := snapshot.NewBatch(t.Columns)
	decoders := make([]*decoder, len(t.Columns))
	for i := range t.Columns {
		decoders[i] = newDecoder(&t.Columns[i])
	}
	cells := make([]driver.Value, len(t.Columns))
	for more := true; more; {
		b.Reset()
		var err error
		if more, err = s.fill(b, rows, decoders, cells); err != nil {
			return err
		}
		if err := errors.Join(ctx.Err(), s.life.Err()); err != nil { // the context hears of Close a moment later
			return err
		}
		if b.Rows > 0 {
			if err := emit(b); err != nil {
				return err
			}
		}
	}
	for _, d := range decoders {
		d.note(t)
	}
	return nil
}

// fill reads rows into a batch; more is false at the table's end.
func (s *source) fill(b *snapshot.Batch, rows driver.Rows, decoders []*decoder, cells []driver.Value) (more bool, err error) {
	for weight := 0; b.Rows < s.o.BatchRows && weight < batchBytes; b.Rows++ {
		if err := rows.Next(cells); err == io.EOF {
			return false, nil
		} else if err != nil {
			return false, err
		}
		for i, d := range decoders {
			n, err := d.add(&b.Columns[i], cells[i])
			if err != nil {
				return false, err
			}
			weight += n
		}
	}
	return true, nil
}
