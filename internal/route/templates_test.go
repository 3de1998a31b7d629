package route

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func templates(t testing.TB, paths ...string) *Templates {
	t.Helper()
	var list []Template
	for _, p := range paths {
		list = append(list, Template{Path: p, Methods: []string{"GET"}})
	}
	ts, err := NewTemplates(list)
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

func TestTemplates(t *testing.T) {
	ts := templates(t, "/", "/orders", "/orders/{orderId}", "/orders/latest", "/orders/{orderId}/lines/{n}", "/orders/{id}/notes",
		"/files/{name}.json", "/files/{name}", "/files/report-{year}-{month}.json", "/a/{x}/c", "/a/b/{y}", "/käse/{a b}", "/{any}/fixed",
		"/ops/{id}:cancel", "/p/{a}{b}", "/t/")
	for _, c := range []struct {
		target, want string
		described    bool
	}{
		{"/", "GET /", true}, {"/orders", "GET /orders", true}, {"/orders/7", "GET /orders/{orderId}", true}, {"/orders/7?x=1", "GET /orders/{orderId}", true},
		{"/orders/latest", "GET /orders/latest", true}, {"/orders/abc/lines/x", "GET /orders/{orderId}/lines/{n}", true}, {"/orders/7/notes", "GET /orders/{id}/notes", true},
		{"http://h:1/orders/7", "GET /orders/{orderId}", true}, {"/orders/", "GET /orders/", false}, {"/orders/7/", "GET /orders/{id}/", false},
		{"/files/x.json", "GET /files/{name}.json", true}, {"/files/.json", "GET /files/{name}", true}, {"/files/x.xml", "GET /files/{name}", true},
		{"/files/report-2026-01.json", "GET /files/report-{year}-{month}.json", true}, {"/files/report-2026.json", "GET /files/{name}.json", true},
		{"/a/b/c", "GET /a/b/{y}", true}, {"/a/x/c", "GET /a/{x}/c", true}, {"/a/b/d", "GET /a/b/{y}", true}, {"/a/x/d", "GET /a/x/d", false},
		{"/k%C3%A4se/1", "GET /käse/{a b}", true}, {"/k%c3%a4se/%31", "GET /käse/{a b}", true}, {"/orders;v=1/7;x", "GET /orders/{orderId}", true},
		{"/orders/a%2Fb", "GET /orders/{orderId}", true}, {"/zzz/fixed", "GET /{any}/fixed", true}, {"/orders/fixed", "GET /orders/{orderId}", true},
		{"/ops/9:cancel", "GET /ops/{id}:cancel", true}, {"/ops/:cancel", "GET /ops/:cancel", false}, {"/ops/9", "GET /ops/{id}", false},
		{"/p/ab", "GET /p/{a}{b}", true}, {"/p/a", "GET /p/a", false}, {"/t/", "GET /t/", true}, {"/t", "GET /t", false}, {"*", "GET *", false},
		{"/unknown/7", "GET /unknown/{id}", false}, {"", "GET /", true}, {"/" + strings.Repeat("a/", 40), "", false},
	} {
		name, described := ts.Of("GET", c.target)
		if c.want == "" {
			c.want = Of("GET", c.target)
		}
		if name != c.want || described != c.described {
			t.Errorf("%q: %s, %v; want %s, %v", c.target, name, described, c.want, c.described)
		}
	}
	if name, described := ts.Of("DELETE", "/orders/7"); name != "DELETE /orders/{orderId}" || described {
		t.Errorf("another method: %s, %v", name, described)
	}
	if name, described := ts.Of("CONNECT", "h:1"); name != "CONNECT {authority}" || described {
		t.Errorf("CONNECT: %s, %v", name, described)
	}
}

func TestBases(t *testing.T) {
	ts, err := NewTemplates([]Template{{Path: "/orders/{id}", Methods: []string{"GET"}, Bases: []string{"/v1", "/v2/"}}, {Path: "/health", Methods: []string{"GET"}}})
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]bool{"/v1/orders/x": true, "/v2/orders/x": true, "/orders/x": false, "/v3/orders/x": false, "/health": true, "/v1/health": false} {
		if name, described := ts.Of("GET", target); described != want || want && strings.Contains(name, "v1") {
			t.Errorf("%s: %s, %v", target, name, described)
		}
	}
}

