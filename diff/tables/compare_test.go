package tables

import (
	"context"
	"testing"

	"parallax/diff/comparison"
)

func TestEqualTablesAreNotRead(t *testing.T) {
	a := newMemory(people(), peopleRows(500), 8)
	s, ds := compared(t, input("old", a), input("new", newMemory(people(), peopleRows(500), 8)), Options{Proof: -1})
	p := s.Tables[0]
	if len(ds) != 0 || p.Method != "blocks" || p.RowsRead != 0 || p.Blocks != p.BlocksEqual || s.Subjects[0].Equal != 500 {
		t.Errorf("differences %v, proof %+v, subject %+v", ds, p, s.Subjects[0])
	}
}

func TestPlantedDifferencesAreFoundOnce(t *testing.T) {
	for _, share := range []float64{1, 1e-9} {
		old, new := peopleRows(500), peopleRows(500)
		new[100][2] = number(-1)
		new = append(new, row{number(1000), text("extra"), number(1)})
		old = append(old, row{number(-5), text("only old"), null()})
		s, ds := compared(t, input("old", newMemory(people(), old, 8)), input("new", newMemory(people(), new, 8)), Options{MergeShare: share})
		if len(ds) != 3 {
			t.Fatalf("%d differences: %+v", len(ds), ds)
		}
		d := ds[1]
		if d.Record != `["100"]` || d.Field != "amount" || d.Kind != comparison.Changed || d.Old.Text != "0" || d.New.Text != "-1" {
			t.Errorf("found %+v", d)
		}
		if ds[0].Kind != comparison.MissingInNew || ds[0].Old.Text != `{"id":-5,"name":"only old","amount":null}` || ds[2].Kind != comparison.MissingInOld {
			t.Errorf("missing rows: %+v, %+v", ds[0], ds[2])
		}
		u := s.Subjects[0]
		if u.Equal != 499 || u.Different != 1 || u.MissingNew != 1 || u.MissingOld != 1 || u.Recorded != 502 {
			t.Errorf("counted %+v", u)
		}
		if share == 1 && (s.Tables[0].BlocksEqual == 0 || s.Tables[0].Reread == 0 || s.Tables[0].Method != "blocks") || share < 1 && s.Tables[0].Method != "merge" {
			t.Errorf("proof %+v", s.Tables[0])
		}
	}
}

func TestRunWritesAComparison(t *testing.T) {
	dir := t.TempDir() + "/cmp"
	new := peopleRows(50)
	new[3][1] = text("someone else")
	if _, err := Run(context.Background(), dir, input("old", newMemory(people(), peopleRows(50), 8)), input("new", newMemory(people(), new, 8)), Options{Tool: "test"}); err != nil {
		t.Fatal(err)
	}
	r, err := comparison.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(); err != nil {
		t.Fatal(err)
	}
	if n := r.Manifest().Differences; n != 1 || len(r.Summary().Tables) != 1 {
		t.Errorf("%d differences, summary %+v", n, r.Summary())
	}
}
