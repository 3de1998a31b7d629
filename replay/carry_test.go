package replay

import (
	"bytes"
	"compress/gzip"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
	"parallax/replay/schedule"
)

func zipped(text string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

// A log-in on one connection, its cookie and token used on others at full
// speed: the dependent requests wait for the answer that brings the value.
func TestCarriedAcrossConnections(t *testing.T) {
	var s script
	const token = "redacted-abcdefghijklmnop"
	answeredBy(withBody(s.add("a", 0, 5, "POST", "/login"), "{}"), zipped(`{"token":"`+token+`","user":1}`),
		"Set-Cookie: sid="+token+"; Path=/", "Content-Encoding: gzip")
	for i := range 10 {
		s.add(fmt.Sprint("s", i), 10+i, 20+i, "GET", fmt.Sprint("/", i), "Cookie: sid="+token, "Authorization: Bearer "+token)
	}
	address, requests := httpServer(t, func(r seen) string {
		if r.target == "/login" {
			time.Sleep(30 * time.Millisecond)
			return ok(zipped(`{"user":2,"token":"live-1"}`), "Set-Cookie: sid=live-2; HttpOnly", "Content-Encoding: gzip")
		}
		return ok("")
	})
	r, m := run(t, &s, address, Options{
		AllowWrites: true, Schedule: schedule.Max(), HoldsToken: holdsToken,
		Carry: []carry.Rule{{
			From: carry.From{Route: "POST /login", Body: "/token"}, To: carry.To{Header: "Authorization"}, Scope: "run",
		}},
	})
	for _, q := range requests()[1:] {
		if q.header.Get("Cookie") != "sid=live-2" || q.header.Get("Authorization") != "Bearer live-1" {
			t.Errorf("%s: %v", q.target, q.header)
		}
	}
	row := m.rows[s.list[3].ID]
	if r.Carried != 20 || r.LeftOut != 0 || row.Outcome.Carried != 2 {
		t.Errorf("%+v", r)
	}
	if v, _ := httpmsg.Get(row.Request.Headers, "Cookie"); v != "sid=live-2" {
		t.Errorf("stored %v", row.Request.Headers)
	}
}

// A created id goes into the path and the body of what follows in its session;
// a body that was encoded is encoded again, and its length is right.
func TestCreatedIDs(t *testing.T) {
	var s script
	answeredBy(withBody(s.add("a", 0, 1, "POST", "/orders"), `{"n":1}`), `{"id":17}`)
	s.add("a", 2, 3, "GET", "/orders/17?full")
	ex := s.add("a", 4, 5, "PATCH", "/orders/17", "Content-Encoding: gzip")
	withBody(ex, zipped(`{"order":17,"n":17}`))
	ex = withBody(s.add("a", 6, 7, "POST", "/notes"), `{"order":17}`)
	ex.Request.Headers = append(ex.Request.Headers[:1], httpmsg.Header{Name: "Transfer-Encoding", Value: "chunked"})
	address, requests := httpServer(t, func(r seen) string {
		if r.target == "/orders" {
			return ok(`{"id":9001}`)
		}
		return ok("")
	})
	to := func(route string, to carry.To) carry.Rule {
		to.Route = route
		return carry.Rule{From: carry.From{Route: "POST /orders", Body: "/id"}, To: to}
	}
	r, m := run(t, &s, address, Options{AllowWrites: true, Carry: []carry.Rule{
		to("/orders/{id}", carry.To{Path: "id"}), to("PATCH /orders/{id}", carry.To{Body: "/order"}), to("POST /notes", carry.To{Body: "/order"}),
	}})
	if r.Carried != 4 {
		t.Errorf("%+v", r)
	}
	got := requests()
	if got[1].target != "/orders/9001?full" || got[2].target != "/orders/9001" || got[3].body != `{"order":9001}` {
		t.Errorf("%+v", got)
	}
	z, err := gzip.NewReader(strings.NewReader(got[2].body))
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(z); string(text) != `{"order":9001,"n":17}` {
		t.Errorf("%s", text)
	}
	row := m.rows[s.list[2].ID].Request
	if length, _ := httpmsg.Get(row.Headers, "Content-Length"); length != fmt.Sprint(len(got[2].body)) || row.Body.State != recording.BodyStored {
		t.Errorf("length %s, body %v", length, row.Body.State)
	}
	if m.rows[s.list[0].ID].Request.Body.State != recording.BodyAsBaseline {
		t.Error("an unchanged body is stored again")
	}
}

// A redacted body goes out once a rule has put live values in.
func TestRedactedBodyWithARule(t *testing.T) {
	const token = "redacted-abcdefghijklmnop"
	var s script
	answeredBy(s.add("a", 0, 1, "GET", "/csrf"), `{"csrf_token":"`+token+`"}`).Response.Body.Redacted = true
	withBody(s.add("a", 2, 3, "POST", "/act"), `{"csrf_token":"`+token+`"}`).Request.Body.Redacted = true
	address, requests := httpServer(t, func(r seen) string { return ok(`{"csrf_token":"live"}`) })
	r, _ := run(t, &s, address, Options{AllowWrites: true, HoldsToken: holdsToken, Carry: []carry.Rule{
		{From: carry.From{Body: "/csrf_token"}, To: carry.To{Body: "/csrf_token"}},
	}})
	if got := requests(); len(got) != 2 || got[1].body != `{"csrf_token":"live"}` || r.Carried != 1 {
		t.Errorf("%+v %+v", got, r)
	}
}

func TestTLSTarget(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto+" "+r.Host)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	ca := t.TempDir() + "/ca.pem"
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	var s script
	s.add("a", 0, 1, "GET", "/")
	s.add("a", 2, 3, "GET", "/")
	r, m := run(t, &s, "", Options{Target: Target{URL: server.URL, CAFile: ca, ServerName: "example.com"}})
	if r.Ends[recording.Answered] != 2 || r.Connections != 1 {
		t.Fatalf("%+v", r)
	}
	if body := string(m.rows[s.list[0].ID].Response.Body.Bytes); body != "HTTP/1.1 old.example" {
		t.Errorf("%s", body)
	}
	r, _ = run(t, &s, "", Options{Target: Target{URL: server.URL}})
	if r.Stopped != StopTarget || !strings.Contains(r.Why, "certificate") {
		t.Errorf("an unknown authority: %+v", r)
	}
}

