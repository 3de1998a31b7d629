package entity

import (
	"fmt"
	"strings"
	"testing"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
)

func ask(method, target, body string, lines ...string) *recording.Request {
	r := &recording.Request{Method: method, Target: target, Body: recording.StoredBody([]byte(body))}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Headers = append(r.Headers, httpmsg.Header{Name: name, Value: value})
	}
	return r
}

func orders(t *testing.T) *Set {
	t.Helper()
	s, err := New([]Rule{
		{Entity: "order", At: []carry.To{
			{Route: "* /orders/{id}", Path: "id"}, {Route: "POST /payments", Body: "/order"},
			{Route: "POST /batch", Body: "/orders/*/id"}, {Route: "/search", Query: "order"}, {Header: "X-Order"}, {Cookie: "order"},
		}},
		{Entity: "user", At: []carry.To{{Route: "/users/{id}", Path: "id"}, {Header: "X-User"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Requests that name the same thing, at whatever place, have a key in common;
// others have none.
func TestNames(t *testing.T) {
	s := orders(t)
	for _, c := range []struct {
		name  string
		a     *recording.Request
		named int
		same  bool // as GET /orders/17
	}{
		{"the path", ask("DELETE", "/orders/17?x=1", ""), 1, true},
		{"an escaped path", ask("GET", "/orders/%317", ""), 1, true},
		{"absolute form", ask("GET", "http://old/orders/17", ""), 1, true},
		{"another order", ask("GET", "/orders/18", ""), 1, false},
		{"a longer path", ask("GET", "/orders/17/items", ""), 0, false},
		{"a number", ask("POST", "/payments", `{"order": 17}`), 1, true},
		{"a text", ask("POST", "/payments", `{"order": "17"}`), 1, true},
		{"a form", ask("POST", "/payments", `a=1&order=17`, "Content-Type: application/x-www-form-urlencoded; charset=x"), 1, true},
		{"another method", ask("PUT", "/payments", `{"order": 17}`), 0, false},
		{"no json", ask("POST", "/payments", `order 17`), 0, false},
		{"many", ask("POST", "/batch", `{"orders": [{"id":16},{"id":17},{"id":17},{}]}`), 2, true},
		{"a query", ask("GET", "/search?order=17&order=19", ""), 2, true},
		{"a header", ask("GET", "/", "", "x-order: 17"), 1, true},
		{"a cookie", ask("GET", "/", "", "Cookie: a=b; order=17"), 1, true},
		{"an empty header", ask("GET", "/", "", "X-Order: "), 0, false},
		{"another kind", ask("GET", "/users/17", ""), 1, false},
		{"both kinds", ask("GET", "/users/17", "", "X-Order: 17"), 2, true},
		{"nothing", ask("GET", "/", ""), 0, false},
	} {
		want, _ := s.Of(ask("GET", "/orders/17", ""))
		named, more := s.Of(c.a)
		same := false
		for _, k := range named {
			same = same || k == want[0]
		}
		if len(named) != c.named || more != 0 || same != c.same {
			t.Errorf("%s: %d named and %d more, the same %v; want %d, %v", c.name, len(named), more, same, c.named, c.same)
		}
	}
	named, _ := s.Of(ask("GET", "/users/17", ""))
	if s.Kind(named[0]) != "user" {
		t.Errorf("kind %s", s.Kind(named[0]))
	}
}

// A body that names very many does not take their memory, and says so.
func TestManyNamed(t *testing.T) {
	var b strings.Builder
	for i := range MaxNamed + 7 {
		fmt.Fprintf(&b, `{"id":%d},`, i)
	}
	named, more := orders(t).Of(ask("POST", "/batch", `{"orders":[`+b.String()+`{"id":0}]}`))
	if len(named) != MaxNamed || more != 7 {
		t.Errorf("%d named, %d more", len(named), more)
	}
}

func TestRules(t *testing.T) {
	if s, err := New(nil); s != nil || err != nil {
		t.Error(s, err)
	}
	if named, more := (*Set)(nil).Of(ask("GET", "/", "")); named != nil || more != 0 {
		t.Error(named, more)
	}
	at := []carry.To{{Header: "X"}}
	for says, rules := range map[string][]Rule{
		"entity is missing": {{At: at}},
		"at is missing":     {{Entity: "a"}},
		"rule 2 (a)":        {{Entity: "a", At: at}, {Entity: "a", At: at}},
		"at 2: want":        {{Entity: "a", At: []carry.To{{Header: "X"}, {Header: "X", Query: "y"}}}},
		"at 1: want":        {{Entity: "a", At: []carry.To{{Any: true}}}},
		"no placeholder":    {{Entity: "a", At: []carry.To{{Route: "/orders/{id}", Path: "order"}}}},
		"does not begin":    {{Entity: "a", At: []carry.To{{Body: "id"}}}},
	} {
		if _, err := New(rules); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v does not say %q", err, says)
		}
	}
}
