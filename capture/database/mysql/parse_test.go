package mysql

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"parallax/capture/database"
	"parallax/capture/snapshot"

	"pgregory.net/rapid"
)

// Every day of the calendar agrees with package time.
func TestDates(t *testing.T) {
	day := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	for day.Year() < 10000 {
		text := day.AppendFormat(nil, "2006-01-02")
		if got, ok := parseDate(text); !ok || int64(got) != day.Unix()/86400 {
			t.Fatalf("%s: %d %v, want %d", text, got, ok, day.Unix()/86400)
		}
		day = day.AddDate(0, 0, 1)
	}
	for _, text := range []string{"", "0000-00-00", "2024-00-01", "2024-01-00", "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "2024/01/01", "20240101", "a024-01-01"} {
		if got, ok := parseDate([]byte(text)); ok {
			t.Errorf("%q is day %d", text, got)
		}
	}
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]int64{
		"00:00:00": 0, "-838:59:59": -3020399e6, "838:59:59.000001": 3020399e6 + 1, "-00:00:00.5": -5e5, "23:59:59.123": 86399123e3, "100:00:00": 360000e6,
	} {
		if got, ok := parseTime([]byte(text)); !ok || got != want {
			t.Errorf("%s: %d %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "-", "1:00:00", "00:60:00", "00:00:60", "00:00:00.", "00:00:00.1234567", "00:00", "0000000:00:00", "00-00-00", "--00:00:00", "00:00:00x"} {
		if got, ok := parseTime([]byte(text)); ok {
			t.Errorf("%q is %d", text, got)
		}
	}
}

func FuzzDateTime(f *testing.F) {
	for _, x := range []string{"2024-01-31 12:00:00.123456", "0000-00-00 00:00:00", "2024-00-00", "9999-12-31 23:59:59", "2024-01-01 24:00:00", "2024-01-01T00:00:00", ""} {
		f.Add([]byte(x))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		sec, nsec, ok := parseDateTime(b)
		want, err := time.Parse("2006-01-02 15:04:05", string(b))
		if ok && (err != nil || want.Unix() != sec || int32(want.Nanosecond()) != nsec) {
			t.Errorf("%q: %d.%09d, want %v (%v)", b, sec, nsec, want, err)
		}
		if !ok && err == nil && want.Format("2006-01-02 15:04:05.999999") == string(b) {
			t.Errorf("%q is refused", b)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, x := range []string{"838:59:59", "-00:00:00.5", "100:00:00.000001", "24:00:00", ":", "-"} {
		f.Add([]byte(x))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		us, ok := parseTime(b)
		if !ok {
			return
		}
		back := snapshot.AppendText(nil, snapshot.Time, snapshot.AppendTimeMicros(nil, us))
		again, ok := parseTime(back)
		if !ok || again != us {
			t.Errorf("%q: %d, as %s %d %v", b, us, back, again, ok)
		}
	})
}

func TestLabels(t *testing.T) {
	for declared, want := range map[string]string{
		`enum('a','b')`: `["a" "b"]`, `set('it''s')`: `["it's"]`, `enum('')`: `[""]`, `enum('a,b','c)')`: `["a,b" "c)"]`, `enum('a\\b','\n')`: `["a\\b" "\n"]`,
	} {
		if got, err := parseLabels(declared); err != nil || fmt.Sprintf("%q", got) != want {
			t.Errorf("%s: %q %v", declared, got, err)
		}
	}
	for _, declared := range []string{"", "enum", "enum(", "enum()", "enum('a'", "enum('a',)", "enum('a''", `enum('a\`, "enum('a' 'b')"} {
		if got, err := parseLabels(declared); err == nil {
			t.Errorf("%s: %q", declared, got)
		}
	}
}

func FuzzLabels(f *testing.F) {
	for _, x := range []string{"enum('a','b''c')", `set('\\','x')`, "enum('", "("} {
		f.Add(x)
	}
	f.Fuzz(func(t *testing.T, declared string) {
		labels, err := parseLabels(declared)
		if err != nil {
			return
		}
		escape := strings.NewReplacer("'", "''", `\`, `\\`)
		var quoted []string
		for _, l := range labels {
			quoted = append(quoted, "'"+escape.Replace(l)+"'")
		}
		again, err := parseLabels("enum(" + strings.Join(quoted, ",") + ")")
		if fmt.Sprintf("%q", again) != fmt.Sprintf("%q", labels) {
			t.Errorf("%q, again %q (%v)", labels, again, err)
		}
	})
}

func TestShortDecimalsAreDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`-?[0-9]{1,12}(\.[0-9]{0,12})?`).Draw(t, "text")
		var v snapshot.Vector
		v.Class = snapshot.Number
		if err := putDecimal(&v, []byte(text)); err != nil {
			t.Fatal(err)
		}
		want, _ := new(big.Rat).SetString(strings.TrimSuffix(text, "."))
		got, _ := new(big.Rat).SetString(string(snapshot.AppendNumber(nil, v.Bytes(0))))
		if got.Cmp(want) != 0 {
			t.Fatalf("%s: %v", text, got)
		}
	})
	for _, text := range []string{"", "-", ".", "1.2.3", "1e5x", "--1"} {
		var v snapshot.Vector
		if err := putDecimal(&v, []byte(text)); err == nil {
			t.Errorf("%q is a number", text)
		}
	}
}

func TestGeometry(t *testing.T) {
	for _, bad := range [][]byte{nil, make([]byte, 8), {0, 0, 0, 0, 2, 0, 0, 0, 0}} {
		if _, err := appendGeometry(nil, bad); err == nil {
			t.Errorf("%x is a geometry", bad)
		}
	}
	got, err := appendGeometry(nil, []byte{1, 0, 0, 0, 0, 0, 0, 0, 1, 9})
	if err != nil || fmt.Sprintf("%x", got) != "00200000010000000109" {
		t.Errorf("%x %v", got, err)
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	columns := []snapshot.Column{
		{Class: snapshot.Number, Declared: "int"}, {Class: snapshot.Number, Declared: "decimal(3,1)"}, {Class: snapshot.Number, Declared: "bit(3)"},
		{Class: snapshot.Float, Declared: "float"}, {Class: snapshot.Date, Declared: "date"}, {Class: snapshot.Instant, Declared: "timestamp"},
		{Class: snapshot.Time, Declared: "time"}, {Class: snapshot.UUID, Declared: "uuid"}, {Class: snapshot.Bytes, Declared: "blob"},
		{Class: snapshot.Bytes, Declared: "point", Encoding: "ewkb"}, {Class: snapshot.Text, Declared: "text"},
	}
	for _, c := range columns {
		v := snapshot.Vector{Class: c.Class}
		if err := putFor(&c, new(int64))(&v, true); err == nil || v.Len() != 0 {
			t.Errorf("%s takes a bool: %v", c.Declared, err)
		}
	}
}

func TestWanted(t *testing.T) {
	for _, c := range []struct {
		include, exclude string
		want             bool
	}{
		{"", "", true}, {"orders", "", true}, {"shop.orders", "", true}, {"order", "", false}, {"ord*", "", true}, {"*.orders", "", true}, {"*d*s", "", true},
		{"shop.*", "", true}, {"other.*", "", false}, {"", "orders", false}, {"*", "*ers", false}, {"", "x*", true}, {"o*o*orders", "", false}, {"orders*orders", "", false},
	} {
		o := database.Options{}
		if c.include != "" {
			o.Include = []string{c.include}
		}
		if c.exclude != "" {
			o.Exclude = []string{c.exclude}
		}
		if got := o.Wanted("shop", "orders"); got != c.want {
			t.Errorf("include %q, exclude %q: %v", c.include, c.exclude, got)
		}
	}
}

func TestOrderBy(t *testing.T) {
	table := snapshot.Table{KeyFrom: "primary key", Key: []string{"a", "b"}, Columns: []snapshot.Column{{Name: "a", Class: snapshot.Number}, {Name: "b", Class: snapshot.Text}}}
	for want, got := range map[string]string{
		" ORDER BY `a`": OrderForTest("InnoDB", true, &table),
		"":              OrderForTest("MyISAM", true, &table) + OrderForTest("InnoDB", false, &table),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	table.Key = []string{"b", "a"}
	if got := OrderForTest("InnoDB", true, &table); got != "" {
		t.Error(got)
	}
}
