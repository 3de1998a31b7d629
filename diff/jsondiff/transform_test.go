package jsondiff

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/diff/rules"
)

func changing(place, old, new string) rules.Rule {
	return rules.Rule{Where: body(place), Action: rules.Action{Transform: &rules.Transform{Old: old, New: new}}}
}

func TestTransform(t *testing.T) {
	hundred := changing("/p", "old * 100", "")
	near := rules.Rule{Where: body("/p"), Action: rules.Action{Tolerance: &rules.Tolerance{Absolute: "1"}}}
	unordered := rules.Rule{Where: body("/a"), Action: rules.Action{Unordered: true}}
	keyed := rules.Rule{Where: body("/a"), Action: rules.Action{Keyed: []string{"/id"}}}
	clock := rules.Rule{Where: body("/data/at"), Action: rules.Action{Ignore: true}}
	newName := "/q"
	rename := rules.Rule{Where: body("/p"), Action: rules.Action{Rename: &newName}}
	for _, tc := range []struct {
		name, old, new string
		rules          []rules.Rule
		differences    []string
		equalities     []string
	}{
		{name: "as intended", old: `{"p":12.50}`, new: `{"p":1250}`, rules: []rules.Rule{hundred}, equalities: []string{"/p rule 0 number:12.50 number:1250"}},
		{name: "equal as they stand", old: `{"p":12.50}`, new: `{"p":12.50}`, rules: []rules.Rule{hundred},
			differences: []string{"/p changed [transform] number:1250 number:12.50"}},
		{name: "equal before and after", old: `{"p":0}`, new: `{"p":0}`, rules: []rules.Rule{hundred}},
		{name: "of another spelling", old: `{"p":12.50}`, new: `{"p":1250.0}`, rules: []rules.Rule{hundred}, equalities: []string{"/p rule 0 number:12.50 number:1250.0"}},
		{name: "not as intended", old: `{"p":12.50}`, new: `{"p":1251}`, rules: []rules.Rule{hundred},
			differences: []string{"/p changed [transform] number:1250 number:1251"}},
		{name: "then the tolerance", old: `{"p":12.50}`, new: `{"p":1251}`, rules: []rules.Rule{hundred, near},
			equalities: []string{"/p rule 1 number:1250 number:1251", "/p rule 0 number:12.50 number:1251"}},
		{name: "of another type", old: `{"p":12.50}`, new: `{"p":"1250"}`, rules: []rules.Rule{hundred},
			differences: []string{`/p type changed [transform] number:1250 string:"1250"`}},
		{name: "both sides", old: `{"p":"A"}`, new: `{"p":"a "}`, rules: []rules.Rule{changing("/p", "lower(old)", "trim(new)")},
			equalities: []string{`/p rule 0 string:"A" string:"a "`}},
		{name: "the new side only", old: `{"p":12.50}`, new: `{"p":1250}`, rules: []rules.Rule{changing("/p", "", "new / 100")},
			equalities: []string{"/p rule 0 number:12.50 number:1250"}},
		{name: "a failing expression", old: `{"p":"x"}`, new: `{"p":"x"}`, rules: []rules.Rule{hundred},
			differences: []string{`/p could not be compared [transform failed] text:1:5: text is no number: decimal(x) makes one of a text: "x" string:"x"`}},
		{name: "both fail", old: `{"p":"x"}`, new: `{"p":"x"}`, rules: []rules.Rule{changing("/p", "old.a", "new.a")},
			differences: []string{`/p could not be compared [transform failed] text:1:5: text has no members: "x" text:1:5: text has no members: "x"`}},
		{name: "missing", old: `{"p":1}`, new: `{}`, rules: []rules.Rule{hundred}, differences: []string{"/p missing in new [] number:1 -"}},
		{name: "an envelope", old: `{"n":1,"s":"\u0061"}`, new: `{"data":{"n":2,"s":"a"},"ok":true}`, rules: []rules.Rule{changing("", "{data: old, ok: true}", "")},
			differences: []string{"/data/n changed [transform] number:1 number:2"}},
		{name: "no envelope", old: `{"n":1}`, new: `{"n":1}`, rules: []rules.Rule{changing("", "{data: old}", "")},
			differences: []string{`/data missing in new [transform] object:{"n":1} -`, `/n missing in old [transform] - number:1`}},
		{name: "rules below", old: `{"n":1,"at":5}`, new: `{"data":{"n":1,"at":6}}`, rules: []rules.Rule{changing("", "{data: old}", ""), clock},
			equalities: []string{"/data/at rule 1 number:5 number:6", ` rule 0 object:{"n":1,"at":5} object:{"data":{"n":1,"at":6}}`}},
		{name: "a transform within a transform", old: `{"p":1}`, new: `{"p":{"v":100}}`, rules: []rules.Rule{changing("/p", "{v: old}", ""), changing("/p/v", "old * 100", "")},
			equalities: []string{"/p/v rule 1 number:1 number:100", `/p rule 0 number:1 object:{"v":100}`}},
		{name: "elements pair by what they become", old: `{"a":[1,2,3]}`, new: `{"a":["3","0","1","2"]}`,
			rules:       []rules.Rule{changing("/a/*", "text(old)", ""), unordered},
			differences: []string{`/a/1 missing in old [] - string:"0"`},
			equalities: []string{`/a rule 1 array:[1,2,3] array:["3","0","1","2"]`, `/a/0 rule 0 number:1 string:"1"`,
				`/a/1 rule 0 number:2 string:"2"`, `/a/2 rule 0 number:3 string:"3"`}},
		{name: "an insertion among changed elements", old: `{"a":[1,2,3]}`, new: `{"a":["9","1","2","3"]}`,
			rules:       []rules.Rule{changing("/a/*", "text(old)", "")},
			differences: []string{`/a/0 missing in old [] - string:"9"`},
			equalities:  []string{`/a/0 rule 0 number:1 string:"1"`, `/a/1 rule 0 number:2 string:"2"`, `/a/2 rule 0 number:3 string:"3"`}},
		{name: "keys that changed", old: `{"a":[{"id":1},{"id":2}]}`, new: `{"a":[{"id":"2"},{"id":"1"}]}`,
			rules: []rules.Rule{changing("/a/*/id", "text(old)", ""), keyed},
			equalities: []string{`/a rule 1 array:[{"id":1},{"id":2}] array:[{"id":"2"},{"id":"1"}]`,
				`/a/0/id rule 0 number:1 string:"1"`, `/a/1/id rule 0 number:2 string:"2"`}},
		{name: "renamed as well", old: `{"p":1}`, new: `{"q":100}`, rules: []rules.Rule{hundred, rename},
			equalities: []string{`/p rule 1 string:"p" string:"q"`, "/p rule 0 number:1 number:100"}},
		{name: "elsewhere as always", old: `{"p":1,"x":1}`, new: `{"p":100,"x":2}`, rules: []rules.Rule{hundred},
			differences: []string{"/x changed [] number:1 number:2"}, equalities: []string{"/p rule 0 number:1 number:100"}},
	} {
		r := run(t, tc.old, tc.new, compile(t, tc.rules...))
		if d := cmp.Diff(tc.differences, r.differences); d != "" {
			t.Errorf("%s: differences (-want +got):\n%s", tc.name, d)
		}
		if d := cmp.Diff(tc.equalities, r.equalities); d != "" {
			t.Errorf("%s: equalities (-want +got):\n%s", tc.name, d)
		}
	}
}

