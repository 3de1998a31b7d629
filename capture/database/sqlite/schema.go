package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// Tables describes tables, views where asked for, and queries.
func (s *source) Tables(ctx context.Context) (tables []snapshot.Table, err error) {
	err = s.with(ctx, func(ctx context.Context, c *sql.Conn) error {
		listed, err := list(ctx, c)
		if err != nil {
			return err
		}
		for _, l := range listed {
			if !s.takes(l) {
				continue
			}
			t, err := s.table(ctx, c, l)
			if err != nil {
				return fmt.Errorf("sqlite: table %q: %w", l.name, err)
			}
			tables = append(tables, t)
		}
		queries, err := s.queries(c)
		tables = append(tables, queries...)
		return err
	})
	slices.SortStableFunc(tables, func(a, b snapshot.Table) int { return strings.Compare(a.Name, b.Name) })
	return tables, err
}

// listed is one row of PRAGMA table_list.
type listed struct {
	name, kind   string
	withoutRowid bool
}

func list(ctx context.Context, c *sql.Conn) (out []listed, err error) {
	const q = `SELECT name, type, wr FROM pragma_table_list WHERE schema = 'main' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name`
	err = each(ctx, c, q, nil, func(scan func(...any) error) error {
		var l listed
		if err := scan(&l.name, &l.kind, &l.withoutRowid); err != nil {
			return err
		}
		out = append(out, l)
		return nil
	})
	return out, err
}

func (s *source) takes(l listed) bool {
	switch l.kind {
	case "shadow":
		return false
	case "view":
		return s.o.Views && s.o.Wanted("", l.name)
	}
	return s.o.Wanted("", l.name)
}

// each hands the rows of a query on.
func each(ctx context.Context, c *sql.Conn, q string, args []any, f func(scan func(...any) error) error) error {
	rows, err := c.QueryContext(ctx, q, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s *source) table(ctx context.Context, c *sql.Conn, l listed) (snapshot.Table, error) {
	t := snapshot.Table{Name: l.name, From: "table"}
	if l.kind == "view" {
		t.From = "view"
	}
	primary, err := columns(ctx, c, &t)
	if err != nil {
		return t, err
	}
	if len(t.Columns) == 0 {
		return t, fmt.Errorf("it has no columns that can be read")
	}
	if err := s.key(ctx, c, &t, primary, l.withoutRowid); err != nil {
		return t, fmt.Errorf("key: %w", err)
	}
	if t.From == "view" {
		return t, nil
	}
	if t.ForeignKeys, err = foreignKeys(ctx, c, t.Name); err != nil {
		return t, fmt.Errorf("foreign keys: %w", err)
	}
	return t, sequence(ctx, c, &t, primary)
}

// columns fills in the columns, and returns the names of the primary key in its
// order.
func columns(ctx context.Context, c *sql.Conn, t *snapshot.Table) (primary []string, err error) {
	const q = `SELECT name, type, "notnull", pk, hidden FROM pragma_table_xinfo(?, 'main') ORDER BY cid`
	at := map[int]string{}
	err = each(ctx, c, q, []any{t.Name}, func(scan func(...any) error) error {
		var name, typ string
		var notNull bool
		var pk, hidden int
		if err := scan(&name, &typ, &notNull, &pk, &hidden); err != nil {
			return err
		}
		if hidden == 1 { // of a virtual table: a handle for its functions, no data
			return nil
		}
		column := columnOf(name, typ)
		column.NotNull = notNull
		column.Generated = map[int]string{2: "virtual", 3: "stored"}[hidden]
		t.Columns = append(t.Columns, column)
		if pk > 0 {
			at[pk] = name
		}
		return nil
	})
	for i := range len(at) {
		primary = append(primary, at[i+1])
	}
	return primary, err
}

// foreignKeys are listed by SQLite from the last to the first; they have no names.
func foreignKeys(ctx context.Context, c *sql.Conn, table string) (keys []snapshot.ForeignKey, err error) {
	const q = `SELECT id, "table", "from", "to" FROM pragma_foreign_key_list(?, 'main') ORDER BY id DESC, seq`
	last := -1
	err = each(ctx, c, q, []any{table}, func(scan func(...any) error) error {
		var id int
		var parent, from string
		var to sql.NullString
		if err := scan(&id, &parent, &from, &to); err != nil {
			return err
		}
		if id != last {
			keys, last = append(keys, snapshot.ForeignKey{Table: parent}), id
		}
		k := &keys[len(keys)-1]
		k.Columns = append(k.Columns, from)
		if to.Valid { // else it is the parent's primary key
			k.References = append(k.References, to.String)
		}
		return nil
	})
	if err == nil {
		err = resolveParents(ctx, c, keys)
	}
	return keys, err
}

func resolveParents(ctx context.Context, c *sql.Conn, keys []snapshot.ForeignKey) (err error) {
	for i := range keys {
		if k := &keys[i]; len(k.References) == 0 {
			if k.References, err = columns(ctx, c, &snapshot.Table{Name: k.Table}); err != nil {
				return err
			}
		}
	}
	return nil
}

// queries describes the SELECT statements that are captured as tables.
func (s *source) queries(c *sql.Conn) (tables []snapshot.Table, err error) {
	for _, q := range s.o.Queries {
		t := snapshot.Table{Name: q.Name, From: "query", Query: q.SQL, Key: q.Key, KeyFrom: "declared"}
		if len(q.Key) == 0 {
			t.Key, t.KeyFrom = s.declaredKey(q.Name), "declared"
		}
		if len(t.Key) == 0 {
			t.KeyFrom = "none is declared for the query"
		}
		if t.Columns, err = queryColumns(c, q); err != nil {
			return nil, fmt.Errorf("sqlite: query %q: %w", q.Name, err)
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// columnInformer is the driver's connection: it describes a statement without
// running it.
type columnInformer interface {
	ColumnInfo(query string) ([]sqlite.ColumnInfo, error)
}

func queryColumns(c *sql.Conn, q database.Query) (out []snapshot.Column, err error) {
	err = c.Raw(func(dc any) error {
		informer, ok := dc.(columnInformer)
		if !ok {
			return errors.New("the driver does not describe statements")
		}
		if _, err := informer.ColumnInfo("SELECT * FROM " + subquery(q.SQL)); err != nil {
			return err // it is no SELECT, or more than one statement
		}
		infos, err := informer.ColumnInfo(q.SQL)
		if err != nil {
			return err
		}
		out, err = distinct(infos)
		return err
	})
	return out, err
}

func distinct(infos []sqlite.ColumnInfo) (out []snapshot.Column, err error) {
	seen := map[string]bool{}
	for _, info := range infos {
		if seen[info.Name] {
			return nil, fmt.Errorf("two columns are called %q\nhint: give them names with AS", info.Name)
		}
		seen[info.Name] = true
		out = append(out, columnOf(info.Name, info.DeclType))
	}
	return out, nil
}

// subquery puts a statement into brackets, on lines of its own because it may end
// in a comment.
func subquery(sql string) string {
	return "(\n" + strings.TrimRight(strings.TrimSpace(sql), "; \t\r\n") + "\n)"
}
