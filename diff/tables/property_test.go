package tables

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

// mixed is a table of several classes, whose number column is mixed.
func mixed() snapshot.Table {
	n := column("n", snapshot.Number)
	n.Mixed = true
	return table("mixed", []string{"id", "part"}, column("id", snapshot.Number), column("part", snapshot.Text), n,
		column("s", snapshot.Text), column("f", snapshot.Float), column("d", snapshot.JSON))
}

func drawRow(t *rapid.T, id int64, part string) row {
	return row{
		number(id), text(part),
		rapid.SampledFrom([]value{number(0), number(1), number(-70000), null(), text("abc"), decimal("1.5"), decimal("NaN")}).Draw(t, "n"),
		rapid.SampledFrom([]value{text(""), text("a"), text("A"), text("a "), null(), text("x\x00y"), text(strings.Repeat("long", 50))}).Draw(t, "s"),
		rapid.SampledFrom([]value{double(0), double(1.5), null(), double(-1e300)}).Draw(t, "f"),
		rapid.SampledFrom([]value{document(`{"a":1}`), document(`{"a": 1}`), document(`{"a":2}`), null()}).Draw(t, "d"),
	}
}

// drawRows draws rows whose keys differ.
func drawRows(t *rapid.T) []row {
	ids := rapid.SliceOfNDistinct(rapid.Int64Range(-300, 300), 0, 60, rapid.ID[int64]).Draw(t, "ids")
	var rows []row
	for _, id := range ids {
		rows = append(rows, drawRow(t, id, rapid.SampledFrom([]string{"", "p", "p\x00"}).Draw(t, "part")))
	}
	return rows
}

// drawChanged draws a copy of rows in which some are changed, gone or new.
func drawChanged(t *rapid.T, rows []row) []row {
	var out []row
	for _, r := range rows {
		switch rapid.IntRange(0, 9).Draw(t, "fate") {
		case 0:
		case 1:
			n, _ := snapshot.NumberInt([]byte(r[0].bytes))
			out = append(out, drawRow(t, n, r[1].bytes))
		default:
			out = append(out, r)
		}
	}
	for range rapid.IntRange(0, 5).Draw(t, "more") {
		out = append(out, drawRow(t, rapid.Int64Range(301, 1_000_000).Draw(t, "new id"), ""))
	}
	return unique(out)
}

func unique(rows []row) []row {
	seen := map[string]bool{}
	return slices.DeleteFunc(rows, func(r row) bool {
		k := r[0].bytes + "|" + r[1].bytes
		defer func() { seen[k] = true }()
		return seen[k]
	})
}

// found compares in a property.
func found(t *rapid.T, old, new *memory, o Options) (*comparison.Summary, []comparison.Difference) {
	out := &output{}
	s, err := Compare(context.Background(), input("old", old), input("new", new), o, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Ledgers[2].Accounts {
		if a.Residual() != 0 {
			t.Fatalf("%s: residual %d: %+v", a.Name, a.Residual(), a)
		}
	}
	return s, out.differences
}

func TestATableIsEqualToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := drawRows(t)
		for _, share := range []float64{1, 1e-9} {
			if _, ds := found(t, newMemory(mixed(), rows, 4), newMemory(mixed(), rows, 4), Options{MergeShare: share}); len(ds) > 0 {
				t.Fatalf("differences: %s", lines(ds))
			}
		}
	})
}

func TestMethodsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := drawRows(t)
		new := drawChanged(t, old)
		target := rapid.IntRange(1, 20).Draw(t, "target")
		other := rapid.SampledFrom([]int{target, 7}).Draw(t, "other target")
		a, b := newMemory(mixed(), old, target), newMemory(mixed(), new, other)
		sb, blocks := found(t, a, b, Options{MergeShare: 1})
		for _, size := range []int{1, 3, 1000} {
			a.batch, b.batch = size, rapid.IntRange(1, 50).Draw(t, "batch")
			sm, merged := found(t, a, b, Options{MergeShare: 1e-12})
			if lines(blocks) != lines(merged) {
				t.Fatalf("blocks:\n%s\nmerge:\n%s", lines(blocks), lines(merged))
			}
			if got, want := counters(sm), counters(sb); got != want {
				t.Fatalf("merge counted %s, blocks %s", got, want)
			}
		}
	})
}

