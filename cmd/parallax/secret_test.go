package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// canary must never be seen outside of requests and answers.
const canary = "cAnArY-5ecr3t-9f27"

// No secret of a request, an answer or a URL stands in any output, file or
// error.
func TestNoSecretAnywhere(t *testing.T) {
	dir := home(t)
	target := newSecretStub(t)
	proxy := start(t, dir, nil, "capture", "proxy", "--upstream", target.url, "--listen", "127.0.0.1:0",
		"--address-file", filepath.Join(dir, "address"), "-o", "rec")
	waitFor(t, filepath.Join(dir, "address"))
	askWithSecrets(t, filepath.Join(dir, "address"))
	proxy.signal(os.Interrupt)
	got := proxy.wait(signalLimit)
	outputs := []string{got.stdout, got.stderr}
	fresh := newSecretStub(t)
	dsn := strings.Replace(fresh.url, "http://", "http://user:"+canary+"@", 1)
	writeText(t, filepath.Join(dir, "job.yaml"), jobText(dsn))
	for _, args := range [][]string{
		{"cat", "rec", "--bodies"}, {"stats", "rec"}, {"scan", "rec"},
		{"replay", "rec", "--target", fresh.url, "-o", "run", "--max", "--allow-writes"}, {"cat", "run", "--bodies"},
		{"diff", "rec", "run", "-o", "cmp"}, {"cat", "cmp"}, {"report", "cmp", "-o", "out"}, {"gate", "cmp", "--json"},
		// Credentials where they do not belong are refused, and not repeated.
		{"replay", "rec", "--target", dsn, "-o", "run2", "--max"},
		{"replay", "rec", "--target", dsn, "--dry-run"},
		{"replay", "rec", "--target", strings.Replace(dsn, canary, canary+"%zz", 1), "-o", "run3", "--max"},
		{"replay", "rec", "--target", "user:" + canary + "@127.0.0.1:1", "-o", "run4", "--max"},
		{"capture", "proxy", "--upstream", dsn, "-o", "rec2"},
		{"capture", "proxy", "--upstream", "http://user:" + canary + "%zz@x:y", "-o", "rec3"},
		{"run", "job.yaml"},
	} {
		got := start(t, dir, nil, args...).wait(childLimit)
		outputs = append(outputs, got.stdout, got.stderr)
		for _, arg := range args {
			if strings.Contains(arg, canary) && got.code != 2 {
				t.Errorf("parallax %q ended with %d\n%s", args, got.code, got.stderr)
			}
		}
	}
	if all := strings.Join(outputs, "\n"); strings.Contains(all, canary) {
		t.Errorf("a secret in the output:\n%s", lineWith(all, canary))
	}
	nothing(t, dir, "run2", "run3", "run4", "rec2", "rec3")
	searchFiles(t, dir)
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

// searchFiles looks for the canary in every file but the job that was given.
// Parquet is compressed; `cat --bodies` above has shown what is in it.
func searchFiles(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "job.yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		if bytes.Contains(text, []byte(canary)) {
			t.Errorf("a secret in %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// newSecretStub answers with secrets of its own.
func newSecretStub(t *testing.T) *stub {
	t.Helper()
	return newStubThat(t, 0, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "sid="+canary+"; HttpOnly")
		w.Header().Set("X-Api-Key", canary)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"path": %q, "access_token": %q}`, r.URL.Path, canary)
	})
}

// askWithSecrets sends a secret in each place that the default profile covers.
func askWithSecrets(t *testing.T, addressFile string) {
	t.Helper()
	address, err := os.ReadFile(addressFile)
	if err != nil {
		t.Fatal(err)
	}
	url := strings.TrimSpace(string(address))
	for _, r := range []struct{ method, path, kind, body string }{
		{"GET", "/items?api_key=" + canary, "", ""},
		{"POST", "/login", "application/json", `{"user": "a", "password": "` + canary + `"}`},
		{"POST", "/form", "application/x-www-form-urlencoded", "user=a&client_secret=" + canary},
	} {
		req, err := http.NewRequest(r.method, url+r.path, strings.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+canary)
		req.Header.Set("Cookie", "sid="+canary)
		if r.kind != "" {
			req.Header.Set("Content-Type", r.kind)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if resp.Header.Get("X-Api-Key") != canary {
			t.Error("the proxy changed an answer")
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
