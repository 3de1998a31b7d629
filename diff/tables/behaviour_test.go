package tables

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
	"parallax/diff/rules"
	"parallax/diff/tables/mapping"
)

func table(name string, key []string, columns ...snapshot.Column) snapshot.Table {
	return snapshot.Table{Name: name, From: "table", Key: key, Columns: columns}
}

// lines shows differences for a test.
func lines(ds []comparison.Difference) string {
	var out []string
	for _, d := range ds {
		s := fmt.Sprintf("%s %s %s %s %s: %s", d.Subject, d.Record, d.Part, d.Field, d.Kind, d.Class)
		if d.Severity == comparison.Warning {
			s = "!" + s
		}
		out = append(out, fmt.Sprintf("%s [%s] [%s]", s, d.Old.Text, d.New.Text))
	}
	return strings.Join(out, "\n")
}

func wantLines(t *testing.T, ds []comparison.Difference, want ...string) {
	t.Helper()
	if got := lines(ds); got != strings.Join(want, "\n") {
		t.Errorf("differences:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

func ruleCount(s *comparison.Summary, rule, pattern string) int64 {
	for _, r := range s.Rules {
		if r.Rule == rule && r.Pattern == pattern {
			return r.Count
		}
	}
	return 0
}

func TestNamesFold(t *testing.T) {
	old := table("order_item", []string{"item_id"}, column("item_id", snapshot.Number), column("unit_price", snapshot.Number))
	new := table("OrderItem", []string{"ItemId"}, column("UnitPrice", snapshot.Number), column("ItemId", snapshot.Number))
	s, ds := compared(t, input("old", newMemory(old, []row{{number(1), number(5)}}, 8)), input("new", newMemory(new, []row{{number(5), number(1)}}, 8)), Options{})
	wantLines(t, ds)
	if s.Subjects[0].Equal != 1 || ruleCount(s, "builtin:tables:names folded", "unit_price") != 1 || s.Tables[0].New != "OrderItem" {
		t.Errorf("summary %+v", s)
	}
}

func TestAmbiguousNamesAreRefused(t *testing.T) {
	one := func(name string) *memory { return newMemory(table(name, nil, column("a", snapshot.Number)), nil, 8) }
	_, err := Compare(context.Background(), input("old", one("ab")), input("new", one("a_b"), one("A_B")), Options{}, &output{})
	if !errors.Is(err, ErrPairing) || !strings.Contains(err.Error(), "mapping") {
		t.Errorf("error %v", err)
	}
}

func TestMissingTablesAndColumns(t *testing.T) {
	wide := people()
	wide.Columns = append(wide.Columns, column("note", snapshot.Text))
	rows := peopleRows(20)
	for i := range rows {
		rows[i] = append(rows[i], text("n"))
	}
	lonely := table("lonely", []string{"id"}, column("id", snapshot.Number))
	s, ds := compared(t, input("old", newMemory(people(), peopleRows(20), 8)), input("new", newMemory(wide, rows, 8), newMemory(lonely, []row{{number(1)}}, 8)), Options{})
	wantLines(t, ds, "people  column note missing in old: column missing [] []", "lonely  row  missing in old: table missing [] []")
	if s.Subjects[0].MissingOld != 1 || s.Subjects[1].Equal != 20 {
		t.Errorf("subjects %+v", s.Subjects)
	}
}

func TestInvalidTablesAreNeverAPass(t *testing.T) {
	bad := newMemory(people(), peopleRows(20), 8)
	bad.entry.Invalid = "its columns changed while it was read"
	s, ds := compared(t, input("old", newMemory(people(), peopleRows(20), 8)), input("new", bad), Options{})
	if len(ds) != 1 || ds[0].Kind != comparison.NotCompared || s.Subjects[0].NotCompared != 20 || s.Subjects[0].Compared() != 0 || s.Tables[0].Why == "" {
		t.Errorf("summary %+v, %s", s, lines(ds))
	}
}

func TestRedactionMustAgree(t *testing.T) {
	a, b := input("old"), input("new")
	b.Manifest.Redaction = snapshot.Redaction{Profile: "secrets", KeyID: "k"}
	if _, err := Compare(context.Background(), a, b, Options{}, &output{}); !errors.Is(err, ErrRedaction) {
		t.Errorf("error %v", err)
	}
}

func TestKeysOfAnotherClass(t *testing.T) {
	ids := []string{"11223344-5566-7788-99aa-bbccddeeff00", "01223344-5566-7788-99aa-bbccddeeff00", "f1223344-5566-7788-99aa-bbccddeeff00"}
	var old, new []row
	for i, id := range ids {
		old = append(old, row{text("{" + strings.ToUpper(id) + "}"), number(int64(i))})
		new = append(new, row{uuid(id), number(int64(i))})
	}
	new[1][1] = number(99)
	a := table("t", []string{"id"}, column("id", snapshot.Text), column("n", snapshot.Number))
	b := table("t", []string{"id"}, column("id", snapshot.UUID), column("n", snapshot.Number))
	s, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(b, new, 8)), Options{})
	wantLines(t, ds, `t ["01223344-5566-7788-99aa-bbccddeeff00"] column n changed:  [1] [99]`)
	if s.Subjects[0].UnderRules != 2 || s.Subjects[0].Different != 1 || ruleCount(s, "builtin:tables:key form", "id") != 3 {
		t.Errorf("summary %+v, rules %+v", s.Subjects[0], s.Rules)
	}
	s, _ = compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(b, new, 8)), Options{Strict: true})
	if s.Subjects[0].NotCompared != 3 {
		t.Errorf("strict: %+v", s.Subjects[0])
	}
}

