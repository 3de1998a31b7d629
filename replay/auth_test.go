package replay

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"parallax/capture/recording"
	"parallax/internal/content"
	"parallax/replay/credential"
	"parallax/replay/schedule"
)

// canary is what every token begins with: it must reach the target only.
const canary = "cAnArY-5ecr3t"

// guarded is a target that gives tokens at POST /token and wants the last one that
// it gave of whoever asks, but at /open.
type guarded struct {
	address string
	given   atomic.Int64 // tokens
	revoked atomic.Int64 // those up to this one are of no use
	status  atomic.Int64 // of the next tokens, 0: 200
	asked   func() []seen
}

func newGuarded(t *testing.T, answer func(seen) string) *guarded {
	g := &guarded{}
	g.address, g.asked = httpServer(t, func(s seen) string {
		switch {
		case s.target == "/token" && g.status.Load() != 0:
			return fmt.Sprintf("HTTP/1.1 %d No\r\nContent-Length: %d\r\n\r\n%s", g.status.Load(), len(canary), canary)
		case s.target == "/token":
			return ok(fmt.Sprintf(`{"access_token": "%s-%d", "expires_in": 3600}`, canary, g.given.Add(1)))
		case s.header.Get("Authorization") == g.last() && g.given.Load() > g.revoked.Load() || s.target == "/open":
			return answer(s)
		}
		return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
	})
	return g
}

func (g *guarded) last() string { return fmt.Sprintf("Bearer %s-%d", canary, g.given.Load()) }

// requests are those that are not for a token.
func (g *guarded) requests() []seen {
	return slices.DeleteFunc(g.asked(), func(s seen) bool { return s.target == "/token" })
}

func hello(seen) string { return ok("hello") }

func byRequest(c credential.Config) *credential.Config {
	c.Request = &credential.Request{
		Path: "/token", Headers: []credential.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded"}},
		Body: "grant_type=client_credentials&client_secret={{secret:CLIENT}}",
	}
	c.Token, c.ExpiresIn = "/access_token", "/expires_in"
	return &c
}

func (g *guarded) options(c credential.Config) Options {
	return Options{
		Target:   Target{Name: "new", URL: "http://" + g.address, Writable: true, Auth: byRequest(c)},
		Secret:   func(string) (string, error) { return canary + " &c", nil },
		Schedule: schedule.Max(), AllowWrites: true, Pool: Pool{Connections: 1},
		HoldsToken: func(s string) bool { return strings.Contains(s, "token:") },
	}
}

// hidesTheToken looks for the canary in all that a run makes.
func hidesTheToken(t *testing.T, r Result, m *memory) {
	t.Helper()
	texts := []string{fmt.Sprintf("%+v", r)}
	for _, row := range m.rows {
		texts = append(texts, string(recording.AppendJSON(nil, row, true)), fmt.Sprintf("%+v", row.Errors))
		for _, body := range []*recording.Body{bodyOf(row.Request), bodyOfAnswer(row.Response)} {
			texts = append(texts, string(body.Bytes))
		}
	}
	for _, text := range texts {
		if strings.Contains(text, canary) {
			t.Errorf("the token stands in %s", text)
		}
	}
}

func bodyOf(r *recording.Request) *recording.Body {
	if r == nil {
		return &recording.Body{}
	}
	return &r.Body
}

func bodyOfAnswer(r *recording.Response) *recording.Body {
	if r == nil {
		return &recording.Body{}
	}
	return &r.Body
}

