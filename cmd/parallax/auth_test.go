package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// newTokenStub gives tokens that hold the canary at POST /oauth/token, and wants the
// last one that it gave for everything else. It gives the token back in its answers.
func newTokenStub(t *testing.T, rejectFirst bool) *stub {
	t.Helper()
	var given atomic.Int64
	return newStubThat(t, 0, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/oauth/token" {
			if r.FormValue("client_secret") != canary+"+ &client" {
				http.Error(w, "who are you?", http.StatusForbidden)
				return
			}
			fmt.Fprintf(w, `{"access_token": "%s-%d", "expires_in": 3600}`, canary, given.Add(1))
			return
		}
		want := fmt.Sprintf("Bearer %s-%d", canary, given.Load())
		if r.Header.Get("Authorization") != want || rejectFirst && given.Load() == 1 {
			http.Error(w, "not you", http.StatusUnauthorized)
			return
		}
		w.Header().Set("X-Seen", r.Header.Get("Authorization"))
		fmt.Fprintf(w, `{"path": %q, "seen": %q}`, r.URL.Path, r.Header.Get("Authorization"))
	})
}

const authConfig = `
targets:
  new:
    url: %s
    writable: true
    auth:
      request:
        path: /oauth/token
        headers: [{name: Content-Type, value: application/x-www-form-urlencoded}]
        body: "grant_type=client_credentials&client_secret={{secret:CLIENT}}"
      token: /access_token
      expires_in: /expires_in
      retry_unauthorized: true
  command:
    url: %s
    writable: true
    auth: {command: [%s, give], token: /token, environment: [GIVE]}
  down:
    url: %s
    auth: {command: [%s, fail]}
`

// TestTokensNeverShow: a token that was got for a target stands in no file, no
// output and no error, also where the target gives it back.
func TestTokensNeverShow(t *testing.T) {
	dir := home(t)
	old := newSecretStub(t)
	proxy := start(t, dir, nil, "capture", "proxy", "--upstream", old.url, "--listen", "127.0.0.1:0",
		"--address-file", filepath.Join(dir, "address"), "-o", "rec")
	waitFor(t, filepath.Join(dir, "address"))
	askAuthorised(t, filepath.Join(dir, "address"), "/a", "/b", "/c")
	proxy.signal(os.Interrupt)
	outputs := []string{proxy.wait(signalLimit).stderr}

	target := newTokenStub(t, true)
	give := filepath.Join(dir, "give.sh")
	writeText(t, give, "#!/bin/sh\necho no >&2\n[ \"$1\" = give ] && printf '{\"token\": \"%s\"}' \"$GIVE\" || { echo \"$GIVE\"; exit 7; }\n")
	if err := os.Chmod(give, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIVE", canary+"-0")
	t.Setenv("PARALLAX_SECRET_CLIENT", canary+"+ &client")
	writeText(t, filepath.Join(dir, "conf.yaml"), fmt.Sprintf(authConfig, target.url, target.url, give, target.url, give))

	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{0, "token    Authorization from POST /oauth/token", []string{"replay", "rec", "--target", "new", "--config", "conf.yaml", "--dry-run"}},
		{0, "", []string{"replay", "rec", "--target", "new", "--config", "conf.yaml", "-o", "run", "--max", "--allow-writes"}},
		{0, "attempts: 2", []string{"cat", "run", "--bodies"}},
		{0, "", []string{"verify", "run"}},
		{0, "", []string{"diff", "rec", "run", "-o", "cmp"}},
		{0, "", []string{"cat", "cmp"}},
		{0, "were answered 401 that were not in the recording", []string{"report", "cmp", "-o", "out"}},
		{0, "", []string{"replay", "rec", "--target", "command", "--config", "conf.yaml", "-o", "run2", "--max", "--allow-writes"}},
		{0, "", []string{"cat", "run2", "--bodies"}},
		{3, `no token: auth: command`, []string{"replay", "rec", "--target", "down", "--config", "conf.yaml", "-o", "run3", "--max", "--json"}},
		{0, `"end":"not reached"`, []string{"cat", "run3", "--bodies"}},
	} {
		got := px(t, dir, c.code, c.args...)
		outputs = append(outputs, got.stdout, got.stderr)
		if !strings.Contains(got.stdout+got.stderr, c.says) {
			t.Errorf("parallax %q does not say %q:\n%s%s", c.args, c.says, got.stdout, got.stderr)
		}
	}
	if all := strings.Join(outputs, "\n"); strings.Contains(all, canary) {
		t.Errorf("a secret in the output:\n%s", lineWith(all, canary))
	}
	searchFiles(t, dir)
	sent := target.sent()
	if sent["POST /oauth/token"] != 2 {
		t.Errorf("the target was asked for %d tokens, want 2: %v", sent["POST /oauth/token"], sent)
	}
}

// askAuthorised sends requests whose only secret is the header Authorization.
func askAuthorised(t *testing.T, addressFile string, paths ...string) {
	t.Helper()
	address, err := os.ReadFile(addressFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		req, err := http.NewRequest("GET", strings.TrimSpace(string(address))+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+canary)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
