package mysql_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// The public data set Chinook, its script as it is published: it makes a database
// of that name.
func TestChinook(t *testing.T) {
	script, err := os.ReadFile(os.Getenv("PARALLAX_CHINOOK_MYSQL"))
	if err != nil {
		t.Skip("SKIPPED: PARALLAX_CHINOOK_MYSQL names no Chinook_MySql.sql")
	}
	s := newScratch(t)
	s.exec(string(script), "ANALYZE TABLE Chinook.Track")
	t.Cleanup(func() { s.db.Exec("DROP DATABASE Chinook") })
	s.dsn = strings.TrimSuffix(s.dsn, s.name) + "Chinook"
	src := s.open(database.Options{Connections: 3, Consistency: "ftwrl"})
	all := tables(t, src)
	if n := countAll(t, src, all); len(all) != 11 || n != 15607 {
		t.Errorf("%d tables, %d rows; want 11 and 15607", len(all), n)
	}
	if src.Info().Engine != "mariadb" || !strings.HasSuffix(src.Info().Detail, "/Chinook") || strings.Contains(fmt.Sprint(src.Info()), "test-only") {
		t.Errorf("%+v", src.Info())
	}
	checkTrack(t, src, all)
}

// countAll reads all tables at once.
func countAll(t *testing.T, src database.Source, all []snapshot.Table) (sum int64) {
	t.Helper()
	counts, errs := make([]int64, len(all)), make([]error, len(all))
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() { counts[i], errs[i] = count(src, &all[i]) })
	}
	wg.Wait()
	for i := range all {
		sum += counts[i]
		if errs[i] != nil || len(all[i].Key) == 0 {
			t.Errorf("%s: key %v %s: %v", all[i].Name, all[i].Key, all[i].KeyFrom, errs[i])
		}
	}
	return sum
}

func checkTrack(t *testing.T, src database.Source, all []snapshot.Table) {
	t.Helper()
	for _, x := range all {
		if x.Name != "Track" {
			continue
		}
		rows := texts(t, src, &x)
		want := `["number 1" "text For Those About To Rock (We Salute You)" "number 1" "number 1" "number 1" ` +
			`"text Angus Young, Malcolm Young, Brian Johnson" "number 343719" "number 11170334" "number 0.99"]`
		if got := fmt.Sprintf("%q", rows[0]); got != want || len(x.ForeignKeys) != 3 {
			t.Errorf("%s\nwant %s\nforeign keys %v", got, want, x.ForeignKeys)
		}
		if n, err := src.(database.Estimator).Estimate(context.Background(), &x); n < 1000 || err != nil {
			t.Errorf("about %d rows: %v", n, err)
		}
	}
}
