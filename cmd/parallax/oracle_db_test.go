package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"parallax/internal/services"
)

const chinook = "../../../shared/oracle/db/chinook"

// truthCell is one cell that differs, with the values of the two engines.
type truthCell struct{ Table, Key, Column, Old, New string }

// TestOracleChinook loads one published data set into three engines, unmodified,
// and finds exactly the cells that its truth lists, once, and nothing else.
func TestOracleChinook(t *testing.T) {
	if _, err := os.Stat(chinook); err != nil {
		lacking(t, "the published data set is not beside the checkout")
	}
	dir := home(t)
	capture(t, dir, "sqlite", "sqlite:"+loadSQLite(t, dir))
	capture(t, dir, "postgres", loadPostgres(t))
	capture(t, dir, "mariadb", loadMariaDB(t))
	columns := map[string]int{"postgres": 3, "mariadb": 4, "sqlite": 5}
	for _, pair := range [][2]string{{"postgres", "mariadb"}, {"postgres", "sqlite"}, {"mariadb", "sqlite"}, {"sqlite", "postgres"}} {
		t.Run(pair[0]+" to "+pair[1], func(t *testing.T) {
			cmpDir := pair[0] + "-" + pair[1]
			expect(t, dir, 0, "diff", pair[0], pair[1], "-o", cmpDir)
			want := readTruth(t, columns[pair[0]], columns[pair[1]])
			if diff := cmp.Diff(want, foundCells(t, dir, cmpDir)); diff != "" {
				t.Errorf("(-truth +found):\n%s", diff)
			}
			expect(t, dir, 1, "gate", cmpDir)
			expect(t, dir, 0, "report", cmpDir, "-o", cmpDir+"-report")
			expect(t, dir, 0, "verify", cmpDir)
		})
	}
	t.Run("with itself", func(t *testing.T) {
		expect(t, dir, 0, "diff", "postgres", "postgres", "-o", "same")
		if found := foundCells(t, dir, "same"); len(found) > 0 {
			t.Errorf("%v", found)
		}
		expect(t, dir, 0, "gate", "same")
	})
}

func capture(t *testing.T, dir, name, dsn string) {
	t.Helper()
	t.Setenv("CHINOOK_DSN", dsn)
	expect(t, dir, 0, "capture", "database", "--dsn-env", "CHINOOK_DSN", "--redact", "off", "-o", name)
	expect(t, dir, 0, "verify", name)
}

// expect runs parallax and wants the exit code.
func expect(t *testing.T, dir string, code int, args ...string) ended {
	t.Helper()
	got := start(t, dir, nil, args...).wait(childLimit)
	if got.code != code {
		t.Fatalf("parallax %s: exit %d, want %d\n%s\n%s", strings.Join(args, " "), got.code, code, got.stdout, got.stderr)
	}
	return got
}

func loadSQLite(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "chinook.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	script, err := os.ReadFile(filepath.Join(chinook, "Chinook_Sqlite.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(strings.TrimPrefix(string(script), "\ufeff")); err != nil {
		t.Fatal(err)
	}
	return path
}

func loadPostgres(t *testing.T) string {
	t.Helper()
	dsn := services.Postgres(t)
	load(t, exec.Command("psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-f", filepath.Join(chinook, "Chinook_PostgreSql.sql"), dsn), "")
	return withDatabase(t, dsn, "chinook")
}

func loadMariaDB(t *testing.T) string {
	t.Helper()
	dsn := services.MariaDB(t)
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("the services' DSN is no URL")
	}
	password, _ := u.User.Password()
	client := exec.Command("mariadb", "-h", u.Hostname(), "-P", u.Port(), "-u", u.User.Username(), "--protocol=tcp")
	client.Env = append(os.Environ(), "MYSQL_PWD="+password)
	load(t, client, filepath.Join(chinook, "Chinook_MySql.sql"))
	return withDatabase(t, dsn, "Chinook")
}

func load(t *testing.T, client *exec.Cmd, stdin string) {
	t.Helper()
	if stdin != "" {
		f, err := os.Open(stdin)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		client.Stdin = f
	}
	if out, err := client.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%.2000s", client.Path, err, out)
	}
}

func withDatabase(t *testing.T, dsn, name string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal("the services' DSN is no URL")
	}
	u.Path = "/" + name
	return u.String()
}

// readTruth lists the cells whose values differ in the two columns of the truth.
func readTruth(t *testing.T, old, new int) []truthCell {
	t.Helper()
	f, err := os.Open(filepath.Join(chinook, "truth.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cells := []truthCell{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		c := strings.Split(lines.Text(), "\t")
		if strings.HasPrefix(c[0], "#") || c[old] == c[new] {
			continue
		}
		cells = append(cells, truthCell{fold(c[0]), c[1], fold(c[2]), unquote(c[old]), unquote(c[new])})
	}
	sortCells(cells)
	return cells
}

func unquote(s string) string { return strings.TrimSuffix(strings.TrimPrefix(s, `"`), `"`) }

func fold(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }

func sortCells(cells []truthCell) {
	sort.Slice(cells, func(i, j int) bool {
		a, b := cells[i], cells[j]
		return a.Table+"\x00"+a.Key+"\x00"+a.Column < b.Table+"\x00"+b.Key+"\x00"+b.Column
	})
}

// foundCells reads the differences of a comparison as anybody would: by cat.
func foundCells(t *testing.T, dir, name string) []truthCell {
	t.Helper()
	cells := []truthCell{}
	out := expect(t, dir, 0, "cat", name).stdout
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		if line == "" {
			continue
		}
		var d struct {
			Subject, Record, Field, Old, New, Part, Kind string
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if d.Part != "column" || d.Kind != "changed" {
			t.Errorf("unexpected difference: %s", line)
		}
		cells = append(cells, truthCell{fold(d.Subject), strings.Trim(d.Record, `[]"`), fold(d.Field), d.Old, d.New})
	}
	sortCells(cells)
	return cells
}
