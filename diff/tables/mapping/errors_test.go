package mapping

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestErrorsNameTheEntry holds what a person reads who wrote something wrong.
func TestErrorsNameTheEntry(t *testing.T) {
	for _, c := range []struct{ config, want string }{
		{`tables: [{new: a}]`, "mapping: table 1: old names no table"},
		{`tables: [{old: a}, {old: a, new: b}]`, "table a: two entries claim it"},
		{`tables: [{old: a, new: c}, {old: b, new: c}]`, "tables a and b: both become c"},
		{`tables: [{old: a, columns: [{old: x, new: z}, {old: y, new: z}]}]`, "table a: column y: two entries claim the new column z"},
		{`tables: [{old: a, columns: [{old: x, new: z}, {old: x, json: true}]}]`, "table a: column x: another entry has the name"},
		{`tables: [{old: a, columns: [{old: x}]}]`, "table a: column x: the entry says nothing"},
		{`tables: [{old: a, columns: [{ignore: true}]}]`, "column entry 1: neither old nor new"},
		{`tables: [{old: a, columns: [{new: x}]}]`, "needs expr or ignore"},
		{`tables: [{old: a, columns: [{old: x, ignore: true, json: true}]}]`, "ignore leaves nothing for json to do"},
		{`tables: [{old: a, columns: [{old: x, expr: old, values: {a: b}}]}]`, "values and expr: one of them only"},
		{`tables: [{old: a, columns: [{old: x, scale: 1, tolerance: 1}]}]`, "tolerance and scale: one of them only"},
		{`tables: [{old: a, columns: [{old: x, tolerance: -1}]}]`, `tolerance: "-1" is neither`},
		{`tables: [{old: a, columns: [{old: x, tolerance: NaN}]}]`, `tolerance: "NaN" is neither`},
		{`tables: [{old: a, columns: [{old: x, window: 2}]}]`, `window: "2" is no duration`},
		{`tables: [{old: a, columns: [{old: x, zone: Nowhere/At_All}]}]`, "zone: unknown time zone"},
		{`tables: [{old: a, columns: [{old: x, precision: -1}]}]`, "precision: -1 is not within 1 and 1000"},
		{`tables: [{old: a, columns: [{old: x, rules: [{body: /a, ignore: true}]}]}]`, "they go with json"},
		{`tables: [{old: a, columns: [{old: x, json: true, rules: [{header: A, ignore: true}]}]}]`, "rules: rule 1: want a place of the document"},
		{`tables: [{old: a, columns: [{old: x, json: true, rules: [{body: /a, route: "GET /", ignore: true}]}]}]`, "and no route"},
		{`tables: [{old: a, columns: [{old: x, json: true, rules: [{body: /a, unordered: true, ignore: true}]}]}]`, "column x: rules: "},
		{`tables: [{old: a, columns: [{old: x, json: true, rules: [{body: /a, ignored: true}]}]}]`, "unknown field"},
		{`tables: [{old: a, columns: [{old: x, sentinels: [{old: null}]}]}]`, "null and null are equal"},
		{`tables: [{old: a, columns: [{old: x, sentinels: [{old: b, new: c}], values: {a: b}}]}]`, "values and sentinels: one of them only"},
		{`tables: [{old: a, columns: [{old: x, sentinels: [{old: b, new: c}], json: true}]}]`, "json and sentinels: one of them only"},
		{`tables: [{old: a, columns: [{old: x, sentinels: [{old: b, new: c}], ignore: true}]}]`, "ignore leaves nothing for sentinels"},
		{`tables: [{old: a, columns: [{new: x, sentinels: [{old: b, new: c}]}]}]`, "sentinels: old must name the column"},
		{`tables: [{old: a, columns: [{old: x, sentinels: [{old: b, new: c}], scale: 1, tolerance: 1}]}]`, "tolerance and scale: one of them only"},
		{`tables: [{old: a, columns: [{old: x, sentinels: [{was: b}]}]}]`, "unknown field"},
		{`tables: [{old: a, columns: [{old: x, values: {a: b}, else: drop}]}]`, `else: "drop" is neither`},
		{`tables: [{old: a, columns: [{old: x, new: y, else: keep}]}]`, "else goes with values only"},
		{`tables: [{old: a, columns: [{old: x, new: y, name: "builtin:x"}]}]`, "are the program's"},
		{`tables: [{old: price, columns: [{old: p, expr: "old * factor"}]}]`, "mapping: table price: column p: expr: 1:7: unknown name factor"},
		{`tables: [{old: a, columns: [{old: p, expr: "old *"}]}]`, "column p: expr: 1:5: unexpected token EOF"},
		{`tables: [{old: a, columns: [{old: p, expr: "'open"}]}]`, "column p: expr: 1:"},
		{`tables: [{old: a, columns: [{old: p, expr: "round()"}]}]`, "expr: 1:1: not enough arguments"},
		{`tables: [{old: a, columns: [{old: p, expr: "exec('rm')"}]}]`, "expr: 1:1: unknown name exec"},
		{`tables: [{old: a, columns: [{old: p, expr: "filter(row, true)"}]}]`, "there is no function filter"},
		{`tables: [{old: a, columns: [{old: p, expr: "1..9"}]}]`, "there are no ranges"},
		{`tables: [{old: a, columns: [{old: p, expr: "old.Num()"}]}]`, "only row has columns"},
		{`tables: [{old: a, columns: [{old: p, expr: "old[0:2]"}]}]`, "there are no slices"},
		{`tables: [{old: a, columns: [{old: p, expr: row}]}]`, "row is asked for a column by its name"},
		{`tables: [{old: a, columns: [{old: p, expr: "text(row)"}]}]`, "row is asked for a column by its name"},
		{`tables: [{old: a, columns: [{old: p, expr: "$env"}]}]`, "unknown name $env"},
		{`tables: [{old: a, columns: [{old: p, expr: "99999999999999999999"}]}]`, "invalid integer literal"},
		{`tables: [{old: a, columns: [{new: p, expr: old}]}]`, "there is no one old value here"},
		{`tables: [{old: a, columns: [{old: p, from_new: "old"}]}]`, "there is no one old value here"},
		{`tables: [{old: a, columns: [{old: x, values: {null: b}}]}]`, "null is no value here"},
		{`tables: [{old: a, columns: [{old: x, values: {a: b, a: c}}]}]`, "already defined"},
		{`tables: [{old: a, columns: [{old: x, tolerence: 1}]}]`, "unknown field"},
		{`ignore: [{table: a}]`, "mapping: ignore 1: table and column must be given"},
		{`ignore: [{table: a, column: "*"}]`, "would compare nothing"},
		{`ignore: [{table: a, column: b}, {table: a, column: b}]`, "a.b: two entries claim it"},
		{`{tables: [{old: a, columns: [{old: b, json: true}]}], ignore: [{table: a, column: b}]}`, "a.b: an entry of the table claims it, too"},
		{`flatten: [{from: a, column: b}]`, "flatten 1: from, column and into"},
		{`flatten: [{from: a, column: b, into: c, columns: {x: x}, key: [x]}]`, `into c: column x: "x" is neither index`},
		{`flatten: [{from: a, column: b, into: c, columns: {x: /x}, key: [y]}]`, `into c: key: "y" is none of the columns`},
		{`flatten: [{from: a, column: b, into: c, path: "/~2", columns: {x: /x}, key: [x]}]`, "path: pointer"},
	} {
		var config Config
		err := yaml.UnmarshalWithOptions([]byte(c.config), &config, yaml.Strict())
		if err == nil {
			_, err = Compile(config)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\n got %v\nwant %s", c.config, err, c.want)
		}
	}
}
