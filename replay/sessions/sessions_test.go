package sessions

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// ask makes an exchange on a connection; lines are headers.
func ask(connection, target, body string, lines ...string) *recording.Exchange {
	return &recording.Exchange{
		Session: connection,
		Request: &recording.Request{Method: "POST", Target: target, Headers: headers(lines), Body: recording.StoredBody([]byte(body))},
	}
}

func headers(lines []string) []httpmsg.Header {
	var list []httpmsg.Header
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		list = append(list, httpmsg.Header{Name: name, Value: value})
	}
	return list
}

func answered(ex *recording.Exchange, lines ...string) *recording.Exchange {
	ex.Response = &recording.Response{Status: 200, Headers: headers(lines)}
	return ex
}

func redactedBody(ex *recording.Exchange) *recording.Exchange {
	ex.Request.Body.Redacted = true
	return ex
}

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(text))
	w.Close()
	return b.String()
}

const token = "redacted-abcdefghijklmnop"

// What has one value is one session, on whatever connection; what has none is its
// connection's.
func TestSessions(t *testing.T) {
	cookie, several := Keys{{Cookie: "sid"}}, Keys{{Header: "X-User"}, {Cookie: "sid"}, {Query: "u"}, {JSON: "/user/id"}}
	for _, c := range []struct {
		name string
		keys Keys
		a, b *recording.Exchange
		same bool
	}{
		{"one cookie", cookie, ask("1", "/", "", "Cookie: a=b; sid=x"), ask("2", "/p", "", "Cookie: sid=x"), true},
		{"two cookies", cookie, ask("1", "/", "", "Cookie: sid=x"), ask("1", "/", "", "Cookie: sid=y"), false},
		{"the first of two", cookie, ask("1", "/", "", "Cookie: sid=x; sid=y"), ask("2", "/", "", "Cookie: sid=x"), true},
		{"no cookie", cookie, ask("1", "/", ""), ask("1", "/", "", "Cookie: SID=x"), true},
		{"no cookie, two connections", cookie, ask("1", "/", ""), ask("2", "/", ""), false},
		{"an empty cookie", cookie, ask("1", "/", "", "Cookie: sid="), ask("2", "/", "", "Cookie: sid="), false},
		{"a token", cookie, ask("1", "/", "", "Cookie: sid="+token), ask("2", "/", "", "Cookie: sid="+token), true},
		{"the log-in", cookie, answered(ask("1", "/login", ""), "Set-Cookie: sid=x; Path=/"), ask("2", "/", "", "Cookie: sid=x"), true},
		{"a log-out", cookie, answered(ask("1", "/logout", ""), "Set-Cookie: sid=x; Max-Age=0"), ask("2", "/", "", "Cookie: sid=x"), false},
		{"a new value", cookie, answered(ask("1", "/", "", "Cookie: sid=x"), "Set-Cookie: sid=y"), ask("2", "/", "", "Cookie: sid=x"), true},
		{"a header", Keys{{Header: "X-User"}}, ask("1", "/", "", "x-user: Bearer 7"), ask("2", "/", "", "X-User: Bearer 7"), true},
		{"a query", Keys{{Query: "u"}}, ask("1", "/?a=1&u=a%20b", ""), ask("2", "/x?u=a+b", ""), true},
		{"another query", Keys{{Query: "u"}}, ask("1", "/?u=1", ""), ask("2", "/?v=1", ""), false},
		{"json", Keys{{JSON: "/user/id"}}, ask("1", "/", `{"user":{"id":7}}`), ask("2", "/", ` {"x":1,"user":{"id":7}}`), true},
		{"json, encoded", Keys{{JSON: "/user/id"}}, ask("1", "/", zipped(`{"user":{"id":7}}`), "Content-Encoding: gzip"), ask("2", "/", `{"user":{"id":7}}`), true},
		{"json, redacted", Keys{{JSON: "/user"}}, redactedBody(ask("1", "/", `{"user":"`+token+`"}`, "Content-Encoding: gzip")), ask("2", "/", `{"user":"`+token+`"}`), true},
		{"no json", Keys{{JSON: "/user"}}, ask("1", "/", "user"), ask("2", "/", "user"), false},
		{"corrupt", Keys{{JSON: "/user"}}, ask("1", "/", "x", "Content-Encoding: gzip"), ask("2", "/", "x"), false},
		{"a form", Keys{{JSON: "/user"}}, ask("1", "/", "user=7", "Content-Type: application/x-www-form-urlencoded"), ask("2", "/", `{"user":7}`), true},
		{"the first that is there", several, ask("1", "/?u=9", "", "Cookie: sid=x", "X-User: u"), ask("2", "/", "", "X-User: u"), true},
		{"the next", several, ask("1", "/?u=9", "", "Cookie: sid=x"), ask("2", "/", "", "X-User: x"), true},
		{"the last", several, ask("1", "/", `{"user":{"id":9}}`), ask("2", "/?u=9", ""), true},
		{"a request before an answer", several, answered(ask("1", "/?u=9", ""), "Set-Cookie: sid=x"), ask("2", "/?u=9", ""), true},
	} {
		n, err := New(c.keys)
		if err != nil {
			t.Fatal(err)
		}
		if same := n.Of(c.a) == n.Of(c.b); same != c.same {
			t.Errorf("%s: one session: %v, want %v", c.name, same, c.same)
		}
		if got := n.Of(c.a); len(got) != 16 && got != c.a.Session {
			t.Errorf("%s: session %q", c.name, got)
		}
	}
}

func TestWithoutKeys(t *testing.T) {
	n, err := New(nil)
	if err != nil || n.Of(ask("17", "/", "")) != "17" {
		t.Errorf("%v, %q", err, n.Of(ask("17", "/", "")))
	}
	n, _ = New(Keys{{Cookie: "sid"}})
	if got := n.Of(&recording.Exchange{Session: "17"}); got != "17" {
		t.Errorf("without a request: %q", got)
	}
}

func TestKeysThatAreNone(t *testing.T) {
	for says, k := range map[string]Key{
		"exactly one": {}, "want exactly one": {Cookie: "a", Header: "b"}, "does not begin with /": {JSON: "user"},
	} {
		if _, err := New(Keys{{Cookie: "sid"}, k}); err == nil || !strings.Contains(err.Error(), "key 2") || !strings.Contains(err.Error(), says) {
			t.Errorf("%+v: %v", k, err)
		}
	}
}
