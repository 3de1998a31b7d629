package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"parallax/capture/database"
	"parallax/internal/services"
)

const canary = "c4n4ry-pa55word"

// TestErrorsKeepThePassword: whatever hinders opening, the address and its password
// stand in no text that an error can be brought to give.
func TestErrorsKeepThePassword(t *testing.T) {
	server := services.Postgres(t)
	u, _ := url.Parse(server)
	secret := func(change func(*url.URL)) string {
		return with(t, server, func(u *url.URL) { u.User = url.UserPassword("parallax", canary); change(u) })
	}
	free := freeAddress(t)
	for _, c := range []struct{ name, dsn, say string }{
		{"wrong password", secret(func(*url.URL) {}), "the server refuses user"},
		{"unreachable", secret(func(u *url.URL) { u.Host = free }), "cannot be reached"},
		{"unknown host", secret(func(u *url.URL) { u.Host = "no-such-host.invalid:5432" }), "cannot be reached"},
		{"no TLS there", secret(func(u *url.URL) { u.RawQuery = "sslmode=require" }), "cannot be reached"},
		{"password in the query", secret(func(u *url.URL) { u.RawQuery = "password=" + canary + "&sslmode=odd" }), "not understood"},
		{"no port", "postgres://parallax:" + canary + "@127.0.0.1:port/x", "not understood"},
		{"bad escape", "postgres://parallax:" + canary + "%zz@127.0.0.1/x", "not understood"},
		{"a slash in the password", "postgres://parallax:" + canary + "/x@127.0.0.1:5432/x", "not understood"},
		{"keywords", "host=127.0.0.1 password='" + canary + " port=x", "not understood"},
		{"not an address", canary, "not understood"},
		{"key file is missing", secret(func(u *url.URL) { u.RawQuery = "sslkey=/nowhere&sslpassword=" + canary }), "not understood"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := Open(t.Context(), c.dsn, database.Options{})
			if err == nil || s != nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.say) {
				t.Errorf("it says: %v", err)
			}
			noSecret(t, err, canary)
		})
	}
	missing := with(t, server, func(u *url.URL) { u.Path = "/nowhere" })
	_, err := Open(t.Context(), missing, database.Options{})
	if err == nil || !strings.Contains(err.Error(), `database "nowhere": there is no such database`) {
		t.Errorf("missing database: %v", err)
	}
	password, _ := u.User.Password()
	noSecret(t, err, password)
}

// noSecret looks through all that an error wraps.
func noSecret(t *testing.T, err error, secret string) {
	t.Helper()
	if err == nil {
		return
	}
	for _, form := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(form, err); strings.Contains(text, secret) {
			t.Errorf("%s tells the password: %s", form, strings.ReplaceAll(text, secret, "<the password>"))
		}
	}
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		noSecret(t, wrapper.Unwrap(), secret)
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			noSecret(t, inner, secret)
		}
	}
}

// freeAddress is one where nobody listens.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// asRole returns the address of d for a new role that may do what the grants say.
func asRole(t *testing.T, d *db, grants ...string) string {
	t.Helper()
	role := "r_" + d.one("select replace(gen_random_uuid()::text, '-', '')")
	d.exec("create role " + role + " login password '" + canary + "'")
	t.Cleanup(func() { d.exec("drop owned by " + role + "; drop role " + role) })
	for _, g := range grants {
		d.exec(g + " to " + role)
	}
	return with(t, d.dsn, func(u *url.URL) { u.User = url.UserPassword(role, canary) })
}

func TestMissingRightsNameTheTable(t *testing.T) {
	d := newDB(t, "create table open (id int primary key); create table secret (id serial primary key, a int); create schema inner_; create table inner_.deep (id int)")
	role := asRole(t, d, "grant select on open", "grant select (id) on secret")
	s := openAs(t, role, database.Options{})
	_, err := s.Tables(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no right to read inner_.deep, public.secret") {
		t.Fatalf("%v", err)
	}
	noSecret(t, err, canary)
	if equal(t, "method", s.Point().Method, methodExport); len(s.Point().Caveats) == 0 {
		t.Error("no caveat about the position")
	}
	if _, err := openAs(t, role, database.Options{Include: []string{"open"}}).Tables(t.Context()); err != nil {
		t.Error(err)
	}
}

