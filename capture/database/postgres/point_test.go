package postgres

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
	"parallax/internal/services"
)

// TestOnePointUnderWrites moves money between two tables while both are read, one
// after the other: at a consistent point the sum is what it was.
func TestOnePointUnderWrites(t *testing.T) {
	for _, way := range []string{methodSlot, methodExport} {
		t.Run(way, func(t *testing.T) {
			d := newDB(t, `create table a (id int primary key, v int not null); create table b (id int primary key, v int not null);
				create table moves (n int primary key);
				insert into a select i, 100 from generate_series(1, 50) i; insert into b select i, 100 from generate_series(1, 50) i`)
			stop := writeTransfers(t, d)
			await(t, d, "select count(*) > 20 from moves")
			s := d.open(database.Options{Consistency: way})
			before := d.one("select count(*) from moves")
			all := tables(t, s)
			sum := sumOf(readAll(t, s, all["public.a"]))
			await(t, d, "select count(*) > "+before+" + 20 from moves")
			sum += sumOf(readAll(t, s, all["public.b"]))
			seen := readAll(t, s, all["public.moves"])
			moves := stop()
			equal(t, "the sum", sum, 10000)
			if way == methodSlot {
				checkPosition(t, d, s.Point().Position, seen, moves)
			}
			if len(seen) == len(moves) {
				t.Error("nothing was written meanwhile")
			}
		})
	}
}

func sumOf(rows []string) (sum int) {
	for _, r := range rows {
		_, v, _ := strings.Cut(r, "|")
		n, _ := strconv.Atoi(v)
		sum += n
	}
	return sum
}

// move is one transaction with the log's end before and after it.
type move struct{ before, after string }

func writeTransfers(t *testing.T, d *db) (stop func() []move) {
	ctx, cancel := context.WithCancel(context.Background())
	w := dial(t, d.dsn)
	var moves []move
	var done sync.WaitGroup
	done.Go(func() {
		defer w.close()
		for n := 1; ctx.Err() == nil; n++ {
			sql := sprintf(`begin; update a set v = v - %d where id = %d; update b set v = v + %d where id = %d; insert into moves values (%d); commit`,
				n%7, n%50+1, n%7, n*3%50+1, n)
			m := move{before: lsn(t, w)}
			if err := w.exec(context.Background(), sql); err != nil {
				t.Error(err)
				return
			}
			m.after = lsn(t, w)
			moves = append(moves, m)
		}
	})
	return func() []move { cancel(); done.Wait(); return moves }
}

func lsn(t *testing.T, s *session) string {
	rows, err := s.query(context.Background(), "select pg_current_wal_insert_lsn()")
	if err != nil {
		t.Error(err)
		return ""
	}
	return rows[0].text(0)
}

// checkPosition: what was written before the position is seen, what began behind it
// is not.
func checkPosition(t *testing.T, d *db, position string, seen []string, moves []move) {
	at := offset(position)
	for i, m := range moves {
		visible := i < len(seen) // moves follow each other
		if visible && offset(m.before) > at || !visible && offset(m.after) <= at {
			t.Errorf("move %d, written between %s and %s: seen is %v at %s", i+1, m.before, m.after, visible, position)
		}
	}
}

func offset(lsn string) uint64 {
	high, low, _ := strings.Cut(lsn, "/")
	h, _ := strconv.ParseUint(high, 16, 32)
	l, _ := strconv.ParseUint(low, 16, 32)
	return h<<32 | l
}

func TestTheSlotIsGone(t *testing.T) {
	d := newDB(t, "create table a (id int primary key)")
	s := d.open(database.Options{Consistency: methodSlot})
	equal(t, "slots of the database", d.one("select count(*) from pg_replication_slots where database = current_database()"), 0)
	p := s.Point()
	if p.Position == "" || p.At == 0 || len(p.Caveats) > 0 || p.Method != methodSlot {
		t.Errorf("%+v", p)
	}
	equal(t, "the first choice", d.open(database.Options{}).Point().Method, methodSlot)
}

// TestASlotThatWaitsIsGivenUp: the server waits for writers before it makes a slot.
func TestASlotThatWaitsIsGivenUp(t *testing.T) {
	d := newDB(t, "create table a (id int primary key)")
	d.exec("begin; insert into a values (1)")
	s := d.open(database.Options{})
	d.exec("commit")
	if p := s.Point(); p.Method != methodExport || len(p.Caveats) != 2 {
		t.Errorf("%+v", p)
	}
	equal(t, "rows", len(readAll(t, s, tables(t, s)["public.a"])), 0)
}

