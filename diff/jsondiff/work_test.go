package jsondiff

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/diff/rules"
)

// Inputs that invite quadratic or exponential work end within a bound.
func TestWorkIsBounded(t *testing.T) {
	many := func(n int, f func(i int) string) string {
		var b strings.Builder
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(f(i))
		}
		return b.String()
	}
	number := func(factor int) func(int) string {
		return func(i int) string { return strings.Repeat("7", 1+i%5) + string(rune('0'+i*factor%10)) }
	}
	nest := func(n int, a, b string) string {
		s := "1"
		for i := range n {
			s = `{"` + a + `":0,"x` + string(rune('a'+i%26)) + `":` + s + `,"` + b + `":[` + number(i)(i) + `]}`
		}
		return s
	}
	key := func(factor int) func(int) string {
		return func(i int) string { return fmt.Sprintf(`"k%d":%d`, i*factor%1_000_000, i) }
	}
	object := func(n int) func(int) string {
		return func(i int) string { return fmt.Sprintf(`{"id":7,"n":%d,"m":"%d"}`, i*2+n, i%10) }
	}
	keyed := compile(t, rules.Rule{Where: rules.Where{Body: new(string)}, Action: rules.Action{Keyed: []string{"/id"}}})
	bag := "/**"
	unordered := compile(t, rules.Rule{Where: rules.Where{Body: &bag}, Action: rules.Action{Unordered: true}})
	nestBag := func(n int, seed int) string {
		s := number(seed)(seed)
		for i := range n {
			s = "[" + s + "," + s + "," + number(seed)(i) + "]"
		}
		return s
	}
	nestGap := func(n int, end string) string {
		s := end
		for i := range n {
			s = "[" + s + strings.Repeat(",{}", i*len(end)%3*int(end[0]-'0')) + "]"
		}
		return s
	}
	const budget = 8 << 20
	for name, tc := range map[string]struct {
		old, new string
		rules    *rules.RouteRules
	}{
		"different numbers":           {"[" + many(100_000, number(3)) + "]", "[" + many(100_001, number(7)) + "]", compile(t)},
		"one repeated key":            {"{" + many(100_000, func(int) string { return `"a":1` }) + "}", "{" + many(99_999, func(int) string { return `"a":2` }) + `,"b":1}`, compile(t)},
		"keys out of order":           {nest(3_000, "k", "l"), nest(3_000, "l", "k"), compile(t)},
		"nested bags":                 {nestBag(9, 3), nestBag(9, 7), unordered},
		"nested gaps":                 {nestBag(9, 3), strings.ReplaceAll(nestBag(9, 7), "]", ",0]"), compile(t)},
		"deep gaps":                   {nestGap(2_000, "1"), nestGap(2_000, "2"), compile(t)},
		"a million keys":              {"{" + many(1_000_000, key(1)) + "}", "{" + many(1_000_000, key(999_983)) + "}", compile(t)},
		"near-equal objects":          {"[" + many(100_000, object(0)) + "]", "[" + many(100_001, object(1)) + "]", compile(t)},
		"a bag of near-equal objects": {"[" + many(100_000, object(0)) + "]", "[" + many(100_000, object(1)) + "]", unordered},
		"a bag in another order":      {"[" + many(100_000, object(0)) + "]", "[" + many(100_000, func(i int) string { return object(0)(99_999 - i) }) + "]", unordered},
		"keyed by what all share":     {"[" + many(100_000, object(0)) + "]", "[" + many(100_000, object(1)) + "]", keyed},
		"a transform everywhere":      {nestBag(9, 3), nestBag(9, 7), compile(t, changing("/**", "old", ""))},
	} {
		var c Comparer
		if err := c.Compare([]byte(tc.old), []byte(tc.new), tc.rules, &counter{}, Limits{Work: budget}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		size := len(tc.old) + len(tc.new)
		// The budget is spent once in vain, and what a coarse comparison hashes is
		// within it; the rest is proportional to the documents.
		if most := 2*budget + 8*size; c.Steps() > most {
			t.Errorf("%s: %d steps for %d bytes, want at most %d", name, c.Steps(), size, most)
		}
		t.Logf("%s: %d steps for %d KiB, coarse: %v", name, c.Steps(), size>>10, c.Coarse())
	}
}

// wide draws arrays in an array, so that most comparisons pair elements.
func wide(rt *rapid.T) any {
	list := []any{}
	for range rapid.IntRange(2, 8).Draw(rt, "arrays") {
		inner := []any{}
		for range rapid.IntRange(0, 6).Draw(rt, "elements") {
			inner = append(inner, tree(rt, 3, false))
		}
		list = append(list, inner)
	}
	return list
}

