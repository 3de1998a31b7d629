package mysql_test

import (
	"fmt"
	"strings"
	"testing"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// A value is written as SQL into a column of a declared type; the number is the
// case's row in the list of type cases, 0 for those beyond it.
var values = []struct {
	row     int
	name    string
	declare string
	value   string
	want    string
}{
	{1, "decimal without trailing zeros", "decimal(10,2)", "1.50", "number 1.5"},
	{2, "decimal of 65 digits", "decimal(65,30)", "'99999999999999999999999999999999999.999999999999999999999999999999'", "number 99999999999999999999999999999999999.999999999999999999999999999999"},
	{4, "negative zero decimal", "decimal(5,2)", "'-0.00'", "number 0"},
	{4, "negative decimal", "decimal(5,2)", "-1.05", "number -1.05"},
	{5, "negative zero double, of a literal", "double", "-0e0", "float 0"},
	{5, "negative zero double, computed", "double", "-1e-200 * 1e-200", "float 0"},
	{7, "greatest double", "double", "1.7976931348623157e308", "float 1.7976931348623157e+308"},
	{8, "float", "float", "0.1", "float 0.10000000149011612"},
	{8, "double", "double", "0.1", "float 0.1"},
	{9, "float that text rounds", "float", "123456789", "float 1.23456792e+08"},
	{9, "float beyond 2^24", "float", "16777217", "float 1.6777216e+07"},
	{11, "float(10,2)", "float(10,2)", "2.675", "float 2.6700000762939453"},
	{13, "timestamp in UTC", "timestamp(6) null", "'2024-01-01 00:00:00.5'", "instant 2024-01-01T00:00:00.5Z"},
	{14, "datetime", "datetime(6)", "'2024-01-01 00:00:00.000001'", "wall time 2024-01-01T00:00:00.000001"},
	{15, "datetime(0)", "datetime", "'2024-01-01 23:59:59.999999'", "wall time 2024-01-01T23:59:59"},
	{15, "datetime(3)", "datetime(3)", "'2024-01-01 23:59:59.1239'", "wall time 2024-01-01T23:59:59.123"},
	{18, "zero date", "date", "'0000-00-00'", "text 0000-00-00"},
	{18, "zero month", "date", "'2024-00-00'", "text 2024-00-00"},
	{18, "zero datetime", "datetime", "'0000-00-00 00:00:00'", "text 0000-00-00 00:00:00"},
	{18, "zero timestamp", "timestamp null", "'0000-00-00 00:00:00'", "text 0000-00-00 00:00:00"},
	{18, "zero day with a time", "datetime(2)", "'2024-01-00 10:11:12.34'", "text 2024-01-00 10:11:12.34"},
	{19, "first year", "datetime", "'0001-01-01 00:00:00'", "wall time 0001-01-01T00:00:00"},
	{19, "last day", "datetime(6)", "'9999-12-31 23:59:59.999999'", "wall time 9999-12-31T23:59:59.999999"},
	{19, "leap day", "date", "'2000-02-29'", "date 2000-02-29"},
	{19, "before 1970", "datetime(6)", "'1969-12-31 23:59:59.999999'", "wall time 1969-12-31T23:59:59.999999"},
	{20, "longest time", "time", "'838:59:59'", "time 838:59:59"},
	{20, "least time", "time(6)", "'-838:59:58.999999'", "time -838:59:58.999999"},
	{20, "zero time", "time", "'00:00:00'", "time 00:00:00"},
	{20, "time below zero and an hour", "time(1)", "'-00:00:00.5'", "time -00:00:00.500000"},
	{23, "year 69", "year", "'69'", "number 2069"},
	{23, "year 70", "year", "'70'", "number 1970"},
	{23, "year zero", "year", "'0000'", "number 0"},
	{25, "tinyint(1) holds 2", "tinyint(1)", "2", "number 2"},
	{25, "boolean", "boolean", "true", "number 1"},
	{26, "bit(1)", "bit(1)", "b'1'", "number 1"},
	{26, "bit(9)", "bit(9)", "b'100000001'", "number 257"},
	{26, "bit(64)", "bit(64)", "18446744073709551615", "number 18446744073709551615"},
	{28, "char loses its pads", "char(5)", "'ab '", "text ab"},
	{29, "varchar keeps trailing blanks", "varchar(5)", "'ab '", "text ab "},
	{32, "empty text", "varchar(5)", "''", "text "},
	{32, "null", "varchar(5)", "null", "null null"},
	{36, "uuid", "uuid", "'123e4567-e89b-12d3-a456-426655440000'", "uuid 123e4567-e89b-12d3-a456-426655440000"},
	{37, "uuid in capitals", "uuid", "'123E4567-E89B-12D3-A456-4266554400FF'", "uuid 123e4567-e89b-12d3-a456-4266554400ff"},
	{38, "decomposed text", "varchar(9)", "_utf8mb4 x'65CC81'", "text e\u0301"},
	{39, "latin1", "varchar(9) character set latin1", "_latin1 x'80E9'", "text €é"},
	{39, "utf8mb3", "varchar(9) character set utf8mb3", "'é€'", "text é€"},
	{39, "utf8mb4", "varchar(9) character set utf8mb4", "_utf8mb4 x'F09F9880'", "text 😀"},
	{39, "ucs2", "varchar(9) character set ucs2", "'é'", "text é"},
	{40, "NUL in text", "varchar(9)", "concat('a', char(0), 'b')", "text a\x00b"},
	{41, "surrogate in utf8mb3", "varchar(9) character set utf8mb3", "_utf8mb3 x'EDA080'", "bytes eda080"},
	{43, "binary(n) is filled up", "binary(5)", "'ab'", "bytes 6162000000"},
	{43, "varbinary", "varbinary(5)", "x'00ff'", "bytes 00ff"},
	{42, "blob", "longblob", "x'ff00'", "bytes ff00"},
	{44, "json as it stood", "json", `'{"b": 1e2, "a":1.0,  "b":2}'`, `json {"b": 1e2, "a":1.0,  "b":2}`},
	{47, "json null", "json", `'null'`, `json null`},
	{47, "null in a json column", "json", `null`, `null null`},
	{49, "set in order of definition", "set('a','b','c')", "'c,a'", "text a,c"},
	{49, "empty set", "set('a','b','c')", "''", "text "},
	{50, "enum", "enum('small','BIG')", "'big'", "text BIG"},
	{50, "enum's index 0", "enum('small','BIG')", "'none'", "text "},
	{51, "greatest bigint unsigned", "bigint unsigned", "18446744073709551615", "number 18446744073709551615"},
	{51, "2^63", "bigint unsigned", "9223372036854775808", "number 9223372036854775808"},
	{51, "least bigint", "bigint", "-9223372036854775808", "number -9223372036854775808"},
	{51, "int unsigned", "int unsigned", "4294967295", "number 4294967295"},
	{51, "mediumint", "mediumint", "-8388608", "number -8388608"},
	{51, "smallint zerofill", "smallint(8) unsigned zerofill", "65535", "number 65535"},
	{56, "inet6", "inet6", "'::ffff:1.2.3.4'", "text ::ffff:1.2.3.4"},
	{56, "inet4", "inet4", "'1.2.3.4'", "text 1.2.3.4"},
	{57, "point without an srid", "point", "ST_GeomFromText('POINT(1 2)')", "bytes 0101000000000000000000f03f0000000000000040"},
	{57, "point with an srid", "geometry", "ST_GeomFromText('POINT(1 2)', 4326)", "bytes 0101000020e6100000000000000000f03f0000000000000040"},
}

// Each value is stored by a lax session, as old applications do, and read.
func TestValues(t *testing.T) {
	s := newScratch(t)
	var lax []string
	for i, v := range values {
		lax = append(lax, fmt.Sprintf("CREATE TABLE v%03d (id int primary key, v %s)", i, v.declare),
			fmt.Sprintf("INSERT INTO v%03d VALUES (1, %s)", i, v.value))
	}
	s.exec("SET time_zone = '+00:00', sql_mode = ''; " + strings.Join(lax, "; "))
	src := s.open(database.Options{})
	all := tables(t, src)
	for i, v := range values {
		t.Run(fmt.Sprintf("case %d: %s", v.row, v.name), func(t *testing.T) {
			table := &all[i]
			rows := texts(t, src, table)
			if len(rows) != 1 || rows[0][1] != v.want {
				t.Errorf("%q, want %q", rows, v.want)
			}
			if c := table.Columns[1]; strings.HasPrefix(v.want, "null") == strings.HasPrefix(v.want, c.Class.String()) && !c.Mixed && v.value != "null" {
				t.Errorf("class %s is not that of %q, and the column is not mixed", c.Class, v.want)
			}
			if want := map[bool]int64{true: 1}[v.name == "enum's index 0"]; table.Notes["enumeration index 0 read as empty text: column v"] != want {
				t.Errorf("notes %v", table.Notes)
			}
		})
	}
}

// What the descriptions say of columns.
func TestColumns(t *testing.T) {
	s := newScratch(t)
	s.exec("CREATE TABLE parent (a int, b int, primary key (b, a))",
		`CREATE TABLE c (
		id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
		flag tinyint(1), small smallint unsigned, med mediumint unsigned, num int unsigned, fl float, dec_ decimal(12,3) unsigned,
		ch char(3), vc varchar(7) character set latin1, bi binary(4), vb varbinary(6),
		e enum('a,b','it''s','back\\slash','ü','('), st set('x','y'), j json, t6 timestamp(6) NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6),
		dt datetime(3), stored int AS (num + 1) STORED, virt int AS (num + 2) VIRTUAL, hidden int INVISIBLE, bits bit(15), wide bit(16), body text,
		pa int, pb int, FOREIGN KEY the_parent (pb, pa) REFERENCES parent (b, a)) AUTO_INCREMENT = 42`)
	all := tables(t, s.open(database.Options{Include: []string{"c"}}))
	if len(all) != 1 {
		t.Fatal(all)
	}
	got := map[string]snapshot.Column{}
	for _, c := range all[0].Columns {
		got[c.Name] = c
	}
	for name, want := range map[string]snapshot.Column{
		"id":     {Declared: "bigint(20) unsigned", Class: snapshot.Number, Precision: 20, Unsigned: true, NotNull: true},
		"flag":   {Declared: "tinyint(1)", Class: snapshot.Number, Bits: 16},
		"small":  {Declared: "smallint(5) unsigned", Class: snapshot.Number, Bits: 32, Unsigned: true},
		"med":    {Declared: "mediumint(8) unsigned", Class: snapshot.Number, Bits: 32, Unsigned: true},
		"num":    {Declared: "int(10) unsigned", Class: snapshot.Number, Bits: 64, Unsigned: true},
		"fl":     {Declared: "float", Class: snapshot.Float, Bits: 32},
		"dec_":   {Declared: "decimal(12,3) unsigned", Class: snapshot.Number, Precision: 12, Scale: 3, Unsigned: true},
		"ch":     {Declared: "char(3)", Class: snapshot.Text, Length: 3, Padded: true, Mixed: true, Collation: "utf8mb4_general_ci"},
		"vc":     {Declared: "varchar(7)", Class: snapshot.Text, Length: 7, Collation: "latin1_swedish_ci"},
		"bi":     {Declared: "binary(4)", Class: snapshot.Bytes, Length: 4, Padded: true},
		"vb":     {Declared: "varbinary(6)", Class: snapshot.Bytes, Length: 6},
		"st":     {Declared: "set('x','y')", Class: snapshot.Text, Mixed: true, Collation: "utf8mb4_general_ci", Labels: []string{"x", "y"}},
		"j":      {Declared: "longtext", Class: snapshot.JSON, Mixed: true, Collation: "utf8mb4_bin"},
		"t6":     {Declared: "timestamp(6)", Class: snapshot.Instant, Precision: 6, Mixed: true, NotNull: true, Generated: "on update current_timestamp(6)"},
		"dt":     {Declared: "datetime(3)", Class: snapshot.WallTime, Precision: 3, Mixed: true},
		"stored": {Declared: "int(11)", Class: snapshot.Number, Bits: 32, Generated: "stored generated: `num` + 1"},
		"virt":   {Declared: "int(11)", Class: snapshot.Number, Bits: 32, Generated: "virtual generated: `num` + 2"},
		"hidden": {Declared: "int(11)", Class: snapshot.Number, Bits: 32},
		"bits":   {Declared: "bit(15)", Class: snapshot.Number, Bits: 16, Unsigned: true},
		"wide":   {Declared: "bit(16)", Class: snapshot.Number, Bits: 32, Unsigned: true},
		"body":   {Declared: "text", Class: snapshot.Text, Mixed: true, Collation: "utf8mb4_general_ci"},
	} {
		want.Name = name
		if !got[name].Equal(want) {
			t.Errorf("%+v\nwant %+v", got[name], want)
		}
	}
	if l := fmt.Sprintf("%q", got["e"].Labels); l != `["a,b" "it's" "back\\slash" "ü" "("]` {
		t.Error(l)
	}
	if fmt.Sprint(all[0].Sequences) != "[{id 42}]" || fmt.Sprint(all[0].Key) != "[id]" || all[0].KeyFrom != "primary key" {
		t.Error(all[0].Sequences, all[0].Key, all[0].KeyFrom)
	}
	if f := fmt.Sprintf("%+v", all[0].ForeignKeys); f != fmt.Sprintf("[{Name:the_parent Columns:[pb pa] Schema:%s Table:parent References:[b a]}]", s.name) {
		t.Error(f)
	}
}
