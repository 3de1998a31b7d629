package tables

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// written writes tables to a snapshot and opens it.
func written(t *testing.T, engine string, tables map[string][]row, schemas ...snapshot.Table) Input {
	t.Helper()
	dir := filepath.Join(t.TempDir(), engine)
	w, err := snapshot.Create(dir, snapshot.Options{Source: snapshot.Source{Engine: engine}, BlockRows: 16})
	check(t, err)
	for _, schema := range schemas {
		into, err := w.Table(schema)
		check(t, err)
		b := snapshot.NewBatch(schema.Columns)
		for _, r := range tables[schema.Name] {
			appendValues(b, r)
		}
		check(t, into.Write(b))
		check(t, into.Close(snapshot.TableClosing{}))
	}
	check(t, w.Close(snapshot.Closing{Point: snapshot.Point{Method: "test", Caveats: []string{"a caveat"}}}))
	r, err := snapshot.Open(dir, snapshot.OpenOptions{})
	check(t, err)
	return FromReader(engine, r)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestTwoEngines compares snapshots as two engines make them: keys of char(8) that
// one fills up, a decimal that the other keeps in a double, another precision of
// time, and a key of UUIDs in text.
func TestTwoEngines(t *testing.T) {
	code := func(s *snapshot.Column) { s.Padded, s.Length, s.Declared = true, 8, "char(8)" }
	set := func(c snapshot.Column, f func(*snapshot.Column)) snapshot.Column { f(&c); return c }
	pg := table("country", []string{"code"}, set(column("code", snapshot.Text), code), set(column("area", snapshot.Number), scaled(10, 2)),
		set(column("seen", snapshot.WallTime), precision(6)))
	my := table("Country", []string{"code"}, set(column("code", snapshot.Text), code), set(column("area", snapshot.Float), bits(64)),
		set(column("seen", snapshot.WallTime), precision(0)))
	var old, new []row
	for i := range 200 {
		name := fmt.Sprintf("c%d", i*7)
		old = append(old, row{text(fmt.Sprintf("%-8s", name)), decimal(fmt.Sprintf("%d.%02d", i, i%100)), wallTime(int64(i) * 1_111_111)})
		new = append(new, row{text(name), double(float64(i*100+i%100) / 100), wallTime(int64(i) * 1_111_111 / 1e6 * 1e6)})
	}
	new[20][1] = double(77)
	slices.Reverse(new)
	in := written(t, "postgresql", map[string][]row{"country": old}, pg)
	to := written(t, "mysql", map[string][]row{"Country": new}, my)
	s, ds := compared(t, in, to, Options{})
	wantLines(t, ds, `country ["c140"] column area changed:  [20.2] [77]`)
	u := s.Subjects[0]
	if u.UnderRules != 199 || u.Different != 1 || ruleCount(s, "builtin:tables:char padding", "code") != 0 || ruleCount(s, "builtin:tables:key form", "code") != 200 {
		t.Errorf("subject %+v, rules %+v", u, s.Rules)
	}
	strict, _ := compared(t, in, to, Options{Strict: true})
	if strict.Subjects[0].NotCompared != 200 {
		t.Errorf("strict: %+v", strict.Subjects[0])
	}
}

// TestEqualInputsGiveEqualBytes runs twice and compares every file.
func TestEqualInputsGiveEqualBytes(t *testing.T) {
	new := peopleRows(300)
	for i := 0; i < len(new); i += 7 {
		new[i][2] = number(-1)
	}
	in := written(t, "old", map[string][]row{"people": peopleRows(300)}, people())
	to := written(t, "new", map[string][]row{"people": new}, people())
	var folders []map[string]string
	for range 2 {
		dir := filepath.Join(t.TempDir(), "cmp")
		_, err := Run(t.Context(), dir, in, to, Options{Sample: 0.05})
		check(t, err)
		folders = append(folders, contents(t, dir))
		r, err := comparison.Open(dir)
		check(t, err)
		check(t, r.Verify())
	}
	if d := cmp.Diff(folders[0], folders[1]); d != "" {
		t.Error(d)
	}
}

func contents(t *testing.T, dir string) map[string]string {
	files := map[string]string{}
	check(t, filepath.WalkDir(dir, func(p string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			var b []byte
			b, err = os.ReadFile(p)
			files[filepath.Base(p)] = string(b)
		}
		return err
	}))
	return files
}