// The steps are those that the operations themselves take: with a budget of b a
// comparison takes no more than twice b and what reading takes.
func TestStepsStayWithinAnyBudget(t *testing.T) {
	for name, r := range ruleSets(t) {
		rapid.Check(t, func(rt *rapid.T) {
			v := wide(rt)
			a, b := write(rt, v, false), write(rt, mutate(rt, v), true)
			budget := rapid.IntRange(1, 5_000).Draw(rt, "budget")
			var c Comparer
			if err := c.Compare([]byte(a), []byte(b), r, &counter{}, Limits{Work: budget}); err != nil {
				rt.Fatal(err)
			}
			// One array is hashed and aligned before it is seen that this is too much.
			if size := len(a) + len(b); c.Steps() > 2*budget+40*size {
				rt.Fatalf("%s: %d steps for %d bytes with a budget of %d", name, c.Steps(), size, budget)
			}
		})
	}
}

// A budget that runs out changes nothing of what must always hold.
func TestCoarseHasAMirror(t *testing.T) {
	for name, r := range ruleSets(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				v := wide(rt)
				a, b := write(rt, v, false), write(rt, mutate(rt, v), false)
				budget := rapid.IntRange(1, 2_000).Draw(rt, "budget")
				there, roughThere := within(t, a, b, r, budget)
				back, roughBack := within(t, b, a, r, budget)
				for i, p := range back.patterns {
					back.patterns[i] = strings.NewReplacer("in old", "in new", "in new", "in old").Replace(p)
				}
				slices.Sort(there.patterns)
				slices.Sort(back.patterns)
				if d := cmp.Diff(there.patterns, back.patterns); d != "" || roughThere != roughBack {
					rt.Fatalf("%s and %s with %d, coarse %v and %v:\n%s", a, b, budget, roughThere, roughBack, d)
				}
			})
		})
	}
}

func TestCoarseOfTheSameIsEqual(t *testing.T) {
	for name, r := range ruleSets(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				v := wide(rt)
				a, b := write(rt, v, true), write(rt, v, true)
				if got, _ := within(t, a, b, r, rapid.IntRange(1, 200).Draw(rt, "budget")); len(got.differences) > 0 {
					rt.Fatalf("%s and %s: %v", a, b, got.differences)
				}
			})
		})
	}
}

func within(t testing.TB, a, b string, r *rules.RouteRules, budget int) (*record, bool) {
	t.Helper()
	var c Comparer
	rec := &record{}
	if err := c.Compare([]byte(a), []byte(b), r, rec, Limits{Work: budget}); err != nil {
		t.Fatal(err)
	}
	return rec, c.Coarse()
}

// TestCoarseKeepsWhatIsEqualTogether: a coarse comparison still sees an insertion
// at the front as one.
func TestCoarseKeepsWhatIsEqualTogether(t *testing.T) {
	var parts []string
	for i := range 200 {
		parts = append(parts, fmt.Sprintf(`{"id":%d}`, i))
	}
	old := "[" + strings.Join(parts, ",") + "]"
	parts = append([]string{`{"id":-1}`}, parts...)
	parts[77] = `{"id":"x"}`
	new := "[" + strings.Join(parts, ",") + "]"
	budget := 2 * (len(old) + len(new))
	got, rough := within(t, old, new, compile(t), budget)
	want := []string{`/76/id type changed [coarse] number:76 string:"x"`, `/0 missing in old [coarse] - object:{"id":-1}`}
	if d := cmp.Diff(want, got.differences); d != "" || !rough {
		t.Errorf("coarse %v (-want +got):\n%s", rough, d)
	}
	if _, rough := within(t, old, new, compile(t), 0); rough {
		t.Error("the default budget does not suffice")
	}
}

func TestFlat(t *testing.T) {
	for text, want := range map[string]bool{
		"1": true, "[]": true, `{"a":[1,{"b":2}],"c":[{}]}`: true, "[[]]": false, `[{"a":[]}]`: false, `{"a":[],"b":{"c":[{"d":{"e":[1]}}]}}`: false,
	} {
		p := &parser{}
		p.reset([]byte(text), Limits{}.withDefaults(0))
		if err := p.parse(); err != nil {
			t.Fatal(err)
		}
		if got := p.flat(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

// Flat documents take no more than they are said to, so that they need no rehearsal.
func TestFlatDocumentsStayWithinTheirSteps(t *testing.T) {
	unordered := compile(t, rules.Rule{Where: body("/**"), Action: rules.Action{Unordered: true}})
	list := func(n, from int, all string) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(all, i+from))
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	for name, c := range map[string][2]string{
		"all others": {list(5_000, 0, "%d"), list(5_001, 10_000, "%d")}, "a full gap": {list(63, 0, `{"a":%d,"b":1}`), list(64, 100, `{"a":%d,"b":1}`)},
		"short elements": {list(64, 0, "%.0d1"), list(63, 0, "%.0d2")}, "a bag": {list(100, 0, `{"a":%d}`), list(100, 100, `{"a":%d}`)},
	} {
		for _, r := range []*rules.RouteRules{compile(t), unordered} {
			var c2 Comparer
			old, new := c[0], c[1]
			if err := c2.Compare([]byte(old), []byte(new), r, &counter{}, Limits{Work: 1 << 40}); err != nil {
				t.Fatal(err)
			}
			if most := stepsPerByte * (len(old) + len(new)); c2.Steps() > most {
				t.Errorf("%s: %d steps, want at most %d", name, c2.Steps(), most)
			}
		}
	}
}
