package carry

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

func lines(text ...string) []httpmsg.Header {
	var hs []httpmsg.Header
	for _, l := range text {
		name, value, _ := strings.Cut(l, ": ")
		hs = append(hs, httpmsg.Header{Name: name, Value: value})
	}
	return hs
}

func request(method, target string, headers ...string) *recording.Request {
	return &recording.Request{Method: method, Target: target, Headers: lines(headers...)}
}

func answer(body string, headers ...string) Message {
	return Message{Headers: lines(headers...), Body: []byte(body)}
}

// ruleCase: the answers to `from`, then a request, and what must become of it.
type ruleCase struct {
	name     string
	rule     Rule
	from     *recording.Request
	old, new Message
	to       *recording.Request
	body     string
	target   string
	headers  []string
	wantBody string
	carried  int
}

func placeCases() []ruleCase {
	return []ruleCase{
		{
			name: "id from a body into a path",
			rule: Rule{From: From{Route: "POST /orders", Body: "/id"}, To: To{Route: "GET /orders/{id}", Path: "id"}},
			from: request("POST", "/orders?x"), old: answer(`{"id": 17}`), new: answer(`{"x":[1],"id":"a/b"}`),
			to: request("GET", "/orders/17?v=17"), target: "/orders/a%2Fb?v=17", carried: 1,
		},
		{
			name: "another id stays",
			rule: Rule{From: From{Route: "POST /orders", Body: "/id"}, To: To{Route: "GET /orders/{id}", Path: "id"}},
			from: request("POST", "/orders"), old: answer(`{"id":17}`), new: answer(`{"id":90}`),
			to: request("GET", "/orders/170"), target: "/orders/170",
		},
		{
			name: "another route stays",
			rule: Rule{From: From{Route: "POST /orders", Body: "/id"}, To: To{Route: "GET /orders/{id}", Path: "id"}},
			from: request("POST", "/orders"), old: answer(`{"id":17}`), new: answer(`{"id":90}`),
			to: request("DELETE", "/orders/17"), target: "/orders/17",
		},
		{
			name: "the first of two placeholders",
			rule: Rule{From: From{Body: "/id"}, To: To{Route: "/a/{x}/{y}", Path: "x"}},
			from: request("GET", "/"), old: answer(`{"id":"7"}`), new: answer(`{"id":"8"}`),
			to: request("GET", "/a/7/7"), target: "/a/8/7", carried: 1,
		},
		{
			name: "token into a bearer header",
			rule: Rule{From: From{Body: "/access_token"}, To: To{Header: "authorization"}},
			from: request("POST", "/login"), old: answer(`{"access_token":"redacted-x"}`), new: answer(`{"access_token":"live"}`),
			to: request("GET", "/", "Authorization: Bearer redacted-x"), target: "/", headers: []string{"Authorization: Bearer live"}, carried: 1,
		},
		{
			name: "wildcards",
			rule: Rule{From: From{Body: "/items/*/id"}, To: To{Body: "/lines/*/item"}},
			from: request("GET", "/items"), old: answer(`{"items":[{"id":1},{"id":2}]}`), new: answer(`{"items":[{"id":11},{"id":12}]}`),
			to: request("POST", "/"), body: `{ "lines" : [ {"item":2, "n":1}, {"item":1} ], "item": 2 }`,
			wantBody: `{ "lines" : [ {"item":12, "n":1}, {"item":11} ], "item": 2 }`, target: "/", carried: 2,
		},
		{
			name: "a number that becomes a text",
			rule: Rule{From: From{Body: "/id"}, To: To{Any: true}},
			from: request("GET", "/"), old: answer(`{"id":1}`), new: answer(`{"id":"a\"b"}`),
			to: request("POST", "/x/1?a=1&b=11"), body: `[1,"1",{"1":11}]`, wantBody: `["a\"b","a\"b",{"1":11}]`,
			target: "/x/a%22b?a=a%22b&b=11", carried: 4,
		},
	}
}

