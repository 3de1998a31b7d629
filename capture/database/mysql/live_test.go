package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"parallax/capture/database"
	"parallax/capture/database/mysql"
	"parallax/capture/snapshot"
	"parallax/internal/services"

	driver "github.com/go-sql-driver/mysql"
)

// scratch is an empty database of a test's own.
type scratch struct {
	t    testing.TB
	db   *sql.DB
	dsn  string // for Open
	name string
}

func newScratch(t testing.TB) *scratch {
	t.Helper()
	return newScratchOn(t, services.MariaDB(t))
}

func newScratchOn(t testing.TB, server string) *scratch {
	t.Helper()
	base, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("p%d_%s", os.Getpid(), strings.ToLower(strings.NewReplacer("/", "_").Replace(t.Name())))
	s := &scratch{t: t, name: name[:min(len(name), 64)], dsn: base.JoinPath(name[:min(len(name), 64)]).String()}
	cfg := driver.NewConfig()
	cfg.Net, cfg.Addr, cfg.User = "tcp", base.Host, base.User.Username()
	cfg.Passwd, _ = base.User.Password()
	cfg.MultiStatements, cfg.Logger = true, &driver.NopLogger{}
	admin := open(t, cfg)
	if _, err := admin.Exec("DROP DATABASE IF EXISTS `" + s.name + "`; CREATE DATABASE `" + s.name + "` CHARACTER SET utf8mb4"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Exec("DROP DATABASE `" + s.name + "`") })
	cfg = cfg.Clone()
	cfg.DBName = s.name
	s.db = open(t, cfg)
	return s
}

func open(t testing.TB, cfg *driver.Config) *sql.DB {
	t.Helper()
	c, err := driver.NewConnector(cfg)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	t.Cleanup(func() { db.Close() })
	return db
}

func (s *scratch) exec(statements ...string) {
	s.t.Helper()
	for _, x := range statements {
		if _, err := s.db.Exec(x); err != nil {
			s.t.Fatalf("%.200s: %v", x, err)
		}
	}
}

func (s *scratch) open(o database.Options) database.Source {
	s.t.Helper()
	src, err := mysql.Open(context.Background(), s.dsn, o)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { src.Close() })
	return src
}

func tables(t testing.TB, src database.Source) []snapshot.Table {
	t.Helper()
	all, err := src.Tables(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// texts reads a table whole: "class text" a cell, a row each.
func texts(t *testing.T, src database.Source, table *snapshot.Table) (rows [][]string) {
	t.Helper()
	err := src.Read(context.Background(), table, func(b *snapshot.Batch) error {
		for i := range b.Rows {
			var row []string
			for j := range b.Columns {
				class, c := b.Columns[j].Cell(i)
				row = append(row, class.String()+" "+string(snapshot.AppendText(nil, class, c)))
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// count reads a table and counts its rows.
func count(src database.Source, table *snapshot.Table) (n int64, err error) {
	err = src.Read(context.Background(), table, func(b *snapshot.Batch) error {
		n += int64(b.Rows)
		return nil
	})
	return n, err
}