// changeCases say what happens to a table after the point, and what Recheck says.
var changeCases = []struct{ name, sql, want string }{
	{"nothing", "select 1", ""},
	{"rows", "insert into t values (77, 'x')", ""},
	{"index", "create index on t (v)", ""},
	{"added column", "alter table t add extra int", "its columns changed: extra is new"},
	{"dropped column", "alter table t drop v", "its columns changed: v is gone"},
	{"renamed column", "alter table t rename v to w", "its columns changed: v is gone, w is new"},
	{"changed type", "alter table t alter id type bigint", "its columns changed: id was int4 and is int8"},
	{"changed length", "alter table t alter v type varchar(20)", "its columns changed: v is declared otherwise"},
	{"not null", "alter table t alter v set not null", "its columns changed: v is declared otherwise"},
	{"truncated once it was read", "truncate t", ""},
	{"vacuumed in full", "vacuum full t", ""},
	{"no key", "alter table t drop constraint t_pkey", "its primary key changed"},
	{"dropped", "drop table t cascade", "it was dropped"},
	{"renamed", "alter table t rename to u", "it was renamed to public.u"},
	{"another of its name", "drop table t cascade; create table t (id int primary key, v varchar(10))", "it was dropped"},
}

func TestChangesSinceThePoint(t *testing.T) {
	for _, c := range changeCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDB(t, "create table t (id int primary key, v varchar(10)); insert into t select i, 'v' from generate_series(1, 9) i")
			s := d.open(database.Options{Consistency: methodExport})
			table := tables(t, s)["public.t"]
			readAll(t, s, table)
			d.exec(c.sql)
			checkChange(t, s, table, c.want)
		})
	}
}

// TestStorageReplacedBeforeTheRead: what keeps the rows that the point sees is no
// change; what loses them is one, also where rows that it keeps come behind.
func TestStorageReplacedBeforeTheRead(t *testing.T) {
	const replaced = "its storage was replaced"
	for _, c := range []struct {
		name, sql string
		rows      int
		want      string
	}{
		{"vacuum full", "vacuum full t", 9, ""},
		{"cluster", "cluster t using t_pkey", 9, ""},
		{"vacuum full behind a change of rows", "delete from t where id < 5; update t set v = 'w'; vacuum full t", 9, ""},
		{"truncate", "truncate t", 0, replaced},
		{"truncate, and rows", "truncate t; insert into t select i, 'v' from generate_series(1, 9) i", 0, replaced},
		{"rewrite", "alter table t alter v type varchar(10) using v || '!'", 0, replaced},
		{"rewrite, then vacuum full", "alter table t alter v type varchar(10) using v || '!'; vacuum full t", 0, replaced},
		{"unlogged", "alter table t set unlogged", 0, replaced},
		{"vacuum full of an empty table", "vacuum full empty", 0, replaced},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := newDB(t, "create table t (id int primary key, v varchar(10)); insert into t select i, 'v' from generate_series(1, 9) i; create table empty (id int primary key)")
			s := d.open(database.Options{Consistency: methodExport})
			all := tables(t, s)
			table := all["public.t"]
			if strings.HasSuffix(c.sql, "empty") {
				table = all["public.empty"]
			}
			for _, sql := range strings.Split(c.sql, "; ") { // VACUUM stands alone
				d.exec(sql)
			}
			equal(t, "rows", len(readAll(t, s, table)), c.rows)
			checkChange(t, s, table, c.want)
		})
	}
}

func checkChange(t *testing.T, s *source, table *snapshot.Table, want string) {
	t.Helper()
	got, err := s.Recheck(t.Context(), table)
	if err != nil || !strings.HasPrefix(got, want) || want == "" && got != "" {
		t.Errorf("%q, want %q (%v)", got, want, err)
	}
}

