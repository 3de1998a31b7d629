package invariants

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/snapshot"
	"parallax/diff/comparison"
)

func parseNumberText(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

// names is a mapping of two tables and a column.
type names struct{}

func (names) TableName(old string) (string, bool) {
	return "o2", old == "orders"
}

func (names) ColumnName(table, column string) (string, bool) {
	return "total", table == "orders" && column == "amount"
}

// shop is the two sides that most cases ask.
func shop() (old, new *fake) {
	old, new = &fake{}, &fake{}
	old.table("orders", []string{"id", "amount", "country"}, rows("1 9007199254740993 DE", "2 0.10 FR", "3 null FR")...)
	new.table("app.o2", []string{"id", "total", "country"}, rows("1 9007199254740993 DE", "2 0.1 FR", "3 null FR")...)
	items := new.table("app.items", []string{"id", "order_id"}, rows("1 1", "2 3", "3 null")...)
	items.ForeignKeys = []snapshot.ForeignKey{{Name: "fk", Columns: []string{"order_id"}, Schema: "app", Table: "o2", References: []string{"id"}}}
	items.Sequences = []snapshot.Sequence{{Column: "id", Next: "4"}}
	return old, new
}

func check(t *testing.T, s *Set, old, new Side) []string {
	t.Helper()
	results, err := Check(context.Background(), s, old, new)
	if err != nil {
		t.Fatal(err)
	}
	return lines(results)
}

func lines(results []comparison.InvariantResult) (out []string) {
	for _, r := range results {
		out = append(out, fmt.Sprintf("%s | %s | %s | %s", r.Name, r.Side, r.State, r.Detail))
	}
	return out
}

func TestInvariants(t *testing.T) {
	for _, c := range []struct {
		name   string
		entry  Invariant
		change func(old, new *fake)
		want   string
	}{
		{"counts", Invariant{Count: "orders"}, nil, "both | holds | 3 rows / 3 rows"},
		{"counts differ", Invariant{Count: "orders"}, func(_, new *fake) { new.tables[0].Rows = 2 }, "both | broken | 3 rows / 2 rows"},
		{"a count", Invariant{Count: "items", Side: "new", Equals: "3"}, nil, "new | holds | 3 rows, wanted 3"},
		{"another count", Invariant{Count: "orders", Side: "old", Equals: "4"}, nil, "old | broken | 3 rows, wanted 4"},
		{"no such table", Invariant{Count: "gone"}, nil, "both | could not verify | old side: there is no table gone"},
		{"rows that cannot be relied on", Invariant{Count: "orders"}, func(old, _ *fake) { old.tables[0].Invalid = "its columns changed" },
			"both | could not verify | old side: table orders: its columns changed"},
		{"a sum", Invariant{Sum: "amount", Of: "orders"}, nil,
			"both | holds | 9007199254740993.1 of 3 rows / 9007199254740993.1 of 3 rows"},
		{"sums by group", Invariant{Sum: "amount", Of: "orders", By: []string{"country"}}, nil,
			"both | holds | 2 groups, 9007199254740993.1 / 9007199254740993.1 in all"},
		{"sums differ beyond 2^53", Invariant{Sum: "amount", Of: "orders", By: []string{"country"}},
			func(_, new *fake) { new.rows[0][0][1] = "9007199254740992" },
			`both | broken | 1 of 2 groups differ: ["DE"] 9007199254740993 of 1 rows / 9007199254740992 of 1 rows`},
		{"a group more", Invariant{Sum: "amount", Of: "orders", By: []string{"country"}},
			func(_, new *fake) { new.rows[0][0][2] = "null" },
			`both | broken | 2 of 3 groups differ: [null] no rows / 9007199254740993 of 1 rows; ["DE"] 9007199254740993 of 1 rows / no rows`},
		{"within the tolerance", Invariant{Sum: "amount", Of: "orders", Tolerance: "0.01"},
			func(_, new *fake) { new.rows[0][1][1] = "0.11" },
			"both | holds | 9007199254740993.1 of 3 rows / 9007199254740993.11 of 3 rows"},
		{"doubles are their decimals", Invariant{Sum: "amount", Of: "orders"},
			func(_, new *fake) { new.rows[0][1][1] = "float:0.1" },
			"both | holds | 9007199254740993.1 of 3 rows / 9007199254740993.1 of 3 rows"},
		{"NaN", Invariant{Sum: "amount", Of: "orders"}, func(_, new *fake) { new.rows[0][1][1] = "NaN" },
			`both | could not verify | new side: table app.o2: column total holds "NaN", which cannot be summed`},
		{"text in a sum", Invariant{Sum: "amount", Of: "orders"}, func(old, _ *fake) { old.rows[0][1][1] = "text:1" },
			`both | could not verify | old side: table orders: column amount holds "1", which cannot be summed`},
		{"redacted", Invariant{Sum: "amount", Of: "orders"}, func(old, _ *fake) { old.tables[0].Columns[1].Redacted = true },
			"both | could not verify | old side: table orders: column amount is redacted"},
		{"a sum that is given", Invariant{Sum: "total", Of: "o2", Side: "new", Equals: "9007199254740993.1"}, nil,
			"new | holds | 9007199254740993.1, wanted 9007199254740993.1"},
		{"no such column", Invariant{Sum: "price", Of: "orders"}, nil, "both | could not verify | old side: table orders: there is no column price"},
		{"too many groups", Invariant{Sum: "id", Of: "orders", By: []string{"id"}}, nil,
			"both | could not verify | old side: table orders: more than 2 groups, or than 67108864 bytes of their keys"},
		{"no orphans", Invariant{Orphans: &Orphans{"items", []string{"order_id"}, "o2", []string{"id"}}, Side: "new"}, nil,
			"new | holds | 2 rows of app.items name rows of app.o2"},
		{"an orphan", Invariant{Orphans: &Orphans{"items", []string{"order_id"}, "o2", []string{"id"}}, Side: "new"},
			func(_, new *fake) { new.rows[1][0][1] = "7" },
			`new | broken | 1 of 2 rows of app.items name no row of app.o2: ["7"]`},
		{"foreign keys", Invariant{ForeignKeys: "all", Side: "new"}, nil,
			"app.items(order_id) | new | holds | 2 rows of app.items name rows of app.o2"},
		{"no foreign keys", Invariant{ForeignKeys: "all", Side: "old"}, nil, "old | could not verify | old side: no table declares a foreign key"},
		{"a foreign key to nowhere", Invariant{ForeignKeys: "all", Side: "new"},
			func(_, new *fake) { new.tables[1].ForeignKeys[0].Table = "gone" },
			"app.items(order_id) | new | could not verify | new side: there is no table app.gone"},
		{"sequences", Invariant{Sequences: "all", Side: "new"}, nil, "app.items.id | new | holds | next 4, largest 3"},
		{"a sequence behind", Invariant{Sequences: "all", Side: "new"},
			func(_, new *fake) { new.tables[1].Sequences[0].Next = "3" },
			"app.items.id | new | broken | next 3, largest 3"},
		{"a table that ends early", Invariant{Sequences: "all", Side: "new"}, func(_, new *fake) { new.missing = 1 },
			"app.items.id | new | could not verify | new side: table app.items: 2 rows were read, the manifest has 3"},
		{"a table that cannot be read", Invariant{Sum: "amount", Of: "orders"}, func(old, _ *fake) { old.fail = errors.New("part 2: damaged") },
			"both | could not verify | old side: table orders: part 2: damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			old, new := shop()
			if c.change != nil {
				c.change(old, new)
			}
			c.entry.Name = "x"
			got := check(t, must(t, Options{Names: names{}, MaxGroups: 2}, c.entry), old, new)
			if len(got) != 1 || strings.TrimLeft(strings.TrimPrefix(got[0], "x"), ": |") != c.want {
				t.Errorf("got %s\nwant x | %s", got, c.want)
			}
		})
	}
}

