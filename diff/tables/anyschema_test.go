package tables

import (
	"context"
	"fmt"
	"os"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// cellsOfClass are values of each class that meet each other's forms.
func cellsOfClass() map[snapshot.Class][]value {
	return map[snapshot.Class][]value{
		snapshot.Bool:   {truth(true), truth(false)},
		snapshot.Number: {number(0), number(1), number(-70000), decimal("1.5"), decimal("NaN"), decimal("18446744073709551615"), decimal("1e40")},
		snapshot.Float:  {double(0), double(1), double(1.5), double(-1e300), double(float64(float32(0.1)))},
		snapshot.Text: {text(""), text("1"), text("a "), text("a"), text("A"), text("1970-01-01"), text(id1), text(`{"a":1}`), text("0000-00-00"), text("x\x00"), text("true"),
			text("12:00:00.5+02:00"), text("10:00:00+00:00"), text("12:00:00+02:00"), text(oid1)},
		snapshot.Bytes:    {blob(""), blob("a"), blob("a\x00"), blob("\xff"), blob(uuid(id1).bytes), blob("\x01"), blob(oid1Bytes)},
		snapshot.Instant:  {instant(0), instant(1_500_000), instant(3_600_000_000), {snapshot.Instant, string(snapshot.AppendEndless(nil, 1, false))}},
		snapshot.WallTime: {wallTime(0), wallTime(1_500_000), wallTime(86_400_000_000)},
		snapshot.Date:     {days(0), days(1), {snapshot.Date, string(snapshot.AppendEndless(nil, -1, true))}},
		snapshot.Time:     {clock(0), clock(-1), clock(1_500_000)},
		snapshot.UUID:     {uuid(id1), uuid(id1Swaped)},
		snapshot.JSON:     {document(`{"a":1}`), document(`{"a": 1}`), document("null"), document("no json"), document(`[1,2]`), document(`{"$oid":"` + oid1 + `"}`)},
		snapshot.List:     {list(`["a","b"]`), list("[]"), list("[1, 2]")},
		snapshot.Interval: {interval(0, 0, 5), interval(1, 0, 0)},
	}
}

func drawColumn(t *rapid.T, name string) snapshot.Column {
	c := column(name, snapshot.Class(rapid.IntRange(1, 13).Draw(t, "class")))
	c.Mixed = true
	c.Padded = rapid.Bool().Draw(t, "padded")
	c.Declared = rapid.SampledFrom([]string{"x", "bit(1)", "set('a')", "numeric", "time with time zone"}).Draw(t, "declared")
	c.Collation = rapid.SampledFrom([]string{"", "utf8mb4_general_ci"}).Draw(t, "collation")
	switch c.Class {
	case snapshot.Float:
		c.Bits = rapid.SampledFrom([]int{32, 64}).Draw(t, "bits")
	case snapshot.Number:
		if c.Precision = rapid.SampledFrom([]int{0, 10}).Draw(t, "precision"); c.Precision > 0 {
			c.Scale = 2
		}
	case snapshot.Instant, snapshot.WallTime, snapshot.Time:
		c.Precision = rapid.SampledFrom([]int{0, 3, 6}).Draw(t, "precision")
	case snapshot.Text, snapshot.Bytes:
		if isZonedTime(&c) {
			c.Precision = rapid.SampledFrom([]int{0, 6}).Draw(t, "precision")
		}
		c.Length = rapid.SampledFrom([]int{0, 1, 12, 24, 40}).Draw(t, "length")
	}
	return c
}

func drawCell(t *rapid.T, c *snapshot.Column) value {
	class := c.Class
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return null()
	case 1:
		class = snapshot.Class(rapid.IntRange(1, 13).Draw(t, "other class"))
	}
	return rapid.SampledFrom(cellsOfClass()[class]).Draw(t, "cell")
}

func drawTable(t *rapid.T, label string) *memory {
	schema := snapshot.Table{Name: "t", From: "table"}
	for i := range rapid.IntRange(1, 4).Draw(t, label+" columns") {
		schema.Columns = append(schema.Columns, drawColumn(t, fmt.Sprintf("c%d", i)))
	}
	for i := range schema.Columns {
		if rapid.IntRange(0, 2).Draw(t, "in the key") == 0 {
			schema.Key = append(schema.Key, fmt.Sprintf("c%d", i))
		}
	}
	return newMemory(schema, drawCells(t, &schema), 3)
}

func drawCells(t *rapid.T, schema *snapshot.Table) []row {
	var rows []row
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		var r row
		for i := range schema.Columns {
			r = append(r, drawCell(t, &schema.Columns[i]))
		}
		rows = append(rows, r)
	}
	return rows
}

