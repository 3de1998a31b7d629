package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

func (s *source) caveat(text string) { s.point.Caveats = append(s.point.Caveats, text) }

// lockCaveat tells whoever alters tables what to expect (connect.go, may).
func (s *source) lockCaveat(ctx context.Context) error {
	rows, err := ask(ctx, s.db, "SELECT @@log_bin AND @@sql_log_bin")
	if err == nil && s.mariadb && rows[0][0].String == "1" {
		s.caveat("an ALTER of a table that was read waits for the end of the capture: the user may not SET sql_log_bin")
	}
	return err
}

// columnsSeenSQL: rights on single columns hide the others from the catalogue.
const columnsSeenSQL = `SELECT DISTINCT table_name FROM information_schema.column_privileges
	WHERE table_schema = ? AND privilege_type = 'SELECT'
	AND grantee = CONCAT('\'', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '\'@\'', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '\'')`

func (s *source) columnCaveat(ctx context.Context) error {
	rows, err := ask(ctx, s.db, columnsSeenSQL, s.schema)
	var names []string
	for _, r := range rows {
		if s.options.Wanted(s.schema, r[0].String) {
			names = append(names, r[0].String)
		}
	}
	s.name("only the columns that the user has rights on are seen of: ", names)
	return err
}

// name adds a caveat with names, where there are any.
func (s *source) name(text string, names []string) {
	if len(names) > 0 {
		slices.Sort(names)
		s.caveat(text + strings.Join(names, ", "))
	}
}

// caveats names what no snapshot covers.
func (s *source) caveats(ctx context.Context) error {
	rows, err := ask(ctx, s.db, "SELECT engine FROM information_schema.engines WHERE transactions = 'YES'")
	if err != nil {
		return fmt.Errorf("engines: %w", err)
	}
	safe := map[string]bool{}
	for _, r := range rows {
		safe[strings.ToLower(r[0].String)] = true
	}
	var loose, sequences []string
	for _, e := range s.catalogue {
		switch {
		case !s.options.Wanted(s.schema, e.name):
		case e.kind == "SEQUENCE":
			sequences = append(sequences, e.name)
		case e.isTable() && !safe[strings.ToLower(e.engine)]:
			loose = append(loose, e.name+" ("+e.engine+")")
		}
	}
	if err := errors.Join(s.lockCaveat(ctx), s.columnCaveat(ctx)); err != nil {
		return err
	}
	s.name("tables without transactions are read as they stand, not at the point: ", loose)
	s.name("sequences are not captured: ", sequences)
	return nil
}
