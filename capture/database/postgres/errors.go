package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The server's states that say more than their text.
const (
	wrongPassword     = "28P01"
	wrongRole         = "28000"
	noDatabase        = "3D000"
	noPrivilege       = "42501"
	undefinedTable    = "42P01"
	undefinedColumn   = "42703"
	tooMany           = "53300"
	startingUp        = "57P03"
	canceled          = "57014"
	adminShutdown     = "57P01"
	crashShutdown     = "57P02"
	idleInTransaction = "25P03"
	lockNotAvailable  = "55P03"
	recoveryConflict  = "40001"
	snapshotTooOld    = "72000"
	badEncoding       = "22021"
)

func sqlState(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code
	}
	return ""
}

// parseDSN never hands on the driver's error: it holds the whole address, password
// and all.
func parseDSN(dsn string) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the address of the PostgreSQL database is not understood (it is not repeated here, as it may hold a password)\n" +
			"\texpected postgres://USER:PASSWORD@HOST:PORT/DATABASE, special characters percent-encoded; " +
			"files that it names (certificates, a service) must exist")
	}
	if _, ok := config.RuntimeParams["application_name"]; !ok {
		config.RuntimeParams["application_name"] = "parallax"
	}
	return config, nil
}

// place names the server without its secrets.
func place(config *pgconn.Config) string {
	if strings.HasPrefix(config.Host, "/") {
		return fmt.Sprintf("%s/.s.PGSQL.%d database %q", config.Host, config.Port, config.Database)
	}
	return fmt.Sprintf("%s database %q", net.JoinHostPort(config.Host, fmt.Sprint(config.Port)), config.Database)
}

// connectError says what hinders, and what to do.
func (s *source) connectError(err error) error {
	where := "postgresql at " + place(s.config)
	switch sqlState(err) {
	case wrongPassword, wrongRole:
		return fmt.Errorf("%s: the server refuses user %q or its password\n\tcheck both, and the server's pg_hba.conf: %w", where, s.config.User, s.hide(err))
	case noDatabase:
		return fmt.Errorf("%s: there is no such database: %w", where, s.hide(err))
	case tooMany:
		return fmt.Errorf("%s: no connection is free\n\tuse fewer connections, or let the server allow more: %w", where, s.hide(err))
	case startingUp:
		return fmt.Errorf("%s: the server is starting or stopping\n\ttry again: %w", where, s.hide(err))
	case "":
		return fmt.Errorf("%s: cannot be reached\n\tcheck host, port, TLS (sslmode), and that the server runs: %w", where, s.hide(err))
	}
	return fmt.Errorf("%s: %w", where, s.hide(err))
}

// hints for what goes wrong later.
func hint(state string) string {
	switch state {
	case noPrivilege:
		return "\n\tgrant SELECT on it (row level security needs BYPASSRLS), or exclude it"
	case lockNotAvailable:
		return fmt.Sprintf("\n\tanother session has locked it for more than %s", lockWait)
	case canceled:
		return "\n\tgive statements more time, or look who canceled it"
	case undefinedTable, undefinedColumn:
		return "\n\tthere is none of that name, or it changed since the consistent point"
	case badEncoding:
		return "\n\tthe database holds bytes that are no text; capture the table as a query that makes bytea of the column"
	case recoveryConflict:
		return "\n\tthe standby removed rows that the point needs: raise max_standby_streaming_delay or set hot_standby_feedback there"
	}
	return ""
}

// explain gives an error its place and a hint.
func (s *source) explain(what string, err error) error {
	return fmt.Errorf("%s: %w%s", what, s.hide(err), hint(sqlState(err)))
}

// hide takes the password out of an error's text. The driver's ConnectError holds
// the whole configuration and is not kept.
func (s *source) hide(err error) error {
	var driver *pgconn.ConnectError
	if errors.As(err, &driver) {
		err = flat(driver)
	}
	if text := err.Error(); s.tells(text) {
		return &masked{strings.ReplaceAll(text, s.config.Password, "…"), err}
	}
	return err
}

// flat keeps what callers may test for, and of the rest the text.
func flat(driver *pgconn.ConnectError) error {
	var server *pgconn.PgError
	if errors.As(driver, &server) {
		return server
	}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(driver, known) {
			return known
		}
	}
	return errors.New(once(driver.Unwrap().Error()))
}

// once drops repeated lines: the driver tries with and without TLS, and says all
// twice.
func once(text string) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n\t")
}

// masked is an error whose text told the password.
type masked struct {
	text string
	err  error
}

func (m *masked) Error() string { return m.text }

func (m *masked) Unwrap() error { return m.err }

// leastSecret: a shorter password is found in any text by chance.
const leastSecret = 4

func (s *source) tells(text string) bool {
	return len(s.config.Password) >= leastSecret && strings.Contains(text, s.config.Password)
}

// broken reports whether an error means that the connection is gone.
func broken(err error) bool {
	switch state := sqlState(err); state {
	case adminShutdown, crashShutdown, idleInTransaction, startingUp:
		return true
	case "":
		var network net.Error
		return pgconn.SafeToRetry(err) || errors.As(err, &network) || errors.Is(err, net.ErrClosed) ||
			errors.Is(err, pgconn.ErrConnClosed) || strings.Contains(err.Error(), "unexpected EOF")
	}
	return false
}
