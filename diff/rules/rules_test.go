package rules

import (
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func at(p string) Where { return Where{Body: &p} }

func to(p string) Action { return Action{Rename: &p} }

func ignore(name, place string) Rule {
	return Rule{Name: name, Where: at(place), Action: Action{Ignore: true}}
}

func within(name, place, absolute string) Rule {
	return Rule{Name: name, Where: at(place), Action: Action{Tolerance: &Tolerance{Absolute: absolute}}}
}

func compiledSet(t testing.TB, list ...Rule) *Set {
	t.Helper()
	s, err := Compile(list)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// walk goes down a path; tokens of digits are indices.
func walk(n *Node, path string) *Node {
	if path == "" {
		return n
	}
	for _, t := range strings.Split(path[1:], "/") {
		if strings.Trim(t, "0123456789") == "" {
			i := 0
			for _, c := range t {
				i = i*10 + int(c-'0')
			}
			n = n.Index(i)
			continue
		}
		n = n.Child(t)
	}
	return n
}

func TestPlaces(t *testing.T) {
	s := compiledSet(t,
		ignore("root-b", "/b"), ignore("times", "/items/*/at"), ignore("first", "/items/0/id"),
		ignore("deep", "/deep/**"), within("kept", "/deep/total", "1"), ignore("star", "/~2"),
		ignore("slash", "/a~1b~0c"), within("wide", "/w/*", "1"), within("narrow", "/w/x", "2"))
	root := s.For("GET /x").Body()
	for _, c := range []struct{ path, want string }{
		{"", "no rules"}, {"/a", "no rules"}, {"/b", "root-b"},
		{"/items/7/at", "times"}, {"/items/0/at", "times"}, {"/items/0/id", "first"}, {"/items/1/id", "no rules"},
		{"/items/at", "no rules"}, {"/deep/x", "deep"}, {"/deep/x/y/z", "deep"}, {"/deep/total", "kept"},
		{"/*", "star"}, {"/w/x", "narrow"}, {"/w/y", "wide"}, {"/w/3", "wide"},
	} {
		got := walk(root, c.path).String()
		if got == "" {
			got = "no rules"
		}
		if got != c.want {
			t.Errorf("%q: %s, want %s", c.path, got, c.want)
		}
	}
	if got := root.Child("a/b~c").String(); got != "slash" {
		t.Errorf("escaped key: %s", got)
	}
}

func TestRoutes(t *testing.T) {
	s := compiledSet(t,
		Rule{Name: "all", Where: at("/v"), Action: Action{Tolerance: &Tolerance{Absolute: "1"}}},
		Rule{Name: "exact", Route: "GET /orders/{id}", Where: at("/v"), Action: Action{Tolerance: &Tolerance{Absolute: "2"}}},
		Rule{Name: "any method", Route: "* /x", Where: at("/v"), Action: Action{Tolerance: &Tolerance{Absolute: "3"}}},
		Rule{Name: "segment", Route: "PUT /orders/*", Where: at("/v"), Action: Action{Tolerance: &Tolerance{Absolute: "4"}}})
	for route, want := range map[string]string{
		"GET /orders/{id}": "exact", "GET /orders": "all", "POST /x": "any method", "PUT /orders/{id}": "segment",
		"PUT /orders/{id}/lines": "all", "GET /orders/{id}/": "all",
	} {
		if got := s.For(route).Body().Child("v").String(); got != want {
			t.Errorf("%s: %s, want %s", route, got, want)
		}
	}
	if s.For("GET /a").Body() != s.For("GET /b").Body() {
		t.Error("routes with the same rules do not share their nodes")
	}
}

func TestRefused(t *testing.T) {
	tolerance := func(a, r string) Rule {
		return Rule{Where: at("/x"), Action: Action{Tolerance: &Tolerance{Absolute: a, Relative: r}}}
	}
	for name, c := range map[string]struct {
		list []Rule
		want string
	}{
		"no place":            {[]Rule{{Action: Action{Ignore: true}}}, "rule 1: exactly one of body, header"},
		"two places":          {[]Rule{{Where: Where{Header: "A", Status: true}, Action: Action{Ignore: true}}}, "header and status"},
		"no action":           {[]Rule{{Name: "n", Where: at("/x")}}, "rule 1 (n): exactly one of ignore"},
		"two actions":         {[]Rule{{Where: at("/x"), Action: Action{Ignore: true, Unordered: true}}}, "ignore and unordered"},
		"no slash":            {[]Rule{ignore("", "x")}, "does not begin with /"},
		"bad escape":          {[]Rule{ignore("", "/~3")}, "after ~ stands"},
		"inner **":            {[]Rule{ignore("", "/**/x")}, "only be the last"},
		"route without space": {[]Rule{{Route: "/x", Where: at("/x"), Action: Action{Ignore: true}}}, "want a method"},
		"same place twice":    {[]Rule{ignore("a", "/x"), ignore("b", "/x")}, "rule 1 (a) and rule 2 (b): both claim"},
		"crossing wildcards":  {[]Rule{within("a", "/x/*", "1"), within("b", "/*/y", "2")}, "neither is the more specific"},
		"ignore and tolerate": {[]Rule{ignore("a", "/x"), within("b", "/x", "1")}, "both claim"},
		"same name":           {[]Rule{ignore("a", "/x"), ignore("a", "/y")}, "has the same name"},
		"empty tolerance":     {[]Rule{tolerance("", "")}, "must be given"},
		"negative tolerance":  {[]Rule{tolerance("-1", "")}, "from 0 upwards"},
		"no number":           {[]Rule{tolerance("", "1%")}, "from 0 upwards"},
		"rename elsewhere":    {[]Rule{{Where: at("/a/x"), Action: to("/b/x")}}, "last token only"},
		"rename of a star":    {[]Rule{{Where: at("/a/*"), Action: to("/a/x")}}, "wildcard"},
		"two renames to one": {[]Rule{{Where: at("/a"), Action: to("/c")}, {Where: at("/b"), Action: to("/c")}},
			"both rename to the same"},
		"one state":         {[]Rule{{Where: at("/x"), Action: Action{Equal: []string{"null"}}}}, "at least two"},
		"unknown state":     {[]Rule{{Where: at("/x"), Action: Action{Equal: []string{"null", "zero"}}}}, "unknown state"},
		"unknown builtin":   {[]Rule{{Where: Where{Builtin: []string{"magic"}}, Action: Action{Off: true}}}, "unknown builtin"},
		"builtin ignored":   {[]Rule{{Where: Where{Builtin: []string{"number-form"}}, Action: Action{Ignore: true}}}, "goes with off"},
		"keyed header":      {[]Rule{{Where: Where{Header: "A"}, Action: Action{Keyed: []string{"/a"}}}}, "a header takes"},
		"header with colon": {[]Rule{{Where: Where{Header: "X-Id:"}, Action: Action{Ignore: true}}}, `"X-Id:" is no header's name`},
		"two header names":  {[]Rule{{Where: Where{Trailer: "A, B"}, Action: Action{Ignore: true}}}, `trailer: "A, B" is no header's name`},
		"status unordered": {[]Rule{{Where: Where{Status: true}, Action: Action{Unordered: true}}},
			"only be ignored"},
		"builtin's name": {[]Rule{ignore("builtin:x", "/x")}, "are the program's"},
	} {
		_, err := Compile(c.list)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
}

func TestAllowedTogether(t *testing.T) {
	s := compiledSet(t,
		Rule{Name: "order", Where: at("/items"), Action: Action{Unordered: true}},
		Rule{Name: "states", Where: at("/items"), Action: Action{Equal: []string{"", "missing"}}},
		Rule{Name: "rename", Where: at("/items"), Action: to("/lines")},
		ignore("same-a", "/q/*"), ignore("same-b", "/*/r"))
	root := s.For("GET /").Body()
	n := root.Child("items")
	if _, ok := n.Unordered(); !ok {
		t.Error("unordered is lost")
	}
	if states, rule, ok := n.Equal(); !ok || states != Null|Missing || s.Name(rule) != "states" {
		t.Errorf("states %v %v", states, ok)
	}
	if key, rule, ok := root.Rename("items"); !ok || key != "lines" || s.Name(rule) != "rename" {
		t.Errorf("rename %q %v", key, ok)
	}
	if key, ok := root.RenamedFrom("lines"); !ok || key != "items" {
		t.Errorf("renamed from %q", key)
	}
}

func TestHeadersAndBuiltins(t *testing.T) {
	s := compiledSet(t,
		Rule{Where: Where{Header: "X-Id"}, Action: Action{Ignore: true}},
		Rule{Where: Where{Cookie: "sid"}, Action: Action{Ignore: true}, Route: "GET /a"},
		Rule{Where: Where{Builtin: []string{"builtin:number-form"}}, Action: Action{Off: true}, Route: "GET /a"})
	a, b := s.For("GET /a"), s.For("GET /b")
	if _, ok := a.Header("x-ID").Ignore(); !ok {
		t.Error("header names have case")
	}
	if _, ok := a.Header("X-Id-Key").Ignore(); ok {
		t.Error("a header is ignored by a part of its name")
	}
	if _, ok := a.Cookie("sid").Ignore(); !ok {
		t.Error("cookie rule is lost")
	}
	if _, ok := b.Cookie("sid").Ignore(); ok {
		t.Error("cookie rule reaches another route")
	}
	if _, on := a.Builtin(NumberForm); on {
		t.Error("builtin is still on")
	}
	rule, on := b.Builtin(NumberForm)
	if !on || s.Name(rule) != "builtin:number-form" || !s.Builtin(rule) {
		t.Errorf("builtin %d %v", rule, on)
	}
	if !s.Switch(2) || s.Switch(0) {
		t.Error("Switch")
	}
}

func TestTooManyPlaces(t *testing.T) {
	var list []Rule
	for i := range 18 {
		place := strings.Repeat("/*", i) + "/k" + strings.Repeat("/*", 18-i)
		list = append(list, ignore("", place))
	}
	if _, err := Compile(list); err == nil || !strings.Contains(err.Error(), "meet in more than") {
		t.Errorf("error %v", err)
	}
}

func TestDigest(t *testing.T) {
	a, b, c := compiledSet(t, ignore("x", "/x")), compiledSet(t, ignore("x", "/x")), compiledSet(t, ignore("x", "/y"))
	if a.Digest() != b.Digest() || a.Digest() == c.Digest() || len(a.Digest()) != 64 {
		t.Error("the digest does not follow the rules")
	}
}

func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		absolute, relative, a, b string
		want                     bool
	}{
		{"0.01", "", "1.00", "1.01", true}, {"0.01", "", "1.00", "1.010000000000000000001", false},
		{"0.01", "", "-1", "-1.01", true}, {"0", "", "1.0", "1", true},
		{"1", "", "9007199254740993", "9007199254740992", true}, {"0.5", "", "9007199254740993", "9007199254740992", false},
		{"", "0.1", "100", "90", true}, {"", "0.1", "100", "89.999", false}, {"", "1e-6", "0", "0.0000001", false},
		{"", "10e-1", "0", "5", true}, {"", "0.01", "1e400", "1.005e400", true}, {"1", "", "1e400", "1.005e400", false},
		{"1", "", "1e999999999", "1e999999999", true}, {"1", "", "1e999999999", "1", false},
		{"1", "", "1e99999999999999999999", "1", false}, {"1", "", "0", "-0", true}, {"1", "", "0", "1e-9999", true},
		{"1", "", "NaN", "NaN", false}, {"1", "", "", "0", false}, {"1", "", "1,5", "1.5", false}, {"1", "", "+-1", "1", false},
		{"1", "", ".5", "0.5", false}, {"1", "", "1.", "1", false}, {"1", "", "0x1", "1", false}, {"1e-3", "", "1.5", "1.501", true},
	} {
		tolerance := Tolerance{Absolute: c.absolute, Relative: c.relative}
		if err := tolerance.compile(); err != nil {
			t.Fatal(err)
		}
		if got := tolerance.Within(c.a, c.b); got != c.want {
			t.Errorf("%s and %s within %q, %q: %v", c.a, c.b, c.absolute, c.relative, got)
		}
		if tolerance.Within(c.a, c.b) != tolerance.Within(c.b, c.a) {
			t.Errorf("%s and %s: not symmetric", c.a, c.b)
		}
	}
}

// TestToleranceIsExact compares with fractions.
func TestToleranceIsExact(t *testing.T) {
	number := rapid.StringMatching(`-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,6})?(e-?[0-9])?`)
	limit := rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,4})?(e-[0-9])?`)
	rapid.Check(t, func(t *rapid.T) {
		tolerance := Tolerance{Absolute: limit.Draw(t, "absolute"), Relative: limit.Draw(t, "relative")}
		if err := tolerance.compile(); err != nil {
			t.Fatal(err)
		}
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, y := rat(a), rat(b)
		gap := new(big.Rat).Sub(x, y)
		gap.Abs(gap)
		larger := new(big.Rat).Abs(x)
		if o := new(big.Rat).Abs(y); o.Cmp(larger) > 0 {
			larger = o
		}
		want := gap.Cmp(rat(tolerance.Absolute)) <= 0 || gap.Cmp(larger.Mul(larger, rat(tolerance.Relative))) <= 0
		if got := tolerance.Within(a, b); got != want {
			t.Fatalf("%s and %s within %+v: %v, want %v", a, b, tolerance, got, want)
		}
	})
}

func rat(s string) *big.Rat { r, _ := new(big.Rat).SetString(s); return r }

// TestNodesMatchPatterns holds the compiled nodes to the patterns themselves.
func TestNodesMatchPatterns(t *testing.T) {
	part := rapid.SampledFrom([]string{"a", "b", "*", "0"})
	rapid.Check(t, func(t *rapid.T) {
		var list []Rule
		for i := range rapid.IntRange(1, 5).Draw(t, "rules") {
			place := "/" + strings.Join(rapid.SliceOfN(part, 1, 3).Draw(t, "place"), "/")
			if rapid.Bool().Draw(t, "deep") {
				place += "/**"
			}
			list = append(list, ignore("r"+string(rune('0'+i)), place))
		}
		s, err := Compile(list)
		if err != nil {
			return // two of the same place
		}
		path := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "0", "1"}), 0, 4).Draw(t, "path")
		want := false
		for i := range s.rules {
			want = want || matches(s.rules[i].place, path)
		}
		joined := ""
		for _, p := range path {
			joined += "/" + p
		}
		if _, got := walk(s.For("GET /").Body(), joined).Ignore(); got != want {
			t.Fatalf("%q: ignored %v, want %v", joined, got, want)
		}
	})
}

func FuzzPointer(f *testing.F) {
	for _, seed := range []string{"", "/", "/a/*/b", "/**", "/~0~1~2", "a", "/~", "/**/a", "//"} {
		f.Add(seed, "1e5")
	}
	f.Fuzz(func(t *testing.T, pointer, number string) {
		if tokens, err := parsePointer(pointer); err == nil && len(tokens) != strings.Count(pointer, "/") {
			t.Errorf("%q: %d tokens", pointer, len(tokens))
		}
		if d, ok := parseDecimal(number); ok && d.exp == 0 && d.size() < 0 {
			t.Errorf("%q", number)
		}
	})
}
