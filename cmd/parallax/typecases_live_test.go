package main

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parallax/internal/services"
)

// The same rows as two engines hold them, through capture, diff and gate.

// scratchPostgres makes a database of the test's own and runs the statements in it.
func scratchPostgres(t *testing.T, name, statements string) string {
	t.Helper()
	server := services.Postgres(t)
	name = fmt.Sprintf("%s_%d", name, os.Getpid())
	load(t, exec.Command("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-c", "create database "+name, server), "")
	t.Cleanup(func() { exec.Command("psql", "-q", "-X", "-c", "drop database "+name, server).Run() })
	dsn := withDatabase(t, server, name)
	load(t, exec.Command("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-c", statements, dsn), "")
	return dsn
}

// scratchMariaDB does the same, in a session that accepts what old applications
// wrote.
func scratchMariaDB(t *testing.T, dir, name, statements string) string {
	t.Helper()
	server := services.MariaDB(t)
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("the services' DSN is no URL")
	}
	name = fmt.Sprintf("%s_%d", name, os.Getpid())
	password, _ := u.User.Password()
	run := func(sql string) *exec.Cmd {
		file := filepath.Join(dir, name+".sql")
		writeText(t, file, sql)
		c := exec.Command("mariadb", "-h", u.Hostname(), "-P", u.Port(), "-u", u.User.Username(), "--protocol=tcp", "--default-character-set=utf8mb4")
		c.Env = append(os.Environ(), "MYSQL_PWD="+password)
		load(t, c, file)
		return c
	}
	run("CREATE DATABASE " + name + " CHARACTER SET utf8mb4; USE " + name + "; SET sql_mode = '', time_zone = '+00:00'; " + statements)
	t.Cleanup(func() { run("DROP DATABASE " + name) })
	return withDatabase(t, server, name)
}

func captureAs(t *testing.T, dir, name, dsn string, more ...string) {
	t.Helper()
	t.Setenv("TYPES_DSN", dsn)
	expect(t, dir, 0, append([]string{"capture", "database", "--dsn-env", "TYPES_DSN", "-o", name}, more...)...)
}

// differences are the lines of a comparison in short.
func differences(t *testing.T, dir, name string) string {
	t.Helper()
	var out []string
	for _, d := range rows(t, dir, name) {
		out = append(out, fmt.Sprintf("%v %v %v: %v", d["subject"], d["record"], d["field"], d["class"]))
	}
	return strings.Join(out, "\n")
}

func wantText(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestTypeCase21TimesWithAnOffset(t *testing.T) {
	dir := home(t)
	captureAs(t, dir, "old", scratchPostgres(t, "zoned_old", `create table t (id int primary key, at timetz);
		insert into t values (1, '12:00+02'), (2, '12:00+02'), (3, '12:00+02')`), "--redact", "off")
	captureAs(t, dir, "new", scratchPostgres(t, "zoned_new", `create table t (id int primary key, at timetz);
		insert into t values (1, '12:00+02'), (2, '10:00+00'), (3, '10:00:01+00')`), "--redact", "off")
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), "t [\"2\"] at: same instant\nt [\"3\"] at: ")
	expect(t, dir, 1, "gate", "cmp")
	writeText(t, filepath.Join(dir, "rules.yaml"), "mapping:\n  tables: [{old: t, columns: [{old: at, window: 0s}]}]\n")
	expect(t, dir, 0, "diff", "old", "new", "--rules", "rules.yaml", "-o", "mapped")
	wantText(t, differences(t, dir, "mapped"), "t [\"3\"] at: ")
}

