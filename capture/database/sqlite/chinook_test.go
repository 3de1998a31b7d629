package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// chinook lies beside the checkout, not in it: it is not ours to spread.
const chinook = "../../../../shared/oracle/db/chinook/Chinook_Sqlite.sql"

// rowSink counts what it is given.
type rowSink struct {
	tables, rows int
	mixed        map[string]int
	notes        map[string]map[string]int64
}

func (s *rowSink) Table(t *snapshot.Table) (database.TableSink, error) {
	s.tables++
	return &rowTable{s, t}, nil
}

type rowTable struct {
	s *rowSink
	t *snapshot.Table
}

func (t *rowTable) Write(b *snapshot.Batch) error {
	t.s.rows += b.Rows
	for i := range b.Columns {
		if n := len(b.Columns[i].Others); n > 0 {
			t.s.mixed[t.t.Name+"."+t.t.Columns[i].Name] += n
		}
	}
	return nil
}

func (t *rowTable) Close(c database.TableClosing) error { t.s.notes[t.t.Name] = c.Notes; return nil }
func (t *rowTable) Abort() error                        { return nil }

// TestChinook: a known database reads wholly, each cell as what is declared.
func TestChinook(t *testing.T) {
	script, err := os.ReadFile(filepath.FromSlash(chinook))
	if err != nil {
		t.Skipf("SKIPPED, the reference database is not beside this checkout: %v", err)
	}
	src := open(t, build(t, "PRAGMA synchronous = off", string(script)), database.Options{})
	sink := &rowSink{mixed: map[string]int{}, notes: map[string]map[string]int64{}}
	res, err := database.Capture(t.Context(), src, sink, database.CaptureOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if sink.tables != 11 || sink.rows != 15_607 || len(sink.mixed) != 0 {
		t.Errorf("%d tables, %d rows, of another class: %v", sink.tables, sink.rows, sink.mixed)
	}
	if n := sink.notes["Track"]["decimals from reals"]; n != 3503 {
		t.Errorf("%d prices of 3503 are decimals", n)
	}
	for _, r := range res.Tables {
		if r.Table.KeyFrom != "primary key" || r.End != database.EndCaptured {
			t.Errorf("%s: key from %s, %s", r.Table.Name, r.Table.KeyFrom, r.End)
		}
	}
}
