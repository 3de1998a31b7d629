package jsondiff

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/diff/rules"
)

var scalarTexts = []string{"null", "true", "false", "0", "-0", "1", "1.0", "10e-1", "12", "9007199254740993", "1e400", `""`, `"a"`, `"ab"`, `"\u0061"`, `"é\n"`}

var keyTexts = []string{"", "a", "b", "c", "ab", "~", "/", "*", "é"}

// tree draws a value of the twin's types; scalars are their JSON texts.
func tree(rt *rapid.T, depth int, duplicates bool) any {
	kind := rapid.IntRange(0, 3).Draw(rt, "kind")
	if depth == 0 || kind < 2 {
		return rapid.SampledFrom(scalarTexts).Draw(rt, "scalar")
	}
	n := rapid.IntRange(0, 4).Draw(rt, "length")
	if kind == 2 {
		list := []any{}
		for range n {
			list = append(list, tree(rt, depth-1, duplicates))
		}
		return list
	}
	list := []tmember{}
	for range n {
		key := rapid.SampledFrom(keyTexts).Draw(rt, "key")
		if duplicates || !slices.ContainsFunc(list, func(m tmember) bool { return m.key == key }) {
			list = append(list, tmember{key, tree(rt, depth-1, duplicates)})
		}
	}
	return list
}

// write spells a tree out; shuffled also with white space and the members of an
// object in any order.
func write(rt *rapid.T, v any, shuffled bool) string {
	space := func() string {
		if !shuffled {
			return ""
		}
		return rapid.SampledFrom([]string{"", " ", "\n\t"}).Draw(rt, "space")
	}
	var parts []string
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			parts = append(parts, space()+write(rt, e, shuffled)+space())
		}
		return "[" + strings.Join(parts, ",") + space() + "]"
	case []tmember:
		if shuffled && len(v) > 1 {
			v = rapid.Permutation(v).Draw(rt, "order")
		}
		for _, m := range v {
			parts = append(parts, space()+keyText(rt, m.key, shuffled)+space()+":"+space()+write(rt, m.value, shuffled)+space())
		}
		return "{" + strings.Join(parts, ",") + space() + "}"
	}
	return v.(string)
}

func keyText(rt *rapid.T, key string, shuffled bool) string {
	if shuffled && key != "" && key[0] < 0x80 && rapid.Bool().Draw(rt, "escaped") {
		return fmt.Sprintf("%q", "")[:1] + fmt.Sprintf(`\u%04x`, key[0]) + key[1:] + `"`
	}
	return `"` + key + `"`
}

// mutate draws a tree with some scalars, elements or members changed.
func mutate(rt *rapid.T, v any) any {
	if rapid.IntRange(0, 9).Draw(rt, "replace") == 0 {
		return tree(rt, 2, false)
	}
	switch v := v.(type) {
	case []any:
		list := []any{}
		for _, e := range v {
			if rapid.IntRange(0, 9).Draw(rt, "drop") > 0 {
				list = append(list, mutate(rt, e))
			}
		}
		return list
	case []tmember:
		list := []tmember{}
		for _, m := range v {
			if rapid.IntRange(0, 9).Draw(rt, "drop") > 0 {
				list = append(list, tmember{m.key, mutate(rt, m.value)})
			}
		}
		return list
	}
	return v
}

func TestSameInOtherWordsIsEqual(t *testing.T) {
	r := compile(t)
	rapid.Check(t, func(rt *rapid.T) {
		v := tree(rt, 4, false)
		a, b := write(rt, v, true), write(rt, v, true)
		if got := run(t, a, b, r); len(got.differences) > 0 {
			rt.Fatalf("%s and %s: %v", a, b, got.differences)
		}
	})
}

func ruleSets(t *testing.T) map[string]*rules.RouteRules {
	return map[string]*rules.RouteRules{
		"none":      compile(t),
		"ignore":    compile(t, ignoring("/a"), ignoring("/*/b")),
		"unordered": compile(t, rules.Rule{Where: body("/**"), Action: rules.Action{Unordered: true}}),
		"keyed":     compile(t, rules.Rule{Where: body("/**"), Action: rules.Action{Keyed: []string{"/a"}}}),
		"states":    compile(t, rules.Rule{Where: body("/**"), Action: rules.Action{Equal: []string{"null", "missing", "empty"}}}),
	}
}

func TestMirror(t *testing.T) {
	for name, r := range ruleSets(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				v := tree(rt, 3, true)
				a, b := write(rt, v, false), write(rt, mutate(rt, v), false)
				there, back := run(t, a, b, r), run(t, b, a, r)
				for i, p := range back.patterns {
					back.patterns[i] = strings.NewReplacer("in old", "in new", "in new", "in old").Replace(p)
				}
				slices.Sort(there.patterns)
				slices.Sort(back.patterns)
				if d := cmp.Diff(there.patterns, back.patterns); d != "" || len(there.equalities) != len(back.equalities) {
					rt.Fatalf("%s and %s, there against back:\n%s\n%v\n%v", a, b, d, there.equalities, back.equalities)
				}
			})
		})
	}
}

// equalLengths reports whether all arrays that the twin would pair are of one length.
func equalLengths(a, b any) bool {
	x, okX := a.([]any)
	y, okY := b.([]any)
	if okX && okY {
		if len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equalLengths(x[i], y[i]) {
				return false
			}
		}
	}
	m, okM := a.([]tmember)
	n, okN := b.([]tmember)
	if okM && okN {
		for _, p := range m {
			for _, q := range n {
				if p.key == q.key && !equalLengths(p.value, q.value) {
					return false
				}
			}
		}
	}
	return true
}

