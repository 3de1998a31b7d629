package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"time"

	"parallax/capture/snapshot"
)

// describe reads what tells this state of the file from others; in a transaction,
// it pins the state.
func (s *source) describe(ctx context.Context, c *sql.Conn) error {
	if err := c.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&s.info.Version); err != nil {
		return err
	}
	var header []byte
	row := c.QueryRowContext(ctx, "SELECT substr(data, 1, 100) FROM sqlite_dbpage WHERE pgno = 1")
	if err := row.Scan(&header); err != nil && err != sql.ErrNoRows {
		return err
	}
	if err := c.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&s.schema); err != nil {
		return err
	}
	s.point = snapshot.Point{Method: ReadTransaction, At: time.Now().UnixNano()}
	s.point.Position = fmt.Sprintf("schema version %d", s.schema)
	if len(header) >= 28 { // an empty file has no page
		s.point.Position = fmt.Sprintf("change counter %d, schema version %d", binary.BigEndian.Uint32(header[24:]), s.schema)
	}
	return nil
}

func (s *source) transactionCaveats(ctx context.Context, c *sql.Conn, walBefore bool) error {
	var mode string
	if err := c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return err
	}
	if !strings.EqualFold(mode, "wal") {
		s.caveat("writers wait while this transaction is open: the file is not in WAL mode")
		return nil
	}
	s.caveat("the change counter does not count every transaction in WAL mode")
	s.caveat("the WAL cannot be emptied while this transaction is open, and grows")
	if !walBefore {
		s.caveat("nobody had the file open; SQLite leaves empty -wal and -shm files beside it")
	}
	return nil
}

func (s *source) copyCaveats() {
	s.point.Method = VacuumInto
	s.caveat("an unredacted copy, readable by this user only, lay in the temporary folder during the capture")
	s.caveat("the change counter was read before the copy was made")
}

func (s *source) caveat(text string) { s.point.Caveats = append(s.point.Caveats, text) }

func walPresent(path string) bool {
	_, err := os.Stat(path + "-wal")
	return err == nil
}

// Recheck holds the schema's version against that of the point. In a transaction
// and in a copy it cannot change: this proves that the point still holds.
func (s *source) Recheck(ctx context.Context, _ *snapshot.Table) (changed string, err error) {
	err = s.with(ctx, func(ctx context.Context, c *sql.Conn) error {
		var now int64
		if err := c.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&now); err != nil {
			return err
		}
		if now != s.schema {
			changed = fmt.Sprintf("the schema's version was %d and is %d", s.schema, now)
		}
		return nil
	})
	return changed, err
}
