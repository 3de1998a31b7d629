package sqlite

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"parallax/capture/database"
	"parallax/capture/snapshot"
)

// TestCells is the list of what a cell of a declared type becomes; numbers are
// those of the cases that every engine is held to.
func TestCells(t *testing.T) {
	for _, c := range []struct{ declared, value, want string }{
		{"INTEGER", "7", "number 7"},
		{"INTEGER", "'7.0'", "number 7"}, // 53: affinity, before we see it
		{"INTEGER", "'abc'", "text abc"}, // 53
		{"INTEGER", "9223372036854775807", "number 9223372036854775807"},
		{"INTEGER", "9223372036854775808", "float 9.223372036854776e+18"}, // 52
		{"INTEGER", "1.5", "float 1.5"},
		{"INTEGER", "x'00ff'", "bytes 00ff"},
		{"INTEGER", "NULL", "null null"},
		{"BIGINT UNSIGNED", "-1", "number -1"},
		{"DECIMAL(10,2)", "1.50", "number 1.5"}, // 1
		{"DECIMAL(10,2)", "5", "number 5"},
		{"DECIMAL(10,2)", "0.1", "number 0.1"},
		{"DECIMAL(10,2)", "-0.05", "number -0.05"},
		{"DECIMAL(10,2)", "1.234", "float 1.234"},
		{"DECIMAL(10,2)", "0.1 + 0.2", "float 0.30000000000000004"},
		{"DECIMAL(10,2)", "12300000000000000000", "float 1.23e+19"}, // 53
		{"DECIMAL(10,2)", "1e300", "float 1e+300"},
		{"DECIMAL(10,2)", "9e999", "float +Inf"}, // 7
		{"DECIMAL(10,2)", "'n/a'", "text n/a"},
		{"NUMERIC", "1.234", "number 1.234"},
		{"REAL", "1", "float 1"},
		{"REAL", "0.1", "float 0.1"},
		{"REAL", "-0.0", "float 0"}, // 5
		{"REAL", "9e999", "float +Inf"},
		{"REAL", "9e999 - 9e999", "null null"}, // 6
		{"REAL", "'x'", "text x"},
		{"DOUBLE PRECISION", "1e-7", "float 1e-07"},
		{"BOOLEAN", "1", "bool true"},
		{"BOOLEAN", "0", "bool false"},
		{"BOOLEAN", "2", "number 2"},       // 25
		{"BOOLEAN", "'true'", "text true"}, // 27
		{"DATETIME", "'1996-07-04'", "wall time 1996-07-04T00:00:00"},
		{"DATETIME", "'1996-07-04 00:00:00.000'", "wall time 1996-07-04T00:00:00"}, // 24
		{"DATETIME", "'1996-07-04T12:34:56.789'", "wall time 1996-07-04T12:34:56.789"},
		{"DATETIME", "'1996-07-04 12:34:56+02:00'", "text 1996-07-04 12:34:56+02:00"},
		{"DATETIME", "'1996-02-30'", "text 1996-02-30"},
		{"DATETIME", "'0000-00-00 00:00:00'", "text 0000-00-00 00:00:00"}, // 18
		{"DATETIME", "1704067200", "number 1704067200"},
		{"DATETIME", "2460310.5", "float 2.4603105e+06"},
		{"TIMESTAMP(3)", "'2024-01-01 00:00:00.123456789'", "wall time 2024-01-01T00:00:00.123456789"},
		{"TIMESTAMP WITH TIME ZONE", "'2024-01-01 02:00:00+02'", "instant 2024-01-01T00:00:00Z"},
		{"DATE", "'2024-02-29'", "date 2024-02-29"},
		{"DATE", "'2024-02-29 00:00:00.000'", "date 2024-02-29"},
		{"DATE", "'2024-02-29 00:00:01'", "text 2024-02-29 00:00:01"},
		{"TIME", "'12:34:56.5'", "time 12:34:56.500000"},
		{"TEXT", "'a' || char(0) || 'b'", "text a\x00b"},   // 40
		{"TEXT", "CAST(x'ff61' AS TEXT)", "bytes ff61"},    // 41
		{"TEXT", "''", "text "},                            // 32
		{"VARCHAR(10)", "'Edinburgh '", "text Edinburgh "}, // 29
		{"NVARCHAR(160)", "'é'", "text é"},
		{"TEXT", "x'61'", "bytes 61"},
		{"BLOB", "x'0061'", "bytes 0061"},
		{"BLOB", "'a'", "text a"},
		{"BLOB", "7", "number 7"},
		{"JSON", `'{"b": 1.10, "a": [1e2]}'`, `json {"b": 1.10, "a": [1e2]}`}, // 44, 45
		{"JSON", "'{'", "text {"},
		{"JSON", "'null'", "json null"},                                                                   // 47
		{"UUID", "'{01234567-89AB-CDEF-0123-456789ABCDEF}'", "uuid 01234567-89ab-cdef-0123-456789abcdef"}, // 37
		{"UUID", "'x'", "text x"},
		{"", "7", "number 7"},
		{"", "'7'", "text 7"},
		{"", "7.0", "float 7"},
		{"GEOMETRY", "x'01'", "bytes 01"},
	} {
		path := build(t, fmt.Sprintf("CREATE TABLE t (v %s)", c.declared), fmt.Sprintf("INSERT INTO t VALUES (%s)", c.value))
		src := open(t, path, database.Options{})
		if got := strings.Join(cells(t, src, tables(t, src)["t"]), "\n"); got != c.want {
			t.Errorf("%s in %q: %q, want %q", c.value, c.declared, got, c.want)
		}
	}
}

