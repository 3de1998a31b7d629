package postgres

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// large are tables that are read in ranges where splitRows is 1,000.
const large = `
create table n (id bigint, part int, v text, l int[], primary key (id, part));
insert into n select g * 7, p, repeat('x', g % 50), array[g] from generate_series(-10000, 10000) g, generate_series(1, 2) p order by g, p;
create table u (id uuid primary key, v int);
insert into u select md5(g::text)::uuid, g from generate_series(1, 20000) g;
create table c (id text collate "C" primary key, v int);
insert into c select 'k''\' || lpad(g::text, 6, '0'), g from generate_series(1, 20000) g;
create table ts (id timestamptz primary key, v int);
insert into ts select timestamptz '2024-01-01' + g * interval '1 minute', g from generate_series(1, 20000) g;
analyze n; analyze u; analyze c; analyze ts;
insert into n select g * 7, 1, 'later', null from generate_series(10001, 12000) g; -- beyond the statistics
insert into ts values ('infinity', 0), ('-infinity', 0);`

// split opens the database with several connections, and tables of 1,000 rows are
// large.
func (d *db) split(o database.Options) *source {
	d.t.Helper()
	o.Consistency = methodExport
	s := d.open(o)
	s.splitRows = 1000
	return s
}

func TestRangesGiveWhatOneConnectionGives(t *testing.T) {
	d := newDB(t, large)
	one, many := d.split(database.Options{Connections: 1, BatchRows: 100}), d.split(database.Options{Connections: 3, BatchRows: 100})
	wants, all := tables(t, one), tables(t, many)
	for name, least := range map[string]int{"public.n": 100, "public.c": 100, "public.ts": 100, "public.u": 1} {
		p, err := many.plan(all[name])
		if err != nil {
			t.Fatal(err)
		}
		ranges, err := many.ranges(t.Context(), p)
		if err != nil || len(ranges) < least || name == "public.u" && len(ranges) > 1 {
			t.Errorf("%s: %d ranges, want %d; %v", name, len(ranges), least, err)
		}
		got, want := readAll(t, many, all[name]), readAll(t, one, wants[name])
		if !slices.Equal(got, want) || len(want) < 20000 {
			t.Errorf("%s: %d rows, want %d, or another order", name, len(got), len(want))
		}
	}
}

// TestRangesUseFreeConnections: as many as there are, and one where another table
// takes the rest.
func TestRangesUseFreeConnections(t *testing.T) {
	d := newDB(t, large)
	s := d.split(database.Options{Connections: 3, BatchRows: 100})
	table := tables(t, s)["public.n"]
	most := 0
	check := func(*snapshot.Batch) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		most = max(most, len(s.slots))
		return nil
	}
	if err := s.Read(t.Context(), table, check); err != nil || most < 2 || most > 3 {
		t.Errorf("%d connections at once, %v", most, err)
	}
	if n := len(s.slots); n != 0 || len(s.idle) > 3 {
		t.Errorf("%d are still taken, %d idle", n, len(s.idle))
	}
}

// sink writes into a snapshot without redaction.
type sink struct{ w *snapshot.Writer }

func (s sink) Table(t *snapshot.Table) (database.TableSink, error) {
	w, err := s.w.Table(*t)
	return tableSink{w}, err
}

type tableSink struct{ *snapshot.TableWriter }

func (s tableSink) Close(c database.TableClosing) error {
	return s.TableWriter.Close(snapshot.TableClosing{Invalid: c.Invalid, Sequences: c.Sequences, Notes: c.Notes})
}

