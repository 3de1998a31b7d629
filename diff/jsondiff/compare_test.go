package jsondiff

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"parallax/diff/rules"
)

func ignoring(p string) rules.Rule {
	return rules.Rule{Where: body(p), Action: rules.Action{Ignore: true}}
}

func TestCompare(t *testing.T) {
	tolerance := rules.Rule{Where: body("/p"), Action: rules.Action{Tolerance: &rules.Tolerance{Absolute: "0.01"}}}
	unordered := rules.Rule{Where: body("/a"), Action: rules.Action{Unordered: true}}
	keyed := rules.Rule{Where: body("/a"), Action: rules.Action{Keyed: []string{"/id"}}}
	states := rules.Rule{Where: body("/n"), Action: rules.Action{Equal: []string{"null", "missing", "empty"}}}
	newName := "/new"
	rename := rules.Rule{Where: body("/old"), Action: rules.Action{Rename: &newName}}
	nested := "/a/*/new"
	ulps := rules.Rule{Where: body("/p"), Action: rules.Action{Tolerance: &rules.Tolerance{ULP: "4"}}}
	times := rules.Rule{Where: body("/t"), Action: rules.Action{Time: &rules.Time{Within: "2s", Format: &rules.Sides{Old: []string{"unix"}, New: []string{"iso"}}}}}
	form := rules.Rule{Where: body("/id"), Action: rules.Action{Matches: &rules.Matches{Sides: rules.Sides{Old: []string{"[0-9]+"}, New: []string{"[a-z]+"}}}}}
	newID, newKey := "/a/*/uid", "/a/*/key"
	renameID := rules.Rule{Where: body("/a/*/id"), Action: rules.Action{Rename: &newID}}
	renameKey := rules.Rule{Where: body("/a/*/k"), Action: rules.Action{Rename: &newKey}}
	keyedBelow := rules.Rule{Where: body("/a"), Action: rules.Action{Keyed: []string{"/k/id"}}}
	renameIn := rules.Rule{Where: body("/a/*/old"), Action: rules.Action{Rename: &nested}}
	for _, tc := range []struct {
		name, old, new string
		rules          []rules.Rule
		differences    []string
		equalities     []string
	}{
		{name: "ulp", old: `{"p":0.1}`, new: `{"p":0.10000000000000002}`, rules: []rules.Rule{ulps},
			equalities: []string{"/p rule 0 number:0.1 number:0.10000000000000002"}},
		{name: "ulp of a string", old: `{"p":"0.1"}`, new: `{"p":"0.10000000000000002"}`, rules: []rules.Rule{ulps},
			differences: []string{`/p changed [] string:"0.1" string:"0.10000000000000002"`}},
		{name: "a time of two types", old: `{"t":0}`, new: `{"t":"1970-01-01T00:00:01Z"}`, rules: []rules.Rule{times},
			equalities: []string{`/t rule 0 number:0 string:"1970-01-01T00:00:01Z"`}},
		{name: "no time", old: `{"t":0}`, new: `{"t":"soon"}`, rules: []rules.Rule{times},
			differences: []string{`/t type changed [] number:0 string:"soon"`}},
		{name: "a time and null", old: `{"t":0}`, new: `{"t":null}`, rules: []rules.Rule{times},
			differences: []string{`/t type changed [] number:0 null:null`}},
		{name: "an escaped match", old: `{"id":"7"}`, new: `{"id":"\u0061"}`, rules: []rules.Rule{form},
			equalities: []string{`/id rule 0 string:"7" string:"\u0061"`}},
		{name: "no match", old: `{"id":"a"}`, new: `{"id":"b"}`, rules: []rules.Rule{form},
			differences: []string{`/id changed [] string:"a" string:"b"`}},
		{name: "white space and key order", old: `{"a":1,"b":[1,2]}`, new: " {\n\"b\" : [ 1,2 ],\t\"a\":1 } "},
		{name: "changed", old: `{"a":{"b":1}}`, new: `{"a":{"b":2}}`, differences: []string{"/a/b changed [] number:1 number:2"}},
		{name: "root", old: `1`, new: `12`, differences: []string{" changed [] number:1 number:12"}},
		{name: "longer number", old: `[1,2]`, new: `[12,2]`, differences: []string{"/0 changed [] number:1 number:12"}},
		{name: "two mismatches", old: `{"a":"xx","b":[true],"c":null}`, new: `{"a":"y","b":[false],"c":null}`,
			differences: []string{"/a changed [] string:\"xx\" string:\"y\"", "/b/0 changed [] bool:true bool:false"}},
		{name: "type changed", old: `{"a":null}`, new: `{"a":{"b":1}}`, differences: []string{"/a type changed [] null:null object:{\"b\":1}"}},
		{name: "null against missing", old: `{"a":null}`, new: `{}`, differences: []string{"/a missing in new [] null:null -"}},
		{name: "missing in old", old: `{"a":1,"c":3}`, new: `{"a":1,"b":2,"c":3}`, differences: []string{"/b missing in old [] - number:2"}},
		{name: "empty list against null", old: `{"a":[]}`, new: `{"a":null}`, differences: []string{"/a type changed [] array:[] null:null"}},
		{name: "beyond float64", old: `[9007199254740993]`, new: `[9007199254740992]`,
			differences: []string{"/0 changed [] number:9007199254740993 number:9007199254740992"}},
		{name: "number form", old: `[1.0,1e2,-0,0.10,12.50e-1]`, new: `[1,100,0,1e-1,1.25]`,
			equalities: []string{"/0 rule 2 number:1.0 number:1", "/1 rule 2 number:1e2 number:100", "/2 rule 2 number:-0 number:0",
				"/3 rule 2 number:0.10 number:1e-1", "/4 rule 2 number:12.50e-1 number:1.25"}},
		{name: "1e400", old: `[1e400]`, new: `[1e401]`, differences: []string{"/0 changed [] number:1e400 number:1e401"}},
		{name: "huge exponents", old: `[1e99999999999999999999,0e99999999999999999999]`, new: `[1e99999999999999999998,0]`,
			differences: []string{"/0 changed [] number:1e99999999999999999999 number:1e99999999999999999998"},
			equalities:  []string{"/1 rule 2 number:0e99999999999999999999 number:0"}},
		{name: "number form off", old: `[1.0]`, new: `[1]`,
			rules:       []rules.Rule{{Where: rules.Where{Builtin: []string{"number-form"}}, Action: rules.Action{Off: true}}},
			differences: []string{"/0 changed [number form] number:1.0 number:1"}},
		{name: "escapes", old: `["\u0041\/\uD83D\uDE00"]`, new: `["A/😀"]`,
			equalities: []string{`/0 rule 3 string:"\u0041\/\uD83D\uDE00" string:"A/😀"`}},
		{name: "escaped key", old: `{"\u0061":1}`, new: `{"a":2}`,
			differences: []string{"/a changed [] number:1 number:2"},
			equalities:  []string{`/a rule 3 string:"\u0061" string:"a"`}},
		{name: "lone surrogates", old: `["\uD800","\uD800"]`, new: `["\uD801","\uFFFD"]`,
			differences: []string{`/0 changed [] string:"\uD800" string:"\uD801"`, `/1 changed [] string:"\uD800" string:"\uFFFD"`}},
		{name: "invalid UTF-8", old: "[\"\xff\"]", new: "[\"\uFFFD\"]", differences: []string{"/0 changed [] string:\"\xff\" string:\"\uFFFD\""}},
		{name: "a surrogate's bytes are no surrogate", old: "[\"\xed\xa0\x80\"]", new: `["\uD800"]`,
			differences: []string{"/0 changed [] string:\"\xed\xa0\x80\" string:\"\\uD800\""}},
		{name: "escaped NUL", old: `["\u0000"]`, new: `[""]`, differences: []string{`/0 changed [] string:"\u0000" string:""`}},
		{name: "duplicate key", old: `{"a":1,"a":2}`, new: `{"a":1}`, differences: []string{"/a missing in new [duplicate key] number:2 -"}},
		{name: "duplicate key on both sides", old: `{"a":1,"a":2}`, new: `{"a":1,"a":3}`, differences: []string{"/a changed [] number:2 number:3"}},
		{name: "duplicate key elsewhere", old: `{"a":1,"b":0,"a":2}`, new: `{"b":0,"a":1}`, differences: []string{"/a missing in new [duplicate key] number:2 -"}},
		{name: "byte order mark", old: "\uFEFF[1]", new: `[1]`, differences: []string{" missing in new [byte order mark] text:\uFEFF -"}},
		{name: "byte order marks", old: "\uFEFF[1]", new: "\uFEFF[2]", differences: []string{"/0 changed [] number:1 number:2"}},
		{name: "insert at the front", old: `[{"a":1},{"a":2}]`, new: `[{"a":0},{"a":1},{"a":2}]`,
			differences: []string{`/0 missing in old [] - object:{"a":0}`}},
		{name: "removed from the middle", old: `[1,2,3,4]`, new: `[1,2,4]`, differences: []string{"/2 missing in new [] number:3 -"}},
		{name: "replaced and added", old: `[{"a":1,"b":1},5]`, new: `[{"a":1,"b":2},5,6]`,
			differences: []string{"/0/b changed [] number:1 number:2", "/2 missing in old [] - number:6"}},
		{name: "inserted before changed elements", old: `[{"i":1,"p":1,"q":1},{"i":2,"p":2,"q":2}]`, new: `[{"i":0,"p":0,"q":0},{"i":1,"p":1.5,"q":1},{"i":2,"p":2.5,"q":2}]`,
			differences: []string{"/0/p changed [] number:1 number:1.5", "/1/p changed [] number:2 number:2.5", `/0 missing in old [] - object:{"i":0,"p":0,"q":0}`}},
		{name: "removed before changed elements", old: `[{"i":0,"p":0,"q":0},{"i":1,"p":1,"q":1}]`, new: `[{"i":1,"p":1.5,"q":1}]`,
			differences: []string{`/0 missing in new [] object:{"i":0,"p":0,"q":0} -`, "/1/p changed [] number:1 number:1.5"}},
		{name: "array order", old: `[1,2]`, new: `[2,1]`, differences: []string{"/0 changed [] number:1 number:2", "/1 changed [] number:2 number:1"}},
		{name: "key in pointer", old: `{"a/b~c":{"*":1,"":2}}`, new: `{"a/b~c":{"*":2,"":3}}`,
			differences: []string{"/a~1b~0c/* changed [] number:1 number:2", "/a~1b~0c/ changed [] number:2 number:3"}},
		{name: "ignored", old: `{"t":1,"a":1}`, new: `{"t":2,"a":1}`, rules: []rules.Rule{ignoring("/t")}, equalities: []string{"/t rule 0 number:1 number:2"}},
		{name: "ignored by escaped key", old: `{"\u0074":1}`, new: `{"\u0074":2}`, rules: []rules.Rule{ignoring("/t")}, equalities: []string{"/t rule 0 number:1 number:2"}},
		{name: "ignored container", old: `{"t":{"a":1,"b":1}}`, new: `{"t":{"a":2,"b":2}}`, rules: []rules.Rule{ignoring("/t")},
			equalities: []string{`/t rule 0 object:{"a":1,"b":1} object:{"a":2,"b":2}`}},
		{name: "ignored, missing", old: `{"a":1,"t":1}`, new: `{"a":1}`, rules: []rules.Rule{ignoring("/t")}, equalities: []string{"/t rule 0 number:1 -"}},
		{name: "ignored in every element, one added", old: `[{"i":1,"t":1}]`, new: `[{"i":0,"t":7},{"i":1,"t":8}]`, rules: []rules.Rule{ignoring("/*/t")},
			differences: []string{`/0 missing in old [] - object:{"i":0,"t":7}`}, equalities: []string{"/0/t rule 0 number:1 number:8"}},
		{name: "ignore is no substring", old: `{"id":1,"valid":1}`, new: `{"id":2,"valid":2}`, rules: []rules.Rule{ignoring("/id")},
			differences: []string{"/valid changed [] number:1 number:2"}, equalities: []string{"/id rule 0 number:1 number:2"}},
		{name: "tolerance", old: `{"p":1.00}`, new: `{"p":1.01}`, rules: []rules.Rule{tolerance}, equalities: []string{"/p rule 0 number:1.00 number:1.01"}},
		{name: "over the tolerance", old: `{"p":1.00}`, new: `{"p":1.011}`, rules: []rules.Rule{tolerance}, differences: []string{"/p changed [] number:1.00 number:1.011"}},
		{name: "unordered", old: `{"a":[1,2,2]}`, new: `{"a":[2,1,2]}`, rules: []rules.Rule{unordered}, equalities: []string{"/a rule 0 array:[1,2,2] array:[2,1,2]"}},
		{name: "unordered is a multiset", old: `{"a":[1,2,2]}`, new: `{"a":[2,1,1]}`, rules: []rules.Rule{unordered},
			differences: []string{"/a/2 changed [] number:2 number:1"}, equalities: []string{"/a rule 0 array:[1,2,2] array:[2,1,1]"}},
		{name: "unordered of one shape", old: `{"a":["x","y"]}`, new: `{"a":["y","x"]}`, rules: []rules.Rule{unordered}, equalities: []string{`/a rule 0 array:["x","y"] array:["y","x"]`}},
		{name: "unordered pairs the nearest", old: `{"a":[{"i":1,"j":1,"k":1},{"i":2,"j":2,"k":2}]}`, new: `{"a":[{"i":2,"j":2,"k":3},{"i":1,"j":1,"k":1}]}`,
			rules: []rules.Rule{unordered}, differences: []string{"/a/1/k changed [] number:2 number:3"},
			equalities: []string{`/a rule 0 array:[{"i":1,"j":1,"k":1},{"i":2,"j":2,"k":2}] array:[{"i":2,"j":2,"k":3},{"i":1,"j":1,"k":1}]`}},
		{name: "keyed", old: `{"a":[{"id":1,"v":1},{"id":2,"v":2}]}`, new: `{"a":[{"id":2,"v":3},{"id":1,"v":1}]}`, rules: []rules.Rule{keyed},
			differences: []string{"/a/1/v changed [] number:2 number:3"},
			equalities:  []string{`/a rule 0 array:[{"id":1,"v":1},{"id":2,"v":2}] array:[{"id":2,"v":3},{"id":1,"v":1}]`}},
		{name: "keyed, one added", old: `{"a":[{"id":1}]}`, new: `{"a":[{"id":3},{"id":1}]}`, rules: []rules.Rule{keyed},
			differences: []string{`/a/0 missing in old [] - object:{"id":3}`}, equalities: []string{`/a rule 0 array:[{"id":1}] array:[{"id":3},{"id":1}]`}},
		{name: "keyed by what was renamed", old: `{"a":[{"id":1},{"id":2}]}`, new: `{"a":[{"uid":2},{"uid":1}]}`, rules: []rules.Rule{keyed, renameID},
			equalities: []string{`/a rule 0 array:[{"id":1},{"id":2}] array:[{"uid":2},{"uid":1}]`,
				`/a/0/id rule 1 string:"id" string:"uid"`, `/a/1/id rule 1 string:"id" string:"uid"`}},
		{name: "keyed below what was renamed", old: `{"a":[{"k":{"id":1}}]}`, new: `{"a":[{"key":{"id":0}},{"key":{"id":1}}]}`, rules: []rules.Rule{keyedBelow, renameKey},
			differences: []string{`/a/0 missing in old [] - object:{"key":{"id":0}}`},
			equalities:  []string{`/a rule 0 array:[{"k":{"id":1}}] array:[{"key":{"id":0}},{"key":{"id":1}}]`, `/a/0/k rule 1 string:"k" string:"key"`}},
		{name: "null, missing, empty", old: `{"n":null}`, new: `{"n":[ ]}`, rules: []rules.Rule{states}, equalities: []string{"/n rule 0 null:null array:[ ]"}},
		{name: "missing, empty", old: `{}`, new: `{"n":""}`, rules: []rules.Rule{states}, equalities: []string{`/n rule 0 - string:""`}},
		{name: "empty against a value", old: `{"n":null}`, new: `{"n":0}`, rules: []rules.Rule{states}, differences: []string{"/n type changed [] null:null number:0"}},
		{name: "rename", old: `{"old":1,"a":1}`, new: `{"a":1,"new":1}`, rules: []rules.Rule{rename}, equalities: []string{`/old rule 0 string:"old" string:"new"`}},
		{name: "rename and change", old: `{"old":1}`, new: `{"new":2}`, rules: []rules.Rule{rename},
			differences: []string{"/old changed [] number:1 number:2"}, equalities: []string{`/old rule 0 string:"old" string:"new"`}},
		{name: "rename, missing in old", old: `{}`, new: `{"new":null}`, rules: []rules.Rule{rename, {Where: body("/old"), Action: states.Action}},
			equalities: []string{`/new rule 1 - null:null`}},
		{name: "rename in aligned elements", old: `{"a":[{"old":1}]}`, new: `{"a":[{"new":0},{"new":1}]}`, rules: []rules.Rule{renameIn},
			differences: []string{`/a/0 missing in old [] - object:{"new":0}`}, equalities: []string{`/a/0/old rule 0 string:"old" string:"new"`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := run(t, tc.old, tc.new, compile(t, tc.rules...))
			if d := cmp.Diff(tc.differences, got.differences); d != "" {
				t.Errorf("differences (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tc.equalities, got.equalities); d != "" {
				t.Errorf("equal under rules (-want +got):\n%s", d)
			}
		})
	}
}

func TestNotJSON(t *testing.T) {
	for _, text := range []string{
		``, ` `, `[`, `]`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `[1,]`, `[,1]`, `[1 2]`, `{"a" 1}`, `{a:1}`, `{1:1}`, `{'a':1}`,
		`nul`, `nulll`, `True`, `NaN`, `Infinity`, `-Infinity`, `[NaN]`, `01`, `-`, `-01`, `1.`, `.1`, `1e`, `1e+`, `+1`, `0x1`, `1.e1`,
		`"`, `"\`, `"\x"`, `"\u12"`, `"\u123g"`, "\"\x00\"", "\"\n\"", "\"\t\"", `"a`, `[1]]`, `{}}`, `1 1`, `[1}`, `{"a":1]`, `// c`, `/**/1`,
		"[1]\x00", "\v[1]", `["a"`, `{"a":1`, `{"a":`, `{"a"`, `{"`, `[1,`, `["\`, "\uFEFF\uFEFF1",
	} {
		for _, pair := range [][2]string{{text, `[1]`}, {`[1]`, text}, {text, text + "x"}} {
			rec := &record{}
			err := Compare([]byte(pair[0]), []byte(pair[1]), compile(t), rec, Limits{})
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Errorf("%q, %q: error %v", pair[0], pair[1], err)
			}
			if len(rec.differences)+len(rec.equalities) > 0 {
				t.Errorf("%q, %q: reported %v beside the error", pair[0], pair[1], rec)
			}
		}
	}
}

func TestJSON(t *testing.T) {
	for _, text := range []string{
		`null`, ` true `, `false`, `0`, `-0`, `-1.5E+10`, `""`, `"\""`, `"\\"`, `"\u0000"`, `[]`, `{}`, `[[]]`, `[{}]`, `{"":0}`, `{"a":{}}`,
		"\"\x7f\"", "\"\xff\"", `"\uDFAA"`, `"\uD800\uD800"`, `1e400`, `-1e-400`, `123456789012345678901234567890`, "[\r\n\t 1\n]", `{"a":1,"a":2}`,
		`"12345678"`, `"1234567\n"`, `"éééééééé\"é"`,
	} {
		if err := Compare([]byte(text), []byte(" "+text), compile(t), &record{}, Limits{}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		rec := run(t, text, "\n"+text+" ", compile(t))
		if len(rec.differences)+len(rec.equalities) > 0 {
			t.Errorf("%q differs from itself: %v", text, rec)
		}
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int, inner string) string { return strings.Repeat("[", n) + inner + strings.Repeat("]", n) }
	r := compile(t)
	if err := Compare([]byte(deep(100_000, "1")), []byte(deep(100_000, "2")), r, &record{}, Limits{}); !errors.Is(err, ErrLimit) {
		t.Errorf("100,000 levels: %v", err)
	}
	if got := run(t, deep(9_999, "1"), deep(9_999, "2, 3"), r); len(got.differences) != 2 {
		t.Errorf("9,999 levels: %d differences", len(got.differences))
	}
	if err := Compare([]byte(`[[],[]]`), []byte(`[[], []]`), r, &record{}, Limits{Containers: 2}); !errors.Is(err, ErrLimit) {
		t.Errorf("containers: %v", err)
	}
	rec := &record{}
	if err := Compare([]byte(`[1,2,3]`), []byte(`[2,3]`), r, rec, Limits{Work: 1}); err != nil {
		t.Fatal(err)
	}
	want := []string{"/0 changed [coarse] number:1 number:2", "/1 changed [coarse] number:2 number:3", "/2 missing in new [coarse] number:3 -"}
	if d := cmp.Diff(want, rec.differences); d != "" {
		t.Errorf("coarse (-want +got):\n%s", d)
	}
}
