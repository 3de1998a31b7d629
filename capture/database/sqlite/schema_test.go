package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

func TestKeys(t *testing.T) {
	path := build(t,
		"CREATE TABLE rowid_key (id INTEGER PRIMARY KEY, v)",
		"CREATE TABLE two (b TEXT, a INT, PRIMARY KEY (a, b))",
		"CREATE TABLE nulls (id TEXT PRIMARY KEY, v)", "INSERT INTO nulls VALUES (NULL, 1), (NULL, 2)", // 54
		"CREATE TABLE nulls_but (id TEXT PRIMARY KEY, v INT NOT NULL UNIQUE)", "INSERT INTO nulls_but VALUES (NULL, 1)",
		"CREATE TABLE no_key (v)", // 55
		"CREATE TABLE uniq (a INT NOT NULL, b INT NOT NULL, c INT, UNIQUE (a, b), UNIQUE (c))",
		"CREATE TABLE partial (a INT NOT NULL)", "CREATE UNIQUE INDEX p ON partial (a) WHERE a > 0",
		"CREATE TABLE expr (a INT NOT NULL)", "CREATE UNIQUE INDEX e ON expr (abs(a))",
		"CREATE TABLE without (k TEXT COLLATE NOCASE, v, PRIMARY KEY (k)) WITHOUT ROWID",
		"CREATE TABLE named (a, b)",
	)
	src := open(t, path, database.Options{Keys: map[string][]string{"named": {"b"}}})
	got := map[string]string{}
	for name, table := range tables(t, src) {
		got[name] = strings.Join(table.Key, ",") + ": " + table.KeyFrom
	}
	const none = ": no primary key and no unique index over columns that cannot be null"
	want := map[string]string{"rowid_key": "id: primary key", "two": "a,b: primary key", "nulls": ": the primary key holds nulls", "nulls_but": "v: unique",
		"no_key": none, "uniq": "a,b: unique", "partial": none, "expr": none, "without": "k: primary key", "named": "b: declared"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c := tables(t, src)["without"].Columns[0].Collation; c != "NOCASE" {
		t.Errorf("collation %q", c)
	}
}

func TestSchemaFacts(t *testing.T) {
	path := build(t,
		"CREATE TABLE parent (a INT, b INT, PRIMARY KEY (a, b))",
		"CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, x INT, y INT, twice INT GENERATED ALWAYS AS (x * 2) STORED, thrice AS (x * 3), p INT REFERENCES child (id), FOREIGN KEY (x, y) REFERENCES parent)",
		"INSERT INTO child (id, x) VALUES (41, 1)", "DELETE FROM child", "INSERT INTO child (x) VALUES (5)",
		"CREATE TABLE fresh (id INTEGER PRIMARY KEY AUTOINCREMENT)",
		"CREATE VIEW big AS SELECT id, x FROM child WHERE x > 4",
	)
	src := open(t, path, database.Options{Views: true, Queries: []database.Query{{Name: "sums", SQL: "SELECT x AS k, sum(x) AS s FROM child GROUP BY x -- all", Key: []string{"k"}}}})
	all := tables(t, src)
	child := all["child"]
	wantKeys := []snapshot.ForeignKey{{Columns: []string{"p"}, Table: "child", References: []string{"id"}},
		{Columns: []string{"x", "y"}, Table: "parent", References: []string{"a", "b"}}}
	slices.SortFunc(child.ForeignKeys, func(a, b snapshot.ForeignKey) int { return strings.Compare(a.Table, b.Table) })
	if diff := cmp.Diff(wantKeys, child.ForeignKeys); diff != "" {
		t.Error(diff)
	}
	if child.Columns[3].Generated != "stored" || child.Columns[4].Generated != "virtual" || child.Columns[0].Generated != "" {
		t.Errorf("%+v", child.Columns)
	}
	if diff := cmp.Diff([]snapshot.Sequence{{Column: "id", Next: "43"}}, child.Sequences); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]snapshot.Sequence{{Column: "id", Next: "1"}}, all["fresh"].Sequences); diff != "" {
		t.Error(diff)
	}
	if got := cells(t, src, all["big"]); all["big"].From != "view" || fmt.Sprint(got) != "[number 42 | number 5]" {
		t.Errorf("%+v: %v", all["big"], got)
	}
	if got := cells(t, src, all["sums"]); all["sums"].From != "query" || fmt.Sprint(got) != "[number 5 | number 5]" {
		t.Errorf("%+v: %v", all["sums"], got)
	}
	if got := cells(t, src, child); fmt.Sprint(got) != "[number 42 | number 5 | null null | number 10 | number 15 | null null]" {
		t.Errorf("%v", got)
	}
}

