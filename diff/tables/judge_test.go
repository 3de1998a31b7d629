package tables

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"parallax/capture/snapshot"
)

func instant(us int64) value { return value{snapshot.Instant, string(snapshot.AppendMicros(nil, us))} }
func wallTime(us int64) value {
	return value{snapshot.WallTime, string(snapshot.AppendMicros(nil, us))}
}
func days(n int32) value      { return value{snapshot.Date, string(snapshot.AppendDays(nil, n))} }
func clock(us int64) value    { return value{snapshot.Time, string(snapshot.AppendTimeMicros(nil, us))} }
func blob(s string) value     { return value{snapshot.Bytes, s} }
func document(s string) value { return value{snapshot.JSON, s} }
func list(s string) value     { return value{snapshot.List, s} }
func truth(v bool) value      { return value{snapshot.Bool, string(snapshot.AppendBool(nil, v))} }
func uuid(s string) value {
	id, ok := parseUUID([]byte(s))
	if !ok {
		panic(s)
	}
	return value{snapshot.UUID, string(id)}
}

func interval(months, days int32, us int64) value {
	return value{snapshot.Interval, string(snapshot.AppendInterval(nil, months, days, us))}
}

// declared makes a column of a declaration in few words.
func declared(class snapshot.Class, set func(*snapshot.Column)) *snapshot.Column {
	c := &snapshot.Column{Name: "c", Class: class}
	if set != nil {
		set(c)
	}
	return c
}

func precision(n int) func(*snapshot.Column) { return func(c *snapshot.Column) { c.Precision = n } }
func bits(n int) func(*snapshot.Column)      { return func(c *snapshot.Column) { c.Bits = n } }
func named(s string) func(*snapshot.Column)  { return func(c *snapshot.Column) { c.Declared = s } }
func padded(c *snapshot.Column)              { c.Padded = true }
func labelled(c *snapshot.Column)            { c.Labels = []string{"a", "b"} }
func zoned(n int) func(*snapshot.Column) {
	return func(c *snapshot.Column) { c.Declared, c.Precision = fmt.Sprintf("time(%d) with time zone", n), n }
}
func scaled(p, s int) func(*snapshot.Column) {
	return func(c *snapshot.Column) { c.Declared, c.Precision, c.Scale = "numeric", p, s }
}

const (
	id1       = "11223344-5566-7788-99aa-bbccddeeff00"
	oid1      = "507f1f77bcf86cd799439011"
	oid1Bytes = "\x50\x7f\x1f\x77\xbc\xf8\x6c\xd7\x99\x43\x90\x11"
	id1Swaped = "77885566-1122-3344-99aa-bbccddeeff00"
)