func TestKeysWithoutACommonForm(t *testing.T) {
	a := table("t", []string{"id"}, column("id", snapshot.JSON))
	b := table("t", []string{"id"}, column("id", snapshot.Date))
	s, ds := compared(t, input("old", newMemory(a, []row{{document("1")}}, 8)), input("new", newMemory(b, []row{{days(1)}}, 8)), Options{})
	if s.Subjects[0].NotCompared != 1 || len(ds) != 1 || !strings.Contains(s.Tables[0].Why, "no form in common") {
		t.Errorf("summary %+v, %s", s, lines(ds))
	}
}

func TestNoKeyCounts(t *testing.T) {
	a := table("log", nil, column("a", snapshot.Number), column("b", snapshot.Text))
	b := table("log", nil, column("b", snapshot.Text), column("a", snapshot.Number))
	old := []row{{number(1), text("x")}, {number(1), text("x")}, {number(1), text("x")}, {number(2), text("y")}, {number(3), null()}}
	new := []row{{text("x"), number(1)}, {text("x"), number(1)}, {null(), number(3)}, {text("z"), number(4)}}
	s, ds := compared(t, input("old", newMemory(a, old, 2)), input("new", newMemory(b, new, 2)), Options{})
	wantLines(t, ds,
		`log ["1","x"] row  missing in new: count [3] [2]`,
		`log ["2","y"] row  missing in new:  [{"a":2,"b":"y"}] []`,
		`log ["4","z"] row  missing in old:  [] [{"a":4,"b":"z"}]`)
	u := s.Subjects[0]
	if u.Equal != 3 || u.MissingNew != 2 || u.MissingOld != 1 || s.Tables[0].Method != "multiset" {
		t.Errorf("counted %+v, %+v", u, s.Tables[0])
	}
	s, ds = compared(t, input("old", newMemory(a, old, 2)), input("new", newMemory(a, old, 2)), Options{Proof: -1})
	if len(ds) != 0 || s.Tables[0].RowsRead != 0 || s.Subjects[0].Equal != 5 {
		t.Errorf("equal tables: %s, %+v", lines(ds), s.Tables[0])
	}
}