// TestOrphansInParts: however few keys are in memory, the same are found, and the
// tables are read as often as that takes.
func TestOrphansInParts(t *testing.T) {
	entry := Invariant{Orphans: &Orphans{"child", []string{"p", "q"}, "parent", []string{"p", "q"}}, Side: "new"}
	rapid.Check(t, func(rt *rapid.T) {
		cell := rapid.SampledFrom([]string{"1", "2", "3", "text:1", "null"})
		row := rapid.SliceOfN(cell, 2, 2)
		f := &fake{}
		parents, children := rapid.SliceOf(row).Draw(rt, "parents"), rapid.SliceOf(row).Draw(rt, "children")
		f.table("parent", []string{"p", "q"}, parents...)
		f.table("child", []string{"p", "q"}, children...)
		have := map[string]bool{}
		for _, p := range parents {
			have[strings.Join(p, " ")] = true
		}
		orphans := 0
		for _, c := range children {
			if text := strings.Join(c, " "); !strings.Contains(text, "null") && !have[text] {
				orphans++
			}
		}
		s, err := Compile([]Invariant{entry}, Options{MaxKeys: 4})
		if err != nil {
			rt.Fatal(err)
		}
		got, err := Check(context.Background(), s, f, f)
		if err != nil {
			rt.Fatal(err)
		}
		if got[0].State == Unverified { // the hashes of a few keys need not spread evenly
			return
		}
		if (got[0].State == Holds) != (orphans == 0) || orphans > 0 && !strings.HasPrefix(got[0].Detail, strconv.Itoa(orphans)+" of") {
			rt.Errorf("%d orphans: %v", orphans, got)
		}
		if parts := max(len(parents)-1, 0)/4 + 1; f.passes != 2*parts {
			rt.Errorf("%d passes of %d parts", f.passes, parts)
		}
	})
}

