package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"parallax/capture/database"
	"parallax/capture/database/mysql"
	"parallax/capture/snapshot"
)

const userPassword = "c4n/ary?:@ word"

// user makes a user that is allowed what grant says, and returns Open's address.
func (s *scratch) user(name, grant string) string {
	s.t.Helper()
	full := fmt.Sprintf("'%s_%s'@'127.0.0.1'", name, s.name[1:min(len(s.name), 16)])
	s.exec("CREATE OR REPLACE USER " + full + " IDENTIFIED BY '" + userPassword + "'")
	s.t.Cleanup(func() { s.db.Exec("DROP USER IF EXISTS " + full) })
	if grant != "" {
		s.exec(grant + full)
	}
	u, err := url.Parse(s.dsn)
	if err != nil {
		s.t.Fatal(err)
	}
	return "mysql://" + strings.Trim(strings.Split(full, "@")[0], "'") + ":" + url.PathEscape(userPassword) + "@" + u.Host + "/" + s.name
}

// fill makes a table whose rows do not fit into the buffers on the way.
func (s *scratch) fill(table string) {
	s.exec("CREATE TABLE "+table+" (id int PRIMARY KEY, v varchar(2000))",
		"INSERT INTO "+table+" SELECT seq, repeat('x', 1500) FROM seq_1_to_30000")
}

// readSlowly calls once during the first batch.
func readSlowly(src database.Source, table *snapshot.Table, once func()) (rows int, err error) {
	err = src.Read(context.Background(), table, func(b *snapshot.Batch) error {
		if rows == 0 {
			once()
		}
		rows += b.Rows
		return nil
	})
	return rows, err
}

// F25: the connection is killed while a table is read.
func TestKilledConnection(t *testing.T) {
	s := newScratch(t)
	s.fill("big")
	src := s.open(database.Options{BatchRows: 100})
	all := tables(t, src)
	rows, err := readSlowly(src, &all[0], func() { s.kill("KILL", "SELECT%big%") })
	if !errors.Is(err, database.ErrPointLost) || rows == 30000 || !strings.Contains(err.Error(), "table "+s.name+".big") {
		t.Errorf("%d rows: %v", rows, err)
	}
	if _, err := count(src, &all[0]); !errors.Is(err, database.ErrPointLost) {
		t.Errorf("the point is back: %v", err)
	}
}

// A connection that is killed between two tables has lost its point as well.
func TestKilledWhileIdle(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (id int PRIMARY KEY)")
	src := s.open(database.Options{})
	all := tables(t, src)
	s.kill("KILL", "")
	if _, err := count(src, &all[0]); !errors.Is(err, database.ErrPointLost) {
		t.Error(err)
	}
}

// Where only the statement is killed, the transaction stands and goes on.
func TestKilledStatement(t *testing.T) {
	s := newScratch(t)
	s.fill("big")
	src := s.open(database.Options{BatchRows: 100})
	all := tables(t, src)
	s.exec("DELETE FROM big WHERE id > 10")
	_, err := readSlowly(src, &all[0], func() { s.kill("KILL QUERY", "SELECT%big%") })
	if err == nil || errors.Is(err, database.ErrPointLost) || !strings.Contains(err.Error(), "Error 1317") {
		t.Error(err)
	}
	if n, err := count(src, &all[0]); n != 30000 || err != nil {
		t.Errorf("%d rows of the point: %v", n, err)
	}
}

// kill ends what other connections of the database do.
func (s *scratch) kill(how, running string) {
	s.t.Helper()
	rows, err := s.db.Query("SELECT id FROM information_schema.processlist WHERE db = ? AND id <> connection_id() AND coalesce(info, '') LIKE ?", s.name, running)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.db.Exec(fmt.Sprintf("%s %d", how, id)); err == nil {
			n++
		}
	}
	if n == 0 {
		s.t.Fatal("nothing to kill")
	}
}

// F24: an ALTER waits for the one table that is read, not for the capture, and
// changes nothing of what was read.
func TestAlterWhileReading(t *testing.T) {
	s := newScratch(t)
	s.fill("big")
	s.exec("CREATE TABLE other (id int PRIMARY KEY)")
	src := s.open(database.Options{BatchRows: 100})
	all := tables(t, src)
	altered := make(chan error, 1)
	rows, err := readSlowly(src, &all[0], func() {
		go func() {
			_, err := s.db.Exec("ALTER TABLE big MODIFY v longtext")
			altered <- err
		}()
		time.Sleep(300 * time.Millisecond)
	})
	if rows != 30000 || err != nil {
		t.Errorf("%d rows: %v", rows, err)
	}
	if changed, err := src.Recheck(context.Background(), &all[0]); changed != "" || err != nil {
		t.Errorf("%q %v: what was read under the lock is marked", changed, err)
	}
	select {
	case err := <-altered:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the ALTER waits although its table is read")
	}
}

