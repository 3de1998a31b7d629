package carry

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// FuzzReplace: what is refused stays byte for byte, and what is put in is read back.
func FuzzReplace(f *testing.F) {
	f.Add("/orders/17?id=2&id=a%20b", "v", `{"id":4,"id":"é"}`, false)
	f.Add("http://h/orders/%31%2f?id", "1", "id=5&id=%zz&id=+", true)
	f.Add("*", "", "[", false)
	f.Fuzz(func(t *testing.T, target, value, body string, form bool) {
		request := func() *recording.Request {
			r := &recording.Request{Method: "GET", Target: target, Headers: []httpmsg.Header{{Name: "X-Id", Value: value}}}
			if form {
				r.Headers = append(r.Headers, httpmsg.Header{Name: "Content-Type", Value: "application/x-www-form-urlencoded"})
			}
			return r
		}
		if !form && !json.Valid([]byte(body)) {
			body = "" // whoever replaces asks that first
		}
		for _, to := range []To{{Route: "* /orders/{id}", Path: "id"}, {Query: "id"}, {Header: "x-id"}, {Body: "/id"}, {Body: "/*"}} {
			p, err := NewPlace(to)
			if err != nil {
				t.Fatal(err)
			}
			before := valuesAt(t, to, request(), body)

			same := request()
			out, changed := p.Replace(same, []byte(body), func(string) (string, bool) { return "", false })
			if changed || string(out) != body || same.Target != target || !slices.Equal(same.Headers, request().Headers) {
				t.Fatalf("%+v: %q, %q, %q though all was refused", to, same.Target, same.Headers, out)
			}

			other, n := request(), 0
			out, _ = p.Replace(other, []byte(body), func(v string) (string, bool) { n++; return "9:x y/" + strings.ToValidUTF8(v, "?"), true })
			after := valuesAt(t, to, other, string(out))
			if n != len(before) || len(after) != len(before) {
				t.Fatalf("%+v: %d values, %d asked for, %d read back", to, len(before), n, len(after))
			}
			for i := range after {
				if want := "9:x y/" + strings.ToValidUTF8(before[i], "?"); after[i] != want {
					t.Fatalf("%+v: %q is read back, want %q", to, after[i], want)
				}
			}
		}
	})
}
