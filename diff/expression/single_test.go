package expression

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSingle: what an expression makes of one JSON value.
func TestSingle(t *testing.T) {
	const order = `{"id":7,"price":12.50,"tags":["a","b",3],"who":{"first":"Ann","last":"Bo\u0062"},"none":null,"twice":1,"twice":2,"odd key":true,"big":123456789012345678901234567890.5}`
	for _, c := range []struct{ expr, in, want string }{
		{"old * 100", "12.5", "1250"}, {"old", "1.50", "1.5"}, {"old / 3", "1", "no end as a decimal"},
		{"old + 0.1", "0.2", "0.3"}, {"old.big * 2", order, "246913578024691357802469135781"},
		{"old.price", order, "12.5"}, {"old.who.first + ' ' + old.who.last", order, `"Ann Bob"`},
		{"old.who", order, `{"first":"Ann","last":"Bo\u0062"}`}, {"old['odd key']", order, "true"},
		{"old.tags[0]", order, `"a"`}, {"old.tags[-1]", order, "3"}, {"old.tags[3]", order, "there is no member 3"},
		{"old?.tags?.[9]", order, "null"}, {"old.missing", order, "there is no member"}, {"old?.missing", order, "null"},
		{"old?.missing ?? 'x'", order, `"x"`}, {"old?.missing.deeper", order, "null"}, {"old.none.deeper", order, "null"},
		{"old.twice", order, "stands twice"}, {"old.id.x", order, "number has no members"}, {"old.tags.x", order, "an element's position"},
		{"old.who[0]", order, "members by name"}, {"len(old.tags)", order, "3"}, {"len(old)", order, "9"},
		{"'b' in old.tags", order, "true"}, {"3.0 in old.tags", order, "true"}, {"'3' in old.tags", order, "false"},
		{"old.who == old.who", order, "has no =="}, {"old.who == nil", order, "false"}, {"old.none == nil", order, "true"},
		{"{data: old, n: 1}", `[1.0]`, `{"data":[1.0],"n":1}`}, {"[old, old]", `"a\"\n"`, `["a\"\u000a","a\"\u000a"]`},
		{"[old.price, {a: nil}]", order, `[12.5,{"a":null}]`}, {"{a: {b: old}}.a.b", "3", "3"}, {"[1,2][old]", "1", "2"},
		{"split(old, ',')", `"a,b"`, `["a","b"]`}, {"json(old).a", `"{\"a\":[1]}"`, "[1]"}, {"json(old)", `"{"`, "is no JSON"},
		{"date(old)", `"2026-01-31"`, `"2026-01-31"`}, {"unix(instant(old))", `"1970-01-01T00:00:01.5Z"`, "1.5"},
		{"instant(old)", "0", `"1970-01-01T00:00:00Z"`}, {"old ? 1 : 2", "true", "1"}, {"old", `"\ud800"`, "no character"},
		{"old", "1e99999999", "beyond the numbers"}, {"upper(old)", "null", "null"}, {"old", "null", "null"}, {"old * 2", `"2"`, "is no number"},
		{"map(old, #)", "[1]", "there is no function map"}, {"old[0:1]", "[1]", "there are no slices"}, {"new", "1", "unknown name new"},
		{"row.a", "1", "unknown name row"}, {"$env", "1", "unknown name $env"}, {"{(old): 1}", `"a"`, "a key is"}, {"old.a()", "{}", "no methods"},
		{"$env['old']", "1", "unknown name $env"}, {"old.a.b", `{"a":{"b":1e2}}`, "100"}, {"old == 1 and true", "1.0", "true"},
	} {
		s, err := CompileSingle(c.expr, "old")
		got := ""
		if err == nil {
			var text []byte
			text, err = s.JSON([]byte(c.in))
			got = string(text)
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s of %s: %s, want %s", c.expr, c.in, got, c.want)
		}
	}
}

func TestSingleOfTexts(t *testing.T) {
	for _, c := range []struct{ expr, in, want string }{
		{"lower(new)", "ABC", "abc"}, {"lower(new)", "\xC9", "no character"}, {"upper(new)", "\xE9", "no character"}, {"trim(new)", " \xE9", "\xE9"}, {"decimal(new) * 2", "1.50", "3"}, {"new == 'a'", "a", "true"}, {"split(new, ',')", "a", "a text is wanted"},
		{"nil", "a", "a text is wanted"}, {"old", "a", "unknown name old"}, {"json(new)", "{}", "a text is wanted"},
	} {
		s, err := CompileSingle(c.expr, "new")
		got := ""
		if err == nil {
			got, err = s.Text(c.in)
		}
		if err != nil {
			got = err.Error()
		}
		if got != c.want && (err == nil || !strings.Contains(got, c.want)) {
			t.Errorf("%s of %s: %s, want %s", c.expr, c.in, got, c.want)
		}
	}
}

// TestSingleKeepsWhatItPasses: a value that is handed on is the value.
func TestSingleKeepsWhatItPasses(t *testing.T) {
	same, err := CompileSingle("{a: old}.a", "old")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.Map(rapid.String(), any2), rapid.Map(rapid.Int64(), any2), rapid.Map(rapid.Bool(), any2),
			rapid.Map(rapid.SliceOf(rapid.String()), any2), rapid.Map(rapid.MapOf(rapid.String(), rapid.Int()), any2)).Draw(t, "value")
		in, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		out, err := same.JSON(in)
		if err != nil {
			t.Fatal(err)
		}
		var want, got any
		if err := json.Unmarshal(in, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		a, _ := json.Marshal(want)
		if b, _ := json.Marshal(got); string(a) != string(b) {
			t.Fatalf("%s became %s", in, out)
		}
	})
}

func any2[T any](v T) any { return v }

// FuzzSingle: no expression panics, and what one gives is JSON.
func FuzzSingle(f *testing.F) {
	for _, seed := range []string{"old.a[0]?.b ?? {x: [old]}", "json(old).a", "len(old) in old", "{a: 1}['a'] + old[-1]", "split(old, 'a')", "let x = old?.y; x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := CompileSingle(text, "old")
		if err != nil {
			return
		}
		for _, in := range []string{`{"a":[{"b":1.50}],"y":null}`, `[1,"a",{}]`, `"aba"`, "-7.25", "null", "true"} {
			if out, err := s.JSON([]byte(in)); err == nil && !json.Valid(out) {
				t.Errorf("%s of %s is %s", text, in, out)
			}
		}
	})
}
