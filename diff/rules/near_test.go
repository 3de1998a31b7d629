package rules

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parallax/internal/literal"
)

func ulp(n uint64) *Tolerance {
	t := &Tolerance{ULP: literal.Text(strconv.FormatUint(n, 10))}
	t.ulp = n
	return t
}

func TestULP(t *testing.T) {
	for _, c := range []struct {
		n    uint64
		a, b string
		want bool
	}{
		{0, "0.1", "0.1000000000000000055511151231257827", true}, // one double
		{0, "0.1", "0.10000000000000002", false}, {1, "0.1", "0.10000000000000002", true},
		{4, "0.30000000000000004", "0.3", true}, {0, "0.30000000000000004", "0.3", false},
		{0, "0", "-0", true}, {0, "-0.0", "0e5", true}, {0, "1e-400", "0", true}, // the nearest double is 0
		{1, "5e-324", "0", true}, {0, "5e-324", "0", false},
		{2, "5e-324", "-5e-324", true}, {1, "5e-324", "-5e-324", false}, // across 0
		{1, "9007199254740993", "9007199254740994", true}, {1 << 52, "1e308", "1e309", false},
		{1 << 52, "1e309", "1.1e309", false}, {0, "1e309", "10e308", true}, // beyond the largest double
		{1 << 52, "1.7976931348623157e308", "-1.7976931348623157e308", false},
		{1 << 52, "NaN", "NaN", false}, {1 << 52, "Inf", "Inf", false}, {1 << 52, "0x1p0", "1", false}, {1 << 52, "1_0", "10", false},
		{1, "1", "0.99999999999999989", true}, {1, "2", "2.0000000000000005", true}, // one unit is not one size
	} {
		tolerance := ulp(c.n)
		if err := tolerance.compile(); err != nil {
			t.Fatal(err)
		}
		if got := tolerance.Within(c.a, c.b); got != c.want {
			t.Errorf("%s and %s within %d: %v", c.a, c.b, c.n, got)
		}
		if tolerance.Within(c.a, c.b) != tolerance.Within(c.b, c.a) {
			t.Errorf("%s and %s: not symmetric", c.a, c.b)
		}
	}
}

// TestULPCountsSteps walks from one double to the other.
func TestULPCountsSteps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.OneOf(rapid.Float64Range(-1e300, 1e300), rapid.SampledFrom([]float64{0, 5e-324, -5e-324, 1, -1})).Draw(t, "from")
		steps := rapid.IntRange(0, 20).Draw(t, "steps")
		up := math.Inf(1 - 2*rapid.IntRange(0, 1).Draw(t, "down"))
		to := from
		for range steps {
			to = math.Nextafter(to, up)
		}
		a, b := strconv.FormatFloat(from, 'g', -1, 64), strconv.FormatFloat(to, 'g', -1, 64)
		if !ulp(uint64(steps)).Within(a, b) || steps > 0 && ulp(uint64(steps-1)).withinULP(a, b) {
			t.Fatalf("%s and %s are %d apart", a, b, steps)
		}
	})
}

func TestOneOfTheTolerancesIsEnough(t *testing.T) {
	both := Tolerance{Absolute: "0.5", ULP: "1"}
	if err := both.compile(); err != nil {
		t.Fatal(err)
	}
	if !both.Within("1", "1.5") || !both.Within("1e300", "1.0000000000000001e300") || both.Within("1", "1.6") {
		t.Error("absolute and ulp do not combine")
	}
}

func sides(old, new string) *Sides {
	s := &Sides{}
	if old != "" {
		s.Old = strings.Split(old, "|")
	}
	if new != "" {
		s.New = strings.Split(new, "|")
	}
	return s
}