func openAs(t *testing.T, dsn string, o database.Options) *source {
	t.Helper()
	s, err := Open(t.Context(), dsn, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s.(*source)
}

// TestColumnRightsSuffice, and a sequence that may not be read is a note.
func TestColumnRightsSuffice(t *testing.T) {
	d := newDB(t, "create table c (id serial primary key, a int); insert into c values (1, 2)")
	s := openAs(t, asRole(t, d, "grant select (id, a) on c"), database.Options{})
	table := tables(t, s)["public.c"]
	equal(t, "rows", readAll(t, s, table), []string{"1|2"})
	equal(t, "sequences", table.Sequences, "[]")
	equal(t, "notes", table.Notes, map[string]int64{noteSequence: 1})
}

// TestRowSecurityIsNotSilent: rows that a policy hides would be missing unseen.
func TestRowSecurityIsNotSilent(t *testing.T) {
	d := newDB(t, "create table p (id int primary key); insert into p values (1), (2); alter table p enable row level security; create policy one on p using (id = 1)")
	s := openAs(t, asRole(t, d, "grant select on p"), database.Options{})
	err := s.Read(t.Context(), tables(t, s)["public.p"], nil)
	if sqlState(err) != noPrivilege || !strings.Contains(err.Error(), "table public.p") || !strings.Contains(err.Error(), "BYPASSRLS") {
		t.Errorf("%v", err)
	}
}

func TestConsistencyThatIsNotPossible(t *testing.T) {
	d := newDB(t)
	role := asRole(t, d)
	for _, way := range []string{methodSlot, "flush tables"} {
		_, err := Open(t.Context(), role, database.Options{Consistency: way})
		if !errors.Is(err, database.ErrConsistency) {
			t.Errorf("%s: %v", way, err)
		}
		noSecret(t, err, canary)
	}
}

// TestNothingIsWritten: a query that writes fails.
func TestNothingIsWritten(t *testing.T) {
	d := newDB(t, "create table w (id int); create sequence s; create function f() returns int language sql as 'insert into w values (1) returning id'")
	for _, sql := range []string{"select f()", "select nextval('s')", "insert into w values (1) returning id", "select 1) to stdout; delete from w; copy (select 1"} {
		s := d.open(database.Options{Queries: []database.Query{{Name: "q", SQL: sql}}})
		list, err := s.Tables(t.Context())
		if err == nil {
			err = s.Read(t.Context(), &list[0], nil)
		}
		if err == nil {
			t.Errorf("%s: allowed", sql)
		}
	}
	equal(t, "rows", d.one("select count(*) from w"), 0)
}

func TestStatementTimeout(t *testing.T) {
	d := newDB(t)
	s := d.open(database.Options{StatementTimeout: 100 * time.Millisecond, Queries: []database.Query{{Name: "slow", SQL: "select pg_sleep(20)::text as x"}}})
	list, err := s.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Read(t.Context(), &list[0], nil)
	if sqlState(err) != canceled || !strings.Contains(err.Error(), "give statements more time") {
		t.Errorf("%v", err)
	}
}

func TestCloseEndsARead(t *testing.T) {
	d := newDB(t)
	s := d.open(database.Options{Queries: []database.Query{{Name: "slow", SQL: "select pg_sleep(60)::text as x"}}})
	list, err := s.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Read(context.Background(), &list[0], nil) }()
	await(t, d, "select exists (select from pg_stat_activity where query like 'copy%pg_sleep(60)%' and pid <> pg_backend_pid())")
	s.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := s.Tables(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// await waits until the query says true.
func await(t testing.TB, d *db, sql string) {
	t.Helper()
	for range 1000 {
		if d.one(sql) == "t" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never true: %s", sql)
}