func TestProgress(t *testing.T) {
	var s script
	for i := range 20 {
		s.add("a", i, i, "GET", "/")
	}
	address, _ := httpServer(t, func(seen) string { return ok("") })
	var mu sync.Mutex
	var last Progress
	run(t, &s, address, Options{Total: 20, Progress: func(p Progress) {
		mu.Lock()
		last = p
		mu.Unlock()
	}})
	if last.Done != 20 || last.Total != 20 || last.Answered != 20 || last.Failed != 0 || last.Elapsed <= 0 {
		t.Errorf("%+v", last)
	}
}

func holdsToken(s string) bool { return strings.Contains(s, "redacted-") }

// A hidden field of a page is carried into the form that is sent, which redaction
// knows by its name and the page's text it does not.
func TestHiddenField(t *testing.T) {
	const token = "redacted-abcdefghijklmnop"
	page := func(csrf string) string {
		return `<form method=post><input type=hidden name="csrf" value="` + csrf + `"><input name=user></form>`
	}
	var s script
	answeredBy(s.add("a", 0, 1, "GET", "/login"), page("old/&#43;1"), "Content-Type: text/html; charset=utf-8")
	ex := withBody(s.add("a", 2, 3, "POST", "/login", "Content-Type: application/x-www-form-urlencoded"), "user=ann&csrf="+token)
	ex.Request.Body.Redacted = true
	withBody(s.add("a", 4, 5, "POST", "/logout", "Content-Type: application/x-www-form-urlencoded"), "csrf=old%2F%2B1")
	address, requests := httpServer(t, func(r seen) string {
		return ok(page("live&amp;=2"), "Content-Type: text/html")
	})
	o := Options{
		AllowWrites: true, HoldsToken: holdsToken,
		Token: func(value string) string {
			if value != "old/+1" {
				t.Errorf("a token of %q", value)
			}
			return token
		},
		Carry: []carry.Rule{{From: carry.From{Route: "GET /login", Text: `name="csrf" value="([^"]+)"`}, To: carry.To{Body: "/csrf"}}},
	}
	r, _ := run(t, &s, address, o)
	got := requests()
	if len(got) != 3 || got[1].body != "user=ann&csrf=live%26%3D2" || got[2].body != "csrf=live%26%3D2" || r.Carried != 2 {
		t.Errorf("%+v %+v", got, r)
	}
}
