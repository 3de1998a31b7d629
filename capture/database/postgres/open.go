package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// oldest is the oldest server that is read, as a number.
const oldest = 100000

// source is one database at one point. Its methods may run side by side.
type source struct {
	config  *pgconn.Config
	options database.Options
	version int
	started string // when the holder's server started
	info    snapshot.Source
	point   snapshot.Point
	shared  string // the exported snapshot's name
	slots   slots
	// splitRows is the number of rows from which a table is read in ranges.
	splitRows int64

	life   context.Context // ends with Close
	end    context.CancelFunc
	active sync.WaitGroup

	holder  exclusive // keeps the point; nothing that may fail is run in it
	present exclusive // the outside

	mu      sync.Mutex
	idle    []*session // workers between two tables
	closed  bool
	types   *typeSet
	plans   map[[2]string]*plan
	leftOut []string // what is not captured, in words
}

// exclusive is a session that one goroutine uses at a time.
type exclusive struct {
	mu      sync.Mutex
	session *session
}

// Open connects and makes the consistent point. The database is only read.
func Open(ctx context.Context, dsn string, o database.Options) (database.Source, error) {
	config, err := parseDSN(dsn)
	if err != nil {
		return nil, &database.DSNError{Err: err}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectWait
	}
	config.BuildFrontend, config.DialFunc = buildFrontend, dialer().DialContext
	if o.BatchRows <= 0 {
		o.BatchRows = database.DefaultBatchRows
	}
	s := &source{config: config, options: o, plans: make(map[[2]string]*plan), slots: newSlots(o.Connections), splitRows: splitRows}
	s.life, s.end = context.WithCancel(context.Background())
	if err := s.begin(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// dialer has the system notice within a minute that the other side is gone: a read
// may wait long for its first row.
func dialer() *net.Dialer {
	return &net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 30 * time.Second, Interval: 10 * time.Second, Count: 3}}
}

func (s *source) begin(ctx context.Context) error {
	holder, err := connect(ctx, s.config, 0)
	if err != nil {
		return s.connectError(err)
	}
	s.holder.session = holder
	version := holder.conn.ParameterStatus("server_version")
	rows, err := holder.query(ctx, "select current_setting('server_version_num'), pg_postmaster_start_time()")
	if err != nil {
		return s.explain("asking for the server's version", err)
	}
	if s.version = int(rows[0].number(0)); s.version < oldest {
		return fmt.Errorf("%s: PostgreSQL %s is older than 10, which is the oldest that can be read", place(s.config), version)
	}
	s.started = rows[0].text(1)
	s.info = snapshot.Source{Engine: "postgresql", Version: version, Detail: place(s.config)}
	return s.makePoint(ctx)
}

func (s *source) Info() snapshot.Source { return s.info }

// Point is the consistent point; what Tables left out is among its caveats.
func (s *source) Point() snapshot.Point {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.point
	p.Caveats = slices.Concat(p.Caveats, s.leftOut)
	return p
}

// Tables describes what is to be captured, as of the point.
func (s *source) Tables(ctx context.Context) ([]snapshot.Table, error) {
	var plans []*plan
	var leftOut []string
	err := s.work(ctx, func(ctx context.Context, w *session) (err error) {
		c := catalog{session: w, version: s.version, options: &s.options}
		if c.types, err = loadTypes(ctx, w, s.version); err != nil {
			return err
		}
		if c.encoding, err = loadEncoding(ctx, w); err != nil {
			return err
		}
		s.setTypes(c.types)
		plans, err = c.describe(ctx)
		leftOut = c.leftOut
		return err
	})
	if err != nil {
		return nil, s.explain("describing the tables", err)
	}
	return s.keep(plans, leftOut), nil
}

func (s *source) setTypes(t *typeSet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types = t
}

func (s *source) keep(plans []*plan, leftOut []string) []snapshot.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	tables := make([]snapshot.Table, len(plans))
	for i, p := range plans {
		tables[i] = p.table
		s.plans[p.table.ID()] = p
	}
	s.leftOut = leftOut
	return tables
}

// encoding is what a database says of its texts.
type encoding struct {
	collation string // the database's own
	utf8      bool   // else the server orders by bytes that it converts before sending
}

// A database's collation stands in another column with each provider; to_jsonb asks
// for those that older servers do not have.
const encodingSQL = `
select case coalesce(to_jsonb(d)->>'datlocprovider', 'c')
	when 'i' then 'icu ' || coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale', '')
	when 'b' then coalesce(to_jsonb(d)->>'datlocale', '')
	else datcollate end,
	current_setting('server_encoding')
from pg_catalog.pg_database d where datname = current_database()`

func loadEncoding(ctx context.Context, s *session) (encoding, error) {
	rows, err := s.query(ctx, encodingSQL)
	if err != nil || len(rows) == 0 {
		return encoding{}, err
	}
	return encoding{rows[0].text(0), rows[0].text(1) == "UTF8"}, nil
}

func (s *source) plan(t *snapshot.Table) (*plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.plans[t.ID()]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("table %s: Tables did not list it", t.FullName())
}

// Estimate is the planner's idea of the number of rows.
func (s *source) Estimate(_ context.Context, t *snapshot.Table) (int64, error) {
	p, err := s.plan(t)
	if err != nil {
		return 0, err
	}
	return p.rows, nil
}

var errClosed = errors.New("the source is closed")

// enter begins an operation that Close ends and waits for.
func (s *source) enter(ctx context.Context) (context.Context, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, errClosed
	}
	s.active.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.life, cancel)
	return ctx, func() { stop(); cancel(); s.active.Done() }, nil
}

// Close ends what is running and lets the point go.
func (s *source) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return nil
	}
	s.end()
	s.active.Wait()
	for _, w := range append(s.idle, s.holder.session, s.present.session) {
		if w != nil {
			w.close()
		}
	}
	return nil
}
