package repair

import (
	"iter"
	"strings"
	"testing"

	"parallax/diff/comparison"
)

func stream(list []comparison.Difference) iter.Seq2[*comparison.Difference, error] {
	return func(yield func(*comparison.Difference, error) bool) {
		for i := range list {
			if !yield(&list[i], nil) {
				return
			}
		}
	}
}

var orders = []comparison.TableProof{
	{Table: "orders", Old: "orders", New: `Or"ders`, Method: "blocks", Columns: []comparison.ColumnProof{
		{Old: "id", New: "Id", State: "key"}, {Old: "note", New: "No`te", State: "differs"}, {Old: "raw", New: "raw", State: "differs"},
	}},
	{Table: "log", Old: "log", New: "log", Method: "multiset", Columns: []comparison.ColumnProof{{Old: "t", New: "t", State: "differs"}}},
}

func TestStatements(t *testing.T) {
	value := func(typ, text string) comparison.Value { return comparison.MakeValue(typ, text) }
	cell := func(record, field string, old comparison.Value) comparison.Difference {
		return comparison.Difference{Subject: "orders", Record: record, Part: comparison.Column, Field: field, Kind: comparison.Changed, Old: old}
	}
	row := func(record string, kind comparison.Kind, old string) comparison.Difference {
		return comparison.Difference{Subject: "orders", Record: record, Part: comparison.Row, Kind: kind, Old: value("object", old)}
	}
	for _, c := range []struct {
		name, engine string
		list         []comparison.Difference
		want         string
	}{
		{"two cells of a row", "postgresql", []comparison.Difference{cell(`["7"]`, "note", value("text", `it's`)), cell(`["7"]`, "raw", value("bytes", "00ff"))},
			`UPDATE "Or""ders" SET "No` + "`" + `te" = 'it''s', "raw" = '\x00ff' WHERE "Id" = '7';`},
		{"the same for MySQL", "mariadb", []comparison.Difference{cell(`["7"]`, "note", value("text", `a\'b`)), cell(`["7"]`, "raw", value("bytes", "00ff"))},
			"UPDATE `Or\"ders` SET `No``te` = 'a\\\\''b', `raw` = x'00ff' WHERE `Id` = '7';"},
		{"a row too many", "sqlite", []comparison.Difference{row(`["a' OR 1=1 --"]`, comparison.MissingInOld, "")},
			`DELETE FROM "Or""ders" WHERE "Id" = 'a'' OR 1=1 --';`},
		{"a row too few", "sqlite", []comparison.Difference{row(`["8"]`, comparison.MissingInNew, `{"id":8,"note":null,"raw":"x"}`)},
			`INSERT INTO "Or""ders" ("Id", "No` + "`" + `te", "raw") VALUES ('8', NULL, 'x');`},
		{"a long value", "sqlite", []comparison.Difference{cell(`["7"]`, "note", value("text", strings.Repeat("x", 5000)))},
			`-- orders ["7"]: column note: the value is longer than what the comparison keeps of it`},
		{"a comment cannot be ended by what was recorded", "sqlite", []comparison.Difference{cell("[\"7\nDROP TABLE x;\"]", "note/a\nb", value("text", "x"))},
			`-- orders ["7\nDROP TABLE x;"]: note/a\nb is no column of its own: the difference is within a document` + "\n" +
				`-- orders ["7\nDROP TABLE x;"]: the key is not readable`},
		{"no key", "sqlite", []comparison.Difference{{Subject: "log", Record: `["x"]`, Part: comparison.Row, Kind: comparison.MissingInNew}},
			`-- log ["x"]: the table has no key: missing in new`},
		{"a token", "sqlite", []comparison.Difference{cell(`["7"]`, "note", value("text", "redacted-abcdefgh22222222"))},
			`-- orders ["7"]: column note: the value is redacted`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			s := &comparison.Summary{New: comparison.Side{Engine: c.engine}, Tables: orders}
			if err := Statements(&b, s, stream(c.list)); err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSuffix(b.String(), "\n"); got != c.want {
				t.Errorf("\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