func TestRowsThatShareAKey(t *testing.T) {
	of := func(pairs ...int64) []row {
		var rows []row
		for i := 0; i < len(pairs); i += 3 {
			rows = append(rows, row{number(pairs[i]), text(fmt.Sprint(pairs[i+1])), number(pairs[i+2])})
		}
		return rows
	}
	// The columns of key 1 have the same sums on both sides.
	old, new := of(1, 1, 1, 1, 2, 2, 2, 7, 7), of(1, 1, 2, 1, 2, 1, 2, 7, 7, 2, 8, 8)
	s, ds := compared(t, input("old", newMemory(people(), old, 8)), input("new", newMemory(people(), new, 8)), Options{})
	if u := s.Subjects[0]; u.Equal != 1 || u.Different != 2 || u.MissingOld != 1 || s.Tables[0].Method != "merge" {
		t.Errorf("counted %+v: %s", u, lines(ds))
	}
	s, ds = compared(t, input("old", newMemory(people(), old, 8)), input("new", newMemory(people(), new, 8)), Options{GroupRows: 1})
	if u := s.Subjects[0]; u.NotCompared != 4 || len(ds) != 2 {
		t.Errorf("bounded: %+v: %s", u, lines(ds))
	}
}

func TestDocumentsByPath(t *testing.T) {
	a := table("t", []string{"id"}, column("id", snapshot.Number), column("doc", snapshot.JSON))
	old := []row{{number(1), document(`{"a":{"b":1},"c":[1,2]}`)}, {number(2), document(`{"x":1, "y":2}`)}, {number(3), document(`{"n":1.0}`)}}
	new := []row{{number(1), document(`{"a":{"b":2},"c":[1,2]}`)}, {number(2), document(`{"y":2,"x":1}`)}, {number(3), document(`{"n":1}`)}}
	s, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(a, new, 8)), Options{})
	wantLines(t, ds, `t ["1"] column doc/a/b changed:  [1] [2]`)
	if s.Subjects[0].UnderRules != 2 || ruleCount(s, "builtin:tables:json form", "doc") != 1 || ruleCount(s, "builtin:number-form", "doc/n") != 1 {
		t.Errorf("rules %+v", s.Rules)
	}
}

// TestTypeCase44To47Documents: numbers by all their digits, arrays by their order
// unless a rule says otherwise, and null, nothing and twice told apart.
func TestTypeCase44To47Documents(t *testing.T) {
	a := table("t", []string{"id"}, column("id", snapshot.Number), column("doc", snapshot.JSON))
	old := []row{
		{number(1), document(`{"n":9007199254740993}`)}, {number(2), document(`{"n":1.10}`)}, {number(3), document(`[1,2]`)},
		{number(4), document(`{"a":null}`)}, {number(5), document(`{"a":1,"a":2}`)}, {number(6), document("null")},
	}
	new := []row{
		{number(1), document(`{"n":9007199254740992}`)}, {number(2), document(`{"n":1.1}`)}, {number(3), document(`[2,1]`)},
		{number(4), document(`{}`)}, {number(5), document(`{"a":2}`)}, {number(6), null()},
	}
	s, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(a, new, 8)), Options{})
	wantLines(t, ds,
		`t ["1"] column doc/n changed:  [9007199254740993] [9007199254740992]`,
		`t ["3"] column doc/0 changed:  [1] [2]`,
		`t ["3"] column doc/1 changed:  [2] [1]`,
		`!t ["4"] column doc/a missing in new: json null [null] []`,
		`t ["5"] column doc/a changed:  [1] [2]`,
		`!t ["5"] column doc/a missing in new: duplicate json keys [2] []`,
		`!t ["6"] column doc changed: json null [null] [null]`)
	if ruleCount(s, "builtin:number-form", "doc/n") != 1 {
		t.Errorf("rules %+v", s.Rules)
	}
	whole := ""
	set, err := rules.Compile([]rules.Rule{{Where: rules.Where{Body: &whole}, Action: rules.Action{Unordered: true}}})
	check(t, err)
	s, ds = compared(t, input("old", newMemory(a, old[2:3], 8)), input("new", newMemory(a, new[2:3], 8)), Options{Rules: set})
	if len(ds) != 0 || ruleCount(s, "rule 1", "doc") != 1 {
		t.Errorf("unordered by rule: %s, %+v", lines(ds), s.Rules)
	}
}