// TestTokensOfPaddedColumnsAgree: PostgreSQL shows the blanks of char(n), MariaDB
// takes them off; binary(n) is filled up with zeros that bytea does not have.
func TestTokensOfPaddedColumnsAgree(t *testing.T) {
	dir := home(t)
	expect(t, dir, 0, "key", "new", "key")
	captureAs(t, dir, "old", scratchPostgres(t, "padded", `create table t (id int primary key, password char(8), api_key bytea, secret varchar(8));
		insert into t values (1, 'ab', 'xy', 'a'), (2, '', '', 'a '), (3, 'other', 'z', 'b')`), "--key-file", "key")
	captureAs(t, dir, "new", scratchMariaDB(t, dir, "padded", `CREATE TABLE t (id int primary key, password char(8), api_key binary(4), secret varchar(8));
		INSERT INTO t VALUES (1, 'ab', 'xy', 'a'), (2, '', '', 'a'), (3, 'changed', 'z', 'b')`), "--key-file", "key")
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), "t [\"2\"] secret: \nt [\"3\"] password: ")
}

// TestTypeCase17And18Sentinels: what stands for "never" and "not yet" in one store
// is another value in the other, and only there.
func TestTypeCase17And18Sentinels(t *testing.T) {
	dir := home(t)
	captureAs(t, dir, "old", scratchMariaDB(t, dir, "sentinel", `CREATE TABLE t (id int primary key, closed date, until datetime(3));
		INSERT INTO t VALUES (1, '0000-00-00', '9999-12-31 23:59:59'), (2, '2024-01-02', '2024-01-02 03:04:05.678'), (3, '0000-00-00', '0000-00-00 00:00:00'), (4, '2024-01-02', NULL)`), "--redact", "off")
	captureAs(t, dir, "new", scratchPostgres(t, "sentinel", `create table t (id int primary key, closed date, until timestamp(6));
		insert into t values (1, null, 'infinity'), (2, '2024-01-02', '2024-01-02 03:04:05.678'), (3, '1970-01-01', '-infinity'), (4, null, null)`), "--redact", "off")
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), `t ["1"] closed: zero date
t ["1"] until: infinity
t ["3"] closed: zero date
t ["3"] until: zero date
t ["4"] closed: null`)
	writeText(t, filepath.Join(dir, "rules.yaml"), `mapping:
  tables:
    - old: t
      columns:
        - {old: closed, sentinels: [{old: "0000-00-00", new: null}]}
        - {old: until, sentinels: [{old: "9999-12-31 23:59:59", new: infinity}, {old: "0000-00-00 00:00:00", new: -infinity}]}
`)
	expect(t, dir, 0, "diff", "old", "new", "--rules", "rules.yaml", "-o", "mapped")
	wantText(t, differences(t, dir, "mapped"), "t [\"3\"] closed: zero date\nt [\"4\"] closed: null")
	out := expect(t, dir, 0, "report", "mapped").stdout
	says(t, out, "mapping t.closed", "mapping t.until")
}

func TestTypeCase34KeyCollapse(t *testing.T) {
	dir := home(t)
	captureAs(t, dir, "old", scratchMariaDB(t, dir, "collapse", `CREATE TABLE t (name varchar(20) COLLATE utf8mb4_unicode_ci primary key);
		INSERT INTO t VALUES ('straße'), ('K'), ('æ')`), "--redact", "off")
	captureAs(t, dir, "new", scratchPostgres(t, "collapse", `create table t (name varchar(20) primary key);
		insert into t values ('straße'), ('K'), ('æ'), ('STRASSE'), ('k'), ('ae')`), "--redact", "off")
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), `t ["STRASSE"] : key collapse
t ["ae"] : 
t ["k"] : key collapse`)
}

