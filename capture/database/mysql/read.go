package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

const (
	savepointSQL = "SAVEPOINT parallax"
	releaseSQL   = "ROLLBACK TO SAVEPOINT parallax"
	// batchBytes bounds a batch of wide rows.
	batchBytes = 8 << 20
)

// Read streams a table over one of the readers, in the order of its primary key
// where that is cheap.
func (s *source) Read(ctx context.Context, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	if !s.enter() {
		return errClosed
	}
	defer s.reading.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(s.life, func() { cancel(context.Cause(s.life)) })()
	conn, err := s.take(ctx)
	if err != nil {
		return fmt.Errorf("%s %s: %w", t.From, t.FullName(), err)
	}
	err = s.readWith(ctx, conn, t, emit)
	s.give(conn, err)
	return err
}

// enter counts a Read, unless the source is closed.
func (s *source) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.reading.Add(1)
	}
	return !s.closed
}

func (s *source) take(ctx context.Context) (*sql.Conn, error) {
	select {
	case conn := <-s.idle:
		return conn, nil
	case <-s.dead:
		return nil, database.ErrPointLost
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// give puts a reader back. After an error whose transaction did not survive it is
// closed: a new connection would stand at another point.
func (s *source) give(conn *sql.Conn, err error) {
	if err == nil || errors.As(err, new(standing)) {
		s.idle <- conn
		return
	}
	discard(conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.alive--; s.alive == 0 {
		close(s.dead)
	}
}

// standing marks an error after which the reader's transaction still stands.
type standing struct{ error }

func (e standing) Unwrap() error { return e.error }

// readWith reads, looks whether the definition is still that of the point, while
// the metadata lock keeps it, and then lets go of the lock.
func (s *source) readWith(ctx context.Context, conn *sql.Conn, t *snapshot.Table, emit func(*snapshot.Batch) error) error {
	what := t.From + " " + t.FullName()
	x := newExtract(t, s.options.BatchRows, emit)
	err := conn.Raw(func(c any) error { return x.run(ctx, c.(driver.Conn), s.selectFor(t)) })
	if x.failed != nil {
		return fmt.Errorf("%s: %w", what, x.failed)
	}
	switch {
	case err == nil:
		err = s.noteChange(ctx, t)
	case number(err) == errDefChanged:
		err = errors.Join(err, s.noteOr(ctx, t, "it was emptied or made anew"))
	}
	if err != nil && (!isServer(err) || lost(err)) {
		return explain(ctx, what, err)
	}
	if _, gone := conn.ExecContext(ctx, releaseSQL); gone != nil {
		return explain(ctx, what, errors.Join(gone, err))
	}
	if err != nil {
		return standing{explain(ctx, what, err)}
	}
	x.note(t)
	return nil
}

func (s *source) selectFor(t *snapshot.Table) string {
	if t.From == "query" {
		return t.Query
	}
	names := make([]string, len(t.Columns))
	for i := range t.Columns {
		names[i] = quote(t.Columns[i].Name)
	}
	return "SELECT " + strings.Join(names, ", ") + " FROM " + quote(t.Schema) + "." + quote(t.Name) + orderBy(s.catalogue[t.Name], t)
}

// extract moves the rows of one statement into batches. It works on the driver's
// own rows: database/sql would copy each value twice.
type extract struct {
	batch  *snapshot.Batch
	rows   int
	puts   []put
	names  []string
	zeroes []int64
	read   int64
	emit   func(*snapshot.Batch) error
	failed error // of emit or of a value, not of the server
}

func newExtract(t *snapshot.Table, rows int, emit func(*snapshot.Batch) error) *extract {
	x := &extract{batch: snapshot.NewBatch(t.Columns), rows: rows, emit: emit, zeroes: make([]int64, len(t.Columns))}
	for i := range t.Columns {
		x.puts = append(x.puts, putFor(&t.Columns[i], &x.zeroes[i]))
		x.names = append(x.names, t.Columns[i].Name)
	}
	return x
}

// run sends a prepared statement, for only its answers are binary.
func (x *extract) run(ctx context.Context, conn driver.Conn, query string) error {
	stmt, err := conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer stmt.Close()
	rows, err := stmt.(driver.StmtQueryContext).QueryContext(ctx, nil)
	if err != nil {
		return err
	}
	if n := len(rows.Columns()); n != len(x.puts) {
		x.failed = fmt.Errorf("the server answers with %d columns, not %d", n, len(x.puts))
	} else if err = x.pump(rows); err == io.EOF {
		return rows.Close()
	}
	// The rest of the answer may be long: the connection is closed, not drained.
	if !isServer(err) {
		_ = conn.Close()
	}
	_ = rows.Close()
	return errors.Join(err, x.failed)
}

// pump ends with io.EOF where all is read.
func (x *extract) pump(rows driver.Rows) error {
	values := make([]driver.Value, len(x.puts))
	for {
		if err := rows.Next(values); err != nil {
			if err == io.EOF {
				x.failed = x.flush()
			}
			if x.failed != nil {
				return nil
			}
			return err
		}
		if x.failed = x.add(values); x.failed != nil {
			return nil
		}
	}
}

func (x *extract) add(values []driver.Value) error {
	for i, value := range values {
		v := &x.batch.Columns[i]
		if value == nil {
			v.AppendNull()
		} else if err := x.puts[i](v, value); err != nil {
			return fmt.Errorf("row %d as read: column %q: %w", x.read+1, x.names[i], err)
		}
	}
	x.read++
	x.batch.Rows++
	if x.batch.Rows < x.rows && x.batch.Bytes() < batchBytes {
		return nil
	}
	return x.flush()
}

func (x *extract) flush() error {
	if x.batch.Rows == 0 {
		return nil
	}
	err := x.emit(x.batch)
	x.batch.Reset()
	return err
}

// note counts enumerations' index 0 in the table's notes.
func (x *extract) note(t *snapshot.Table) {
	for i, n := range x.zeroes {
		if n == 0 {
			continue
		}
		if t.Notes == nil {
			t.Notes = map[string]int64{}
		}
		t.Notes["enumeration index 0 read as empty text: column "+x.names[i]] = n
	}
}