func TestTime(t *testing.T) {
	text := func(s string) Scalar { return Scalar{String, s} }
	num := func(s string) Scalar { return Scalar{Number, s} }
	field := func(s string) Scalar { return Scalar{Field, s} }
	berlin := sides("Europe/Berlin", "Europe/Berlin")
	for name, c := range map[string]struct {
		time     Time
		old, new Scalar
		want     bool
	}{
		"one instant, two zones":          {Time{}, text("2026-01-31T12:00:00Z"), text("2026-01-31T13:00:00+01:00"), true},
		"a second off":                    {Time{}, text("2026-01-31T12:00:00Z"), text("2026-01-31T12:00:01Z"), false},
		"at the window's edge":            {Time{Within: "2s"}, text("2026-01-31T12:00:00Z"), text("2026-01-31T12:00:02Z"), true},
		"behind the window":               {Time{Within: "2s"}, text("2026-01-31T12:00:00Z"), text("2026-01-31T12:00:02.000000001Z"), false},
		"before":                          {Time{Within: "2s"}, text("2026-01-31T12:00:02Z"), text("2026-01-31T12:00:00Z"), true},
		"across a year":                   {Time{Within: "1s"}, text("1969-12-31T23:59:59.5Z"), text("1970-01-01T00:00:00Z"), true},
		"walls without a zone":            {Time{Within: "1s"}, text("2026-01-31 12:00:00"), text("2026-01-31T12:00:01"), true},
		"a wall beside an instant":        {Time{Within: "24h"}, text("2026-01-31T12:00:00"), text("2026-01-31T12:00:00Z"), false},
		"a wall in a declared zone":       {Time{Zone: berlin}, text("2026-01-31T13:00:00"), text("2026-01-31T12:00:00Z"), true},
		"summer":                          {Time{Zone: berlin}, text("2026-07-31T14:00:00"), text("2026-07-31T12:00:00Z"), true},
		"a zone of its own wins":          {Time{Zone: berlin}, text("2026-07-31T12:00:00Z"), text("2026-07-31T12:00:00+00:00"), true},
		"two zones":                       {Time{Zone: sides("Europe/Berlin", "America/New_York")}, text("2026-01-31T13:00:00"), text("2026-01-31T07:00:00"), true},
		"a zone for one side":             {Time{Zone: sides("Europe/Berlin", "")}, text("2026-01-31T13:00:00"), text("2026-01-31T13:00:00"), false},
		"gap: no such time":               {Time{Zone: berlin, Within: "24h"}, text("2026-03-29T02:30:00"), text("2026-03-29T01:30:00Z"), false},
		"gap: nor on both sides":          {Time{Zone: berlin, Within: "24h"}, text("2026-03-29T02:30:00"), text("2026-03-29T02:31:00"), false},
		"before the gap":                  {Time{Zone: berlin}, text("2026-03-29T01:59:59"), text("2026-03-29T00:59:59Z"), true},
		"after the gap":                   {Time{Zone: berlin}, text("2026-03-29T03:00:00"), text("2026-03-29T01:00:00Z"), true},
		"gap: a second, not an hour":      {Time{Zone: berlin, Within: "1s"}, text("2026-03-29T01:59:59"), text("2026-03-29T03:00:00"), true},
		"overlap: the first":              {Time{Zone: berlin}, text("2026-10-25T02:30:00"), text("2026-10-25T00:30:00Z"), true},
		"overlap: the second":             {Time{Zone: berlin}, text("2026-10-25T02:30:00"), text("2026-10-25T01:30:00Z"), true},
		"overlap: no third":               {Time{Zone: berlin}, text("2026-10-25T02:30:00"), text("2026-10-25T02:30:00Z"), false},
		"a half hour's overlap":           {Time{Zone: sides("Australia/Lord_Howe", "")}, text("2026-04-05T01:45:00"), text("2026-04-04T15:15:00Z"), true},
		"a day that a zone skipped":       {Time{Zone: sides("Pacific/Apia", ""), Within: "24h"}, text("2011-12-30T12:00:00"), text("2011-12-30T12:00:00Z"), false},
		"truncated":                       {Time{Truncate: "s"}, text("2026-01-31T12:00:00.999Z"), text("2026-01-31T12:00:00Z"), true},
		"truncated is not rounded":        {Time{Truncate: "s"}, text("2026-01-31T12:00:00.999Z"), text("2026-01-31T12:00:01Z"), false},
		"truncated before 1970":           {Time{Truncate: "s"}, text("1969-12-31T23:59:58.2Z"), text("1969-12-31T23:59:58.9Z"), true},
		"milliseconds":                    {Time{Truncate: "ms"}, text("2026-01-31T12:00:00.123456Z"), text("2026-01-31T12:00:00.123Z"), true},
		"microseconds":                    {Time{Truncate: "us"}, text("2026-01-31T12:00:00.1234569Z"), text("2026-01-31T12:00:00.123456Z"), true},
		"seconds since 1970":              {Time{Format: sides("unix", "unix"), Within: "1s"}, num("1700000000"), num("1700000001.0"), true},
		"undeclared seconds":              {Time{Within: "1s"}, num("1700000000"), num("1700000001"), false},
		"seconds beside a text":           {Time{Format: sides("unix", "iso")}, num("1700000000.5"), text("2023-11-14T22:13:20.5Z"), true},
		"milliseconds since 1970":         {Time{Format: sides("unix-ms", "unix")}, num("1700000000250"), num("1.70000000025e9"), true},
		"seconds in a string":             {Time{Format: sides("unix", "unix-ms")}, text("1700000000"), text("1700000000000"), true},
		"finer than a nanosecond":         {Time{Format: sides("unix", "unix"), Within: "1h"}, num("1.0000000001"), num("1"), false},
		"no such number":                  {Time{Format: sides("unix", "unix"), Within: "1h"}, num("1e400000"), num("1e399999"), false},
		"too far":                         {Time{Format: sides("unix", "unix"), Within: "1h"}, num("9007199254740992"), num("9007199254740993"), false},
		"negative":                        {Time{Format: sides("unix", "iso")}, num("-0.5"), text("1969-12-31T23:59:59.5Z"), true},
		"an HTTP date":                    {Time{Within: "2s"}, field("Sun, 06 Nov 1994 08:49:37 GMT"), field("Sunday, 06-Nov-94 08:49:38 GMT"), true},
		"an HTTP date in another zone":    {Time{Within: "2s"}, field("Sun, 06 Nov 1994 08:49:37 GMT"), field("Sunday, 06-Nov-94 08:49:38 CET"), false},
		"asctime":                         {Time{}, field("Sun Nov  6 08:49:37 1994"), field("1994-11-06T08:49:37Z"), true},
		"an HTTP date in a body":          {Time{Within: "2s"}, text("Sun, 06 Nov 1994 08:49:37 GMT"), text("Sun, 06 Nov 1994 08:49:38 GMT"), false},
		"an HTTP date, declared":          {Time{Format: sides("http", "iso")}, text("Sun, 06 Nov 1994 08:49:37 GMT"), text("1994-11-06T08:49:37Z"), true},
		"a layout":                        {Time{Format: sides("02.01.2006 15:04", "iso")}, text("31.01.2026 12:00"), text("2026-01-31 12:00:00"), true},
		"a layout with a zone":            {Time{Format: sides("02.01.2006 15:04 -0700", "iso")}, text("31.01.2026 12:00 +0100"), text("2026-01-31T11:00:00Z"), true},
		"the first that fits":             {Time{Format: sides("02/01/2006|01/02/2006", "iso")}, text("03/04/2026"), text("2026-04-03"), true},
		"no day of the calendar":          {Time{Within: "24h"}, text("2026-02-30T12:00:00Z"), text("2026-03-01T12:00:00Z"), false},
		"no time":                         {Time{Within: "24h"}, text("soon"), text("later"), false},
		"more behind it":                  {Time{Within: "24h"}, text("2026-01-31T12:00:00Zx"), text("2026-01-31T12:00:00Z"), false},
		"an offset that nobody says is 0": {Time{}, text("2026-01-31T12:00:00-00:00"), text("2026-01-31T12:00:00Z"), true},
	} {
		w, err := c.time.compile()
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := w.near(c.old, c.new); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		mirror := &window{within: w.within, unit: w.unit, old: w.new, new: w.old}
		if got := mirror.near(c.new, c.old); got != c.want {
			t.Errorf("%s, the other way round: %v", name, got)
		}
	}
}

