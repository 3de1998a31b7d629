package mysql

import (
	"context"
	"errors"
	"fmt"

	"parallax/capture/database"

	"github.com/go-sql-driver/mysql"
)

// Numbers of server errors that mean something here.
const (
	errShutdown         = 1053
	errNoRight          = 1142
	errNoColumnRight    = 1143
	errNoTable          = 1146
	errAborted          = 1152
	errUnknownVariable  = 1193
	errLockWait         = 1205
	errNeedsPrivilege   = 1227
	errNoSavepoint      = 1305
	errDefChanged       = 1412
	errStatementTimeout = 1969 // MariaDB
	errConnectionKilled = 1927
	errExecutionTime    = 3024 // MySQL
)

// number is the server's number of an error; 0: it does not come from the server.
func number(err error) uint16 {
	var e *mysql.MySQLError
	if errors.As(err, &e) {
		return e.Number
	}
	return 0
}

func isServer(err error) bool { return number(err) != 0 }

// lost reports whether the connection, and with it the transaction, is gone.
func lost(err error) bool {
	switch number(err) {
	case errShutdown, errAborted, errConnectionKilled, errNoSavepoint:
		return true
	case 0:
		return err != nil
	}
	return false
}

// explain gives an error of reading its place and, where it is one that people
// meet, its meaning.
func explain(ctx context.Context, what string, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w", what, cause)
	}
	if lost(err) {
		return fmt.Errorf("%s: %w: %w", what, database.ErrPointLost, err)
	}
	return fmt.Errorf("%s: %s%w", what, meaning(number(err)), err)
}

func meaning(number uint16) string {
	switch number {
	case errDefChanged:
		return "its definition changed after the consistent point: "
	case errNoTable:
		return "it was dropped or renamed after the consistent point: "
	case errLockWait:
		return "another session keeps its definition locked: "
	case errStatementTimeout, errExecutionTime:
		return "the statement took longer than its limit: "
	}
	return ""
}
