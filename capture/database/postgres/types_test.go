package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// valueCases says of a type and a literal which class and text it must have.
var valueCases = []struct {
	name, declare, literal string
	class                  snapshot.Class
	want                   string
}{
	{"1 scale does not count", "numeric(10,2)", "1.5", snapshot.Number, "1.5"},
	{"1 unbounded", "numeric", "1.50", snapshot.Number, "1.5"},
	{"2 many digits", "numeric", "'" + strings.Repeat("1234567890", 30) + "." + strings.Repeat("0987654321", 30) + "1'", snapshot.Number, strings.Repeat("1234567890", 30) + "." + strings.Repeat("0987654321", 30) + "1"},
	{"3 NaN", "numeric", "'NaN'", snapshot.Number, "NaN"},
	{"3 NaN of bounded", "numeric(5,1)", "'NaN'", snapshot.Number, "NaN"},
	{"3 infinity", "numeric", "'infinity'", snapshot.Number, "Infinity"},
	{"3 -infinity", "numeric", "'-infinity'", snapshot.Number, "-Infinity"},
	{"4 -0.0", "numeric", "-0.0", snapshot.Number, "0"},
	{"negative fraction", "numeric", "-0.0001", snapshot.Number, "-0.0001"},
	{"negative beyond a digit", "numeric", "-12345.00000001", snapshot.Number, "-12345.00000001"},
	{"small", "numeric", "1e-20", snapshot.Number, "0.00000000000000000001"},
	{"large", "numeric", "1e40", snapshot.Number, "1" + strings.Repeat("0", 40)},
	{"negative scale", "numeric(3,-2)", "12345", snapshot.Number, "12300"},
	{"scale beyond precision", "numeric(2,4)", "0.0012", snapshot.Number, "0.0012"},
	{"5 -0 float", "float8", "'-0'", snapshot.Float, "-0"},
	{"6 NaN float", "float8", "'NaN'", snapshot.Float, "NaN"},
	{"7 infinite float", "float8", "'-infinity'", snapshot.Float, "-Inf"},
	{"8 float4 is widened", "float4", "0.1", snapshot.Float, "0.10000000149011612"},
	{"10 all digits of a float", "float8", "0.30000000000000004", snapshot.Float, "0.30000000000000004"},
	{"13 instant", "timestamptz", "'2024-01-01 00:00+05:30'", snapshot.Instant, "2023-12-31T18:30:00Z"},
	{"14 wall time", "timestamp", "'2024-01-01 00:00'", snapshot.WallTime, "2024-01-01T00:00:00"},
	{"15 precision", "timestamp", "'2024-01-01 00:00:00.1234567'", snapshot.WallTime, "2024-01-01T00:00:00.123457"},
	{"16 historic offset", "timestamptz", "'1890-01-01 00:00 Europe/Amsterdam'", snapshot.Instant, "1889-12-31T23:40:28Z"},
	{"17 infinity", "timestamptz", "'infinity'", snapshot.Instant, "infinity"},
	{"17 -infinity", "timestamp", "'-infinity'", snapshot.WallTime, "-infinity"},
	{"17 infinite date", "date", "'infinity'", snapshot.Date, "infinity"},
	{"17 -infinite date", "date", "'-infinity'", snapshot.Date, "-infinity"},
	{"19 BC", "date", "'0044-03-15 BC'", snapshot.Date, "-0043-03-15"},
	{"19 first timestamp", "timestamp", "'4713-01-01 00:00 BC'", snapshot.WallTime, "-4712-01-01T00:00:00"},
	{"19 last timestamp", "timestamptz", "'294276-12-31 23:59:59.999999+00'", snapshot.Instant, "+294276-12-31T23:59:59.999999Z"},
	{"19 last date", "date", "'5874897-12-31'", snapshot.Date, "+5874897-12-31"},
	{"19 five digits", "timestamp", "'12024-01-01 00:00'", snapshot.WallTime, "+12024-01-01T00:00:00"},
	{"before 1970", "timestamp", "'1969-12-31 23:59:59.5'", snapshot.WallTime, "1969-12-31T23:59:59.5"},
	{"20 24:00", "time", "'24:00:00'", snapshot.Time, "24:00:00"},
	{"time", "time(3)", "'01:02:03.004'", snapshot.Time, "01:02:03.004000"},
	{"21 timetz", "timetz", "'12:00+02'", snapshot.Text, "12:00:00+02:00"},
	{"21 timetz, another offset", "timetz", "'10:00+00'", snapshot.Text, "10:00:00+00:00"},
	{"21 timetz with seconds", "timetz", "'10:00:00.5-05:30:15'", snapshot.Text, "10:00:00.500000-05:30:15"},
	{"22 a month", "interval", "'1 mon'", snapshot.Interval, "1 months 0 days 00:00:00"},
	{"22 30 days", "interval", "'30 days'", snapshot.Interval, "0 months 30 days 00:00:00"},
	{"22 negative", "interval", "'-1 year 2 days -3.5 seconds'", snapshot.Interval, "-12 months 2 days -00:00:03.500000"},
	{"25 boolean", "boolean", "true", snapshot.Bool, "true"},
	{"26 bit", "bit(4)", "B'0101'", snapshot.Text, "0101"},
	{"26 varbit", "varbit", "B'101100111'", snapshot.Text, "101100111"},
	{"28 char keeps its blanks", "char(5)", "'ab'", snapshot.Text, "ab   "},
	{"29 varchar keeps its blanks", "varchar(5)", "'ab '", snapshot.Text, "ab "},
	{"30 an N literal is char", "varchar(20)", "N'Edinburgh '", snapshot.Text, "Edinburgh"},
	{"31 backslash", "text", `'a\ b'`, snapshot.Text, `a\ b`},
	{"32 empty is not null", "text", "''", snapshot.Text, ""},
	{"32 null", "text", "null", snapshot.Null, "null"},
	{"37 uuid", "uuid", "'{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}'", snapshot.UUID, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
	{"38 NFD stays", "text", `E'e\u0301'`, snapshot.Text, "e\u0301"},
	{"39 four bytes", "text", "'😀'", snapshot.Text, "😀"},
	{"42 bytea", "bytea", `'\x00ff5c'`, snapshot.Bytes, "00ff5c"},
	{"44 json as it stood", "json", `'{"b": 1, "a":1e2, "a": 1.0}'`, snapshot.JSON, `{"b": 1, "a":1e2, "a": 1.0}`},
	{"44 jsonb", "jsonb", `'{"b": 1, "a":1e2, "a": 1.0}'`, snapshot.JSON, `{"a": 1.0, "b": 1}`},
	{"45 number beyond 2^53", "jsonb", `'9007199254740993'`, snapshot.JSON, "9007199254740993"},
	{"47 JSON null", "jsonb", "'null'", snapshot.JSON, "null"},
	{"48 empty array", "int[]", "'{}'", snapshot.List, "[]"},
	{"48 array with null", "text[]", `array['a"\', null, 'NULL', '']`, snapshot.List, `["a\"\\",null,"NULL",""]`},
	{"48 nested", "int[]", "'{{1,2},{3,4}}'", snapshot.List, "[[1,2],[3,4]]"},
	{"48 lower bound", "int[]", "'[2:3]={1,2}'", snapshot.List, "[1,2]"},
	{"49 as a set", "text[]", `'{Trailers,"Deleted Scenes"}'`, snapshot.List, `["Trailers","Deleted Scenes"]`},
	{"array of numerics", "numeric[]", "'{1.50,NaN,Infinity,1e30}'", snapshot.List, `[1.5,"NaN","Infinity",1` + strings.Repeat("0", 30) + "]"},
	{"array of floats", "float8[]", "'{0.1,-Infinity,NaN}'", snapshot.List, `[0.1,"-Inf","NaN"]`},
	{"array of dates", "date[]", "'{2024-02-29,infinity}'", snapshot.List, `["2024-02-29","infinity"]`},
	{"array of bytea", "bytea[]", `array['\x01'::bytea]`, snapshot.List, `["01"]`},
	{"array of booleans", "bool[]", "'{t,f}'", snapshot.List, "[true,false]"},
	{"array of jsonb", "jsonb[]", `array['{"a":1}'::jsonb]`, snapshot.List, `[{"a": 1}]`},
	{"array with a control sign", "text[]", `array[E'a\nb']`, snapshot.List, `["a\u000ab"]`},
	{"50 enumeration", "mood", "'sad'", snapshot.Text, "sad"},
	{"51 beyond bigint", "numeric(20,0)", "18446744073709551615", snapshot.Number, "18446744073709551615"},
	{"smallint", "smallint", "-32768", snapshot.Number, "-32768"},
	{"integer", "integer", "2147483647", snapshot.Number, "2147483647"},
	{"bigint", "bigint", "-9223372036854775808", snapshot.Number, "-9223372036854775808"},
	{"oid", "oid", "4294967295", snapshot.Number, "4294967295"},
	{"56 money", "money", "-12.34", snapshot.Number, "-12.34"},
	{"56 inet", "inet", "'192.168.0.1'", snapshot.Text, "192.168.0.1"},
	{"56 inet with a mask", "inet", "'192.168.0.1/24'", snapshot.Text, "192.168.0.1/24"},
	{"56 inet6", "inet", "'2001:DB8:0:0::1'", snapshot.Text, "2001:db8::1"},
	{"56 cidr", "cidr", "'10.1.2.3/32'", snapshot.Text, "10.1.2.3/32"},
	{"56 macaddr", "macaddr", "'08-00-2B-01-02-03'", snapshot.Text, "08:00:2b:01:02:03"},
	{"56 macaddr8", "macaddr8", "'08002b0102030405'", snapshot.Text, "08:00:2b:01:02:03:04:05"},
	{"56 integer range", "int4range", "'[1,5]'", snapshot.Text, "[1,6)"},
	{"56 empty range", "int4range", "'[1,1)'", snapshot.Text, "empty"},
	{"56 endless range", "numrange", "'(,1.50]'", snapshot.Text, "(,1.5]"},
	{"56 range of instants", "tstzrange", "'[2024-01-01 00:00+00,infinity)'", snapshot.Text, "[2024-01-01T00:00:00Z,infinity)"},
	{"56 multirange", "int4multirange", "'{[1,3),[5,7)}'", snapshot.Text, "{[1,3),[5,7)}"},
	{"range of texts", "words", `words('"', 'a b')`, snapshot.Text, `["\"","a b")`},
	{"array of ranges", "int4range[]", "array[int4range(1,2)]", snapshot.List, `["[1,2)"]`},
	{"domain", "positive", "7", snapshot.Number, "7"},
	{"domain over a domain", "price", "1.239", snapshot.Number, "1.24"},
	{"array of a domain", "price[]", "array[1.5::price]", snapshot.List, "[1.5]"},
	{"citext", "citext", "'AbC'", snapshot.Text, "AbC"},
	{"name", "name", "'n'", snapshot.Text, "n"},
	{"one-byte char", `"char"`, "'x'", snapshot.Text, "x"},
	{"one-byte char, empty", `"char"`, "''", snapshot.Text, ""},
	{"xml", "xml", "'<a/>'", snapshot.Text, "<a/>"},
}

const typesSchema = `create type mood as enum ('happy', 'sad');
create type words as range (subtype = text);
create domain positive as int check (value > 0);
create domain amount as numeric(10,2);
create domain price as amount;
create extension if not exists citext;`

func TestValues(t *testing.T) {
	d := newDB(t, typesSchema)
	for i, c := range valueCases {
		d.exec(fmt.Sprintf("create table v%d (v %s); insert into v%d values (%s)", i, c.declare, i, c.literal))
	}
	s := d.open(database.Options{})
	all := tables(t, s)
	for i, c := range valueCases {
		t.Run(c.name, func(t *testing.T) { checkValue(t, s, all[fmt.Sprintf("public.v%d", i)], c.class, c.want) })
	}
	notes := all["public.v"+fmt.Sprint(caseNamed("48 lower bound"))].Notes
	equal(t, "notes", notes, map[string]int64{noteLowerBound: 1})
}

// TestValuesAreKept: a snapshot holds whatever a column of the type may.
func TestValuesAreKept(t *testing.T) {
	d := newDB(t, typesSchema)
	for i, c := range valueCases {
		d.exec(fmt.Sprintf("create table v%d (v %s); insert into v%d values (%s)", i, c.declare, i, c.literal))
	}
	d.captured("v*", 1)
}

func caseNamed(name string) int {
	for i, c := range valueCases {
		if c.name == name {
			return i
		}
	}
	return -1
}

func checkValue(t *testing.T, s *source, table *snapshot.Table, class snapshot.Class, want string) {
	err := s.Read(context.Background(), table, func(b *snapshot.Batch) error {
		got, c := b.Columns[0].Cell(0)
		if got != class || b.Rows != 1 {
			t.Errorf("class %s, want %s; %d rows", got, class, b.Rows)
		}
		equal(t, "text", string(snapshot.AppendText(nil, got, c)), want)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if class != snapshot.Null && table.Columns[0].Class != class {
		t.Errorf("the column's class is %s", table.Columns[0].Class)
	}
}

func TestColumnsAreDescribed(t *testing.T) {
	d := newDB(t, typesSchema, `create table c (
		i2 smallint, i4 integer not null, f4 real, n numeric, n2 numeric(10,2), n3 numeric(3,-2), n4 numeric(2,4), m money,
		v varchar(7) collate "C", ch char(3), bp bpchar, b bit(9), ts timestamptz(3), tn timestamp, iv interval(2),
		e mood, p price, g int generated always as (i4 + 1) stored, id bigint generated always as identity)`)
	table := tables(t, d.open(database.Options{}))["public.c"]
	want := map[string]string{
		"i2": "smallint number bits 16", "i4": "integer number bits 32 not null", "f4": "real float bits 32",
		"n": "numeric number mixed", "n2": "numeric(10,2) number 10,2 mixed", "n3": "numeric(3,-2) number 5,0 mixed", "n4": "numeric(2,4) number 4,4 mixed",
		"m": "money number 19,2", "v": "character varying(7) text length 7 collate C", "ch": "character(3) text length 3 padded collate C.UTF-8",
		"bp": "bpchar text collate C.UTF-8", "b": "bit(9) text length 9", "ts": "timestamp(3) with time zone instant 3,0 mixed",
		"tn": "timestamp without time zone wall time 6,0 mixed", "iv": "interval(2) interval 2,0", "e": "mood text [happy sad]",
		"p": "numeric(10,2) number 10,2 mixed", "g": "integer number bits 32 generated stored generated: (i4 + 1)", "id": "bigint number bits 64 not null",
	}
	for _, c := range table.Columns {
		equal(t, c.Name, inWords(c), want[c.Name])
	}
}

// TestCollationsThatCallTextsEqualSaySo: which they are, a comparison has to know.
func TestCollationsThatCallTextsEqualSaySo(t *testing.T) {
	d := newDB(t, `create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
		create collation seeing (provider = icu, locale = 'und'); create table c (a text collate blind, b text collate seeing)`)
	table := tables(t, d.open(database.Options{}))["public.c"]
	equal(t, "blind", table.Columns[0].Collation, "public.blind (not deterministic)")
	equal(t, "seeing", table.Columns[1].Collation, "public.seeing")
}

func inWords(c snapshot.Column) string {
	out := c.Declared + " " + c.Class.String()
	say := func(yes bool, format string, args ...any) {
		if yes {
			out += fmt.Sprintf(format, args...)
		}
	}
	say(c.Bits > 0, " bits %d", c.Bits)
	say(c.Precision > 0, " %d,%d", c.Precision, c.Scale)
	say(c.Length > 0, " length %d", c.Length)
	say(c.Padded, " padded")
	say(c.NotNull, " not null")
	say(c.Generated != "", " generated %s", c.Generated)
	say(c.Collation != "", " collate %s", c.Collation)
	say(c.Mixed, " mixed")
	say(len(c.Labels) > 0, " %v", c.Labels)
	return out
}

func TestUnsupportedTypesAreRefusedByName(t *testing.T) {
	d := newDB(t, "create extension if not exists hstore; create type pair as (a int, b int)")
	odd := []string{"tsvector", "point", "pair", "pair[]", "int2vector", "xid", "pg_lsn", "regclass", "hstore"}
	for i, declare := range odd {
		d.exec(fmt.Sprintf("create table odd%d (id int, v %s)", i, declare))
	}
	for i, declare := range odd {
		t.Run(declare, func(t *testing.T) {
			_, err := d.open(database.Options{Include: []string{fmt.Sprintf("odd%d", i)}}).Tables(t.Context())
			if !errors.Is(err, database.ErrType) || !strings.Contains(err.Error(), fmt.Sprintf("public.odd%d.v", i)) || !strings.Contains(err.Error(), declare) {
				t.Fatalf("%v", err)
			}
		})
	}
	if _, err := d.open(database.Options{Exclude: []string{"odd*"}}).Tables(t.Context()); err != nil {
		t.Errorf("excluded: %v", err)
	}
}

func TestNumericsAgreeWithTheServer(t *testing.T) {
	d := newDB(t)
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?(0|[1-9][0-9]{0,60})(\.[0-9]{1,60})?`).Draw(t, "number")
		out := d.admin.conn.ExecParams(context.Background(), "select $1::numeric", [][]byte{[]byte(text)}, nil, nil, []int16{1}).Read()
		if out.Err != nil {
			t.Fatal(out.Err)
		}
		got, err := decodeNumeric(nil, out.Rows[0][0])
		want, _ := snapshot.AppendNumberText(nil, text)
		if err != nil || string(got) != string(want) {
			t.Fatalf("%s: %x, want %x (%v)", text, got, want, err)
		}
	})
}