func counters(s *comparison.Summary) string {
	u := s.Subjects[0]
	return fmt.Sprint(u.Recorded, u.Equal, u.UnderRules, u.Different, u.MissingNew, u.MissingOld, u.NotCompared)
}

func TestTheMirror(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := drawRows(t)
		new := drawChanged(t, old)
		_, there := found(t, newMemory(mixed(), old, 4), newMemory(mixed(), new, 4), Options{})
		_, back := found(t, newMemory(mixed(), new, 4), newMemory(mixed(), old, 4), Options{})
		for i := range back {
			d := &back[i]
			d.Old, d.New = d.New, d.Old
			switch d.Kind {
			case comparison.MissingInNew:
				d.Kind = comparison.MissingInOld
			case comparison.MissingInOld:
				d.Kind = comparison.MissingInNew
			}
		}
		if lines(there) != lines(back) {
			t.Fatalf("there:\n%s\nback:\n%s", lines(there), lines(back))
		}
	})
}

func TestOnePlantedChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := drawRows(t)
		if len(old) == 0 {
			return
		}
		new := slices.Clone(old)
		at := rapid.IntRange(0, len(old)-1).Draw(t, "at")
		new[at] = slices.Clone(new[at])
		new[at][3] = text("planted")
		_, ds := found(t, newMemory(mixed(), old, 4), newMemory(mixed(), new, 4), Options{})
		id, _ := snapshot.NumberInt([]byte(old[at][0].bytes))
		if len(ds) != 1 || ds[0].Field != "s" || !strings.HasPrefix(ds[0].Record, fmt.Sprintf(`["%d",`, id)) {
			t.Fatalf("planted at %d: %s", id, lines(ds))
		}
	})
}

// TestRowsOfOneKeyAgainstAModel draws rows that share keys: how many are equal and
// how many are missing is told by counting.
func TestRowsOfOneKeyAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []row {
			var rows []row
			for range rapid.IntRange(0, 30).Draw(t, name) {
				rows = append(rows, row{number(rapid.Int64Range(0, 5).Draw(t, "id")), text(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "s")), number(rapid.Int64Range(0, 1).Draw(t, "n"))})
			}
			return rows
		}
		old, new := draw("old"), draw("new")
		a, b := newMemory(people(), old, 2), newMemory(people(), new, 2)
		a.batch, b.batch = rapid.IntRange(1, 9).Draw(t, "batch"), rapid.IntRange(1, 9).Draw(t, "batch")
		s, _ := found(t, a, b, Options{MergeShare: 1e-12})
		if len(old)+len(new) == 0 {
			return
		}
		count := map[string][2]int64{}
		keys := map[string][2]int64{}
		for side, rows := range [][]row{old, new} {
			for _, r := range rows {
				whole, key := fmt.Sprint(r), fmt.Sprint(r[0])
				w, k := count[whole], keys[key]
				w[side]++
				k[side]++
				count[whole], keys[key] = w, k
			}
		}
		var equal, missing, extra int64
		for _, c := range count {
			equal += min(c[0], c[1])
		}
		for _, c := range keys {
			missing += max(c[0]-c[1], 0)
			extra += max(c[1]-c[0], 0)
		}
		if u := s.Subjects[0]; u.Equal != equal || u.MissingNew != missing || u.MissingOld != extra {
			t.Fatalf("counted %+v, want %d equal, %d missing, %d extra", u, equal, missing, extra)
		}
	})
}

