package body

import (
	"testing"

	"parallax/diff/rules"
)

const formType = "application/x-www-form-urlencoded"

func at(pattern string, a rules.Action) rules.Rule {
	return rules.Rule{Where: rules.Where{Body: &pattern}, Action: a}
}

func off(names ...string) rules.Rule {
	return rules.Rule{Where: rules.Where{Builtin: names}, Action: rules.Action{Off: true}}
}

func TestForms(t *testing.T) {
	tolerance := func(pattern string) rules.Rule {
		return at(pattern, rules.Action{Tolerance: &rules.Tolerance{Absolute: "0.1"}})
	}
	escape, order := rules.FormEscape, rules.FormOrder
	checkTypes(t, formType, []typeCase{
		{"a value", "a=1&b=2", "a=1&b=3", nil, ByForm, []string{`/b (/b) changed [] text:"2" text:"3"`}},
		{"a field only old has", "a=1&b=", "a=1", nil, ByForm, []string{`/b (/b) missing in new [] text:"" -`}},
		{"a field only new has", "a=1", "z=%41&a=1", nil, ByForm, []string{`/z (/z) missing in old [] - text:"%41"`}},
		{"white space", "a=b+c", "a=bc", nil, ByForm, []string{`/a (/a) changed [white space] text:"b+c" text:"bc"`}},
		{"numbers are texts", "a=1.0", "a=1", nil, ByForm, []string{`/a (/a) changed [] text:"1.0" text:"1"`}},
		{"plus and %20", "a=b+c", "a=b%20c", nil, ByForm, []string{"/a (/a) " + escape.String()}},
		{"plus and %20, builtin off", "a=b+c", "a=b%20c", []rules.Rule{off("form-escape")}, ByForm,
			[]string{`/a (/a) changed [form escape] text:"b+c" text:"b%20c"`}},
		{"%41 and A, also of a name", "%41=%62&c=%E9", "A=b&c=%e9", nil, ByForm, []string{
			"/A (/A) " + escape.String(), "/A (/A) " + escape.String(), "/c (/c) " + escape.String()}},
		{"a and a=", "a&b=1", "a=&b=1", nil, ByForm, []string{"/a (/a) " + escape.String()}},
		{"nothing between two separators", "a=1&&b=2", "a=1&b=2", nil, ByForm, []string{" () " + escape.String()}},
		{"a line end is a value's", "a=1", "a=1\r\n", nil, ByForm, []string{`/a (/a) changed [white space] text:"1" text:"1\r\n"`}},
		{"order of names", "a=1&b=2", "b=2&a=1", nil, ByForm, []string{" () " + order.String()}},
		{"order of names, builtin off", "a=1&b=2", "b=2&a=1", []rules.Rule{off("form-order")}, ByForm,
			[]string{` () changed [order] text:"a=1&b=2" text:"b=2&a=1"`}},
		{"order of names, builtin off, unordered", "a=1&b=2", "b=2&a=1", []rules.Rule{off("form-order"), at("", rules.Action{Unordered: true})}, ByForm,
			[]string{" () rule 1"}},
		{"several of a name", "t=1&t=2", "t=1&t=3", nil, ByForm, []string{`/t/1 (/t) changed [] text:"2" text:"3"`}},
		{"order of one name's values", "t=1&t=2", "t=2&t=1", nil, ByForm, []string{
			`/t/0 (/t) changed [] text:"1" text:"2"`, `/t/1 (/t) changed [] text:"2" text:"1"`}},
		{"the same, unordered", "t=1&t=2", "t=2&t=1", []rules.Rule{at("/t", rules.Action{Unordered: true})}, ByForm, []string{"/t (/t) rule 0"}},
		{"a value put in front", "t=1&t=2", "t=0&t=1&t=2", nil, ByForm, []string{`/t/0 (/t) missing in old [] - text:"0"`}},
		{"a value of one that had one", "t=1", "t=1&t=2", nil, ByForm, []string{`/t/1 (/t) missing in old [] - text:"2"`}},
		{"ignored", "t=1&t=2&u=1", "t=1&t=3", []rules.Rule{ignore("/t"), ignore("/u")}, ByForm, []string{"/t/1 (/t) rule 0", "/u (/u) rule 1"}},
		{"ignored by index", "t=1&t=2", "t=0&t=3", []rules.Rule{ignore("/t/1")}, ByForm,
			[]string{`/t/0 (/t) changed [] text:"1" text:"0"`, "/t/1 (/t) rule 0"}},
		{"ignored but for a stronger rule", "a=1&b=1.00", "a=2&b=1.01", []rules.Rule{ignore("/**"), tolerance("/b")}, ByForm,
			[]string{"/a (/a) rule 0", "/b (/b) rule 1"}},
		{"tolerance", "a=1.00&b=x", "a=1.05&b=y", []rules.Rule{tolerance("/*")}, ByForm,
			[]string{"/a (/a) rule 0", `/b (/b) changed [] text:"x" text:"y"`}},
		{"missing and empty", "a=&b=1", "b=1", []rules.Rule{at("/a", rules.Action{Equal: []string{"missing", "empty"}})}, ByForm, []string{"/a (/a) rule 0"}},
		{"names with signs", "a/b~=1&*=2", "a/b~=2&*=3", nil, ByForm, []string{
			`/a~1b~0 (/a~1b~0) changed [] text:"1" text:"2"`, `/* (/~2) changed [] text:"2" text:"3"`}},
		{"a byte and its spelling", "%FF=1", `\xFF=1`, nil, ByForm, []string{
			`/\xFF (/\xFF) missing in new [] text:"1" -`, `/\xFF (/\xFF) missing in old [] - text:"1"`}},
		{"JSON by the name of a form", `{"a":1}`, `{"a":2}`, nil, ByJSON, []string{`/a (/a) changed [] number:"1" number:"2"`}},
		{"malformed", "a=%4", "a=%zz", nil, ByText, []string{`line 1 (line *) changed [] text:"a=%4" text:"a=%zz"`}},
	})
}

// typeCase is a pair of bodies of one type.
type typeCase struct {
	name, old, new string
	rules          []rules.Rule
	method         Method
	lines          []string
}

// checkTypes compares each pair, and that its mirror has as much to say.
func checkTypes(t *testing.T, contentType string, cases []typeCase) {
	t.Helper()
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := compile(t, tc.rules...)
			rec := &named{record: record{}, rules: r, count: len(tc.rules)}
			got := Compare(in(contentType, tc.old), in(contentType, tc.new), r, rec, Options{})
			if got.Method != tc.method {
				t.Errorf("compared by %s (%s), want %s", got.Method, got.Reason, tc.method)
			}
			if d := diffLines(tc.lines, rec.lines); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			back := Compare(in(contentType, tc.new), in(contentType, tc.old), r, &record{}, Options{})
			if back.State != got.State || back.Differences != got.Differences || back.Method != got.Method {
				t.Errorf("there %+v, back %+v", got, back)
			}
		})
	}
}