// TestTheTokenGoesWhereOneWas: in the place of what redaction left, and nowhere
// else unless it is asked for.
func TestTheTokenGoesWhereOneWas(t *testing.T) {
	for _, always := range []bool{false, true} {
		g := newGuarded(t, hello)
		s := &script{}
		s.add("a", 0, 5, "GET", "/secured", "authorization: token:abc", "X-Rest: 1")
		s.add("a", 10, 15, "GET", "/open")
		r, m := run(t, s, g.address, g.options(credential.Config{Always: always}))
		hidesTheToken(t, r, m)
		asked := g.requests()
		if asked[0].header.Get("Authorization") != canaryBearer(1) || asked[0].header.Get("X-Rest") != "1" {
			t.Errorf("secured: %v", asked[0].header)
		}
		if got := asked[1].header.Get("Authorization"); (got != "") != always {
			t.Errorf("always %v: open got %q", always, got)
		}
		row := m.rows[s.list[0].ID]
		if got := row.Request.Headers; len(row.Outcome.LeftOut) > 0 || !slices.Contains(got, headers("authorization: Bearer {{auth}}")[0]) {
			t.Errorf("stored headers %v, left out %v", got, row.Outcome.LeftOut)
		}
		if r.Auth == nil || r.Auth.Stats != (credential.Stats{Obtained: 1}) || r.LeftOut != 0 {
			t.Errorf("%+v, left out %d", r.Auth, r.LeftOut)
		}
		token := g.asked()[0]
		if token.method != "POST" || token.body != "grant_type=client_credentials&client_secret="+canary+"+%26c" || token.header.Get(MarkerHeader) != "replay" {
			t.Errorf("the token was asked for by %+v", token)
		}
	}
}

func canaryBearer(n int) string { return fmt.Sprintf("Bearer %s-%d", canary, n) }

// TestUnauthorized: a 401 renews the token, once. Only a safe request is sent again,
// where that is declared, and the row says so.
func TestUnauthorized(t *testing.T) {
	for _, c := range []struct {
		name    string
		retry   bool
		method  string
		want    []int // statuses of the rows
		attempt int   // requests that came
		again   int64
	}{
		{"not declared", false, "GET", []int{401, 200, 200}, 3, 0},
		{"declared", true, "GET", []int{200, 200, 200}, 4, 1},
		{"unsafe", true, "POST", []int{401, 200, 200}, 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGuarded(t, hello)
			g.revoked.Store(1)
			s := &script{}
			for i := range 3 {
				ex := s.add("a", 10*i, 10*i+5, c.method, fmt.Sprintf("/%d", i), "Authorization: Bearer recorded")
				if c.method == "POST" {
					withBody(ex, "x")
				}
			}
			r, m := run(t, s, g.address, g.options(credential.Config{RetryUnauthorized: c.retry}))
			hidesTheToken(t, r, m)
			for i, ex := range s.list {
				row := m.rows[ex.ID]
				if row.Response.Status != c.want[i] {
					t.Errorf("row %d: %d, want %d", i, row.Response.Status, c.want[i])
				}
				if said := strings.Contains(strings.Join(row.Errors, ";"), "attempts: 2"); said != (c.again > 0 && i == 0) {
					t.Errorf("row %d: errors %q", i, row.Errors)
				}
			}
			if n := len(g.requests()); n != c.attempt || r.Auth.SentAgain != c.again || r.Auth.Unauthorized != 1 || r.Auth.Rejected != 1 || r.Auth.Obtained != 2 {
				t.Errorf("%d requests, %+v", n, r.Auth)
			}
			if late := r.Timing.Lateness.Count(); late != 3 {
				t.Errorf("%d lateness counted", late)
			}
		})
	}
}

// TestATargetThatRejectsEverything gets no more than two requests for a token.
func TestATargetThatRejectsEverything(t *testing.T) {
	g := newGuarded(t, hello)
	g.revoked.Store(1 << 40)
	s := &script{}
	for i := range 50 {
		s.add("a", 10*i, 10*i+5, "GET", fmt.Sprintf("/%d", i), "Authorization: x")
	}
	r, m := run(t, s, g.address, g.options(credential.Config{RetryUnauthorized: true}))
	hidesTheToken(t, r, m)
	if g.given.Load() != 2 || r.Auth.Unauthorized != 50 || r.Auth.SentAgain != 1 || r.Stopped != StopComplete {
		t.Errorf("%d tokens, %+v, %s", g.given.Load(), r.Auth, r.Stopped)
	}
}

