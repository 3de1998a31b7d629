package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// source is one database at one point.
type source struct {
	db      *sql.DB
	options database.Options
	schema  string
	mariadb bool
	info    snapshot.Source
	point   snapshot.Point
	// readers hold the transactions; idle has those that nobody reads with.
	readers []*sql.Conn
	idle    chan *sql.Conn
	life    context.Context // ends with Close
	end     context.CancelCauseFunc
	reading sync.WaitGroup

	catalogue map[string]*entry // at the point

	mu     sync.Mutex
	closed bool
	alive  int               // readers whose transaction stands
	dead   chan struct{}     // closed when none is
	after  map[string]string // by table: what had changed when its Read ended
}

var errClosed = errors.New("the source is closed")

// Open connects to a server and makes the consistent point. Errors repeat neither
// dsn nor its password.
func Open(ctx context.Context, dsn string, o database.Options) (database.Source, error) {
	cfg, err := parseDSN(dsn)
	if err != nil {
		return nil, &database.DSNError{Err: err}
	}
	o.Connections = max(1, o.Connections)
	if o.BatchRows <= 0 {
		o.BatchRows = database.DefaultBatchRows
	}
	db, err := newDB(cfg, o.StatementTimeout, o.Connections+1)
	if err != nil {
		return nil, err
	}
	s := &source{db: db, options: o, schema: cfg.DBName, dead: make(chan struct{}), after: map[string]string{}}
	s.life, s.end = context.WithCancelCause(context.Background())
	if err := s.open(ctx, cfg.Addr); err != nil {
		return nil, errors.Join(fmt.Errorf("%s/%s: %w", cfg.Addr, cfg.DBName, err), s.Close())
	}
	return s, nil
}

func (s *source) open(ctx context.Context, addr string) error {
	rows, err := ask(ctx, s.db, "SELECT VERSION()")
	if err != nil {
		return err
	}
	s.info = snapshot.Source{Engine: "mysql", Version: rows[0][0].String, Detail: addr + "/" + s.schema}
	if s.mariadb = strings.Contains(s.info.Version, "MariaDB"); s.mariadb {
		s.info.Engine = "mariadb"
	}
	if err := s.begin(ctx, s.options.Consistency, s.options.Connections); err != nil {
		return err
	}
	s.alive, s.idle = len(s.readers), make(chan *sql.Conn, len(s.readers))
	for _, conn := range s.readers {
		if _, err := conn.ExecContext(ctx, savepointSQL); err != nil {
			return fmt.Errorf("%s: %w", savepointSQL, err)
		}
		s.idle <- conn
	}
	if s.catalogue, err = loadCatalogue(ctx, s.db, s.mariadb, s.schema, ""); err != nil {
		return err
	}
	return s.caveats(ctx)
}

// variables reads an answer of names and values.
func (s *source) variables(ctx context.Context, query string) (map[string]string, error) {
	rows, err := ask(ctx, s.db, query)
	all := make(map[string]string, len(rows))
	for _, r := range rows {
		all[r[0].String] = r[1].String
	}
	return all, err
}

// Info says which server and database this is.
func (s *source) Info() snapshot.Source { return s.info }

// Point is the consistent point.
func (s *source) Point() snapshot.Point { return s.point }

// Tables describes tables, views and queries.
func (s *source) Tables(ctx context.Context) ([]snapshot.Table, error) {
	var out []snapshot.Table
	for _, e := range chosen(s.catalogue, s.schema, &s.options) {
		t, err := describe(e, s.schema, &s.options)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	for _, q := range s.options.Queries {
		t, err := s.describeQuery(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("query %s: %w", q.Name, err)
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b snapshot.Table) int {
		return cmpID(a.ID(), b.ID())
	})
	return out, nil
}

func cmpID(a, b [2]string) int { return slices.Compare(a[:], b[:]) }

// Close ends all Reads, waits for them, and closes every connection.
func (s *source) Close() error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	s.end(errClosed)
	s.reading.Wait()
	for _, conn := range s.readers {
		discard(conn)
	}
	return s.db.Close()
}

// discard closes a connection rather than giving it, with its transaction, back to
// the pool. It may be closed already.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}