// TestRulesOfAColumnsDocuments: a mapping's rules hold for its column alone, and what
// they hide is counted as the entry, whatever rules there are besides.
func TestRulesOfAColumnsDocuments(t *testing.T) {
	at := func(place string) rules.Where { return rules.Where{Body: &place} }
	m, err := mapping.Compile(mapping.Config{Tables: []mapping.Table{{Old: "t", Columns: []mapping.Column{
		{Old: "a", JSON: true, Rules: []rules.Rule{
			{Where: at("/tags"), Action: rules.Action{Unordered: true}}, {Where: at("/at"), Action: rules.Action{Ignore: true}},
		}},
	}}}})
	check(t, err)
	set, err := rules.Compile([]rules.Rule{{Where: at("/never"), Action: rules.Action{Ignore: true}}})
	check(t, err)
	a := table("t", []string{"id"}, column("id", snapshot.Number), column("a", snapshot.Text), column("b", snapshot.JSON))
	old, new := `{"tags":[1,2],"at":1,"n":1.0}`, `{"tags":[2,1],"at":2,"n":1}`
	s, ds := compared(t, input("old", newMemory(a, []row{{number(1), text(old), document(`{"tags":[1,2]}`)}, {number(2), text(`{"n":1}`), document("1")}}, 8)),
		input("new", newMemory(a, []row{{number(1), text(new), document(`{"tags":[2,1]}`)}, {number(2), text(`{"n":2}`), document("1")}}, 8)), Options{Rules: set, Mapping: m})
	wantLines(t, ds,
		`t ["1"] column b/tags/0 changed:  [1] [2]`,
		`t ["1"] column b/tags/1 changed:  [2] [1]`,
		`t ["2"] column a/n changed:  [1] [2]`)
	for _, place := range []string{"a/tags", "a/at", "a/n"} {
		if ruleCount(s, "mapping t.a", place) != 1 {
			t.Errorf("%s: rules %+v", place, s.Rules)
		}
	}
	if ruleCount(s, "rule 1", "a/n") != 0 {
		t.Errorf("counted as another rule: %+v", s.Rules)
	}
}

func TestByValueColumnsAloneAreRead(t *testing.T) {
	a, b := people(), people()
	b.Columns[2] = column("amount", snapshot.Float)
	rows := peopleRows(300)
	for i := range rows {
		n, _ := snapshot.NumberInt([]byte(rows[i][2].bytes))
		rows[i][2] = double(float64(n))
	}
	s, ds := compared(t, input("old", newMemory(a, peopleRows(300), 8)), input("new", newMemory(b, rows, 8)), Options{Proof: -1})
	p := s.Tables[0]
	if len(ds) != 0 || s.Subjects[0].UnderRules != 300 || p.CellsRead != 1200 || ruleCount(s, "builtin:tables:decimal as double", "amount") != 300 {
		t.Errorf("%s: %+v, %+v", lines(ds), p, s.Rules)
	}
	if p.Columns[1].State != "equal" || p.Columns[2].State != "equal by value" {
		t.Errorf("columns %+v", p.Columns)
	}
}

func TestKeyCollapse(t *testing.T) {
	ci := column("id", snapshot.Text)
	ci.Collation = "utf8mb4_general_ci"
	a := table("t", []string{"id"}, ci, column("n", snapshot.Number))
	b := table("t", []string{"id"}, column("id", snapshot.Text), column("n", snapshot.Number))
	old := []row{{text("K"), number(1)}, {text("other"), number(2)}}
	new := []row{{text("K"), number(1)}, {text("k "), number(3)}, {text("alone"), number(4)}}
	s, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(b, new, 8)), Options{})
	wantLines(t, ds,
		`t ["alone"] row  missing in old:  [] [{"id":"alone","n":4}]`,
		`!t ["k "] row  missing in old: key collapse [["K"]] [{"id":"k ","n":3}]`,
		`t ["other"] row  missing in new:  [{"id":"other","n":2}] []`)
	if s.Tables[0].KeyCollapse != 1 {
		t.Errorf("proof %+v", s.Tables[0])
	}
}

func TestChecksumsThatLie(t *testing.T) {
	rows := peopleRows(200)
	rows[50][1] = text("not what the checksum says")
	lying, honest := newMemory(people(), rows, 8), newMemory(people(), peopleRows(200), 8)
	lying.blocks = honest.blocks
	s, ds := compared(t, input("old", honest), input("new", lying), Options{Proof: 1000})
	if s.Tables[0].RereadWrong != 1 || len(ds) != 1 || ds[0].Kind != comparison.NotCompared || s.Subjects[0].NotCompared == 0 {
		t.Errorf("%s, proof %+v", lines(ds), s.Tables[0])
	}
}

