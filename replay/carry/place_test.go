package carry

import (
	"slices"
	"strings"
	"testing"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

func valuesAt(t testing.TB, to To, req *recording.Request, body string) []string {
	t.Helper()
	p, err := NewPlace(to)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	p.Values(req, []byte(body), func(v string) { values = append(values, v) })
	return values
}

func TestPlaces(t *testing.T) {
	req := &recording.Request{Method: "POST", Target: "/a/x%2Fy/c?q=1&Q=2&q=a+b&q&z=%zz", Headers: []httpmsg.Header{
		{Name: "X-One", Value: "1"}, {Name: "Cookie", Value: "a=1; b=2"}, {Name: "x-one", Value: "2"}, {Name: "cookie", Value: "a=3"}, {Name: "X-Empty"},
	}}
	const body = `{"a":{"id":1,"id":"2","x":null,"y":true},"list":[{"id":""},{"id":3e5}]} tail`
	for _, c := range []struct {
		to   To
		want string
	}{
		{To{Header: "X-ONE"}, "1 2"}, {To{Header: "X-Empty"}, ""}, {To{Cookie: "a"}, "1 3"}, {To{Cookie: "A"}, ""},
		{To{Query: "q"}, "1 a b"}, {To{Query: "z"}, ""}, {To{Route: "/a/{id}/c", Path: "id"}, "x/y"},
		{To{Route: "POST /{one}/{two}/c", Path: "one"}, "a"}, {To{Route: "GET /{one}/{two}/c", Path: "one"}, ""},
		{To{Route: "/a/{id}", Path: "id"}, ""}, {To{Body: "/a/id"}, "1 2"}, {To{Body: "/a/x"}, ""}, {To{Body: "/a/y"}, ""},
		{To{Body: "/list/*/id"}, "3e5"}, {To{Body: "/list/1/id"}, "3e5"}, {To{Route: "/b", Body: "/a/id"}, ""},
	} {
		if got := strings.Join(valuesAt(t, c.to, req, body), " "); got != c.want {
			t.Errorf("%+v: %q, want %q", c.to, got, c.want)
		}
	}
	if got := valuesAt(t, To{Body: "/id"}, req, `{"id":1`); !slices.Equal(got, []string{"1"}) {
		t.Errorf("before the fault: %q", got)
	}
}

func TestCookieSet(t *testing.T) {
	headers := []httpmsg.Header{{Name: "Set-Cookie", Value: "a=1"}, {Name: "set-cookie", Value: "b=2; Max-Age=0"}, {Name: "Set-Cookie", Value: "a=3; Path=/"}}
	for name, want := range map[string]string{"a": "3", "b": "", "c": ""} {
		if got := CookieSet(headers, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := CookieSet(nil, "a"); got != "" {
		t.Error(got)
	}
}

// A place is read from any bytes, and never yields an empty value.
func FuzzPlaces(f *testing.F) {
	f.Add("/orders/17?id=2", "id=3; a", `{"id":4}`, false)
	f.Add("http://h/orders/%31", ";=;", "id=5&id", true)
	f.Add("*", "", "[", false)
	f.Fuzz(func(t *testing.T, target, cookie, body string, form bool) {
		req := &recording.Request{Method: "GET", Target: target, Headers: []httpmsg.Header{{Name: "Cookie", Value: cookie}}}
		if form {
			req.Headers = append(req.Headers, httpmsg.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"})
		}
		for _, to := range []To{{Route: "* /orders/{id}", Path: "id"}, {Query: "id"}, {Cookie: "id"}, {Body: "/id"}, {Body: "/*/id"}} {
			for _, v := range valuesAt(t, to, req, body) {
				if v == "" {
					t.Fatalf("%+v: an empty value", to)
				}
			}
		}
	})
}
