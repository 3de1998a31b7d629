package export

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/internal/store"
)

// heard is a request as the server had it.
type heard struct {
	line    string
	headers map[string][]string
	body    []byte
}

// echo keeps the last request of each connection.
func echo(t testing.TB) (string, func() heard) {
	last := make(chan heard, 1)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		headers := maps.Clone(r.Header)
		delete(headers, "Content-Length")
		if r.Host != "" {
			headers["Host"] = []string{r.Host}
		}
		select {
		case <-last:
		default:
		}
		last <- heard{r.Method + " " + r.RequestURI, headers, body}
	}))
	t.Cleanup(s.Close)
	return s.URL, func() heard { return <-last }
}

func folder(t testing.TB, req *recording.Request, target string) string {
	t.Helper()
	dir := t.TempDir()
	f, err := store.OpenFolder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = Write(f, req, Options{Target: target, Status: 200, Secret: func(s string) bool { return strings.Contains(s, "redacted-") }})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// wanted is what the server has to hear.
func wanted(req *recording.Request) heard {
	h := heard{line: req.Method + " " + req.Target, headers: map[string][]string{}, body: req.Body.Bytes}
	for _, x := range req.Headers {
		name := http.CanonicalHeaderKey(x.Name)
		h.headers[name] = append(h.headers[name], strings.Trim(x.Value, " \t"))
	}
	return h
}

func same(t testing.TB, form string, got, want heard) {
	t.Helper()
	if got.line != want.line || !bytes.Equal(got.body, want.body) {
		t.Fatalf("%s: %q with %q, want %q with %q", form, got.line, got.body, want.line, want.body)
	}
	if !maps.EqualFunc(got.headers, want.headers, slices.Equal[[]string]) {
		t.Fatalf("%s: %v, want %v", form, got.headers, want.headers)
	}
}

// hostile are pieces that mean something to a shell, to curl, to an editor or to Go.
var hostile = []string{"'", `"`, "$HOME", "`id`", `\`, "@/etc/passwd", "@", ";", "%00", "{{x}}", "###", "~", "!", "*", "[1-3]", "{a,b}", "../..", "-d", "--", "é", "\xff", "#", "&", "|", ">", "x"}

func pieces(r *rand.Rand, most int, without string) string {
	var b strings.Builder
	for range r.IntN(most) {
		if p := hostile[r.IntN(len(hostile))]; !strings.ContainsAny(p, without) {
			b.WriteString(p)
		}
	}
	return b.String()
}

func randomRequest(r *rand.Rand) *recording.Request {
	q := &recording.Request{
		Method: []string{"GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"}[r.IntN(6)], Version: "1.1",
		Target: "/" + pieces(r, 6, "#\xff%"), Headers: []httpmsg.Header{{Name: "Host", Value: "shop.example"}},
	}
	for i := range r.IntN(5) {
		q.Headers = append(q.Headers, httpmsg.Header{Name: fmt.Sprintf("X-%d", i), Value: pieces(r, 5, "\x00")})
	}
	if r.IntN(2) == 0 {
		body := []byte("@" + pieces(r, 6, "") + "a\x00b\r\n'")
		q.Body = recording.StoredBody(body)
		if r.IntN(2) == 0 {
			q.Headers = append(q.Headers, httpmsg.Header{Name: "Content-Type", Value: "application/json"})
		}
	}
	return q
}

// TestT22_CurlSendsWhatWasRecorded runs the scripts of a thousand requests.
func TestT22_CurlSendsWhatWasRecorded(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		if os.Getenv("PARALLAX_REQUIRE_ALL") != "" {
			t.Fatal(err)
		}
		t.Skip("SKIPPED: no curl")
	}
	target, last := echo(t)
	r := rand.New(rand.NewPCG(22, 22))
	for range 1000 {
		req := randomRequest(r)
		dir := folder(t, req, target)
		out, err := exec.Command("sh", filepath.Join(dir, ShellName)).CombinedOutput()
		if err != nil {
			script, _ := os.ReadFile(filepath.Join(dir, ShellName))
			t.Fatalf("%v: %s\n%s", err, out, script)
		}
		same(t, "curl", last(), wanted(req))
	}
}

// TestT23_GoTestsSendWhatWasRecorded compiles and runs what is written.
func TestT23_GoTestsSendWhatWasRecorded(t *testing.T) {
	target, last := echo(t)
	r := rand.New(rand.NewPCG(23, 23))
	for range 5 {
		req := randomRequest(r)
		dir := folder(t, req, target)
		cmd := exec.Command("go", "test", "-count=1", GoName)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GO111MODULE=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		same(t, "go test", last(), wanted(req))
	}
}

// TestT23_EditorsReadWhatWasMeant: one request, no variable and no end that the
// recorded bytes made.
func TestT23_EditorsReadWhatWasMeant(t *testing.T) {
	r := rand.New(rand.NewPCG(24, 24))
	for range 1000 {
		req := randomRequest(r)
		req.Headers = append(req.Headers, httpmsg.Header{Name: "###", Value: "next"}, httpmsg.Header{Name: "A", Value: "b\nGET /evil"}, httpmsg.Header{Name: "@x", Value: "1"})
		text, _ := os.ReadFile(filepath.Join(folder(t, req, "http://127.0.0.1:1"), HTTPName))
		for line := range strings.Lines(string(text)) {
			comment := strings.HasPrefix(line, "# ")
			if !comment && (strings.HasPrefix(line, "#") || strings.Contains(line, "{{")) || strings.HasPrefix(line, "GET /evil") {
				t.Fatalf("%q in\n%s", line, text)
			}
		}
	}
}

// TestSecretsAreAskedFor: a redaction token is never sent, and is in no form.
func TestSecretsAreAskedFor(t *testing.T) {
	target, last := echo(t)
	req := &recording.Request{Method: "GET", Target: "/", Version: "1.1", Headers: []httpmsg.Header{
		{Name: "Host", Value: "a"}, {Name: "Authorization", Value: "Bearer redacted-abcdefghijklmnop"}}}
	dir := folder(t, req, target)
	for _, name := range []string{ShellName, HTTPName, GoName} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); err != nil || bytes.Contains(text, []byte("redacted-")) || !bytes.Contains(text, []byte("PARALLAX_AUTHORIZATION")) {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
	cmd := exec.Command("sh", filepath.Join(dir, ShellName))
	if out, err := cmd.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("PARALLAX_AUTHORIZATION")) {
		t.Errorf("%v: %s", err, out)
	}
	cmd = exec.Command("sh", filepath.Join(dir, ShellName))
	cmd.Env = append(os.Environ(), "PARALLAX_AUTHORIZATION=Bearer mine")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := last().headers["Authorization"]; !slices.Equal(got, []string{"Bearer mine"}) {
		t.Errorf("%q", got)
	}
}

func TestABodyThatIsNotThere(t *testing.T) {
	f, err := store.OpenFolder(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req := &recording.Request{Method: "POST", Target: "/", Version: "1.1", Body: recording.Body{State: recording.BodyTruncated, Length: 9}}
	if err := Write(f, req, Options{}); !errors.Is(err, ErrBody) {
		t.Error(err)
	}
	if list, _ := f.List(""); len(list) > 0 {
		t.Error(list)
	}
}

func TestHosts(t *testing.T) {
	for target, want := range map[string]string{"http://127.0.0.1:8081": "127.0.0.1:8081", "http://a": "a:80", "http://[::1]": net.JoinHostPort("::1", "80")} {
		if got := hostOf(target); got != want {
			t.Errorf("%s: %s", target, got)
		}
	}
}