// captured makes a snapshot and returns the bytes of its files, but for the manifest,
// which says when it was.
func (d *db) captured(table string, connections int) map[string]string {
	d.t.Helper()
	s := d.split(database.Options{Connections: connections, Include: []string{table}})
	dir := filepath.Join(d.t.TempDir(), "s")
	w, err := snapshot.Create(dir, snapshot.Options{Source: s.Info(), BlockRows: 256})
	if err != nil {
		d.t.Fatal(err)
	}
	res, err := database.Capture(d.t.Context(), s, sink{w}, database.CaptureOptions{Options: s.options})
	if err == nil {
		err = w.Close(snapshot.Closing{Point: res.Point, Ledger: res.Ledger})
	}
	if err == nil {
		err = snapshot.Verify(dir)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	out := map[string]string{}
	err = filepath.WalkDir(filepath.Join(dir, "tables"), func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			var b []byte
			b, err = os.ReadFile(path)
			out[strings.TrimPrefix(path, dir)] = string(b)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func TestRangesGiveTheSameBytes(t *testing.T) {
	d := newDB(t, large)
	for _, name := range []string{"n", "c", "ts"} { // tables are numbered in the order in which they are begun
		one, many := d.captured(name, 1), d.captured(name, 3)
		if diff := cmp.Diff(one, many); diff != "" || len(one) < 4 {
			t.Errorf("%s, %d files: %.2000s", name, len(one), diff)
		}
	}
}

// TestRangesHoldTheirTable: nobody replaces it between two ranges.
func TestRangesHoldTheirTable(t *testing.T) {
	d := newDB(t, large)
	s := d.split(database.Options{Connections: 3, BatchRows: 10})
	table := tables(t, s)["public.n"]
	truncated, rows := make(chan error, 1), 0
	err := s.Read(t.Context(), table, func(b *snapshot.Batch) error {
		if rows == 0 {
			second := dial(t, d.dsn)
			go func() {
				defer second.close()
				truncated <- second.exec(context.Background(), "set lock_timeout = 0; truncate n")
			}()
			await(t, d, "select exists (select from pg_locks where not granted and relation = 'n'::regclass)")
		}
		rows += b.Rows
		return nil
	})
	if err != nil || rows != 42002 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if err := <-truncated; err != nil {
		t.Error(err)
	}
	checkChange(t, s, table, "")
}

func TestRangesThatBreak(t *testing.T) {
	d := newDB(t, large)
	s := d.split(database.Options{Connections: 3, BatchRows: 10})
	table := tables(t, s)["public.n"]
	refused := errors.New("refused")
	var n atomic.Int64
	err := s.Read(t.Context(), table, func(b *snapshot.Batch) error {
		if n.Add(1) == 50 {
			return refused
		}
		return nil
	})
	if !errors.Is(err, refused) || n.Load() != 50 {
		t.Errorf("emit: %v after %d", err, n.Load())
	}
	ctx, stop := context.WithCancel(t.Context())
	err = s.Read(ctx, table, func(*snapshot.Batch) error { stop(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	stop()
	killed := false
	err = s.Read(t.Context(), table, func(*snapshot.Batch) error {
		if !killed {
			killed = true
			d.exec("select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy%' and datname = current_database() and pid <> pg_backend_pid()")
		}
		return nil
	})
	if err != nil && !errors.Is(err, database.ErrReadBroken) { // those that had handed nothing on began again
		t.Errorf("killed: %v", err)
	}
	if n := len(s.slots); n != 0 {
		t.Errorf("%d connections are still taken", n)
	}
	equal(t, "rows of the next read", len(readAll(t, s, table)), 42002)
	d.exec(sprintf("select pg_terminate_backend(%d, 5000)", s.holder.session.conn.PID()))
	d.exec("select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = '' and datname = current_database() and pid <> pg_backend_pid()")
	if err := s.Read(t.Context(), table, func(*snapshot.Batch) error { return nil }); !errors.Is(err, database.ErrPointLost) {
		t.Errorf("the point is lost: %v", err)
	}
}

// TestWhatIsNotSplit: small tables, keys in another order than the server's, pages in
// another order than the key, queries, and what nobody has analysed.
func TestWhatIsNotSplit(t *testing.T) {
	d := newDB(t, large, `create table small (id int primary key); insert into small select generate_series(1, 999); analyze small;
		create table icu (id text collate "und-x-icu" primary key); insert into icu select lpad(g::text, 9, '0') from generate_series(1, 5000) g; analyze icu;
		create table fresh (id int primary key); insert into fresh select generate_series(1, 5000)`)
	s := d.split(database.Options{Connections: 3, Queries: []database.Query{{Name: "q", SQL: "select id from n", Key: []string{"id"}}}})
	all := tables(t, s)
	for _, name := range []string{"public.small", "public.icu", "public.fresh", "public.u", "q"} {
		p, err := s.plan(all[name])
		if err != nil {
			t.Fatal(err)
		}
		if ranges, err := s.ranges(t.Context(), p); err != nil || len(ranges) != 1 || ranges[0] != "" {
			t.Errorf("%s: %q, %v", name, ranges, err)
		}
	}
}

func TestConditionsHoldEveryValue(t *testing.T) {
	equal(t, "conditions", conditions(`"a"`, []string{"1", "it's"}), []condition{` where "a" < '1'`, ` where "a" >= '1' and "a" < 'it''s'`, ` where "a" >= 'it''s'`})
	equal(t, "finer", finer([]string{"0", "10", "x", "11"}, 8), []string{"0", "3", "6", "10", "x", "11"})
	equal(t, "no room", finer([]string{"-9223372036854775808", "9223372036854775807"}, 8), []string{"-9223372036854775808", "9223372036854775807"})
	equal(t, "thinned", thinned([]string{"1", "2", "3", "4", "5"}, 2), []string{"1", "3"})
}