// TestTypeCase63ObjectIds: an export of MongoDB beside a table whose key is the id's
// text.
func TestTypeCase63ObjectIds(t *testing.T) {
	dir := home(t)
	writeText(t, filepath.Join(dir, "users.ndjson"), `{"_id":{"$oid":"507f1f77bcf86cd799439011"},"name":"ada","tags":{"b":1,"a":2}}
{"_id":{"$oid":"507f1f77bcf86cd799439012"},"name":"bob","tags":null}
{"name":"cyd","_id":{"$oid":"507f1f77bcf86cd799439013"},"tags":{"a":1}}
`)
	expect(t, dir, 0, "capture", "database", "users.ndjson", "--key", "users=_id", "--redact", "off", "-o", "old")
	captureAs(t, dir, "new", scratchPostgres(t, "objectid", `create table users (_id char(24) primary key, name text, tags jsonb);
		insert into users values ('507f1f77bcf86cd799439011', 'ada', '{"a":2,"b":1}'), ('507f1f77bcf86cd799439012', 'Bob', null), ('507f1f77bcf86cd799439014', 'dee', '{}')`), "--redact", "off")
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), `users ["507f1f77bcf86cd799439012"] name: case only
users ["507f1f77bcf86cd799439013"] : 
users ["507f1f77bcf86cd799439014"] : `)
}

// recordsOf are the keys of a snapshot's rows, in its order.
func recordsOf(t *testing.T, dir, name string) string {
	t.Helper()
	var out []string
	for _, r := range rows(t, dir, name) {
		out = append(out, fmt.Sprint(r["key"]))
	}
	return strings.Join(out, " ")
}

// TestTypeCase35KeyOrder: each server has an order of its own; a snapshot has that of
// the bytes.
func TestTypeCase35KeyOrder(t *testing.T) {
	dir := home(t)
	const values = "('_x'), ('-x'), ('1'), ('10'), ('2'), ('a'), ('b'), ('é'), ('z'), ('Z'), ('A'), ('B')"
	captureAs(t, dir, "postgres", scratchPostgres(t, "keyorder", `create table t (k text collate "und-x-icu" primary key); insert into t values `+values), "--redact", "off")
	captureAs(t, dir, "mariadb", scratchMariaDB(t, dir, "keyorder", `CREATE TABLE t (k varchar(9) COLLATE utf8mb4_uca1400_as_cs primary key); INSERT INTO t VALUES `+values), "--redact", "off")
	const want = "[-x] [1] [10] [2] [A] [B] [Z] [_x] [a] [b] [z] [é]"
	wantText(t, recordsOf(t, dir, "postgres"), want)
	wantText(t, recordsOf(t, dir, "mariadb"), want)
	expect(t, dir, 0, "diff", "postgres", "mariadb", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), "")
}

// TestTypeCase36UUIDOrder: MariaDB sorts UUIDs by their last fields first.
func TestTypeCase36UUIDOrder(t *testing.T) {
	dir := home(t)
	const values = "('00000000-0000-0000-0000-0000000000ff', 1), ('ff000000-0000-0000-0000-000000000000', 2), ('00000000-0000-1000-8000-000000000001', 3), ('00000001-0000-1000-8000-000000000000', 4)"
	captureAs(t, dir, "old", scratchPostgres(t, "uuidorder", "create table t (id uuid primary key, n int); insert into t values "+values), "--redact", "off")
	captureAs(t, dir, "new", scratchMariaDB(t, dir, "uuidorder", "CREATE TABLE t (id uuid primary key, n int); INSERT INTO t VALUES "+strings.Replace(values, ", 4)", ", 5)", 1)), "--redact", "off")
	wantText(t, recordsOf(t, dir, "new"), recordsOf(t, dir, "old"))
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), `t ["00000001-0000-1000-8000-000000000000"] n: `)
}

// TestTypeCase55RowidIsNoKey: VACUUM numbers rows anew.
func TestTypeCase55RowidIsNoKey(t *testing.T) {
	dir := home(t)
	path := filepath.Join(dir, "t.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(statement string) {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	run("CREATE TABLE t (v TEXT)")
	run("INSERT INTO t VALUES ('a'), ('b'), ('b'), ('c')")
	run("DELETE FROM t WHERE v = 'a'")
	expect(t, dir, 0, "capture", "database", "sqlite:"+path, "--redact", "off", "-o", "old")
	run("VACUUM")
	expect(t, dir, 0, "capture", "database", "sqlite:"+path, "--redact", "off", "-o", "new")
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), "")
	expect(t, dir, 0, "gate", "cmp")
}

