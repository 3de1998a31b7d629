package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"parallax/capture/snapshot"
)

func (s *source) declaredKey(table string) []string {
	if key, ok := s.o.Keys[table]; ok {
		return key
	}
	return s.o.Keys["*"]
}

// key finds by what rows are found: what the user declares, the primary key, or a
// unique index over columns that cannot be null. Never the rowid, which VACUUM
// changes.
func (s *source) key(ctx context.Context, c *sql.Conn, t *snapshot.Table, primary []string, withoutRowid bool) error {
	if key := s.declaredKey(t.Name); len(key) > 0 {
		t.Key, t.KeyFrom = key, "declared"
		return nil
	}
	nulls := false
	if len(primary) > 0 {
		var err error
		if nulls, err = s.hasNulls(ctx, c, t, primary, withoutRowid); err != nil {
			return err
		}
		if !nulls {
			t.Key, t.KeyFrom = primary, "primary key"
			return collations(ctx, c, t, "pk")
		}
	}
	return s.uniqueKey(ctx, c, t, nulls)
}

// hasNulls looks for nulls in the primary key, which SQLite lets in where the
// columns are not declared NOT NULL; two rows may then have the same key.
func (s *source) hasNulls(ctx context.Context, c *sql.Conn, t *snapshot.Table, primary []string, withoutRowid bool) (found bool, err error) {
	var may []string
	for _, name := range primary {
		i := slices.IndexFunc(t.Columns, func(c snapshot.Column) bool { return c.Name == name })
		if !withoutRowid && i >= 0 && !t.Columns[i].NotNull {
			may = append(may, "t."+quote(name)+" IS NULL")
		}
	}
	if len(may) == 0 {
		return false, nil
	}
	q := "SELECT EXISTS (SELECT 1 FROM main." + quote(t.Name) + " AS t WHERE " + strings.Join(may, " OR ") + ")"
	return found, c.QueryRowContext(ctx, q).Scan(&found)
}

// index is one unique index.
type index struct {
	name    string
	columns []string
}

// uniqueKey chooses the unique index with the fewest columns, then by name.
func (s *source) uniqueKey(ctx context.Context, c *sql.Conn, t *snapshot.Table, nulls bool) error {
	t.Key, t.KeyFrom = nil, "no primary key and no unique index over columns that cannot be null"
	if nulls {
		t.KeyFrom = "the primary key holds nulls"
	}
	all, err := uniqueIndexes(ctx, c, t)
	if err != nil || len(all) == 0 {
		return err
	}
	best := slices.MinFunc(all, func(a, b index) int {
		if len(a.columns) != len(b.columns) {
			return len(a.columns) - len(b.columns)
		}
		return strings.Compare(a.name, b.name)
	})
	t.Key, t.KeyFrom = best.columns, "unique"
	return collations(ctx, c, t, best.name)
}

func uniqueIndexes(ctx context.Context, c *sql.Conn, t *snapshot.Table) ([]index, error) {
	const q = `SELECT i.name, x.name FROM pragma_index_list(?, 'main') AS i, pragma_index_info(i.name, 'main') AS x
		WHERE i."unique" AND NOT i.partial AND i.origin <> 'pk' ORDER BY i.name, x.seqno`
	var all []index
	err := each(ctx, c, q, []any{t.Name}, func(scan func(...any) error) error {
		var name string
		var column sql.NullString // null for an expression
		if err := scan(&name, &column); err != nil {
			return err
		}
		if len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, index{name: name})
		}
		all[len(all)-1].columns = append(all[len(all)-1].columns, column.String)
		return nil
	})
	return slices.DeleteFunc(all, func(i index) bool { return !neverNull(t, i.columns) }), err
}

func neverNull(t *snapshot.Table, names []string) bool {
	for _, name := range names {
		i := slices.IndexFunc(t.Columns, func(c snapshot.Column) bool { return c.Name == name })
		if i < 0 || !t.Columns[i].NotNull {
			return false
		}
	}
	return true
}

// collations notes how the store tells keys apart, where that is not by bytes;
// index is a name, or "pk" for that of the primary key.
func collations(ctx context.Context, c *sql.Conn, t *snapshot.Table, index string) error {
	const q = `SELECT x.name, x.coll FROM pragma_index_list(?, 'main') AS i, pragma_index_xinfo(i.name, 'main') AS x
		WHERE (i.name = ? OR i.origin = ?) AND x.key AND x.name IS NOT NULL AND x.coll <> 'BINARY'`
	return each(ctx, c, q, []any{t.Name, index, index}, func(scan func(...any) error) error {
		var name, collation string
		if err := scan(&name, &collation); err != nil {
			return err
		}
		for i := range t.Columns {
			if t.Columns[i].Name == name {
				t.Columns[i].Collation = collation
			}
		}
		return nil
	})
}