func TestOutOfOrderNamesBothRows(t *testing.T) {
	bad := newMemory(people(), peopleRows(20), 8)
	other := newMemory(people(), []row{{number(30), text("x"), number(1)}, {number(3), text("y"), number(1)}}, 8)
	bad.all.Reset()
	for _, id := range []int64{30, 3} {
		appendValues(bad.all, row{number(id), text("x"), number(1)})
	}
	_, err := Compare(context.Background(), input("old", bad), input("new", other), Options{MergeShare: 1e-9}, &output{})
	if !errors.Is(err, ErrOrder) || !strings.Contains(err.Error(), `["3"]`) || !strings.Contains(err.Error(), `["30"]`) {
		t.Errorf("error %v", err)
	}
}

func TestSample(t *testing.T) {
	new := peopleRows(1000)
	for i := range new {
		new[i][2] = number(-1)
	}
	all, ds := compared(t, input("old", newMemory(people(), peopleRows(1000), 8)), input("new", newMemory(people(), new, 8)), Options{Sample: 0.1})
	p := all.Tables[0]
	if p.SampleRows < 60 || p.SampleRows > 140 || p.SampleDifferent != p.SampleRows || len(ds) != 1000 {
		t.Errorf("proof %+v", p)
	}
	for _, share := range []float64{1, 1e-9} {
		only, ds := compared(t, input("old", newMemory(people(), peopleRows(1000), 8)), input("new", newMemory(people(), new, 8)), Options{Sample: 0.1, SampleOnly: true, MergeShare: share})
		u := only.Subjects[0]
		if int64(len(ds)) != p.SampleRows || u.Different != p.SampleRows || u.Filtered != 1000-p.SampleRows {
			t.Errorf("only the sample: %d differences, %+v", len(ds), u)
		}
	}
	same, _ := compared(t, input("old", newMemory(people(), peopleRows(1000), 8)), input("new", newMemory(people(), peopleRows(1000), 8)), Options{Sample: 0.1})
	if q := same.Tables[0]; q.SampleRows != p.SampleRows || q.SampleDifferent != 0 || same.Subjects[0].Equal != 1000 {
		t.Errorf("equal tables: %+v", q)
	}
}

func TestNarrowedColumnsCountWhatDoesNotFit(t *testing.T) {
	a, b := people(), people()
	a.Columns[1].Declared, a.Columns[1].Length = "varchar(40)", 40
	b.Columns[1].Declared, b.Columns[1].Length = "varchar(7)", 7
	new := peopleRows(300)
	for i := range new {
		if s := new[i][1].bytes; len(s) > 7 {
			new[i][1] = text(s[:7])
		}
	}
	s, ds := compared(t, input("old", newMemory(a, peopleRows(300), 8)), input("new", newMemory(b, new, 8)), Options{})
	found := false
	for _, n := range s.SchemaNotes {
		found = found || n.Column == "name" && n.Affected == int64(len(ds)) && n.Affected > 100
	}
	if !found || ds[0].Class != "truncated" {
		t.Errorf("notes %+v, %d differences", s.SchemaNotes, len(ds))
	}
}