// F24: definitions that change between the point and their table's turn.
func TestAlterAfterThePoint(t *testing.T) {
	cases := []struct{ change, refused, recheck string }{
		{"ALTER TABLE a MODIFY v longtext", "its definition changed after the consistent point: Error 1412", `column "v" changed from varchar(9) to longtext`},
		{"ALTER TABLE a ADD COLUMN w int", "", `column "w" was added`},
		{"ALTER TABLE a DROP COLUMN v", "Error 1054", `column "v" was dropped or renamed`},
		{"ALTER TABLE a ALTER COLUMN v SET DEFAULT 'x', ADD UNIQUE u (v)", "", `its unique indexes changed`},
		{"DROP TABLE a", "it was dropped or renamed after the consistent point: Error 1146", "it was dropped or renamed"},
		{"TRUNCATE TABLE a", "Error 1412", "it was emptied or made anew"},
	}
	for _, c := range cases {
		t.Run(c.change, func(t *testing.T) {
			s := newScratch(t)
			s.exec("CREATE TABLE a (id int PRIMARY KEY, v varchar(9))", "INSERT INTO a VALUES (1, 'x')", "CREATE TABLE b (id int PRIMARY KEY)")
			src := s.open(database.Options{})
			all := tables(t, src)
			s.exec(c.change)
			n, err := count(src, &all[0])
			changed, again := src.Recheck(context.Background(), &all[0])
			t.Logf("%d rows, %v; recheck %q", n, err, changed)
			if again != nil || !strings.Contains(changed, c.recheck) || err == nil && changed == "" && n != 1 {
				t.Errorf("%q %v, want %q", changed, again, c.recheck)
			}
			if c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)) {
				t.Errorf("%v, want %s", err, c.refused)
			}
			if _, err := count(src, &all[1]); err != nil {
				t.Errorf("the next table suffers: %v", err)
			}
		})
	}
}

var errStop = errors.New("enough")

// The one who reads says enough: the rest is not drained, and Close does not hang.
func TestEmitFails(t *testing.T) {
	s := newScratch(t)
	s.fill("big")
	src := s.open(database.Options{BatchRows: 10, Connections: 2, Consistency: "ftwrl"})
	all := tables(t, src)
	err := src.Read(context.Background(), &all[0], func(*snapshot.Batch) error { return errStop })
	if !errors.Is(err, errStop) || errors.Is(err, database.ErrPointLost) {
		t.Error(err)
	}
	if n, err := count(src, &all[0]); n != 30000 || err != nil {
		t.Errorf("the other connection: %d rows, %v", n, err)
	}
}

func TestCancelAndClose(t *testing.T) {
	s := newScratch(t)
	s.fill("big")
	src := s.open(database.Options{BatchRows: 10, Connections: 2, Consistency: "ftwrl"})
	all := tables(t, src)
	ctx, cancel := context.WithCancel(context.Background())
	err := src.Read(ctx, &all[0], func(*snapshot.Batch) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	done := make(chan error, 1)
	_, err = readSlowly(src, &all[0], func() { go func() { done <- src.Close() }(); time.Sleep(100 * time.Millisecond) })
	if err == nil || !strings.Contains(err.Error(), "closed") {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if _, err := count(src, &all[0]); err == nil {
		t.Error("a closed source reads")
	}
}

func TestStatementTimeout(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (id int PRIMARY KEY)", "INSERT INTO a VALUES (1), (2)")
	src := s.open(database.Options{StatementTimeout: 300 * time.Millisecond, Queries: []database.Query{{Name: "q", SQL: "SELECT id, sleep(5) AS s FROM a"}}})
	all := tables(t, src)
	if _, err := count(src, &all[0]); err == nil || !strings.Contains(err.Error(), "the statement took longer than its limit") {
		t.Error(err)
	}
}

// T12: whatever goes wrong, the password is in no message.
func TestNoSecretInErrors(t *testing.T) {
	s := newScratch(t)
	u, err := url.Parse(s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	for name, dsn := range map[string]string{
		"wrong password": "mysql://parallax:canary@" + u.Host + "/" + s.name,
		"unreachable":    "mysql://parallax:canary@127.0.0.1:1/x",
		"no such host":   "mysql://parallax:canary@no-such-host.invalid/x",
		"no database":    strings.Replace(s.dsn, s.name, "no_such_database", 1),
		"tls refused":    s.dsn + "?tls=true",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		_, err := mysql.Open(ctx, dsn, database.Options{})
		cancel()
		password, _ := u.User.Password()
		if err == nil || strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v", name, err)
	}
}