// TestARecordedUnauthorized is an answer like others.
func TestARecordedUnauthorized(t *testing.T) {
	g := newGuarded(t, func(seen) string { return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" })
	s := &script{}
	s.add("a", 0, 5, "GET", "/", "Authorization: x").Response.Status = 401
	r, _ := run(t, s, g.address, g.options(credential.Config{RetryUnauthorized: true}))
	if r.Auth.Unauthorized != 0 || r.Auth.Obtained != 1 || len(g.requests()) != 1 {
		t.Errorf("%+v, %d requests", r.Auth, len(g.requests()))
	}
}

// TestNoTokenAtTheStart: nothing is sent, and every exchange says why.
func TestNoTokenAtTheStart(t *testing.T) {
	g := newGuarded(t, hello)
	g.status.Store(403)
	s := sequence(5)
	r, m := run(t, s, g.address, g.options(credential.Config{Always: true}))
	hidesTheToken(t, r, m)
	if r.Stopped != StopAuth || !strings.Contains(r.Why, "auth: POST /token: answered with status 403") {
		t.Errorf("%s: %s", r.Stopped, r.Why)
	}
	if len(g.requests()) != 0 || r.Ends[recording.NotReached] != 5 || r.Sent() != 0 {
		t.Errorf("%d requests, %v", len(g.requests()), r.Ends)
	}
	if row := m.rows[s.list[3].ID]; !strings.Contains(row.Outcome.Detail, "no token") {
		t.Errorf("%+v", row.Outcome)
	}
}

// TestNoTokenLater: what is not sent for want of a token is lost, never fine.
func TestNoTokenLater(t *testing.T) {
	g, m, s := newGuarded(t, hello), &memory{}, &script{}
	for i := range 6 {
		s.add("a", 10*i, 10*i+5, "GET", fmt.Sprintf("/%d", i), "Authorization: x")
	}
	r, err := Run(t.Context(), s.exchanges(), &revoking{memory: m, target: g}, m, g.options(credential.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	closes(t, s, r, m)
	hidesTheToken(t, r, m)
	// The fourth answer is the 401 after which another token is asked for.
	if r.Stopped != StopAuth || r.Ends[recording.Answered] != 4 || r.Ends[recording.NotReached] != 2 || r.Auth.Failed != 1 {
		t.Errorf("%s: %s: %v, %+v", r.Stopped, r.Why, r.Ends, r.Auth)
	}
	for _, b := range r.Ledger().Accounts[0].Buckets {
		if b.Name == string(recording.NotReached) && b.Class != recording.Lost {
			t.Errorf("not reached is %s", b.Class)
		}
	}
}

// revoking is a sink after whose third row the target takes no token, and gives none.
type revoking struct {
	*memory
	target *guarded
	n      atomic.Int64
}

func (r *revoking) Write(ex *recording.Exchange) error {
	if r.n.Add(1) == 3 {
		r.target.revoked.Store(1 << 40)
		r.target.status.Store(500)
	}
	return r.memory.Write(ex)
}

// TestManyShareOneToken: however many connections begin at once.
func TestManyShareOneToken(t *testing.T) {
	g := newGuarded(t, hello)
	s := &script{}
	for i := range 200 {
		s.add(fmt.Sprint(i), 0, 5, "GET", fmt.Sprintf("/%d", i), "Authorization: x")
	}
	o := g.options(credential.Config{})
	o.Pool.Connections = 32
	r, m := run(t, s, g.address, o)
	hidesTheToken(t, r, m)
	if g.given.Load() != 1 || r.Ends[recording.Answered] != 200 {
		t.Errorf("%d tokens, %v", g.given.Load(), r.Ends)
	}
}

// TestAnEchoedToken is taken out of the answer before it is stored.
func TestAnEchoedToken(t *testing.T) {
	g := newGuarded(t, func(s seen) string {
		return ok("you are "+s.header.Get("Authorization"), "X-Echo: "+s.header.Get("Authorization"))
	})
	s := &script{}
	s.add("a", 0, 5, "GET", "/", "Authorization: x")
	r, m := run(t, s, g.address, g.options(credential.Config{}))
	hidesTheToken(t, r, m)
	row := m.rows[s.list[0].ID]
	if body := row.Response.Body; string(body.Bytes) != "you are Bearer {{auth}}" || !body.Redacted || !slices.Contains(row.Errors, scrubbed) {
		t.Errorf("%q, %q", body.Bytes, row.Errors)
	}
}

// TestAnEchoedTokenInACompressedBody is found, too.
func TestAnEchoedTokenInACompressedBody(t *testing.T) {
	g := newGuarded(t, func(s seen) string {
		packed, err := content.Encode([]string{"gzip"}, []byte(strings.Repeat("you are "+s.header.Get("Authorization")+"\n", 20)))
		if err != nil {
			t.Error(err)
		}
		return ok(string(packed), "Content-Encoding: gzip")
	})
	s := &script{}
	s.add("a", 0, 5, "GET", "/", "Authorization: x")
	r, m := run(t, s, g.address, g.options(credential.Config{}))
	hidesTheToken(t, r, m)
	if body := m.rows[s.list[0].ID].Response.Body; !body.Redacted || string(body.Bytes) != strings.Repeat("you are Bearer {{auth}}\n", 20) {
		t.Errorf("%+v", body)
	}
}

// TestTheTokensHost is under the same guards as the target's.
func TestTheTokensHost(t *testing.T) {
	g := newGuarded(t, hello)
	elsewhere := func(target Target) Options {
		o := g.options(credential.Config{})
		o.Target.Auth.Request.Target, target.Name = "login", "login"
		o.Target.AuthTarget = &target
		return o
	}
	s := &script{}
	s.add("a", 0, 5, "GET", "/open", "Authorization: x").Server = "127.0.0.1:1"

	login := newGuarded(t, hello)
	r, _ := run(t, s, g.address, elsewhere(Target{URL: "http://" + login.address}))
	if login.given.Load() != 1 || g.given.Load() != 0 || r.Stopped != StopComplete {
		t.Errorf("%d and %d tokens, %s", login.given.Load(), g.given.Load(), r.Stopped)
	}
	for name, target := range map[string]Target{
		"metadata": {URL: "http://169.254.169.254"},
		"recorded": {URL: "http://" + login.address},
	} {
		o := elsewhere(target)
		o.RecordedServers = []string{login.address}
		before := len(g.requests())
		if _, err := Run(t.Context(), s.exchanges(), &memory{}, nil, o); !errors.Is(err, ErrRefused) || len(g.requests()) != before {
			t.Errorf("%s: %v", name, err)
		}
	}
	o := elsewhere(Target{URL: "http://" + login.address})
	o.Target.AuthTarget = nil
	if _, err := Run(t.Context(), s.exchanges(), &memory{}, nil, o); err == nil || !strings.Contains(err.Error(), `no target is called "login"`) {
		t.Errorf("error %v", err)
	}
}

func TestAuthIsChecked(t *testing.T) {
	o := Options{Target: Target{URL: "http://127.0.0.1:1", Auth: byRequest(credential.Config{}), Rewrite: Rewrite{Set: []HeaderLine{{"authorization", "x"}}}}}
	o.Secret = func(string) (string, error) { return "x", nil }
	if _, err := Run(t.Context(), sequence(1).exchanges(), &memory{}, nil, o); err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("error %v", err)
	}
	o.Target.Rewrite = Rewrite{}
	o.Secret = func(name string) (string, error) { return "", errors.New("secret " + name + ": not set") }
	if _, err := Run(t.Context(), sequence(1).exchanges(), &memory{}, nil, o); err == nil || !strings.Contains(err.Error(), "secret CLIENT") {
		t.Errorf("error %v", err)
	}
}
