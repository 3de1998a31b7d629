package main

import (
	"bytes"
	"encoding/csv"
	"path/filepath"
	"strings"
	"testing"

	"parallax/diff/comparison"
)

// TestT19_FormulasInCSV: no cell of the safe form begins like a formula, and both
// forms read back as what was written.
func TestT19_FormulasInCSV(t *testing.T) {
	texts := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "plain", "", `a"b`, "a,b\nc", "1-1"}
	dir := filepath.Join(t.TempDir(), "cmp")
	w, err := comparison.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		d := comparison.Difference{Subject: "GET /", Record: "r", Part: comparison.Body, Field: text, Kind: comparison.Changed,
			Severity: comparison.Error, Old: comparison.MakeValue("text", text), New: comparison.MakeValue("text", "x")}
		if err := w.Write(&d); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(&comparison.Summary{Format: comparison.SummaryFormat, Version: 1}); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{csvSafe, csvRaw} {
		var out bytes.Buffer
		if err := catCSV(t.Context(), catOptions{Dir: dir, CSV: form}, &out); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&out).ReadAll()
		if err != nil || len(rows) != len(texts)+1 || strings.Join(rows[0], ",") != strings.Join(csvHead(), ",") {
			t.Fatalf("%v: %q", err, rows)
		}
		for i, row := range rows[1:] {
			want := texts[i]
			if form == csvSafe && i < 7 {
				want = "'" + want
			}
			if row[10] != strings.ReplaceAll(want, "\r\n", "\n") || row[3] != want {
				t.Errorf("%s: %q, want %q", form, row, want)
			}
		}
	}
}