func TestQueriesThatCannotBe(t *testing.T) {
	path := build(t, "CREATE TABLE t (a)")
	for sql, want := range map[string]string{
		"SELECT a, a FROM t":                  `"a"`,
		"SELECT a FROM t; DELETE FROM t":      "query",
		"SELECT nothing FROM t":               "nothing",
		"DELETE FROM t":                       "query",
		"SELECT 1); DELETE FROM t; SELECT (1": "query",
	} {
		src := open(t, path, database.Options{Queries: []database.Query{{Name: "q", SQL: sql}}})
		if _, err := src.Tables(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// hostile are names that end quotes, look like paths or are hard to see.
var hostile = []string{`a"b`, `"; DROP TABLE x; --`, "../../x", "con", "x'y", "new\nline", "\u202eltr", "*", "?", strings.Repeat("n", 300), "select", "[b]", "a.b", "`"}

func TestHostileNames(t *testing.T) {
	var statements []string
	for _, n := range hostile {
		statements = append(statements, fmt.Sprintf("CREATE TABLE %s (%s INTEGER PRIMARY KEY, %s TEXT UNIQUE)", quote(n), quote(n), quote(n+"2")),
			fmt.Sprintf("INSERT INTO %s VALUES (1, 'v')", quote(n)))
	}
	src := open(t, build(t, statements...), database.Options{})
	all := tables(t, src)
	for _, n := range hostile {
		table := all[n]
		if table == nil || !slices.Equal(table.Key, []string{n}) {
			t.Errorf("%q: %+v", n, table)
			continue
		}
		if got := cells(t, src, table); fmt.Sprint(got) != "[number 1 | text v]" {
			t.Errorf("%q: %v", n, got)
		}
	}
}

func TestHostilePaths(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"a?b.db", "a#b.db", "a%20b.db", "a b.db", "é.db", "a;b&c.db", "sqlite:x", "mode=rw?mode=rwc"} {
		path := filepath.Join(dir, n)
		run(t, path, "CREATE TABLE t (a)")
		if !exists(path) {
			t.Fatalf("%s was not made", n)
		}
		if all := tables(t, open(t, path, database.Options{})); len(all) != 1 {
			t.Errorf("%s: %d tables", n, len(all))
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	junk := filepath.Join(dir, "junk.db")
	if err := os.WriteFile(junk, []byte(strings.Repeat("no database", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "missing.db")
	for dsn, want := range map[string]string{
		"sqlite:" + missing:      "no such file",
		missing:                  "no such file",
		"sqlite:" + dir:          "is not a file",
		"sqlite:" + junk:         "not a database",
		"sqlite:":                "no file",
		"sqlite://host/a.db":     "host",
		"sqlite:///" + "nowhere": "no such file",
	} {
		if src, err := Open(t.Context(), dsn, database.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", dsn, src, err)
		}
	}
	if exists(missing) {
		t.Error("a missing file was made")
	}
	_, err := Open(t.Context(), build(t, "CREATE TABLE t (a)"), database.Options{Consistency: "hope"})
	if !errors.Is(err, database.ErrConsistency) {
		t.Errorf("%v", err)
	}
}

func TestFormsOfTheDSN(t *testing.T) {
	path := build(t, "CREATE TABLE t (a)")
	for _, dsn := range []string{path, "sqlite:" + path, "sqlite://" + path} {
		src, err := Open(context.Background(), dsn, database.Options{})
		if err != nil {
			t.Errorf("%s: %v", dsn, err)
			continue
		}
		if err := errors.Join(src.Close(), src.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestChoice(t *testing.T) {
	path := build(t, "CREATE TABLE orders (a)", "CREATE TABLE order_lines (a)", "CREATE TABLE audit (a)", "CREATE VIEW v AS SELECT 1 AS a")
	for want, o := range map[string]database.Options{
		"audit order_lines orders": {}, "order_lines orders": {Include: []string{"order*"}}, "orders": {Include: []string{"order*"}, Exclude: []string{"*_lines"}},
		"audit order_lines orders v": {Views: true},
	} {
		list, err := open(t, path, o).Tables(t.Context())
		var names []string
		for _, table := range list {
			names = append(names, table.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("%+v: %s, want %s (%v)", o, got, want, err)
		}
	}
}