// typeCases are the rows of the table of type cases that are about pairs of cells.
// want is "=" (as they stand), "=name" (under a normalisation), "json" (compared by
// places), or "changed|type changed: class", with "!" before where it is a warning.
var typeCases = []struct {
	row      string
	old, new value
	oldDecl  func(*snapshot.Column)
	newDecl  func(*snapshot.Column)
	want     string
}{
	{"1 scale of a numeric", decimal("1.50"), decimal("1.5"), scaled(10, 2), nil, "="},
	{"2 more than 38 digits", decimal("1e50"), decimal("100000000000000000000000000000000000000000000000000"), nil, nil, "="},
	{"3 NaN and a number", decimal("NaN"), decimal("1"), nil, nil, "changed: "},
	{"3 infinity and a number", decimal("Infinity"), decimal("1"), nil, nil, "changed: "},
	{"4 -0 numeric", decimal("-0.0"), decimal("0"), nil, nil, "="},
	{"5 -0 float", double(math.Copysign(0, -1)), double(0), nil, nil, "=negative zero"},
	{"6 NaN and NaN", double(math.NaN()), double(math.Float64frombits(0x7FF8000000000001)), nil, nil, "="},
	{"6 NaN and null", double(math.NaN()), null(), nil, nil, "!changed: nan or null"},
	{"6 null and numeric NaN", null(), decimal("NaN"), nil, nil, "!changed: nan or null"},
	{"7 infinity", double(math.Inf(1)), double(math.Inf(1)), nil, nil, "="},
	{"7 infinity and a number", double(math.Inf(1)), double(math.MaxFloat64), nil, nil, "changed: "},
	{"8 float4 and float8", double(float64(float32(0.1))), double(0.1), bits(32), bits(64), "=float width"},
	{"8 float8 and float8", double(float64(float32(0.1))), double(0.1), bits(64), bits(64), "changed: "},
	{"11 rounded differently", decimal("1.00"), decimal("1.01"), scaled(10, 2), scaled(10, 2), "changed: half-even or half-up"},
	{"11 digits that are lost", decimal("1.2345"), decimal("1.23"), scaled(10, 4), scaled(10, 2), "changed: round or truncate"},
	{"12 half-even and half-up", decimal("2"), decimal("3"), scaled(10, 0), scaled(10, 0), "changed: half-even or half-up"},
	{"12 whole numbers are not rounded", number(2), number(3), bits(32), bits(32), "changed: "},
	{"13 instants", instant(1_704_067_200_000_000), instant(1_704_067_200_000_000), nil, nil, "="},
	{"13 zone of the session", instant(1_704_067_200_000_000), instant(1_704_067_200_000_000 - 19_800_000_000), precision(6), precision(6), "changed: time zone"},
	{"14 instant and wall time", instant(1000), wallTime(1000), nil, nil, "!changed: zone undeclared"},
	{"15 coarser precision", wallTime(1_123_456), wallTime(1_000_000), precision(6), precision(0), "=timestamp precision"},
	{"15 rounded up", wallTime(1_999_999), wallTime(2_000_000), precision(6), precision(0), "changed: round or truncate"},
	{"15 milliseconds", instant(1_123_999), instant(1_123_000), precision(6), precision(3), "=timestamp precision"},
	{"15 one unit of one precision", wallTime(1_123_456), wallTime(1_123_457), precision(6), precision(6), "changed: round or truncate"},
	{"15 a text of any precision", wallTime(1_123_456), wallTime(1_000_000), precision(6), func(c *snapshot.Column) { c.Encoding = "iso text" }, "changed: "},
	{"15 times", clock(1_500_000), clock(1_000_000), precision(6), precision(0), "=timestamp precision"},
	{"17 infinity and a time", value{snapshot.Instant, string(snapshot.AppendEndless(nil, 1, false))}, instant(5), precision(6), precision(6), "!changed: infinity"},
	{"17 infinite date", value{snapshot.Date, string(snapshot.AppendEndless(nil, -1, true))}, days(5), nil, nil, "!changed: infinity"},
	{"18 zero date and null", text("0000-00-00"), null(), nil, nil, "!changed: zero date"},
	{"18 month without a day and null", null(), text("2024-00-00 00:00:00"), nil, nil, "!changed: zero date"},
	{"18 zero date and a date", text("0000-00-00"), days(0), nil, nil, "changed: zero date"},
	{"20 24:00 and midnight", clock(86_400_000_000), clock(0), precision(6), precision(6), "changed: "},
	{"20 time and interval", clock(-5), interval(0, 0, -5), nil, nil, "=time as interval"},
	{"20 time and another interval", clock(-5), interval(0, 0, -6), nil, nil, "changed: "},
	{"20 time and days", clock(86_400_000_000), interval(0, 1, 0), nil, nil, "type changed: type drift"},
	{"21 one instant, two offsets", text("12:00:00+02:00"), text("10:00:00+00:00"), zoned(6), zoned(6), "changed: same instant"},
	{"21 one instant over midnight", text("23:00:00-02:00"), text("24:00:00-01:00"), zoned(6), zoned(6), "changed: same instant"},
	{"21 one clock, two offsets", text("12:00:00+02:00"), text("12:00:00+01:00"), zoned(6), zoned(6), "changed: time zone"},
	{"21 another minute", text("12:00:00+02:00"), text("12:01:00+02:00"), zoned(6), zoned(6), "changed: "},
	{"21 coarser precision", text("12:00:00.123456+02:00"), text("12:00:00.123000+02:00"), zoned(6), zoned(3), "=timestamp precision"},
	{"21 rounded up", text("12:00:00.999600+02:00"), text("12:00:01+02:00"), zoned(6), zoned(0), "changed: round or truncate"},
	{"21 undeclared text", text("12:00:00+02:00"), text("12:00+02"), zoned(6), nil, "!changed: encoding undeclared"},
	{"21 another undeclared text", text("12:00:00+02:00"), text("10:00+00"), zoned(6), nil, "changed: "},
	{"21 a clock without a zone", text("12:00:00+02:00"), clock(43_200_000_000), zoned(6), precision(6), "!changed: zone undeclared"},
	{"22 a month is not 30 days", interval(1, 0, 0), interval(0, 30, 0), nil, nil, "changed: "},
	{"23 years", number(2069), number(1970), nil, nil, "changed: "},
	{"24 date and midnight", days(1), wallTime(86_400_000_000), nil, nil, "=date as timestamp"},
	{"24 undeclared text", days(1), text("1970-01-02 00:00:00.000"), nil, nil, "!changed: encoding undeclared"},
	{"24 another date in text", wallTime(0), text("1970-01-02 00:00:00"), nil, nil, "type changed: type drift"},
	{"25 tinyint 1", truth(true), number(1), nil, nil, "=bool as number"},
	{"25 tinyint 0", number(0), truth(true), nil, nil, "changed: "},
	{"25 tinyint 2", number(2), truth(true), nil, nil, "type changed: type drift"},
	{"26 bit(1)", number(1), truth(true), named("bit(1)"), nil, "=bit as bool"},
	{"26 bit(1) in bytes", blob("\x01"), truth(true), named("bit(1)"), nil, "=bit as bool"},
	{"26 bit(n)", blob("\x01\x00"), number(256), named("bit(16)"), nil, "=bit as number"},
	{"26 bits of PostgreSQL", text("00000101"), number(5), named("bit(8)"), named("bit(8)"), "=bit as number"},
	{"26 other bits", text("00000101"), number(6), named("bit(8)"), named("bit(8)"), "changed: "},
	{"26 digits that are no bits", text("101"), number(5), nil, named("bit(8)"), "type changed: type drift"},
	{"26 more than 64 bits", text("1" + strings.Repeat("0", 64)), decimal("18446744073709551616"), named("bit varying(80)"), nil, "=bit as number"},
	{"26 bit of PostgreSQL", text("1"), truth(true), named("bit(1)"), nil, "=bit as bool"},
	{"26 another bit", text("0"), truth(true), named("bit(1)"), nil, "changed: "},
	{"27 'true' in SQLite", truth(true), text("true"), nil, nil, "type changed: type drift"},
	{"28 char and varchar", text("ab   "), text("ab"), padded, nil, "=char padding"},
	{"28 char and char", text("ab   "), text("ab"), padded, padded, "=char padding"},
	{"29 trailing space", text("k "), text("k"), nil, nil, "changed: trailing space"},
	{"31 backslash", text(`a\ b`), text("a b"), nil, nil, "changed: escape"},
	{"32 null and empty", null(), text(""), nil, nil, "changed: null or empty"},
	{"32 null and a value", text("x"), null(), nil, nil, "changed: null"},
	{"33 case", text("Abc"), text("aBC"), nil, nil, "changed: case only"},
	{"37 uuid in text", uuid(id1), text("{" + strings.ToUpper(id1) + "}"), nil, nil, "=uuid form"},
	{"37 uuid in bytes", blob(uuid(id1).bytes), uuid(id1), nil, nil, "=uuid form"},
	{"37 swapped bytes", blob(uuid(id1Swaped).bytes), uuid(id1), nil, nil, "changed: byte order"},
	{"37 text and bytes", text(id1), blob(uuid(id1).bytes), nil, nil, "=uuid form"},
	{"38 NFC and NFD", text("\u00e9"), text("e\u0301"), nil, nil, "!changed: normalisation only"},
	{"39 invalid bytes", text("\xff"), text("\u00ff"), nil, nil, "!changed: invalid utf-8"},
	{"40 zero byte", text("a\x00b"), text("a"), nil, nil, "changed: zero byte"},
	{"41 invalid UTF-8 among text", text("a"), blob("a\xff"), nil, func(c *snapshot.Column) { c.Class = snapshot.Text }, "!changed: invalid utf-8"},
	{"43 binary(n)", blob("ab\x00\x00\x00"), blob("ab"), padded, nil, "=zero padding"},
	{"43 bytea", blob("ab\x00"), blob("ab"), nil, nil, "changed: trailing zeros"},
	{"44 json", document(`{"a":1, "b":2}`), document(`{"b":2,"a":1}`), nil, nil, "json"},
	{"44 json and text", text(`{"a":1}`), document(`{"a": 1}`), nil, nil, "json"},
	{"47 json null and null", document("null"), null(), nil, nil, "!changed: json null"},
	{"48 empty list and null", list("[]"), null(), nil, nil, "changed: null or empty"},
	{"49 set and text[]", text("Trailers,Deleted Scenes"), list(`["Deleted Scenes","Trailers"]`), named("set('a')"), nil, "=set order"},
	{"49 sets", text("a,c"), text("c,a"), named("set('a','c')"), named("set('c','a')"), "=set order"},
	{"50 empty label", text(""), text("a"), labelled, nil, "!changed: empty label"},
	{"51 unsigned", decimal("18446744073709551615"), decimal("18446744073709551615"), nil, scaled(20, 0), "="},
	{"51 wrapped", decimal("18446744073709551615"), number(-1), nil, bits(64), "changed: wrapped"},
	{"52 overflow in SQLite", decimal("9223372036854775809"), double(9223372036854775808), nil, nil, "!changed: lossy at rest"},
	{"53 text in a column of numbers", number(1), text("1"), nil, nil, "type changed: type drift"},
	{"53 a decimal in a double", decimal("19.99"), double(19.99), scaled(10, 2), nil, "=decimal as double"},
	{"53 a double that rounds", double(0.1 + 0.2), decimal("0.30"), nil, scaled(10, 2), "=decimal as double"},
	{"53 another double", double(0.31), decimal("0.30"), nil, scaled(10, 2), "changed: "},
	{"62 decimals of two scales", decimal("1.0"), decimal("1.00"), nil, nil, "="},
	{"63 ObjectId in extended JSON", document(`{"$oid":"` + oid1 + `"}`), text(oid1), nil, nil, "=object id form"},
	{"63 ObjectId in capitals", document(`{ "$oid" : "` + oid1 + `" }`), text(strings.ToUpper(oid1)), nil, nil, "=object id form"},
	{"63 ObjectId in bytes", blob(oid1Bytes), text(oid1), nil, nil, "=object id form"},
	{"63 ObjectId in bytes and JSON", document(`{"$oid":"` + oid1 + `"}`), blob(oid1Bytes), nil, nil, "=object id form"},
	{"63 another ObjectId", blob(oid1Bytes), text("507f1f77bcf86cd799439012"), nil, nil, "type changed: type drift"},
	{"63 no hex", document(`{"$oid":"` + oid1 + `"}`), text("507f1f77bcf86cd79943901x"), nil, nil, "json"},
	{"63 more than an ObjectId", document(`{"$oid":"` + oid1 + `","a":"b"}`), text(oid1), nil, nil, "json"},
	{"63 milliseconds of a Date", instant(1_123_000), instant(1_123_456), precision(3), precision(6), "=timestamp precision"},
	{"63 order of fields", document(`{"a":1,"b":2}`), document(`{"b":2,"a":1}`), nil, nil, "json"},
	{"62 1 and 1.0", number(1), double(1), nil, nil, "=decimal as double"},
}

