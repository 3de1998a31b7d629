package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgtype"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// receiveBuffer is what is read from the network at once.
const receiveBuffer = 256 << 10

func buildFrontend(r io.Reader, w io.Writer) *pgproto3.Frontend {
	return pgproto3.NewFrontend(bufio.NewReaderSize(r, receiveBuffer), w)
}

// Read copies the rows of t at the point. Where the connection is lost before the
// first batch, it begins once more; later the error is database.ErrReadBroken.
func (s *source) Read(ctx context.Context, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	p, err := s.plan(t)
	if err != nil {
		return err
	}
	if err := s.slots.take(ctx); err != nil {
		return err
	}
	defer s.slots.give()
	ranges, err := s.ranges(ctx, p)
	if err != nil {
		return s.explain("table "+p.table.FullName()+": asking for its statistics", err)
	}
	if len(ranges) > 1 {
		return s.readRanges(ctx, t, p, ranges, emit)
	}
	for again := true; ; again = false {
		rows, err := s.rows(p, emit)
		if err != nil {
			return err
		}
		err = s.work(ctx, func(ctx context.Context, w *session) error { return copyOut(ctx, w, p, "", rows) })
		switch {
		case err == nil:
			s.finished(t, p, rows.emitted, rows.notes)
			return nil
		case again && rows.emitted == 0 && errors.Is(err, database.ErrReadBroken):
			continue
		case errors.Is(err, errEmit):
			return rows.refused
		}
		return s.explain("table "+p.table.FullName(), err)
	}
}

// readRanges is Read over several connections.
func (s *source) readRanges(ctx context.Context, t *snapshot.Table, p *plan, ranges []condition, emit func(*snapshot.Batch) error) error {
	emitted, notes, err := s.readParallel(ctx, p, ranges, emit)
	if emitted == 0 && errors.Is(err, database.ErrReadBroken) {
		emitted, notes, err = s.readParallel(ctx, p, ranges, emit)
	}
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		return refused.error
	case err != nil:
		return s.explain("table "+p.table.FullName(), err)
	}
	s.finished(t, p, emitted, notes)
	return nil
}

// finished keeps what a whole read found.
func (s *source) finished(t *snapshot.Table, p *plan, rows int64, notes map[string]int64) {
	for note, n := range notes {
		count(t, note, n)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p.seen = rows
}

// rows prepares the decoding of a table.
func (s *source) rows(p *plan, emit func(*snapshot.Batch) error) (*rows, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &rows{table: &p.table, batch: snapshot.NewBatch(p.table.Columns), emit: emit, most: s.options.BatchRows, notes: map[string]int64{}}
	for _, c := range p.columns {
		e, ok := s.types.element(c.oid, r.notes)
		if !ok {
			return nil, fmt.Errorf("%s.%s: %w", p.table.FullName(), c.name, database.ErrType)
		}
		r.decode = append(r.decode, e.decode)
	}
	return r, nil
}

func copyOut(ctx context.Context, w *session, p *plan, c condition, r *rows) error {
	if _, err := w.conn.CopyTo(ctx, r, "copy ("+selection(p, c)+") to stdout (format binary)"); err != nil {
		return err
	}
	return r.finish()
}

// selection is the statement that gives a table's rows. A table with children by
// inheritance is read without them: they are tables of their own.
func selection(p *plan, c condition) string {
	if p.oid == 0 {
		return trimQuery(p.table.Query) + "\n" // behind a comment, perhaps
	}
	names := make([]string, len(p.columns))
	for i, c := range p.columns {
		names[i] = pgx.Identifier{c.name}.Sanitize()
	}
	return "select " + strings.Join(names, ", ") + " from " + from(p) + string(c) + order(p)
}

func from(p *plan) string {
	if p.kind == "r" {
		return "only " + quote(&p.table)
	}
	return quote(&p.table)
}

// order has the server sort by the key where its order is that of the canonical
// bytes; elsewhere the writer sorts.
func order(p *plan) string {
	var terms []string
	for _, name := range p.table.Key {
		i := slices.IndexFunc(p.columns, func(c planned) bool { return c.name == name })
		if i < 0 || !p.table.Columns[i].NotNull || !sortsAsBytes(p.columns[i]) {
			return ""
		}
		terms = append(terms, pgx.Identifier{name}.Sanitize())
	}
	if len(terms) == 0 {
		return ""
	}
	return " order by " + strings.Join(terms, ", ")
}

// sortsAsBytes leaves out floats, as -0 and 0 are equal to the server, and char(n),
// whose blanks do not count there.
func sortsAsBytes(c planned) bool {
	switch c.oid {
	case pgtype.BoolOID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.NumericOID, moneyOID,
		pgtype.UUIDOID, pgtype.ByteaOID, pgtype.DateOID, pgtype.TimeOID, pgtype.TimestampOID, pgtype.TimestamptzOID:
		return true
	case pgtype.TextOID, pgtype.VarcharOID:
		return c.octets
	}
	return false
}
