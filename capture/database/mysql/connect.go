package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// must are the settings without which values or rows would be wrong. sql_mode is
// emptied for PAD_CHAR_TO_FULL_LENGTH and ANSI_QUOTES; a server may limit
// sql_select_limit, which would cut tables short.
const must = `SET time_zone = '+00:00', sql_mode = '', character_set_client = utf8mb4, character_set_results = utf8mb4,` +
	` collation_connection = utf8mb4_bin, sql_select_limit = 18446744073709551615, sql_big_selects = 1,` +
	` net_write_timeout = 3600, net_read_timeout = 3600, wait_timeout = 86400, lock_wait_timeout = 60`

// may are settings that one of the two servers, or an old version, does not have,
// or that take a right. We write nothing; but where MariaDB's sessions are logged, a
// savepoint does not let go of metadata locks.
var may = [...]string{
	"SET sql_log_bin = 0",
	"SET idle_transaction_timeout = 0, idle_readonly_transaction_timeout = 0", // MariaDB
	"SET system_versioning_asof = DEFAULT",                                    // MariaDB
	"SET information_schema_stats_expiry = 0",                                 // MySQL 8
}

// connector makes each connection a session of our own kind.
type connector struct {
	driver.Connector
	timeout time.Duration
}

func newDB(cfg *mysql.Config, timeout time.Duration, connections int) (*sql.DB, error) {
	base, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, fmt.Errorf("data source: %w", err)
	}
	db := sql.OpenDB(connector{base, timeout})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, conn); err != nil {
		return nil, errors.Join(fmt.Errorf("session: %w", err), conn.Close())
	}
	return conn, nil
}

func (c connector) prepare(ctx context.Context, conn driver.Conn) error {
	ex := conn.(driver.ExecerContext)
	for _, statement := range [...]string{
		must,
		"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
		"SET SESSION TRANSACTION READ ONLY",
	} {
		if _, err := ex.ExecContext(ctx, statement, nil); err != nil {
			return err
		}
	}
	for _, statement := range may {
		if _, err := ex.ExecContext(ctx, statement, nil); err != nil && !isServer(err) {
			return err
		}
	}
	return c.limit(ctx, ex)
}

// limit asks the server itself to end long statements. Without a limit of ours the
// server's own stays: its administrator wanted it.
func (c connector) limit(ctx context.Context, ex driver.ExecerContext) error {
	if c.timeout <= 0 {
		return nil
	}
	_, err := ex.ExecContext(ctx, fmt.Sprintf("SET max_statement_time = %.3f", c.timeout.Seconds()), nil) // MariaDB
	if number(err) == errUnknownVariable {
		_, err = ex.ExecContext(ctx, fmt.Sprintf("SET max_execution_time = %d", max(1, c.timeout.Milliseconds())), nil)
	}
	return err
}