func TestAnInterruptionIsNoResult(t *testing.T) {
	old, new := shop()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := Check(ctx, must(t, Options{}, Invariant{Sequences: "all", Side: "new"}), old, new)
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestErrorsNameTheEntry(t *testing.T) {
	for text, want := range map[string]string{
		`[{name: x}]`:                                "invariant 1 (x): exactly one of count, sum, orphans, foreign_keys and sequences must be given, not none",
		`[{count: a, sequences: all}]`:               "invariant 1: exactly one of count, sum, orphans, foreign_keys and sequences must be given, not count and sequences",
		`[{count: a, side: left}]`:                   `invariant 1: side: "left" is none of old, new and both`,
		`[{count: a, side: new}]`:                    "one side alone is equal to itself",
		`[{sum: a}]`:                                 "sum: of must name the table",
		`[{count: a, by: [x]}]`:                      "of, by and tolerance go with sum only",
		`[{sequences: all, equals: 3}]`:              "equals goes with count and sum only",
		`[{sum: a, of: b, by: [c], equals: 3}]`:      "equals is one sum, by makes many",
		`[{sum: a, of: b, tolerance: -1}]`:           `tolerance: "-1" is no decimal number that fits`,
		`[{count: a, equals: many}]`:                 `equals: "many" is no decimal number that fits`,
		`[{foreign_keys: some}]`:                     `"all" is the only value`,
		`[{orphans: {table: a}}]`:                    "orphans: table, columns, references",
		`[{name: a, count: a}, {name: a, count: b}]`: "invariant 2 (a): invariant 1 has the same name",
	} {
		var list []Invariant
		if err := yaml.UnmarshalWithOptions([]byte(text), &list, yaml.Strict()); err != nil {
			t.Fatal(err)
		}
		if _, err := Compile(list, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

// TestTheManualDecodes compiles the examples of the manual.
func TestTheManualDecodes(t *testing.T) {
	for _, file := range []string{"mapping.md", "configuration.md"} {
		text, err := os.ReadFile("../../../docs/" + file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile("(?sm)^(invariants:\n.*?)```").FindSubmatch(text)
		if m == nil {
			t.Fatalf("%s has no example", file)
		}
		var c struct {
			Invariants []Invariant `yaml:"invariants"`
		}
		if err := yaml.UnmarshalWithOptions(m[1], &c, yaml.Strict()); err != nil {
			t.Fatal(yaml.FormatError(err, false, true))
		}
		s, err := Compile(c.Invariants, Options{})
		if err != nil || s.Len() < 2 {
			t.Errorf("%s: %d entries: %v", file, len(c.Invariants), err)
		}
	}
}

func TestAmbiguousNames(t *testing.T) {
	f := &fake{}
	f.table("a.t", []string{"id"})
	f.table("b.t", []string{"id"})
	got := check(t, must(t, Options{}, Invariant{Name: "x", Count: "t"}, Invariant{Name: "y", Count: "b.t"}), f, f)
	want := []string{"x | both | could not verify | old side: a.t and b.t are both named t", "y | both | holds | 0 rows / 0 rows"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
