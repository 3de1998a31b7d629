package mysql_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

type sink struct{ w *snapshot.Writer }

func (s sink) Table(t *snapshot.Table) (database.TableSink, error) {
	w, err := s.w.Table(*t)
	return tableSink{w}, err
}

type tableSink struct{ *snapshot.TableWriter }

func (s tableSink) Close(c database.TableClosing) error {
	return s.TableWriter.Close(snapshot.TableClosing{Invalid: c.Invalid, Sequences: c.Sequences, Notes: c.Notes})
}

// TestValuesAreKept: a snapshot holds whatever a column of the type may.
func TestValuesAreKept(t *testing.T) {
	s := newScratch(t)
	for i, v := range values {
		s.exec("SET time_zone = '+00:00', sql_mode = ''; " + fmt.Sprintf("CREATE TABLE v%03d (id int primary key, v %s)", i, v.declare) + "; " +
			fmt.Sprintf("INSERT INTO v%03d VALUES (1, %s)", i, v.value))
	}
	src := s.open(database.Options{})
	dir := filepath.Join(t.TempDir(), "s")
	w, err := snapshot.Create(dir, snapshot.Options{Source: src.Info()})
	if err != nil {
		t.Fatal(err)
	}
	res, err := database.Capture(t.Context(), src, sink{w}, database.CaptureOptions{})
	if err == nil {
		err = w.Close(snapshot.Closing{Point: res.Point, Ledger: res.Ledger})
	}
	if err == nil {
		err = snapshot.Verify(dir)
	}
	if err != nil {
		t.Fatal(err)
	}
}