func TestDeclaredTypes(t *testing.T) {
	for declared, want := range map[string]string{
		"INTEGER": "number bits 64", "tinyint(1)": "number bits 64", "UNSIGNED BIG INT": "number bits 64", "NVARCHAR(160)": "text length 160",
		"DECIMAL(10, 2)": "number (10,2)", "numeric(8)": "number (8,0)", "DECIMAL": "number", "DOUBLE PRECISION": "float bits 64",
		"TIMESTAMP(6) WITH TIME ZONE": "instant (6,0)", "VARCHAR(MAX)": "text", "BLOB": "bytes", "BLOB(4": "bytes length 4", "": "text", "WHATEVER": "text",
	} {
		c := columnOf("v", declared)
		got := c.Class.String()
		if c.Bits > 0 {
			got += fmt.Sprintf(" bits %d", c.Bits)
		}
		if c.Precision > 0 {
			got += fmt.Sprintf(" (%d,%d)", c.Precision, c.Scale)
		}
		if c.Length > 0 {
			got += fmt.Sprintf(" length %d", c.Length)
		}
		if got != want || !c.Mixed || c.Declared != declared {
			t.Errorf("%q: %s, want %s (%+v)", declared, got, want, c)
		}
	}
}

// TestDecimalsComeBack: a decimal that a double was written as is found again.
func TestDecimalsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unscaled := rapid.Int64Range(-999_999_999_999_999, 999_999_999_999_999).Draw(t, "unscaled")
		scale := rapid.IntRange(0, 12).Draw(t, "scale")
		want := snapshot.AppendScaled(nil, unscaled, scale)
		var f float64
		if _, err := fmt.Sscan(string(snapshot.AppendNumber(nil, want)), &f); err != nil {
			t.Fatal(err)
		}
		n, s, ok := decimalOf(f, scale)
		if !ok || string(snapshot.AppendScaled(nil, n, s)) != string(want) {
			t.Fatalf("%d/10^%d as %g: %d/10^%d %v", unscaled, scale, f, n, s, ok)
		}
	})
	for _, f := range []float64{math.Inf(-1), math.NaN(), 1e15, math.MaxFloat64, 5e-324, math.Pi} {
		if n, s, ok := decimalOf(f, 18); ok {
			t.Errorf("%g: %d/10^%d", f, n, s)
		}
	}
}

func TestNotesCount(t *testing.T) {
	path := build(t, "CREATE TABLE t (d DECIMAL(10,2), i INTEGER, s TEXT)",
		"INSERT INTO t VALUES (1.5, 1, 'a'), (2.25, 9223372036854775808, 'b'), (1.234, 'x', CAST(x'ff' AS TEXT))")
	src := open(t, path, database.Options{})
	table := tables(t, src)["t"]
	cells(t, src, table)
	want := map[string]int64{"decimals from reals": 2, `column "d": reals kept as doubles in a column of numbers`: 1,
		`column "i": reals kept as doubles in a column of numbers`: 1, `column "s": texts that are not UTF-8, kept as bytes`: 1}
	if fmt.Sprint(table.Notes) != fmt.Sprint(want) {
		t.Errorf("%v", table.Notes)
	}
}
