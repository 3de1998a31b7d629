package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// build makes a file from statements.
func build(t *testing.T, statements ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	run(t, path, statements...)
	return path
}

func run(t *testing.T, path string, statements ...string) {
	t.Helper()
	db := writable(t, path)
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%.200s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func writable(t testing.TB, path string) *sql.DB {
	t.Helper()
	file := strings.Replace(uri(path), "mode=ro", "mode=rwc", 1)
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func open(t *testing.T, path string, o database.Options) database.Source {
	t.Helper()
	src, err := Open(t.Context(), "sqlite:"+path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := src.Close(); err != nil {
			t.Error(err)
		}
	})
	return src
}

func tables(t *testing.T, src database.Source) map[string]*snapshot.Table {
	t.Helper()
	list, err := src.Tables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*snapshot.Table{}
	for i := range list {
		out[list[i].Name] = &list[i]
	}
	return out
}

// cells reads a table as "class text" for a person, one string a row.
func cells(t *testing.T, src database.Source, table *snapshot.Table) (out []string) {
	t.Helper()
	err := src.Read(context.Background(), table, func(b *snapshot.Batch) error {
		for row := range b.Rows {
			var line []string
			for i := range b.Columns {
				class, c := b.Columns[i].Cell(row)
				line = append(line, fmt.Sprintf("%s %s", class, snapshot.AppendText(nil, class, c)))
			}
			out = append(out, strings.Join(line, " | "))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