// TestInstantsShowTheirWall: what a wall time can mean are exactly the instants
// at which the zone's clock shows it.
func TestInstantsShowTheirWall(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "UTC"}
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		wall := rapid.Int64Range(-1e9, 4e9).Draw(t, "wall") / 900 * 900
		want := map[int64]bool{}
		for sec := wall - 15*3600; sec <= wall+15*3600; sec += 900 {
			if _, offset := time.Unix(sec, 0).In(zone).Zone(); sec+int64(offset) == wall {
				want[sec] = true
			}
		}
		for _, p := range instants(point{sec: wall, wall: true}, zone) {
			if !want[p.sec] {
				t.Fatalf("%d is no wall time %d, or is found twice", p.sec, wall)
			}
			delete(want, p.sec)
		}
		if len(want) > 0 {
			t.Fatalf("wall %d: %v are missing", wall, want)
		}
	})
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		old, new, a, b string
		want           bool
	}{
		{"[0-9a-f]{8}", "[0-9a-f]{8}", "0123abcd", "ffffffff", true}, {"[0-9a-f]{8}", "[0-9a-f]{8}", "0123abcd", "fffffffff", false},
		{"id-[0-9]+", "[a-z]+", "id-7", "abc", true}, {"id-[0-9]+", "[a-z]+", "abc", "id-7", false},
		{"a|b", "a|b", "a", "b", true}, {"a|b", "a|b", "ab", "b", false}, // anchored as a whole
		{"a.*", "a.*", "a\nb", "ab", false}, {"(?s)a.*", "(?s)a.*", "a\nb", "ab", true}, {"a", "a", "a\n", "a", false},
		{"^a$", "^a$", "a", "a", true}, {"(?m)^a$", "(?m)^a$", "a\nb", "a", false},
	} {
		if _, err := (&Matches{*sides("", "")}).compile(); err == nil {
			t.Fatal("no expression compiles")
		}
		m, err := (&Matches{Sides{[]string{c.old}, []string{c.new}}}).compile()
		if err != nil {
			t.Fatal(err)
		}
		if got := m.near(Scalar{String, c.a}, Scalar{String, c.b}); got != c.want {
			t.Errorf("%q %q with %q %q: %v", c.a, c.b, c.old, c.new, got)
		}
	}
}

