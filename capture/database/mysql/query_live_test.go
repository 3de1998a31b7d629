package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parallax/capture/database"
	"parallax/capture/database/mysql"
)

func TestQueries(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (id int PRIMARY KEY, d datetime(3), n decimal(10,2), u bigint unsigned, f float, b varbinary(4), t varchar(9))",
		"INSERT INTO a VALUES (1, '2024-01-31 10:00:00.25', 1.50, 18446744073709551615, 0.1, x'ff', 'é'), (2, null, null, null, null, null, null)")
	src := s.open(database.Options{Exclude: []string{"*"}, Queries: []database.Query{
		{Name: "q", SQL: "SELECT id AS k, d, n, u, f, b, t, n * 2 AS n2 FROM a ORDER BY id -- the end\n; ", Key: []string{"k"}},
	}})
	all := tables(t, src)
	if len(all) != 1 || all[0].From != "query" || all[0].KeyFrom != "declared" {
		t.Fatalf("%+v", all)
	}
	want := `[["number 1" "wall time 2024-01-31T10:00:00.25" "number 1.5" "number 18446744073709551615" "float 0.10000000149011612" "bytes ff" "text é" "number 3"] ` +
		`["number 2" "null null" "null null" "null null" "null null" "null null" "null null" "null null"]]`
	if got := fmt.Sprintf("%q", texts(t, src, &all[0])); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	var types []string
	for _, c := range all[0].Columns {
		types = append(types, c.Declared)
	}
	if got := strings.Join(types, ", "); got != "int, datetime(3), decimal(10,2), bigint unsigned, float, varbinary, varchar, decimal(11,2)" {
		t.Error(got)
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (id int PRIMARY KEY)",
		"CREATE FUNCTION evil() RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN DELETE FROM a; RETURN 1; END")
	for query, want := range map[string]string{
		"DELETE FROM a":                        "query x: Error 1064",
		"SELECT 1 AS id; DELETE FROM a":        "query x: Error 1064",
		"SELECT id FROM a) AS z; DROP TABLE a": "query x: Error 1064",
		"SELECT id, id FROM a":                 "query x: Error 1060",
		"SELECT other FROM a":                  "query x: Error 1054",
		"SELECT id AS k FROM a":                `key column "id" is none of its columns`,
	} {
		src := s.open(database.Options{Queries: []database.Query{{Name: "x", SQL: query, Key: []string{"id"}}}})
		if _, err := src.Tables(context.Background()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", query, err, want)
		}
		src.Close()
	}
	src := s.open(database.Options{Queries: []database.Query{{Name: "x", SQL: "SELECT evil() AS id", Key: []string{"id"}}}})
	all, err := src.Tables(context.Background())
	if err == nil {
		_, err = count(src, &all[1])
	}
	if err == nil || !strings.Contains(err.Error(), "Error 1792") {
		t.Errorf("a query writes: %v", err)
	}
}

func TestHostileNames(t *testing.T) {
	s := newScratch(t)
	for i, name := range []string{"a`b", `c"d'e`, "f; DROP TABLE x; -- -", "../../g", "таблица", "h%_\\", "con", "j k", strings.Repeat("ü", 64), "\u202eltr"} {
		q := "`" + strings.ReplaceAll(name, "`", "``") + "`"
		s.exec(fmt.Sprintf("CREATE TABLE %s (%s int NOT NULL, `v``'\"` varchar(9), PRIMARY KEY (%s))", q, q, q),
			fmt.Sprintf("INSERT INTO %s VALUES (%d, 'x')", q, i))
	}
	src := s.open(database.Options{Connections: 2})
	all := tables(t, src)
	if len(all) != 10 {
		t.Fatalf("%d tables", len(all))
	}
	for i := range all {
		rows := texts(t, src, &all[i])
		if len(rows) != 1 || rows[0][1] != "text x" || all[i].Key[0] != all[i].Name || all[i].Columns[1].Name != "v`'\"" {
			t.Errorf("%q: %q, key %q", all[i].Name, rows, all[i].Key)
		}
		if changed, err := src.Recheck(context.Background(), &all[i]); changed != "" || err != nil {
			t.Errorf("%q: %s %v", all[i].Name, changed, err)
		}
	}
}

func TestKeys(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE a (x int NOT NULL, y int NOT NULL, z int, w varchar(300) NOT NULL, UNIQUE long_ (x, y), UNIQUE with_null (z), UNIQUE prefix_ (w(10)))",
		"CREATE TABLE b (x int)", "CREATE TABLE c (x int PRIMARY KEY, y int NOT NULL)",
		"CREATE TABLE d (x int NOT NULL UNIQUE) ENGINE=MyISAM", "CREATE VIEW v AS SELECT x FROM c", "CREATE VIEW w AS SELECT x, y FROM c",
		"INSERT INTO c VALUES (7, 8)", "CREATE SEQUENCE sq")
	src := s.open(database.Options{Views: true, Keys: map[string][]string{"c": {"y"}, s.name + ".w": {"x"}}})
	var got []string
	for _, x := range tables(t, src) {
		got = append(got, fmt.Sprintf("%s %s %v %s", x.From, x.Name, x.Key, x.KeyFrom))
		if x.From == "view" && len(texts(t, src, &x)) != 1 {
			t.Error(x.Name)
		}
	}
	want := []string{"table a [x y] unique", "table b [] none: no primary key, no unique index on columns without null",
		"table c [y] declared", "table d [x] unique", "view v [] none: a view", "view w [x] declared"}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	caveats := strings.Join(src.Point().Caveats, "\n")
	if !strings.Contains(caveats, "without transactions are read as they stand, not at the point: d (MyISAM)") || !strings.Contains(caveats, "sequences are not captured: sq") {
		t.Error(caveats)
	}
	src = s.open(database.Options{Keys: map[string][]string{"c": {"nope"}}})
	if _, err := src.Tables(context.Background()); err == nil || !strings.Contains(err.Error(), `key column "nope"`) {
		t.Error(err)
	}
}

// Rows come in the order of their keys' bytes where the server keeps that order.
func TestOrder(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE n (a smallint, b decimal(5,1), PRIMARY KEY (a, b)) ENGINE=InnoDB")
	s.exec("INSERT INTO n VALUES (1,2.5),(-1,3),(1,-2.5),(300,0),(1,10),(-300,1)")
	src := s.open(database.Options{})
	all := tables(t, src)
	if got := fmt.Sprint(texts(t, src, &all[0])); got != "[[number -300 number 1] [number -1 number 3] [number 1 number -2.5] [number 1 number 2.5] [number 1 number 10] [number 300 number 0]]" {
		t.Error(got)
	}
}

func TestUnsupportedTypeIsNamed(t *testing.T) {
	c := mysql.ClassifyForTest("vector(3)")
	if !errors.Is(c, database.ErrType) || !strings.Contains(c.Error(), "vector(3)") {
		t.Error(c)
	}
}