// TestTypeCase59NextValues: what a sequence gives next is no row, and is checked.
func TestTypeCase59NextValues(t *testing.T) {
	dir := home(t)
	captureAs(t, dir, "old", scratchMariaDB(t, dir, "nextvalue", "CREATE TABLE t (id int auto_increment primary key); INSERT INTO t VALUES (1), (7)"), "--redact", "off")
	behind := scratchPostgres(t, "nextvalue", "create table t (id int generated by default as identity primary key); insert into t values (1), (7)")
	captureAs(t, dir, "behind", behind, "--redact", "off")
	load(t, exec.Command("psql", "-q", "-X", "-c", "select setval('t_id_seq', 7)", behind), "")
	captureAs(t, dir, "ahead", behind, "--redact", "off")
	writeText(t, filepath.Join(dir, "rules.yaml"), "invariants:\n  - {name: sequences ahead, sequences: all, side: new}\n")
	expect(t, dir, 0, "diff", "old", "behind", "--rules", "rules.yaml", "-o", "cmp-behind")
	wantText(t, differences(t, dir, "cmp-behind"), "")
	expect(t, dir, 1, "gate", "cmp-behind")
	expect(t, dir, 0, "diff", "old", "ahead", "--rules", "rules.yaml", "-o", "cmp-ahead")
	expect(t, dir, 0, "gate", "cmp-ahead")
}

// TestTypeCase64WideTexts: sums are made here, of all that a cell holds: a server's
// functions stop at a packet, or at a thousand bytes.
func TestTypeCase64WideTexts(t *testing.T) {
	dir := home(t)
	const wide = 3 << 20
	captureAs(t, dir, "old", scratchPostgres(t, "wide", fmt.Sprintf("create table t (id int primary key, v text); insert into t values (1, repeat('x', %d) || 'a'), (2, repeat('y', %d))", wide, wide)), "--redact", "off")
	captureAs(t, dir, "new", scratchMariaDB(t, dir, "wide", fmt.Sprintf("CREATE TABLE t (id int primary key, v longtext); INSERT INTO t VALUES (1, concat(repeat('x', %d), 'b')), (2, repeat('y', %d))", wide, wide)), "--redact", "off")
	expect(t, dir, 0, "diff", "old", "new", "-o", "cmp")
	wantText(t, differences(t, dir, "cmp"), `t ["1"] v: `)
}

// TestANightOfTwoDatabases runs the whole job on two servers; no password stands
// anywhere but where it was given.
func TestANightOfTwoDatabases(t *testing.T) {
	dir := home(t)
	old := scratchPostgres(t, "night", "create table t (id int primary key, v char(5)); insert into t values (1, 'a'), (2, 'b')")
	new := scratchMariaDB(t, dir, "night", "CREATE TABLE t (id int primary key, v char(5)); INSERT INTO t VALUES (1, 'a'), (2, 'b')")
	t.Setenv("NIGHT_OLD", old)
	writeText(t, filepath.Join(dir, "secret"), new+"\n")
	writeText(t, filepath.Join(dir, "job.yaml"), "redact: {profile: off}\nsteps: {folder: nights, snapshots: {old: {dsn_env: NIGHT_OLD, max_lag: 1h, max_running: 1000}, new: {dsn_file: secret, max_connections: 1}}}\n")
	out := expect(t, dir, 0, "run", "job.yaml")
	says(t, out.stdout, "pass", "char padding")
	var said strings.Builder
	said.WriteString(out.stdout + out.stderr)
	err := filepath.WalkDir(filepath.Join(dir, "nights"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		said.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, dsn := range []string{old, new} {
		u, _ := url.Parse(dsn)
		if password, ok := u.User.Password(); !ok || strings.Contains(said.String(), password) {
			t.Errorf("a password is told, or there was none")
		}
	}
}
