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

// rightsSQL finds the right to read the whole schema, of the user itself: those that it
// has by a role the catalogue does not show.
const rightsSQL = `SELECT 1 FROM (
	SELECT grantee FROM information_schema.user_privileges WHERE privilege_type = 'SELECT'
	UNION ALL SELECT grantee FROM information_schema.schema_privileges WHERE privilege_type = 'SELECT' AND table_schema = ?) AS rights
	WHERE grantee = CONCAT('\'', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '\'@\'', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '\'')`

// checkColumns refuses tables of which the user may read single columns only: the
// catalogue hides the others, and what nobody sees would be compared by nobody.
func (s *source) checkColumns(ctx context.Context) error {
	all, err := ask(ctx, s.db, rightsSQL, s.schema)
	if err != nil || len(all) > 0 {
		return err
	}
	var names []string
	for _, e := range chosen(s.catalogue, s.schema, &s.options) {
		_, err := ask(ctx, s.db, "SELECT * FROM "+quote(s.schema)+"."+quote(e.name)+" WHERE FALSE")
		switch number(err) {
		case errNoRight, errNoColumnRight:
			names = append(names, e.name)
		case 0:
			if err != nil {
				return err
			}
		}
	}
	if len(names) > 0 {
		return fmt.Errorf("no right to read all columns of %s\n\tgrant SELECT on the whole table, or exclude it and capture by a query what may be read", strings.Join(names, ", "))
	}
	return nil
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
	if err := errors.Join(s.lockCaveat(ctx), s.checkColumns(ctx)); err != nil {
		return err
	}
	s.name("tables without transactions are read as they stand, not at the point: ", loose)
	s.name("sequences are not captured: ", sequences)
	return nil
}