// TestTransformOfNothingChangesNothing: where a transform hands values on, the
// same places differ.
func TestTransformOfNothingChangesNothing(t *testing.T) {
	none := compile(t)
	sets := map[string]*rules.RouteRules{}
	for _, place := range []string{"", "/*", "/a", "/**", "/*/*", "/b/*"} {
		sets[place] = compile(t, changing(place, "old", "new"))
	}
	rapid.Check(t, func(rt *rapid.T) {
		a := tree(rt, 3, true)
		old, new := write(rt, a, false), write(rt, mutate(rt, a), true)
		want := places(run(t, old, new, none).differences)
		for place, set := range sets {
			if d := cmp.Diff(want, places(run(t, old, new, set).differences)); d != "" {
				rt.Fatalf("%s\n%s\nplace %q (-plain +transformed):\n%s", old, new, place, d)
			}
		}
	})
}

// TestNoChangeIsNoPass: under a transform that changes every number, a document is
// not equal to itself.
func TestNoChangeIsNoPass(t *testing.T) {
	set := compile(t, changing("/*/n", "old + 1", ""))
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(rt, "elements")
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(`{"n":%d,"m":1}`, i))
		}
		text := "[" + strings.Join(parts, ",") + "]"
		if got := run(t, text, text, set); len(got.differences) != n || len(got.equalities) != 0 {
			rt.Fatalf("%d of %d numbers differ: %v", len(got.differences), n, got)
		}
		if got := run(t, text, strings.ReplaceAll(text, `"m":1`, `"m":2`), set); len(got.differences) != 2*n {
			rt.Fatalf("%d of %d values differ: %v", len(got.differences), 2*n, got)
		}
	})
}