// TestChangesOfOtherKinds: partitions, views and what they read, queries.
func TestChangesOfOtherKinds(t *testing.T) {
	const schema = `create table t (id int primary key, v text); create view w as select * from t; create view ww as select id from w;
		create materialized view m as select id from t; create table p (id int) partition by range (id); create table p1 partition of p for values from (0) to (9)`
	o := database.Options{Consistency: methodExport, Views: true, Queries: []database.Query{{Name: "q", SQL: "select id, v from t"}}}
	for _, c := range []struct{ table, sql, want string }{
		{"public.p", "truncate p1", "its storage was replaced"},
		{"public.p", "create table p2 partition of p for values from (9) to (19)", "its storage was replaced"},
		{"public.w", "create or replace view w as select id, v from t where id > 1", "its definition changed"},
		{"public.ww", "truncate t", "its storage was replaced"},
		{"public.m", "refresh materialized view m", "its storage was replaced"},
		{"public.w", "select 1", ""},
		{"q", "select 1", ""},
		{"q", "drop table t cascade", "it was dropped"},
		{"q", "alter table t rename v to x", "it was dropped"},
	} {
		t.Run(c.table+" "+c.sql, func(t *testing.T) {
			t.Parallel()
			d := newDB(t, schema)
			s := d.open(o)
			table := tables(t, s)[c.table]
			readAll(t, s, table)
			d.exec(c.sql)
			checkChange(t, s, table, c.want)
		})
	}
}

// TestTablesAreNotHeldLonger: an ALTER TABLE waits for the read of its table, not for
// the capture; and a table that is gone says so.
func TestTablesAreNotHeldLonger(t *testing.T) {
	d := newDB(t, sprintf(wide, 30000), "create table other (id int primary key)")
	s := d.open(database.Options{Consistency: methodExport, BatchRows: 100})
	all := tables(t, s)
	altered, n := make(chan error, 1), 0
	err := s.Read(t.Context(), all["public.wide"], func(b *snapshot.Batch) error {
		if n == 0 {
			second := dial(t, d.dsn)
			go func() {
				defer second.close()
				altered <- second.exec(context.Background(), "alter table wide add extra int default 7")
			}()
		}
		n += b.Rows
		return nil
	})
	if err != nil || n != 30000 {
		t.Fatalf("%d rows, %v", n, err)
	}
	if err := <-altered; err != nil {
		t.Fatal(err)
	}
	checkChange(t, s, all["public.wide"], "its columns changed: extra is new")
	d.exec("drop table other")
	err = s.Read(t.Context(), all["public.other"], nil)
	if sqlState(err) != undefinedTable || !strings.Contains(err.Error(), "it changed since the consistent point") {
		t.Errorf("%v", err)
	}
}

// heavy is more than the buffers between server and reader hold.
const heavy = "create table heavy as select i as id, repeat(md5(i::text), 32) as v from generate_series(1, 30000) i"

const reader = "pid from pg_stat_activity where query like 'copy%' and datname = current_database() and pid <> pg_backend_pid()"

func TestTheReaderIsLost(t *testing.T) {
	d := newDB(t, heavy)
	s := d.open(database.Options{Consistency: methodExport, BatchRows: 100})
	table := tables(t, s)["public.heavy"]
	n := 0
	err := s.Read(t.Context(), table, func(b *snapshot.Batch) error {
		if n == 0 {
			d.exec("select pg_terminate_backend(pid) from (select " + reader + ") x")
		}
		n += b.Rows
		return nil
	})
	if !errors.Is(err, database.ErrReadBroken) || errors.Is(err, database.ErrPointLost) || n == 0 || n >= 30000 {
		t.Errorf("after %d rows: %v", n, err)
	}
	equal(t, "rows of the next read, at the same point", len(readAll(t, s, table)), 30000)
}

// TestAReaderWithoutRowsIsReplaced: nothing was emitted, so that nobody need know.
func TestAReaderWithoutRowsIsReplaced(t *testing.T) {
	d := newDB(t, "create table t (id int primary key); insert into t values (1)")
	s := d.open(database.Options{Consistency: methodExport})
	table := tables(t, s)["public.t"]
	second := dial(t, d.dsn)
	mustExec(t, second, "begin; lock table t")
	var rows []string
	done := make(chan struct{})
	go func() { defer close(done); rows = readAll(t, s, table) }()
	await(t, d, "select exists (select "+reader+" and wait_event_type = 'Lock')")
	d.exec("select pg_terminate_backend(pid) from (select " + reader + ") x")
	await(t, d, "select exists (select "+reader+" and wait_event_type = 'Lock')")
	mustExec(t, second, "commit")
	second.close()
	<-done
	equal(t, "rows", rows, []string{"1"})
}

