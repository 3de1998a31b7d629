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

// typed has a key whose columns stand in another order, and a column of each kind that
// engines spell differently.
func typed(declared string) comparison.TableProof {
	column := func(name, old, new string, key int) comparison.ColumnProof {
		c := comparison.ColumnProof{Old: name, New: name, OldClass: old, NewClass: new, Key: key, State: "differs"}
		if key > 0 {
			c.State = "key"
		}
		return c
	}
	bits := column("bits", "number", "text", 0)
	bits.NewDeclared = declared
	return comparison.TableProof{Table: "t", Old: "t", New: "t", NewSchema: "other", Method: "merge", Columns: []comparison.ColumnProof{
		column("b", "bytes", "bytes", 2), column("a", "number", "number", 1), column("id", "uuid", "bytes", 0), column("yes", "bool", "number", 0),
		column("at", "instant", "instant", 0), column("raw", "bytes", "bytes", 0), column("note", "text", "text", 0), bits,
	}}
}

// TestValuesAreSpelledForTheEngine: and a record's texts are in the order of its key.
func TestValuesAreSpelledForTheEngine(t *testing.T) {
	const row = `{"b":"00ff","a":7,"id":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","yes":true,"at":"2024-01-31T12:00:00Z","raw":"61","note":"x","bits":5}`
	insert := comparison.Difference{Subject: "t", Record: `["7","00ff"]`, Part: comparison.Row, Kind: comparison.MissingInNew, Old: comparison.MakeValue("object", row)}
	remove := comparison.Difference{Subject: "t", Record: `["8","00ff"]`, Part: comparison.Row, Kind: comparison.MissingInOld}
	unclear := insert
	unclear.Record, unclear.Old = `["9","00ff"]`, comparison.MakeValue("object", `{"a":9,"note":"bytes:ff"}`)
	for engine, want := range map[string]string{
		"postgresql": `INSERT INTO "other"."t" ("a", "at", "b", "bits", "id", "note", "raw", "yes") VALUES ('7', '2024-01-31T12:00:00Z', '\x00ff', B'00000101', '\xa0eebc999c0b4ef8bb6d6bb9bd380a11', 'x', '\x61', 'true');
DELETE FROM "other"."t" WHERE "a" = '8' AND "b" = '\x00ff';
-- t ["9","00ff"]: column note: the value may be a text or of another type`,
		"mariadb": "SET time_zone = '+00:00';\n" +
			"INSERT INTO `t` (`a`, `at`, `b`, `bits`, `id`, `note`, `raw`, `yes`) VALUES ('7', '2024-01-31T12:00:00', x'00ff', 5, x'a0eebc999c0b4ef8bb6d6bb9bd380a11', 'x', x'61', 1);\n" +
			"DELETE FROM `t` WHERE `a` = '8' AND `b` = x'00ff';\n" +
			`-- t ["9","00ff"]: column note: the value may be a text or of another type`,
	} {
		var b strings.Builder
		s := &comparison.Summary{New: comparison.Side{Engine: engine}, Tables: []comparison.TableProof{typed("bit(8)")}}
		if err := Statements(&b, s, stream([]comparison.Difference{insert, remove, unclear})); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSuffix(b.String(), "\n"); got != want {
			t.Errorf("%s\n%s\nwant\n%s", engine, got, want)
		}
	}
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