func valueCases() []ruleCase {
	return []ruleCase{
		{
			name: "a large number is exact",
			rule: Rule{From: From{Body: "/id"}, To: To{Body: "/id"}},
			from: request("GET", "/"), old: answer(`{"id":9007199254740993}`), new: answer(`{"id":9007199254740995}`),
			to: request("POST", "/"), body: `{"id":9007199254740993}`, wantBody: `{"id":9007199254740995}`, target: "/", carried: 1,
		},
		{
			name: "header into a query",
			rule: Rule{From: From{Header: "X-Next"}, To: To{Query: "cursor"}},
			from: request("GET", "/"), old: answer("", "x-next: a b"), new: answer("", "X-Next: c&d"),
			to: request("GET", "/?cursor=a+b&x=a+b"), target: "/?cursor=c%26d&x=a+b", carried: 1,
		},
		{
			name: "the end of Location",
			rule: Rule{From: From{Header: "Location"}, To: To{Route: "/o/{id}", Path: "id"}},
			from: request("POST", "/o"), old: answer("", "Location: https://old/o/5?x"), new: answer("", "Location: /o/6"),
			to: request("GET", "/o/5"), target: "/o/6", carried: 1,
		},
		{
			name: "cookie into a header",
			rule: Rule{From: From{Cookie: "csrf"}, To: To{Header: "X-CSRF"}},
			from: request("GET", "/"), old: answer("", "Set-Cookie: csrf=t1; Path=/"), new: answer("", "Set-Cookie: csrf=t2"),
			to: request("POST", "/", "X-Csrf: t1", "Cookie: a=1;  csrf=t1"), target: "/", headers: []string{"X-Csrf: t2", "Cookie: a=1;  csrf=t2"}, carried: 2,
		},
		{
			name: "form",
			rule: Rule{From: From{Body: "/t"}, To: To{Body: "/t"}},
			from: request("GET", "/"), old: answer(`{"t":"x y"}`), new: answer(`{"t":"z"}`),
			to: request("POST", "/", "Content-Type: application/x-www-form-urlencoded"), body: "a=x+y&t=x+y", wantBody: "a=x+y&t=z", target: "/",
			headers: []string{"Content-Type: application/x-www-form-urlencoded"}, carried: 1,
		},
		{
			name: "a line break does not get into a header",
			rule: Rule{From: From{Body: "/t"}, To: To{Header: "X-T"}},
			from: request("GET", "/"), old: answer(`{"t":"x"}`), new: answer(`{"t":"y\r\nEvil: 1"}`),
			to: request("GET", "/", "X-T: x"), target: "/", headers: []string{"X-T: x"},
		},
		{
			name: "broken JSON stays",
			rule: Rule{From: From{Body: "/t"}, To: To{Any: true}},
			from: request("GET", "/"), old: answer(`{"t":"x"}`), new: answer(`{"t":"y"}`),
			to: request("POST", "/"), body: `{"a":"x",`, wantBody: `{"a":"x",`, target: "/",
		},
	}
}

func TestRules(t *testing.T) {
	for _, c := range append(placeCases(), valueCases()...) {
		t.Run(c.name, func(t *testing.T) {
			set, err := New([]Rule{c.rule})
			if err != nil {
				t.Fatal(err)
			}
			var session, other Session
			set.Learn(&session, c.from, c.old, c.new)
			before := request(c.to.Method, c.to.Target)
			before.Headers = append(before.Headers, c.to.Headers...)
			sent := *c.to
			body, change := set.Rewrite(&session, &sent, []byte(c.body), Options{})
			if sent.Target != c.target || string(body) != c.wantBody || change.Carried != c.carried || change.Body != (c.body != c.wantBody) {
				t.Errorf("target %s, body %s, %+v", sent.Target, body, change)
			}
			if diff := cmp.Diff(lines(c.headers...), sent.Headers); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(before, c.to); diff != "" {
				t.Errorf("the recorded request was written to: %s", diff)
			}
			again := *c.to
			again.Headers = nil
			if _, change := set.Rewrite(&other, &again, []byte(c.body), Options{}); change.Carried != 0 {
				t.Errorf("carried into another session: %+v", change)
			}
		})
	}
}