func describe(v verdict) string {
	switch {
	case v.document:
		return "json"
	case v.equal:
		return "=" + normNames[v.norm]
	}
	s := string(v.kind) + ": " + v.class
	if v.severity == "warning" {
		s = "!" + s
	}
	return s
}

func TestTypeCases(t *testing.T) {
	for _, c := range typeCases {
		oldClass, newClass := c.old.class, c.new.class
		if oldClass == snapshot.Null {
			oldClass = newClass
		}
		if newClass == snapshot.Null {
			newClass = oldClass
		}
		in := cells{
			old: declared(oldClass, c.oldDecl), new: declared(newClass, c.newDecl),
			oldClass: c.old.class, newClass: c.new.class, a: []byte(c.old.bytes), b: []byte(c.new.bytes),
		}
		if got := describe(judge(&in, false)); got != c.want {
			t.Errorf("%s: %s, want %s", c.row, got, c.want)
		}
		mirror := in.swapped()
		if got := describe(judge(&mirror, false)); got != c.want {
			t.Errorf("%s, mirrored: %s, want %s", c.row, got, c.want)
		}
		if v := judge(&in, true); v.equal && v.norm != asIs {
			t.Errorf("%s: strict, and equal under %s", c.row, normNames[v.norm])
		}
	}
}