// TestAgainstAModel joins by hand and judges every cell.
func TestAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old := drawRows(t)
		new := drawChanged(t, old)
		a, b := newMemory(mixed(), old, 4), newMemory(mixed(), new, 4)
		b.batch = rapid.IntRange(1, 50).Draw(t, "batch")
		share := rapid.SampledFrom([]float64{1, 1e-12}).Draw(t, "share")
		s, ds := found(t, a, b, Options{MergeShare: share})
		m := model(old, new)
		got := map[string]bool{}
		for _, d := range ds {
			name, _, _ := strings.Cut(d.Field, "/")
			got[d.Record+" "+name] = true
		}
		if len(got) != len(m.places) {
			t.Fatalf("%d places, want %v:\n%s", len(got), m.places, lines(ds))
		}
		for p := range m.places {
			if !got[p] {
				t.Fatalf("nothing at %s:\n%s", p, lines(ds))
			}
		}
		if len(old)+len(new) == 0 {
			return
		}
		if u := s.Subjects[0]; u.Equal != m.equal || u.MissingNew != m.missing || u.MissingOld != m.extra {
			t.Fatalf("counted %+v, want %+v", u, m)
		}
	})
}

type expected struct {
	places                map[string]bool
	equal, missing, extra int64
}

func model(old, new []row) expected {
	m := expected{places: map[string]bool{}}
	record := func(r row) string {
		b := snapshot.NewBatch(mixed().Columns)
		appendValues(b, r)
		schema := mixed()
		return string(snapshot.AppendKeyJSON(nil, &schema, b, 0)) + " "
	}
	left := map[string]row{}
	for _, r := range new {
		left[record(r)] = r
	}
	for _, r := range old {
		o, ok := left[record(r)]
		if !ok {
			m.missing++
			m.places[record(r)] = true
			continue
		}
		delete(left, record(r))
		if slices.Equal(r, o) {
			m.equal++
		}
		for i, c := range mixed().Columns {
			in := cells{old: &c, new: &c, oldClass: r[i].class, newClass: o[i].class, a: []byte(r[i].bytes), b: []byte(o[i].bytes)}
			v := judge(&in, false)
			if sameForm := v.document && strings.ReplaceAll(r[i].bytes, " ", "") == strings.ReplaceAll(o[i].bytes, " ", ""); !v.equal && !sameForm {
				m.places[record(r)+c.Name] = true
			}
		}
	}
	for k := range left {
		m.extra++
		m.places[k] = true
	}
	return m
}

// TestDifferingAgainstCells compares vectors cell by cell.
func TestDifferingAgainstCells(t *testing.T) {
	cell := rapid.SampledFrom([]value{text(""), text("a"), text("aa"), null(), blob("a"), blob(""), document("a"), text("aaa")})
	rapid.Check(t, func(t *rapid.T) {
		a, b := snapshot.Vector{Class: snapshot.Text}, snapshot.Vector{Class: snapshot.Text}
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		i, j := rapid.IntRange(0, 3).Draw(t, "i"), rapid.IntRange(0, 3).Draw(t, "j")
		fill := func(v *snapshot.Vector, rows int) {
			for range rows {
				c := cell.Draw(t, "cell")
				v.Append(c.class, []byte(c.bytes))
			}
		}
		fill(&a, i)
		fill(&b, j)
		for range n {
			c := cell.Draw(t, "cell")
			a.Append(c.class, []byte(c.bytes))
			if rapid.IntRange(0, 5).Draw(t, "differs") == 0 {
				c = cell.Draw(t, "other")
			}
			b.Append(c.class, []byte(c.bytes))
		}
		fill(&a, 2)
		fill(&b, 1)
		var want []int32
		for k := range n {
			ac, x := a.Cell(i + k)
			bc, y := b.Cell(j + k)
			if ac != bc || string(x) != string(y) {
				want = append(want, int32(k))
			}
		}
		if got := differing(&a, i, &b, j, n, nil); !slices.Equal(got, want) {
			t.Fatalf("differing %v, want %v", got, want)
		}
	})
}