func TestBadRules(t *testing.T) {
	for _, r := range []Rule{
		{}, {From: From{Body: "/a"}}, {To: To{Any: true}},
		{From: From{Body: "/a", Header: "b"}, To: To{Any: true}},
		{From: From{Body: "/a"}, To: To{Any: true, Query: "x"}},
		{From: From{Body: "a"}, To: To{Any: true}},
		{From: From{Body: "/a"}, To: To{Route: "/x", Path: "id"}},
		{From: From{Body: "/a"}, To: To{Any: true}, Scope: "world"},
	} {
		if _, err := New([]Rule{{From: From{Body: "/a"}, To: To{Any: true}}, r}); err == nil || !strings.Contains(err.Error(), "carry rule 2") {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func cookieAfter(t *testing.T, set *Set, session *Session, target, cookie string) (string, Change) {
	t.Helper()
	r := request("GET", target, "Cookie: "+cookie)
	_, change := set.Rewrite(session, r, nil, Options{HoldsToken: func(v string) bool { return strings.Contains(v, "redacted-") }})
	v, _ := httpmsg.Get(r.Headers, "Cookie")
	return v, change
}

// Two users behind one connection stay two. (http-traps.md 13)
func TestCookies(t *testing.T) {
	set, _ := New(nil)
	var a, b Session
	login := request("POST", "/login")
	set.Learn(&a, login, answer("", "Set-Cookie: sid=redacted-1; HttpOnly"), answer("", "Set-Cookie: sid=alice; Path=/"))
	set.Learn(&a, login, answer("", "Set-Cookie: sid=redacted-2"), answer("", "Set-Cookie: sid=bob"))
	set.Learn(&a, login, answer(""), answer("", "Set-Cookie: lb=n1; Path=/x", "Set-Cookie: gone=; Max-Age=0"))
	set.Learn(&a, request("GET", "/", "Cookie: old=v"), answer(""), answer("", "Set-Cookie: old=w"))
	cases := []struct {
		session        *Session
		target, cookie string
		want           string
		carried, left  int
	}{
		{&a, "/", "sid=redacted-1", "sid=alice", 1, 0},
		{&a, "/", "sid=redacted-2; theme=dark", "sid=bob; theme=dark", 1, 0},
		{&b, "/", "sid=redacted-1", "sid=alice", 1, 0}, // another connection
		{&a, "/", "a=1; sid=redacted-3; b=2", "a=1; b=2", 0, 1},
		{&a, "/", "sid=redacted-3", "", 0, 1},
		{&a, "/x/y", "lb=z", "lb=n1", 1, 0},
		{&a, "/xy", "lb=z", "lb=z", 0, 0}, // not its path
		{&b, "/x/y", "lb=z", "lb=z", 0, 0},
		{&a, "/", "gone=1; k=2", "k=2", 0, 1},
		{&b, "/", "old=v", "old=w", 1, 0},
		{&a, "/", " x ;;y=;sid=plain ", " x ;;y=;sid=plain ", 0, 0}, // exact bytes where nothing changes
	}
	for _, c := range cases {
		got, change := cookieAfter(t, set, c.session, c.target, c.cookie)
		if got != c.want || change.Carried != c.carried || len(change.LeftOut) != c.left {
			t.Errorf("%q -> %q, want %q; %+v", c.cookie, got, c.want, change)
		}
	}
}

func TestSetCookie(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for line, want := range map[string]setCookie{
		"a=b":                {name: "a", value: "b"},
		" a = b=c ; path=/x": {name: "a", value: "b=c", path: "/x"},
		"a=b; Max-Age=0":     {name: "a", value: "b", deleted: true},
		"a=b; max-age=-1; Expires=Fri, 01 Jan 2100 00:00:00 GMT": {name: "a", value: "b", deleted: true},
		"a=b; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT":  {name: "a", value: "b"},
		"a=; Expires=Thu, 01-Jan-1970 00:00:00 GMT":              {name: "a", deleted: true},
		"a=b; Expires=never": {name: "a", value: "b"},
	} {
		got, ok := parseSetCookie(line, now)
		if !ok || got != want {
			t.Errorf("%q: %+v", line, got)
		}
	}
	for _, line := range []string{"", "a", "=b", ";a=b"} {
		if _, ok := parseSetCookie(line, now); ok {
			t.Errorf("%q was taken for a cookie", line)
		}
	}
}

func TestRunScope(t *testing.T) {
	set, _ := New([]Rule{{From: From{Route: "POST /k", Body: "/key"}, To: To{Header: "X-Key"}, Scope: "run"}})
	var a, b Session
	sources := set.Sources(request("POST", "/k"), answer(`{"key":"o"}`))
	needs := set.Needs(request("GET", "/", "X-Key: o"), nil)
	if len(sources) != 1 || len(needs) == 0 || needs[0] != sources[0] {
		t.Errorf("sources %v, needs %v", sources, needs)
	}
	set.Learn(&a, request("POST", "/k"), answer(`{"key":"o"}`), answer(`{"key":"n"}`))
	r := request("GET", "/", "X-Key: o")
	if _, change := set.Rewrite(&b, r, nil, Options{}); change.Carried != 1 || r.Headers[0].Value != "n" {
		t.Errorf("%v", r.Headers)
	}
}

// With nothing learnt a request stays as it is, byte for byte.
func TestNothingLearntNothingChanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, _ := New([]Rule{{From: From{Body: "/a"}, To: To{Any: true}}})
		text := rapid.StringMatching(`[a-z0-9%&=;/?+ "\[\]{}:,-]{0,40}`)
		r := request("POST", "/"+text.Draw(t, "target"), "Cookie: "+text.Draw(t, "cookie"), "X: "+text.Draw(t, "x"))
		want := request(r.Method, r.Target)
		want.Headers = append(want.Headers, r.Headers...)
		body := []byte(text.Draw(t, "body"))
		got, change := set.Rewrite(&Session{}, r, body, Options{})
		if change.Carried != 0 || change.Body || string(got) != string(body) {
			t.Fatalf("%+v %q", change, got)
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Fatal(diff)
		}
	})
}

