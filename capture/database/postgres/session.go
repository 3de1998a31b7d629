package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// session is one connection.
type session struct{ conn *pgconn.PgConn }

// Bounds of what is waited for.
const (
	connectWait = 10 * time.Second
	// lockWait bounds waiting for a table that another session has locked: who waits
	// for a lock holds up everybody behind.
	lockWait = 10 * time.Second
)

// connect opens a session that only reads. Row level security would hide rows
// without a word; off, the server refuses instead.
func connect(ctx context.Context, config *pgconn.Config, timeout time.Duration) (*session, error) {
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	s := &session{conn}
	settings := fmt.Sprintf(`set timezone = 'UTC'; set client_encoding = 'UTF8'; set default_transaction_read_only = on;
		set row_security = off; set statement_timeout = %d; set lock_timeout = %d;
		set idle_in_transaction_session_timeout = 0;
		select set_config(name, '0', false) from pg_catalog.pg_settings where name in ('transaction_timeout', 'idle_session_timeout')`, timeout.Milliseconds(), lockWait.Milliseconds())
	if err := s.exec(ctx, settings); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close says goodbye, for a moment at most.
func (s *session) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	s.conn.Close(ctx)
}

// exec runs statements without a result, as one.
func (s *session) exec(ctx context.Context, sql string) error {
	_, err := s.conn.Exec(ctx, sql).ReadAll()
	return err
}

// query runs a statement and returns its rows as text.
func (s *session) query(ctx context.Context, sql string, args ...string) ([]record, error) {
	params := make([][]byte, len(args))
	for i := range args {
		params[i] = []byte(args[i])
	}
	return records(s.conn.ExecParams(ctx, sql, params, nil, nil, nil).Read())
}

// simple runs a statement of the replication protocol, which knows no parameters.
func (s *session) simple(ctx context.Context, sql string) ([]record, error) {
	results, err := s.conn.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	return records(results[0])
}

func records(result *pgconn.Result) ([]record, error) {
	out := make([]record, len(result.Rows))
	for i, r := range result.Rows {
		out[i] = r
	}
	return out, result.Err
}

// record is a row in text form. The catalogs' own statements say what is where, so
// that a value of another kind is no case to handle: it reads as zero.
type record [][]byte

func (r record) text(i int) string { return string(r[i]) }

func (r record) flag(i int) bool { return string(r[i]) == "t" }

func (r record) number(i int) int64 {
	n, _ := strconv.ParseInt(string(r[i]), 10, 64)
	return n
}

func (r record) oid(i int) uint32 { return uint32(r.number(i)) }

// list reads a JSON array of texts.
func (r record) list(i int) []string {
	var out []string
	_ = json.Unmarshal(r[i], &out)
	return out
}

// oids writes a parameter of type oid[].
func oids(ids []uint32) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%d", id)
	}
	b.WriteByte('}')
	return b.String()
}