func TestTemplatesRefused(t *testing.T) {
	for want, list := range map[string][]string{
		"begins with /":     {"orders"},
		"no query":          {"/a?b"},
		"written {name}":    {"/a/{}"},
		"a } without its {": {"/a/b}"},
		"fits the same":     {"/a/{x}", "/a/{y}"},
		"of at most 1000":   {"/" + strings.Repeat("a", 1001)},
		"more than 32":      {strings.Repeat("/a", 33)},
		"placeholder is":    {"/a/{b"},
		`"/a/{x}.j/b"`:      {"/a/{x}.j/b", "/a/{y}.j/b"},
		`path "/a/%41": it`: {"/a/A", "/a/%41"},
	} {
		var ts []Template
		for _, p := range list {
			ts = append(ts, Template{Path: p})
		}
		if _, err := NewTemplates(ts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", list, err, want)
		}
	}
	if _, err := NewTemplates([]Template{{Path: "/a", Bases: make([]string, maxTemplates+1)}}); err == nil {
		t.Error("too many bases are taken")
	}
}

// TestTemplatesAgreeWithExpressions: a target is described where the regular
// expression of some template matches it, and is named after one that does.
func TestTemplatesAgreeWithExpressions(t *testing.T) {
	segment := rapid.SampledFrom([]string{"a", "b", "{x}", "{y}.j", "a{z}", "a{z}b{w}", "{p}-{q}", "ab"})
	word := rapid.StringMatching(`[ab.j-]{0,5}`)
	rapid.Check(t, func(t *rapid.T) {
		var list []Template
		var res []*regexp.Regexp
		for range rapid.IntRange(1, 6).Draw(t, "templates") {
			path := "/" + strings.Join(rapid.SliceOfN(segment, 1, 3).Draw(t, "segments"), "/")
			list = append(list, Template{Path: path, Methods: []string{"GET"}})
		}
		ts, err := NewTemplates(list)
		if err != nil {
			return // two of them fit the same
		}
		for _, l := range list {
			res = append(res, regexp.MustCompile("^"+regexp.MustCompile(`\\\{[a-z]\\\}`).ReplaceAllString(regexp.QuoteMeta(l.Path), "[^/]+")+"$"))
		}
		target := "/" + strings.Join(rapid.SliceOfN(word, 1, 3).Draw(t, "target"), "/")
		name, described := ts.Of("GET", target)
		fitting := ""
		for i, re := range res {
			if re.MatchString(target) {
				fitting += list[i].Path + " "
			}
		}
		if described != (fitting != "") || described && !strings.Contains(" "+fitting, " "+name[len("GET "):]+" ") {
			t.Fatalf("%q: %s, %v; %s fit", target, name, described, fitting)
		}
	})
}

func FuzzTemplates(f *testing.F) {
	f.Add("/a/{x}.json", "/a/b.json")
	f.Add("/{a}{b}-{c}", "/ab-")
	f.Fuzz(func(t *testing.T, path, target string) {
		ts, err := NewTemplates([]Template{{Path: path, Methods: []string{"GET"}}})
		if err != nil {
			return
		}
		name, described := ts.Of("GET", target)
		if described && name != "GET "+path || !described && name != Of("GET", target) && name != "GET "+path {
			t.Errorf("%q of %q: %s, %v", target, path, name, described)
		}
	})
}

func BenchmarkTemplates(b *testing.B) {
	var paths []string
	for i := range 500 {
		paths = append(paths, fmt.Sprintf("/things%d/{id}/parts/{part}", i))
	}
	ts := templates(b, paths...)
	b.ReportAllocs()
	for b.Loop() {
		ts.Of("GET", "/things250/123456/parts/7")
	}
}