// FuzzCookies: hostile cookies do not break a header, and are kept as they
// stand where nothing is known.
func FuzzCookies(f *testing.F) {
	f.Add("sid=1; a=b", "sid=2; Path=/; Max-Age=1")
	f.Add(";;=;", "=;;")
	f.Fuzz(func(t *testing.T, cookie, set string) {
		s, _ := New(nil)
		var session Session
		r := request("GET", "/")
		r.Headers = []httpmsg.Header{{Name: "Cookie", Value: cookie}}
		s.Rewrite(&session, r, nil, Options{})
		if r.Headers[0].Value != cookie {
			t.Fatalf("%q -> %q", cookie, r.Headers[0].Value)
		}
		s.Learn(&session, request("GET", "/"), Message{}, Message{Headers: []httpmsg.Header{{Name: "Set-Cookie", Value: set}}})
		s.Rewrite(&session, r, nil, Options{})
	})
}

func TestBoundsAreCounted(t *testing.T) {
	set, _ := New([]Rule{{From: From{Body: "/*"}, To: To{Any: true}}})
	var session Session
	var old, now strings.Builder
	for i := range MaxSessionPairs + 5 {
		fmt.Fprintf(&old, ",%d", i)
		fmt.Fprintf(&now, ",%d", i+1_000_000)
	}
	set.Learn(&session, request("GET", "/"), answer("["+old.String()[1:]+"]"), answer("["+now.String()[1:]+"]"))
	if set.Forgotten() != 5 {
		t.Errorf("%d forgotten", set.Forgotten())
	}
	long := strings.Repeat("x", MaxValue+1)
	set.Learn(&session, request("GET", "/"), answer(`["a"]`), answer(`["`+long+`"]`))
	if set.Forgotten() != 6 {
		t.Errorf("%d forgotten", set.Forgotten())
	}
}
