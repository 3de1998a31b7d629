package body

import (
	"strings"
	"testing"

	"parallax/diff/rules"
)

// TestTypesUnderTransforms: what changed on purpose is asked of the fields of every
// type, also where the bodies are equal.
func TestTypesUnderTransforms(t *testing.T) {
	change := func(place, old string) rules.Rule {
		return at(place, rules.Action{Transform: &rules.Transform{Old: old}})
	}
	cents := "decimal(old) * 100"
	part := func(price string) string { return formPart("p", "", price) + end }
	for _, tc := range []struct {
		name, kind, old, new string
		rules                []rules.Rule
		lines                []string
	}{
		{"a form", formType, "p=1.50&q=1", "p=150&q=1", []rules.Rule{change("/p", cents)}, []string{"/p (/p) rule 0"}},
		{"a form that did not change", formType, "p=1.50", "p=1.50", []rules.Rule{change("/p", cents)}, []string{`/p (/p) changed [transform] text:"150" text:"1.50"`}},
		{"a form that did not change, nor was to", formType, "p=0", "p=0", []rules.Rule{change("/p", cents)}, nil},
		{"a form that fails", formType, "p=x", "p=x", []rules.Rule{change("/p", cents)},
			[]string{`/p (/p) could not be compared [transform failed] text:"1:1: decimal: \"x\" is no decimal number: x" text:"x"`}},
		{"values pair by what they become", formType, "p=1&p=2", "p=200&p=100", []rules.Rule{change("/p/*", cents), at("/p", rules.Action{Unordered: true})},
			[]string{`/p/0 (/p) changed [transform] text:"100" text:"200"`, `/p/1 (/p) changed [transform] text:"200" text:"100"`}},
		{"values of a name pair by what they become", formType, "p=1&p=2", "p=200&p=100", []rules.Rule{change("/p", cents), at("/p", rules.Action{Unordered: true})},
			[]string{"/p (/p) rule 1", "/p/0 (/p) rule 0", "/p/1 (/p) rule 0"}},
		{"an element", xmlType, "<o><p>1.5</p></o>", "<o><p>150</p></o>", []rules.Rule{change("/o/p", cents)}, []string{"/o/p (/o/p) rule 0"}},
		{"an element that did not change", xmlType, "<o><p>1.5</p></o>", "<o><p>1.5</p></o>", []rules.Rule{change("/o/p", cents)},
			[]string{`/o/p (/o/p) changed [transform] text:"150" text:"1.5"`}},
		{"an attribute that did not change", xmlType, "<o p='1.5'/>", "<o p='1.5'/>", []rules.Rule{change("/o/@p", cents)},
			[]string{`/o/@p (/o/@p) changed [transform] text:"150" text:"1.5"`}},
		{"an inserted element", xmlType, "<o><p>1</p><p>2</p></o>", "<o><p>0</p><p>100</p><p>200</p></o>", []rules.Rule{change("/o/p", cents)},
			[]string{"/o/p/0 (/o/p) rule 0", "/o/p/1 (/o/p) rule 0", `/o/p/0 (/o/p) missing in old [] - element:"<p>0</p>"`}},
		{"keys that changed", xmlType, "<o><p k='1'/><p k='2'/></o>", "<o><p k='200'/><p k='100'/></o>", []rules.Rule{change("/o/p/@k", cents), at("/o", rules.Action{Keyed: []string{"/@k"}})},
			[]string{"/o/p/0/@k (/o/p/@k) rule 0", "/o/p/1/@k (/o/p/@k) rule 0", "/o (/o) rule 1"}},
		{"a record that did not change", ndjson, "{\"p\":1}\n", "{\"p\":1}\n", []rules.Rule{change("/*/p", "old * 100")}, []string{`/0/p (/*/p) changed [transform] number:"100" number:"1"`}},
		{"an event that did not change", eventStream, "data: {\"p\":1}\n\n", "data: {\"p\":1}\n\n", []rules.Rule{change("/*/data/p", "old * 100")},
			[]string{`/0/data/p (/*/data/p) changed [transform] number:"100" number:"1"`}},
		{"a part", "multipart/form-data; boundary=b", part("1.5"), part("150"), []rules.Rule{change("/p", cents)}, []string{"/p (/p) rule 0"}},
		{"a part that did not change", "multipart/form-data; boundary=b", part("1.5"), part("1.5"), []rules.Rule{change("/p", cents)}, []string{`/p (/p) changed [transform] text:"150" text:"1.5"`}},
		{"a JSON part that did not change", "multipart/form-data; boundary=b", formPart("p", "Content-Type: application/json", `{"a":1}`) + end, formPart("p", "Content-Type: application/json", `{"a":1}`) + end,
			[]rules.Rule{change("/p/a", "old * 100")}, []string{`/p/a (/p/a) changed [transform] number:"100" number:"1"`}},
		{"JSON parts of one name that did not change", "multipart/form-data; boundary=b",
			strings.Repeat(formPart("p", "Content-Type: application/json", `{"a":1}`), 2) + end, strings.Repeat(formPart("p", "Content-Type: application/json", `{"a":1}`), 2) + end,
			[]rules.Rule{change("/p/a", "old * 100"), at("/p/0/b", rules.Action{Ignore: true})},
			[]string{`/p/0/a (/p/a) changed [transform] number:"100" number:"1"`, `/p/1/a (/p/a) changed [transform] number:"100" number:"1"`}},
		{"bytes have no place", "multipart/form-data; boundary=b", formPart("p", "Content-Type: image/png", "\xff") + end, formPart("p", "Content-Type: image/png", "\xff") + end, []rules.Rule{change("/p", cents)}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec := &record{}
			Compare(in(tc.kind, tc.old), in(tc.kind, tc.new), compile(t, tc.rules...), rec, Options{})
			if d := diffLines(tc.lines, rec.lines); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// TestTypesUnderNearRules: times and expressions hold for the texts of fields.
func TestTypesUnderNearRules(t *testing.T) {
	clock := func(place string) rules.Rule { return at(place, rules.Action{Time: &rules.Time{Within: "2s"}}) }
	id := func(place string) rules.Rule {
		return at(place, rules.Action{Matches: &rules.Matches{Sides: rules.Sides{Old: []string{"[0-9]+"}, New: []string{"[a-f]+"}}}})
	}
	for kind, pair := range map[string][2]string{
		formType: {"at=2026-01-01T12:00:00Z&id=12", "at=2026-01-01T12:00:01Z&id=ab"},
		xmlType:  {"<r><at>2026-01-01T12:00:00Z</at><id>12</id></r>", "<r><at>2026-01-01T13:00:01%2B01:00</at><id>ab</id></r>"},
	} {
		place := ""
		if kind == xmlType {
			place = "/r"
		}
		got := Compare(in(kind, pair[0]), in(kind, strings.ReplaceAll(pair[1], "%2B", "+")), compile(t, clock(place+"/at"), id(place+"/id")), &record{}, Options{})
		if got.State != UnderRules || got.Equalities != 2 {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}