func TestThePointIsLost(t *testing.T) {
	d := newDB(t, heavy, "create table t (id int primary key)")
	for _, when := range []string{"between two reads", "in a read"} {
		t.Run(when, func(t *testing.T) {
			s := d.open(database.Options{Consistency: methodExport, BatchRows: 100})
			all := tables(t, s)
			end := sprintf("select pg_terminate_backend(%d, 5000)", s.holder.session.conn.PID())
			var err error
			if when == "in a read" {
				err = s.Read(t.Context(), all["public.heavy"], func(*snapshot.Batch) error {
					d.exec(end + "; select pg_terminate_backend(pid, 5000) from (select " + reader + ") x")
					return nil
				})
			} else {
				d.exec(end)
				err = s.Read(t.Context(), all["public.t"], nil)
			}
			if !errors.Is(err, database.ErrPointLost) || errors.Is(err, database.ErrReadBroken) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestIdleWorkersMayBeLost: the next read takes another connection.
func TestIdleWorkersMayBeLost(t *testing.T) {
	d := newDB(t, "create table t (id int primary key); insert into t values (1)")
	s := d.open(database.Options{Consistency: methodExport})
	table := tables(t, s)["public.t"]
	d.exec(sprintf("select pg_terminate_backend(%d, 5000)", s.idle[0].conn.PID()))
	equal(t, "rows", readAll(t, s, table), []string{"1"})
	if _, err := s.Recheck(t.Context(), table); err != nil {
		t.Fatal(err)
	}
	d.exec(sprintf("select pg_terminate_backend(%d, 5000)", s.present.session.conn.PID()))
	if _, err := s.Recheck(t.Context(), table); err != nil {
		t.Errorf("the outside is not opened again: %v", err)
	}
}

// TestTablesAreReadSideBySide, at one point.
func TestTablesAreReadSideBySide(t *testing.T) {
	d := newDB(t)
	for i := range 6 {
		d.exec(sprintf("create table t%d as select i as id from generate_series(1, 5000) i", i))
	}
	s := d.open(database.Options{Connections: 3})
	var reads sync.WaitGroup
	for name, table := range tables(t, s) {
		d.exec("insert into " + name + " values (0)")
		reads.Go(func() {
			equal(t, name, len(readAll(t, s, table)), 5000)
			checkChange(t, s, table, "")
			s.Point()
		})
	}
	reads.Wait()
}

// TestAnotherServerIsNoticed: where a name leads to several servers, the point of one
// must not be looked for in another.
func TestAnotherServerIsNoticed(t *testing.T) {
	d := newDB(t, "create table t (id int primary key)")
	s := d.open(database.Options{})
	table := tables(t, s)["public.t"]
	s.started = "another time"
	s.idle[0].close()
	if err := s.Read(t.Context(), table, nil); !errors.Is(err, database.ErrPointLost) || !strings.Contains(err.Error(), "another server") {
		t.Errorf("%v", err)
	}
}

// TestAStandby is read at what it has replayed.
func TestAStandby(t *testing.T) {
	d := newDB(t, "create table t (id int primary key); insert into t values (1), (2)")
	standby := with(t, services.PostgresStandby(t), func(u *url.URL) { u.Path = "/" + d.one("select current_database()") })
	follower := &db{t: t, dsn: standby, admin: dial(t, standby)}
	t.Cleanup(follower.admin.close)
	d.exec("insert into t values (3)")
	await(t, follower, "select count(*) = 3 from t")
	s := follower.open(database.Options{})
	d.exec("insert into t values (4)")
	await(t, follower, "select count(*) = 4 from t")
	table := tables(t, s)["public.t"]
	equal(t, "rows", readAll(t, s, table), []string{"1", "2", "3"})
	checkChange(t, s, table, "")
	if p := s.Point(); p.Position == "" || p.Method != methodExport || !strings.Contains(strings.Join(p.Caveats, " "), "standby") {
		t.Errorf("%+v", p)
	}
	if _, _, err := s.Strain(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), standby, database.Options{Consistency: methodSlot}); !errors.Is(err, database.ErrConsistency) {
		t.Errorf("a slot on a standby: %v", err)
	}
}
