package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"

	"parallax/capture/snapshot"
)

// sequence finds what an AUTOINCREMENT column gets next: one above the highest
// that it ever had, which sqlite_sequence keeps. Such a column is the primary key
// alone.
func sequence(ctx context.Context, c *sql.Conn, t *snapshot.Table, primary []string) error {
	auto, err := autoincrements(ctx, c, t)
	if err != nil || !auto || len(primary) != 1 {
		return err
	}
	var highest sql.NullInt64
	q := "SELECT max((SELECT coalesce(max(rowid), 0) FROM main." + quote(t.Name) + "), coalesce((SELECT max(seq) FROM main.sqlite_sequence WHERE name = ?), 0))"
	if err := c.QueryRowContext(ctx, q, t.Name).Scan(&highest); err != nil {
		return err
	}
	next := strconv.FormatUint(uint64(highest.Int64)+1, 10)
	t.Sequences = []snapshot.Sequence{{Column: primary[0], Next: next}}
	return nil
}

// autoincrements reads the word in the table's definition: sqlite_sequence has no
// row before the first insert. Where the word stands in a comment, the next value
// is what a rowid gets anyway.
func autoincrements(ctx context.Context, c *sql.Conn, t *snapshot.Table) (bool, error) {
	const q = `SELECT coalesce(sql, ''), EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence')
		FROM sqlite_schema WHERE type = 'table' AND name = ?`
	var text string
	var sequences bool
	err := c.QueryRowContext(ctx, q, t.Name).Scan(&text, &sequences)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return sequences && strings.Contains(strings.ToUpper(text), "AUTOINCREMENT"), err
}