func TestNearRefused(t *testing.T) {
	for name, c := range map[string]struct {
		list []Rule
		want string
	}{
		"ulp":          {[]Rule{{Where: at("/x"), Action: Action{Tolerance: &Tolerance{ULP: "4503599627370497"}}}}, "whole number from 0 to"},
		"no whole ulp": {[]Rule{{Where: at("/x"), Action: Action{Tolerance: &Tolerance{ULP: "1.5"}}}}, "whole number from 0 to"},
		"within":       {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Within: "2"}}}}, "is no duration"},
		"negative":     {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Within: "-2s"}}}}, "is no duration"},
		"truncate":     {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Truncate: "m"}}}}, "want s, ms or us"},
		"zone":         {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Zone: sides("Europe/Berln", "")}}}}, "unknown time zone"},
		"local":        {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Zone: sides("Local", "")}}}}, "another machine"},
		"two zones":    {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Zone: sides("UTC|UTC", "")}}}}, "one text is wanted"},
		"layout":       {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Format: sides("YYYY-MM-DD", "")}}}}, "no layout of a whole date"},
		"no date":      {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Format: sides("15:04:05", "")}}}}, "no layout of a whole date"},
		"zone's name":  {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Format: sides(time.RFC1123, "")}}}}, "MST stands for"},
		"two epochs":   {[]Rule{{Where: at("/x"), Action: Action{Time: &Time{Format: sides("unix|unix-ms", "")}}}}, "cannot be told apart"},
		"expression":   {[]Rule{{Where: at("/x"), Action: Action{Matches: &Matches{*sides("(", "x")}}}}, "missing closing"},
		"half":         {[]Rule{{Where: at("/x"), Action: Action{Matches: &Matches{*sides("a)(b", "x")}}}}, "unexpected )"},
		"one side":     {[]Rule{{Where: at("/x"), Action: Action{Matches: &Matches{*sides("a", "")}}}}, "an expression for each side"},
		"two at place": {[]Rule{within("a", "/x", "1"), {Name: "b", Where: at("/x"), Action: Action{Time: &Time{}}}}, "both claim the same place"},
		"of cookies":   {[]Rule{{Where: Where{Header: "set-Cookie"}, Action: Action{Time: &Time{}}}}, "cookie by cookie"},
		"of a cookie":  {[]Rule{{Where: Where{Cookie: "c"}, Action: Action{Matches: &Matches{*sides("a", "a")}}}}, "can only be ignored"},
	} {
		if _, err := Compile(c.list); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

// FuzzTime: no value panics, none is near what does not mirror it.
func FuzzTime(f *testing.F) {
	for _, seed := range []string{"2026-01-31T12:00:00Z", "1.5e9", "Sun, 06 Nov 1994 08:49:37 GMT", "-1", "2026-03-29 02:30:00", "31.01.2026"} {
		f.Add(seed, "2026-01-31T12:00:00+01:00", uint8(0))
	}
	w, err := (&Time{Within: "1h", Zone: sides("Europe/Berlin", "Europe/Berlin"), Format: sides("iso|unix|http|02.01.2006", "iso|unix|http|02.01.2006")}).compile()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, a, b string, sort uint8) {
		x, y := Scalar{Sort(sort % 3), a}, Scalar{Sort(sort / 3 % 3), b}
		if w.near(x, y) != w.near(y, x) {
			t.Errorf("%q and %q: not symmetric", a, b)
		}
	})
}