// TestAnyTwoTables: whatever two tables are declared as, every row is accounted for,
// strict comparison normalises nothing, and a table is equal to itself.
func TestAnyTwoTables(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		scratch, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(scratch)
		old, new := drawTable(t, "old"), drawTable(t, "new")
		o := Options{
			Strict:     rapid.Bool().Draw(t, "strict"),
			MergeShare: rapid.SampledFrom([]float64{0, 1, 1e-12}).Draw(t, "share"),
			Sample:     rapid.SampledFrom([]float64{0, 0.5}).Draw(t, "sample"),
		}
		a, b := input("old", old), input("new", new)
		a.Manifest.Source.Engine = rapid.SampledFrom([]string{"", "mysql"}).Draw(t, "engine")
		s := accounted(t, a, b, o, scratch)
		for _, r := range s.Rules {
			if o.Strict && r.Builtin && r.Rule != "builtin:tables:names folded" {
				t.Fatalf("strict, and %s", r.Rule)
			}
		}
		a.Manifest.Source.Engine = ""
		if same := accounted(t, a, a, o, scratch); same.Subjects[0].Equal != same.Subjects[0].Recorded {
			t.Fatalf("not equal to itself: %+v, %+v", same.Subjects[0], same.Tables[0])
		}
	})
}

func accounted(t *rapid.T, a, b Input, o Options, scratch string) *comparison.Summary {
	dir, err := os.MkdirTemp(scratch, "")
	if err != nil {
		t.Fatal(err)
	}
	out := &output{dir: dir}
	s, err := Compare(context.Background(), a, b, o, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, account := range s.Ledgers[2].Accounts {
		if account.Residual() != 0 {
			t.Fatalf("%s: %d unexplained: %+v", account.Name, account.Residual(), account)
		}
	}
	u := s.Subjects[0]
	if sum := u.Equal + u.UnderRules + u.Different + u.MissingNew + u.MissingOld + u.NotCompared + u.Filtered; sum != u.Recorded {
		t.Fatalf("counted %d of %d", sum, u.Recorded)
	}
	if u.Different+u.MissingNew+u.MissingOld+u.NotCompared > 0 && len(out.differences) == 0 {
		t.Fatalf("rows differ, and no difference was written: %+v", u)
	}
	return s
}

// TestFormsHideNothing: cells that are equal once they are in one form are equal to
// the judge as well.
func TestFormsHideNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawColumn(t, "c"), drawColumn(t, "c")
		q := &pair{oldColumn: &a, newColumn: &b, mode: modeOf(&a, &b), key: rapid.Bool().Draw(t, "key")}
		f, ok := formsOf(q)
		if !ok {
			return
		}
		x, y := drawCell(t, &a), drawCell(t, &b)
		xc, xb := formed(f.of[0], x)
		yc, yb := formed(f.of[1], y)
		c := cells{old: &a, new: &b, oldClass: x.class, newClass: y.class, a: []byte(x.bytes), b: []byte(y.bytes)}
		digits := q.key && (x.class == snapshot.Text && y.class == snapshot.Number || x.class == snapshot.Number && y.class == snapshot.Text)
		if v := judge(&c, false); xc == yc && xb == yb && !v.equal && !(v.document && sameDocument(x, y)) && !digits { // digits in a key's text: "key form"
			t.Fatalf("%v and %v are %s, and one in form: %v %q", x, y, describe(v), xc, xb)
		}
	})
}

func sameDocument(x, y value) bool {
	var sink countingSink
	err := jsondiff.Compare([]byte(x.bytes), []byte(y.bytes), new(rules.Set).ForCells("t"), &sink, jsondiff.Limits{})
	return err == nil && sink == 0
}

// countingSink counts differences.
type countingSink int

func (s *countingSink) Difference(*jsondiff.Place, jsondiff.Difference) { *s++ }
func (s *countingSink) Equal(*jsondiff.Place, jsondiff.Equality)        {}

func formed(f convert, v value) (snapshot.Class, string) {
	if f == nil || v.class == snapshot.Null {
		return v.class, v.bytes
	}
	class, c := f(v.class, []byte(v.bytes))
	return class, string(c)
}

func TestJudgeMirrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawColumn(t, "c"), drawColumn(t, "c")
		x, y := drawCell(t, &a), drawCell(t, &b)
		c := cells{old: &a, new: &b, oldClass: x.class, newClass: y.class, a: []byte(x.bytes), b: []byte(y.bytes)}
		s := c.swapped()
		if there, back := describe(judge(&c, false)), describe(judge(&s, false)); there != back {
			t.Fatalf("%v and %v: %s, mirrored %s", x, y, there, back)
		}
		if v := judge(&c, false); v.equal && modeOf(&a, &b) == byChecksum && !a.Padded && !b.Padded && v.norm != asIs && v.norm < decimalAsDouble && v.norm != negativeZero {
			t.Fatalf("%v and %v are equal under %s, and the columns are compared by checksum", x, y, normNames[v.norm])
		}
	})
}
