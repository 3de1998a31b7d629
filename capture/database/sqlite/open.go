package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// The ways of pinning one state of the file.
const (
	// ReadTransaction holds one connection's read transaction for the whole capture.
	ReadTransaction = "read transaction"
	// VacuumInto copies the file first; several connections read the copy.
	VacuumInto = "vacuum into"
)

// busyMillis is how long a connection waits for a writer's lock.
const busyMillis = 10_000

type source struct {
	o     database.Options
	info  snapshot.Source
	point snapshot.Point
	// schema is the schema's version at the point.
	schema int64
	db     *sql.DB
	// conns are the connections that nobody uses, all at the point.
	conns chan *sql.Conn
	// missing of them could not be opened.
	missing int
	copy    string // the folder of the copy

	life    context.Context // ends with Close
	stop    context.CancelFunc
	closing sync.Once
	closed  error
}

// Open pins one state of a file: sqlite:PATH, sqlite:///PATH or a path.
func Open(ctx context.Context, dsn string, o database.Options) (database.Source, error) {
	path, err := pathOf(dsn)
	if err != nil {
		return nil, err
	}
	if o.BatchRows <= 0 {
		o.BatchRows = database.DefaultBatchRows
	}
	s := &source{o: o, info: snapshot.Source{Engine: "sqlite", Detail: filepath.Base(path)}}
	s.life, s.stop = context.WithCancel(context.Background())
	if err := s.pin(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *source) pin(ctx context.Context, path string) error {
	switch s.o.Consistency {
	case "", ReadTransaction:
		return s.pinTransaction(ctx, path)
	case VacuumInto:
		return s.pinCopy(ctx, path)
	}
	return fmt.Errorf("%q: %w\nhint: %q or %q", s.o.Consistency, database.ErrConsistency, ReadTransaction, VacuumInto)
}

func (s *source) pinTransaction(ctx context.Context, path string) error {
	before := walPresent(path)
	if err := s.connect(ctx, uri(path, "_pragma=query_only(1)", busy()), 1); err != nil {
		return err
	}
	return s.with(ctx, func(ctx context.Context, c *sql.Conn) error {
		// BEGIN alone pins nothing; the first read does.
		if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
			return err
		}
		if err := s.describe(ctx, c); err != nil {
			return err
		}
		return s.transactionCaveats(ctx, c, before)
	})
}

// pinCopy copies the file as one transaction sees it. The connection that copies
// cannot be query_only, which forbids VACUUM INTO also; mode=ro still holds.
func (s *source) pinCopy(ctx context.Context, path string) (err error) {
	if s.copy, err = os.MkdirTemp("", "parallax-sqlite-"); err != nil {
		return err
	}
	file := filepath.Join(s.copy, "copy.db")
	if err := os.WriteFile(file, nil, 0o600); err != nil { // SQLite keeps the mode of an empty file
		return err
	}
	if err := s.vacuum(ctx, path, file); err != nil {
		return err
	}
	if err := s.connect(ctx, uri(file, "immutable=1", "_pragma=query_only(1)", busy()), max(s.o.Connections, 1)); err != nil {
		return err
	}
	return s.with(ctx, func(ctx context.Context, c *sql.Conn) error {
		return c.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&s.schema)
	})
}

func (s *source) vacuum(ctx context.Context, path, into string) error {
	db, err := sql.Open("sqlite", uri(path, busy()))
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := s.describe(ctx, c); err != nil {
		return err
	}
	if _, err = c.ExecContext(ctx, "VACUUM INTO ?", into); err != nil {
		return fmt.Errorf("vacuum into a temporary copy: %w", err)
	}
	s.copyCaveats()
	return nil
}

func busy() string { return fmt.Sprintf("_pragma=busy_timeout(%d)", busyMillis) }

func (s *source) connect(ctx context.Context, uri string, n int) (err error) {
	if s.db, err = sql.Open("sqlite", uri); err != nil {
		return err
	}
	s.db.SetMaxOpenConns(n)
	s.conns = make(chan *sql.Conn, n)
	for s.missing = n; s.missing > 0; s.missing-- {
		c, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		s.conns <- c
	}
	return nil
}

// with lends a connection; in a read transaction there is one, and callers take
// turns.
func (s *source) with(ctx context.Context, f func(context.Context, *sql.Conn) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	select {
	case c := <-s.conns:
		defer func() { s.conns <- c }()
		return lost(f(ctx, c))
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lost says of a connection that is gone that the point went with it.
func lost(err error) error {
	if errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) {
		return fmt.Errorf("%w: %w", database.ErrPointLost, err)
	}
	return err
}

func (s *source) Info() snapshot.Source { return s.info }

func (s *source) Point() snapshot.Point { return s.point }

// Close ends reads, the transaction and the copy.
func (s *source) Close() error {
	s.closing.Do(func() { s.closed = s.close() })
	return s.closed
}

func (s *source) close() error {
	s.stop()
	var errs []error
	for range cap(s.conns) - s.missing {
		errs = append(errs, (<-s.conns).Close()) // waits for whoever reads
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.copy != "" {
		errs = append(errs, os.RemoveAll(s.copy))
	}
	return errors.Join(errs...)
}