func TestMappingJudges(t *testing.T) {
	m, err := mapping.Compile(mapping.Config{Tables: []mapping.Table{{Old: "people", New: "persons", Columns: []mapping.Column{
		{Old: "amount", New: "cents", Expr: "old * 100"},
		{Old: "name", Ignore: true, Reason: "free text"},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	b := table("persons", []string{"id"}, column("id", snapshot.Number), column("name", snapshot.Text), column("cents", snapshot.Number))
	new := peopleRows(100)
	for i := range new {
		n, _ := snapshot.NumberInt([]byte(new[i][2].bytes))
		new[i][1], new[i][2] = text("x"), number(n*100)
	}
	new[7][2] = number(49)
	s, ds := compared(t, input("old", newMemory(people(), peopleRows(100), 8)), input("new", newMemory(b, new, 8)), Options{Mapping: m})
	wantLines(t, ds, `people ["7"] column amount changed: mapping [49] [49]`)
	if u := s.Subjects[0]; u.Different != 1 || u.UnderRules < 90 || s.Tables[0].Columns[1].State != "ignored" {
		t.Errorf("subject %+v, columns %+v", u, s.Tables[0].Columns)
	}
}

func TestMappingComputes(t *testing.T) {
	m, err := mapping.Compile(mapping.Config{Tables: []mapping.Table{{Old: "people", New: "people", Columns: []mapping.Column{
		{New: "label", Expr: "row.name + '!'"},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	b := table("people", []string{"id"}, column("id", snapshot.Number), column("label", snapshot.Text), column("amount", snapshot.Number))
	old, new := peopleRows(100), peopleRows(100)
	for i := range new {
		old[i][1] = text(fmt.Sprintf("name %d", i))
		new[i][1] = text(fmt.Sprintf("name %d!", i))
	}
	new[7][1] = text("name 7")
	s, ds := compared(t, input("old", newMemory(people(), old, 8)), input("new", newMemory(b, new, 8)), Options{Mapping: m})
	wantLines(t, ds, `people ["7"] column label changed: mapping [name 7!] [name 7]`)
	if u := s.Subjects[0]; u.Different != 1 || u.UnderRules != 99 {
		t.Errorf("subject %+v, columns %+v", u, s.Tables[0].Columns)
	}
}

// TestNoKeyAndOtherForms has no key, columns in other forms, one that is left out,
// and reads a sample and proofs of it.
func TestNoKeyAndOtherForms(t *testing.T) {
	m, err := mapping.Compile(mapping.Config{Ignore: []mapping.Ignore{{Table: "log", Column: "at"}}})
	if err != nil {
		t.Fatal(err)
	}
	a := table("log", nil, column("id", snapshot.UUID), column("at", snapshot.Number), column("on", snapshot.Bool))
	b := table("log", nil, column("on", snapshot.Number), column("id", snapshot.Text))
	var old, new []row
	for i := range 300 {
		id := fmt.Sprintf("11223344-5566-7788-99aa-bbccddee%04x", i*77%65536)
		old = append(old, row{uuid(id), number(int64(i)), truth(i%2 == 0)})
		new = append(new, row{number(int64(1 - i%2)), text(strings.ToUpper(id))})
	}
	new[5][0] = number(7)
	s, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(b, new, 8)), Options{Mapping: m, Sample: 0.1})
	if u := s.Subjects[0]; u.UnderRules != 299 || ruleCount(s, "builtin:tables:key form", "on") != 299 || u.MissingNew != 1 || u.MissingOld != 1 || len(ds) != 2 || s.Tables[0].Reread == 0 {
		t.Errorf("%s: %+v, %+v", lines(ds), u, s.Tables[0])
	}
}

func TestDamagedIndexesAreErrors(t *testing.T) {
	bad := newMemory(people(), peopleRows(100), 8)
	bad.blocks[1].First++
	_, err := Compare(context.Background(), input("old", bad), input("new", newMemory(people(), peopleRows(100), 8)), Options{}, &output{})
	if !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("error %v", err)
	}
}

func TestRowsThatAreNotThereCloseNoAccount(t *testing.T) {
	short := newMemory(people(), peopleRows(100), 8)
	short.entry.Rows++
	out := &output{}
	s, err := Compare(context.Background(), input("old", short), input("new", newMemory(people(), peopleRows(100), 8)), Options{}, out)
	if err == nil && s.Ledgers[2].Accounts[0].Residual() == 0 {
		t.Errorf("a row that was never read: %+v", s.Ledgers)
	}
}

// TestCellsSwappedWithinAKey has rows of one key whose columns have the same sums.
func TestCellsSwappedWithinAKey(t *testing.T) {
	old, new := peopleRows(300), peopleRows(300)
	old = append(old, row{number(-1), text("a"), number(1)}, row{number(-1), text("b"), number(2)})
	new = append(new, row{number(-1), text("a"), number(2)}, row{number(-1), text("b"), number(1)})
	s, _ := compared(t, input("old", newMemory(people(), old, 8)), input("new", newMemory(people(), new, 8)), Options{MergeShare: 1})
	if u := s.Subjects[0]; u.Different != 2 || u.Equal != 300 || s.Tables[0].Duplicates != 2 {
		t.Errorf("counted %+v", u)
	}
}

func TestNoKeyAndAColumnAlone(t *testing.T) {
	a := table("log", nil, column("a", snapshot.Number))
	b := table("log", nil, column("a", snapshot.Number), column("b", snapshot.Number))
	s, ds := compared(t, input("old", newMemory(a, []row{{number(1)}, {number(2)}}, 8)), input("new", newMemory(b, []row{{number(1), number(9)}, {number(2), number(9)}}, 8)), Options{})
	wantLines(t, ds, "log  column b missing in old: column missing [] []")
	if s.Subjects[0].Equal != 2 {
		t.Errorf("counted %+v", s.Subjects[0])
	}
}

// TestMappingFlattens compares the elements of documents with the rows of a table.
func TestMappingFlattens(t *testing.T) {
	m, err := mapping.Compile(mapping.Config{
		Flatten: []mapping.Flatten{{From: "orders", Column: "doc", Path: "/items", Into: "items",
			Columns: map[string]string{"order_id": "row.id", "n": "index", "sku": "/sku"}, Key: []string{"order_id", "n"}}},
		Ignore: []mapping.Ignore{{Table: "orders", Column: "doc"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	nested := table("orders", []string{"id"}, column("id", snapshot.Number), column("doc", snapshot.JSON))
	orders := table("orders", []string{"id"}, column("id", snapshot.Number))
	items := table("items", []string{"order_id", "n"}, column("order_id", snapshot.Number), column("n", snapshot.Number), column("sku", snapshot.Text))
	old := newMemory(nested, []row{{number(1), document(`{"items":[{"sku":"a"},{"sku":"b"}]}`)}, {number(2), document(`{"items":[{"sku":"c"}]}`)}}, 8)
	new := input("new", newMemory(orders, []row{{number(1)}, {number(2)}}, 8),
		newMemory(items, []row{{number(1), number(0), text("a")}, {number(1), number(1), text("x")}, {number(2), number(0), text("c")}}, 8))
	s, ds := compared(t, input("old", old), new, Options{Mapping: m})
	wantLines(t, ds, `items ["1","1"] column sku changed:  [b] [x]`)
	if len(s.Tables) != 2 || s.Subjects[0].Equal != 2 || s.Subjects[1].Equal != 2 {
		t.Errorf("subjects %+v", s.Subjects)
	}
	bad := newMemory(nested, []row{{number(1), document(`{"items":7}`)}}, 8)
	if s, _ = compared(t, input("old", bad), new, Options{Mapping: m}); s.Subjects[0].NotCompared != 3 || !strings.Contains(s.Tables[1].Why, "could not be flattened") {
		t.Errorf("subject %+v, %+v", s.Subjects[0], s.Tables)
	}
}

func TestOneRecordIsBounded(t *testing.T) {
	a := table("t", []string{"id"}, column("id", snapshot.Number), column("doc", snapshot.JSON))
	old, new := []row{{number(1), document(`[1,2,3,4,5]`)}}, []row{{number(1), document(`[9,8,7,6,0]`)}}
	s, ds := compared(t, input("old", newMemory(a, old, 8)), input("new", newMemory(a, new, 8)), Options{MaxPerRecord: 2})
	if len(ds) != 3 || ds[2].Class != ClassMore || s.Subjects[0].Different != 1 || s.Subjects[0].Partly != 1 {
		t.Errorf("%s, %+v", lines(ds), s.Subjects[0])
	}
}

func TestInterruptedRunsLeaveNothing(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	new := peopleRows(50)
	new[3][2] = number(-1)
	dir := t.TempDir() + "/cmp"
	_, err := Run(ctx, dir, input("old", newMemory(people(), peopleRows(50), 8)), input("new", newMemory(people(), new, 8)), Options{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("something stands at the folder's name: %v", err)
	}
}

func TestGeneratedColumnsSaySo(t *testing.T) {
	a := people()
	a.Columns[2].Generated = "on update"
	new := peopleRows(20)
	new[3][2] = number(-1)
	_, ds := compared(t, input("old", newMemory(a, peopleRows(20), 8)), input("new", newMemory(a, new, 8)), Options{})
	wantLines(t, ds, `people ["3"] column amount changed: generated [21] [-1]`)
}

// TestOneSideWithoutAnIndex compares a snapshot with a file: all rows are read, and
// there are no sums to show.
func TestOneSideWithoutAnIndex(t *testing.T) {
	file := newMemory(people(), peopleRows(100), 8)
	file.blocks = nil
	s, ds := compared(t, input("old", newMemory(people(), peopleRows(100), 8)), input("new", file), Options{})
	c := s.Tables[0].Columns[1]
	if len(ds) != 0 || s.Subjects[0].Equal != 100 || c.State != "equal by value" || c.OldSum != "" || s.Tables[0].Method != "merge" {
		t.Errorf("%s, %+v", lines(ds), s.Tables[0])
	}
}

func TestUnannouncedDuplicatesAreErrors(t *testing.T) {
	twice := newMemory(people(), append(peopleRows(20), row{number(3), text("again"), number(1)}), 8)
	twice.entry.DuplicateKeys = 0
	_, err := Compare(context.Background(), input("old", twice), input("new", newMemory(people(), peopleRows(20), 8)), Options{}, &output{})
	if !errors.Is(err, ErrOrder) || !strings.Contains(err.Error(), "twice") {
		t.Errorf("error %v", err)
	}
}

// TestDocumentsWithoutAKey: stores spell documents in their own way, and rows are found
// all the same. Where nothing differs as it stands, nothing is equal under a form.
func TestDocumentsWithoutAKey(t *testing.T) {
	of := func(class snapshot.Class) snapshot.Table {
		return table("log", nil, column("n", snapshot.Number), column("doc", class))
	}
	old := newMemory(of(snapshot.JSON), []row{
		{number(1), document(`{"b":1.50, "a":"\u00e9"}`)}, {number(1), document(`{"b":1.50, "a":"\u00e9"}`)}, {number(2), document(`[1e2]`)}, {number(3), null()},
	}, 8)
	for _, class := range []snapshot.Class{snapshot.JSON, snapshot.Text} {
		spelled := func(s string) value { return value{class, s} }
		new := newMemory(of(class), []row{
			{number(1), spelled(`{"a":"é","b":1.5}`)}, {number(1), spelled(`{"a": "é","b":1.5}`)}, {number(2), spelled(`[101]`)}, {number(3), null()},
		}, 8)
		s, ds := compared(t, input("old", old), input("new", new), Options{})
		if u := s.Subjects[0]; u.UnderRules != 3 || u.MissingNew != 1 || len(ds) != 2 {
			t.Errorf("%s: %+v\n%s", class, u, lines(ds))
		}
	}
	if s, ds := compared(t, input("old", old), input("new", old), Options{}); s.Subjects[0].Equal != 4 || len(ds) > 0 {
		t.Errorf("with itself: %+v\n%s", s.Subjects[0], lines(ds))
	}
}

// TestLabelsAreNoNumbers: a text key names a number only where it spells it as stores do.
func TestLabelsAreNoNumbers(t *testing.T) {
	key := func(class snapshot.Class) snapshot.Table {
		return table("t", []string{"id"}, column("id", class), column("v", snapshot.Text))
	}
	old := newMemory(key(snapshot.Number), []row{{decimal("-0.5"), text("b")}, {number(7), text("a")}}, 8)
	new := newMemory(key(snapshot.Text), []row{{text("-0.50"), text("b")}, {text("007"), text("z")}, {text("7"), text("a")}, {text("7e0"), text("y")}}, 8)
	s, ds := compared(t, input("old", old), input("new", new), Options{})
	wantLines(t, ds,
		`t ["007"] row  missing in old:  [] [{"id":"text:007","v":"z"}]`,
		`t ["7e0"] row  missing in old:  [] [{"id":"text:7e0","v":"y"}]`)
	if u := s.Subjects[0]; u.UnderRules != 2 {
		t.Errorf("counted %+v", u)
	}
}