func TestAgreesWithTwin(t *testing.T) {
	r := compile(t)
	rapid.Check(t, func(rt *rapid.T) {
		v := tree(rt, 3, true)
		a, b := write(rt, v, false), write(rt, mutate(rt, v), rapid.Bool().Draw(rt, "shuffled"))
		x, y := decode(t, a), decode(t, b)
		if !equalLengths(x, y) {
			rt.Skip("arrays of two lengths")
		}
		want := append([]string{}, twin("", x, y)...)
		slices.Sort(want)
		if d := cmp.Diff(want, places(run(t, a, b, r).differences)); d != "" {
			rt.Fatalf("%s and %s (-twin +got):\n%s", a, b, d)
		}
	})
}

// walkOnly compares without the shadow.
func walkOnly(t testing.TB, old, new string, r *rules.RouteRules) *record {
	t.Helper()
	var c Comparer
	rec := &record{}
	l := Limits{}.withDefaults(len(old) + len(new))
	c.old.reset([]byte(old), l)
	if err := c.old.parse(); err != nil {
		t.Fatal(err)
	}
	if err := c.parseNew([]byte(new), l); err != nil {
		t.Fatal(err)
	}
	c.walker.begin(&c.old.document, &c.new.document, r, r.Body(), rec, l)
	c.walker.pair(c.old.top(), c.new.top(), c.walker.root)
	return rec
}

func TestShadowAgreesWithWalk(t *testing.T) {
	for name, r := range ruleSets(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				a := write(rt, tree(rt, 4, true), true)
				b := replaceScalars(rt, a)
				want, got := walkOnly(t, a, b, r), run(t, a, b, r)
				if d := cmp.Diff(*want, *got, cmp.AllowUnexported(record{})); d != "" {
					rt.Fatalf("%s and %s (-walk +shadow):\n%s", a, b, d)
				}
			})
		})
	}
}

// replaceScalars writes other scalars over some of a document's.
func replaceScalars(rt *rapid.T, text string) string {
	var out strings.Builder
	for i := 0; i < len(text); {
		end, _ := scalarEnd([]byte(text), i)
		if end < 0 {
			out.WriteByte(text[i])
			i++
			continue
		}
		isKey := strings.HasPrefix(strings.TrimLeft(text[end:], " \n\t"), ":")
		if !isKey && rapid.IntRange(0, 3).Draw(rt, "replace") == 0 {
			out.WriteString(rapid.SampledFrom(scalarTexts).Draw(rt, "other"))
		} else {
			out.WriteString(text[i:end])
		}
		i = end
	}
	return out.String()
}

// plant writes a scalar that is nowhere else over a drawn scalar of the tree, and
// returns its place.
func plant(rt *rapid.T, v any, at string) (any, string, bool) {
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			return v, "", false
		}
		i := rapid.IntRange(0, len(v)-1).Draw(rt, "element")
		e, place, ok := plant(rt, v[i], at+"/"+strconv.Itoa(i))
		v = slices.Clone(v)
		v[i] = e
		return v, place, ok
	case []tmember:
		if len(v) == 0 {
			return v, "", false
		}
		i := rapid.IntRange(0, len(v)-1).Draw(rt, "member")
		key := strings.NewReplacer("~", "~0", "/", "~1").Replace(v[i].key)
		e, place, ok := plant(rt, v[i].value, at+"/"+key)
		v = slices.Clone(v)
		v[i].value = e
		return v, place, ok
	}
	return `"planted"`, at, true
}

func TestPlantedChangeIsFoundOnce(t *testing.T) {
	r := compile(t)
	rapid.Check(t, func(rt *rapid.T) {
		v := tree(rt, 4, false)
		w, place, ok := plant(rt, v, "")
		if !ok {
			rt.Skip("nothing to change")
		}
		got := run(t, write(rt, v, true), write(rt, w, true), r)
		if len(got.differences) != 1 || !strings.HasPrefix(got.differences[0], place+" ") {
			rt.Fatalf("planted at %q, found %v", place, got.differences)
		}
	})
}

func FuzzCompare(f *testing.F) {
	for _, s := range append([]string{`{"a":[1,{"b":"\ud800"}],"a":2}`, `[[],{},[[1,2],[3]]]`, "\uFEFF[1]", `{"a":1`, "\"\xff\""}, scalarTexts...) {
		f.Add([]byte(s), []byte(`{"a":[2,{"b":1}]}`))
		f.Add([]byte(s), []byte(s+" "))
	}
	set, err := rules.Compile([]rules.Rule{ignoring("/*/b"), {Where: body("/a"), Action: rules.Action{Unordered: true}}})
	if err != nil {
		f.Fatal(err)
	}
	r := set.For("GET /x")
	f.Fuzz(func(t *testing.T, old, new []byte) {
		there, back := &record{}, &record{}
		errThere, errBack := Compare(old, new, r, there, Limits{}), Compare(new, old, r, back, Limits{})
		if (errThere == nil) != (errBack == nil) || len(there.differences) != len(back.differences) {
			t.Fatalf("%v %v against %v %v", errThere, there.differences, errBack, back.differences)
		}
		if valid := json.Valid(old); valid && errThere == nil {
			if same := run(t, string(old), string(old)+" ", r); len(same.differences) > 0 {
				t.Fatalf("differs from itself: %v", same.differences)
			}
		} else if !valid && markLength(old) == 0 && errThere == nil && string(old) != string(new) {
			t.Fatalf("%q was compared", old)
		}
	})
}
