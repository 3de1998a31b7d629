package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"parallax/capture/database"
	"parallax/capture/snapshot"
	"parallax/internal/services"
)

// db is a database of a test's own.
type db struct {
	t     testing.TB
	dsn   string
	admin *session
}

// newDB makes a database, runs the statements in it, and drops it afterwards.
func newDB(t testing.TB, statements ...string) *db {
	t.Helper()
	server := services.Postgres(t)
	root := dial(t, server)
	name := "t_" + strings.ToLower(rand.Text()[:10])
	mustExec(t, root, "create database "+name)
	t.Cleanup(func() {
		mustExec(t, root, "drop database if exists "+name+" with (force)")
		root.close()
	})
	d := &db{t: t, dsn: with(t, server, func(u *url.URL) { u.Path = "/" + name })}
	d.admin = dial(t, d.dsn)
	t.Cleanup(d.admin.close)
	for _, s := range statements {
		d.exec(s)
	}
	return d
}

func (d *db) exec(sql string) { d.t.Helper(); mustExec(d.t, d.admin, sql) }

func (d *db) one(sql string) string {
	d.t.Helper()
	rows, err := d.admin.query(context.Background(), sql)
	if err != nil || len(rows) != 1 {
		d.t.Fatalf("%s: %d rows, %v", sql, len(rows), err)
	}
	return rows[0].text(0)
}

func (d *db) open(o database.Options) *source {
	d.t.Helper()
	s, err := Open(d.t.Context(), d.dsn, o)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { s.Close() })
	return s.(*source)
}

// dial opens a session that may write, unlike those of a source.
func dial(t testing.TB, dsn string) *session {
	t.Helper()
	config, err := parseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	s, err := connect(context.Background(), config, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, s, "set default_transaction_read_only = off; set timezone = 'Asia/Kolkata'")
	return s
}

func mustExec(t testing.TB, s *session, sql string) {
	t.Helper()
	if err := s.exec(context.Background(), sql); err != nil {
		t.Fatalf("%.200s: %v", sql, err)
	}
}

func with(t testing.TB, dsn string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

// tables returns the descriptions by full name.
func tables(t testing.TB, s database.Source) map[string]*snapshot.Table {
	t.Helper()
	list, err := s.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]*snapshot.Table)
	for i := range list {
		out[list[i].FullName()] = &list[i]
	}
	return out
}

// readAll returns the rows as texts, cells apart by "|".
func readAll(t testing.TB, s database.Source, table *snapshot.Table) []string {
	t.Helper()
	if table == nil {
		t.Fatal("no such table")
	}
	var out []string
	err := s.Read(context.Background(), table, func(b *snapshot.Batch) error {
		out = append(out, texts(b)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func texts(b *snapshot.Batch) []string {
	out := make([]string, b.Rows)
	for row := range out {
		cells := make([]string, len(b.Columns))
		for i := range b.Columns {
			class, c := b.Columns[i].Cell(row)
			cells[i] = string(snapshot.AppendText(nil, class, c))
		}
		out[row] = strings.Join(cells, "|")
	}
	return out
}

func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s:\n got %s\nwant %s", what, g, w)
	}
}

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
