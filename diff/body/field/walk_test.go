package field

import (
	"testing"

	"parallax/diff/rules"
)

func walk(t *testing.T, patterns ...string) *Walk {
	t.Helper()
	var list []rules.Rule
	for _, p := range patterns {
		list = append(list, rules.Rule{Where: rules.Where{Body: &p}, Action: rules.Action{Ignore: true}})
	}
	list = append(list, rules.Rule{Where: rules.Where{Body: new(string)}, Action: rules.Action{Unordered: true}})
	set, err := rules.Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	w := &Walk{}
	w.Begin(set.For("GET /"), nil)
	return w
}

// TestNamesAndIndices: a rule holds for a name, for one or every of several of the
// name, and not for what only looks like it.
func TestNamesAndIndices(t *testing.T) {
	type step struct {
		name  string
		index int
	}
	for _, tc := range []struct {
		rule  string
		steps []step
		holds bool
	}{
		{"/a/b", []step{{"a", -1}, {"b", -1}}, true},
		{"/a/b", []step{{"a", 3}, {"b", -1}}, true},
		{"/a/*/b", []step{{"a", 3}, {"b", -1}}, true},
		{"/a/3/b", []step{{"a", 3}, {"b", -1}}, true},
		{"/a/2/b", []step{{"a", 3}, {"b", -1}}, false},
		{"/a/*/b", []step{{"a", -1}, {"b", -1}}, false}, // any child's b
		{"/a/*/b", []step{{"a", -1}, {"x", -1}, {"b", -1}}, true},
		{"/a/**", []step{{"a", 1}, {"b", 2}, {"c", -1}}, true},
		{"/a/*", []step{{"a", 1}}, true},
		{"/a", []step{{"b", -1}}, false},
		{"/a~1b~0", []step{{"a/b~", -1}}, true},
		{"/~2", []step{{"*", -1}}, true},
		{"/~2", []step{{"x", -1}}, false},
	} {
		w := walk(t, tc.rule)
		for _, s := range tc.steps {
			w.Enter(s.name, s.index)
		}
		if _, ok := w.Ignored(); ok != tc.holds {
			t.Errorf("%s at %s: %v", tc.rule, w.AppendPointer(nil), ok)
		}
		for range tc.steps {
			w.Leave()
		}
		if _, ok := w.Unordered(); !ok || w.Depth() != 0 {
			t.Errorf("%s: not back at the root", tc.rule)
		}
	}
}

// TestStrongerBelow: an ignore of all below a name leaves what a stronger rule wants
// compared, also where the name stands several times.
func TestStrongerBelow(t *testing.T) {
	all, one := "/a/**", "/a/total"
	set, err := rules.Compile([]rules.Rule{
		{Where: rules.Where{Body: &all}, Action: rules.Action{Ignore: true}},
		{Where: rules.Where{Body: &one}, Action: rules.Action{Tolerance: &rules.Tolerance{Absolute: "1"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, index := range []int{-1, 0, 2} {
		w := &Walk{}
		w.Begin(set.For("GET /"), nil)
		w.Enter("a", index)
		w.Enter("total", -1)
		if _, ok := w.Ignored(); ok {
			t.Errorf("index %d: the total is ignored", index)
		}
		w.Leave()
		w.Enter("other", -1)
		if _, ok := w.Ignored(); !ok {
			t.Errorf("index %d: the rest is not", index)
		}
	}
}

func TestPlaces(t *testing.T) {
	w := walk(t)
	w.EnterIndex(4)
	w.Enter("a/b", 2)
	w.Enter("*", -1)
	w.Enter(Spelled([]byte("é\xff~")), -1)
	if got, want := string(w.AppendPointer(nil)), `/4/a~1b/2/*/é\xFF~0`; got != want {
		t.Errorf("pointer %s, want %s", got, want)
	}
	if got, want := string(w.AppendPattern(nil)), `/*/a~1b/~2/é\xFF~0`; got != want {
		t.Errorf("pattern %s, want %s", got, want)
	}
}
