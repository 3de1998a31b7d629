package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"parallax/scripts/genpcap/traffic"
)

// childLimit is the longest that a child may run before it is a failure.
const childLimit = 2 * time.Minute

// ended is how a child ended.
type ended struct {
	code           int // -1 where a signal ended it
	stdout, stderr string
}

// child is a parallax process under way.
type child struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err bytes.Buffer
	done     chan error
}

// home is a folder to work in, with a configuration folder of its own.
func home(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, ".config"))
	t.Setenv("CI", "")
	t.Setenv("PARALLAX_KEY", "")
	return dir
}

// start runs parallax in dir as a process of its own.
func start(t *testing.T, dir string, stdin *os.File, args ...string) *child {
	t.Helper()
	return startWith(t, dir, stdin, nil, "parallax", args...)
}

// startWith runs a program; nil files are an empty input and c.out.
func startWith(t *testing.T, dir string, stdin, stdout *os.File, name string, args ...string) *child {
	t.Helper()
	c := &child{t: t, cmd: exec.Command(name, args...), done: make(chan error, 1)}
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = dir, &c.out, &c.err
	if stdin != nil {
		c.cmd.Stdin = stdin
	}
	if stdout != nil {
		c.cmd.Stdout = stdout
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { c.done <- c.cmd.Wait() }()
	t.Cleanup(func() { _ = c.cmd.Process.Kill() }) // an error says that it has ended
	return c
}

// wait returns how the child ended, which must be within limit.
func (c *child) wait(limit time.Duration) ended {
	c.t.Helper()
	select {
	case err := <-c.done:
		c.done <- err
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			c.t.Fatal(err)
		}
		return ended{c.cmd.ProcessState.ExitCode(), c.out.String(), c.err.String()}
	case <-time.After(limit):
		_ = c.cmd.Process.Kill()
		<-c.done
		c.t.Fatalf("parallax %q still runs after %s\n%s", c.cmd.Args[1:], limit, c.err.String())
		return ended{}
	}
}

func (c *child) signal(s os.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		c.t.Fatal(err)
	}
}

// px runs parallax to its end and checks the exit code.
func px(t *testing.T, dir string, want int, args ...string) ended {
	t.Helper()
	got := start(t, dir, nil, args...).wait(childLimit)
	if got.code != want {
		t.Fatalf("parallax %q: exit code %d, want %d\n%s%s", args, got.code, want, got.stdout, got.stderr)
	}
	return got
}

// says checks that a message has all the parts.
func says(t *testing.T, message string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(message, part) {
			t.Errorf("the message lacks %q:\n%s", part, message)
		}
	}
}

// rows are the lines that `parallax cat` prints.
func rows(t *testing.T, dir, artefact string) []map[string]any {
	t.Helper()
	var all []map[string]any
	d := json.NewDecoder(strings.NewReader(px(t, dir, 0, "cat", artefact).stdout))
	for {
		var row map[string]any
		err := d.Decode(&row)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", artefact, err)
		}
		all = append(all, row)
	}
}

// manifest is what the tests read of manifest.json.
type manifest struct {
	Exchanges   int    `json:"exchanges"`
	Interrupted string `json:"interrupted"`
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func writeText(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// writePcap writes a capture of n exchanges over 8 connections.
func writePcap(t *testing.T, path string, n int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = traffic.Generate(f, traffic.Options{Exchanges: n, Lanes: 8, Size: 300, Seed: 7})
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
}

// stub is a target that answers everything and counts what it was asked.
type stub struct {
	url    string
	server *http.Server
	mu     sync.Mutex
	// asked counts each "METHOD target X-Request-Id".
	asked map[string]int
	total int
	// at is told when so many requests came.
	at    int
	there chan bool
}

// newStub starts a target; delay is how long each answer takes.
func newStub(t *testing.T, delay time.Duration) *stub {
	t.Helper()
	return newStubThat(t, delay, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"path": %q}`, r.URL.Path)
	})
}

func newStubThat(t *testing.T, delay time.Duration, answer http.HandlerFunc) *stub {
	t.Helper()
	s := &stub{asked: map[string]int{}, there: make(chan bool, 1)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.note(r)
		time.Sleep(delay)
		answer(w, r)
	})}
	go s.server.Serve(l)
	t.Cleanup(func() { s.server.Close() })
	s.url = "http://" + l.Addr().String()
	return s
}

func (s *stub) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked[r.Method+" "+r.RequestURI]++
	if s.total++; s.total == s.at {
		s.there <- true
	}
}

// tell returns a channel that is told when n requests have come.
func (s *stub) tell(n int) <-chan bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total, s.at = 0, n
	s.there = make(chan bool, 1)
	return s.there
}

// sent returns how often each request came.
func (s *stub) sent() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.asked)
}

func (s *stub) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// arrive waits until the stub was asked so often.
func arrive(t *testing.T, there <-chan bool, c *child) {
	t.Helper()
	select {
	case <-there:
	case err := <-c.done:
		t.Fatalf("parallax ended too early: %v\n%s", err, c.err.String())
	case <-time.After(childLimit):
		t.Fatal("the target was not asked")
	}
}

// startProxy starts a recording proxy before upstream and returns its URL.
func startProxy(t *testing.T, dir, upstream, out string) (*child, string) {
	t.Helper()
	file := filepath.Join(dir, out+".address")
	c := start(t, dir, nil, "capture", "proxy", "--upstream", upstream, "--listen", "127.0.0.1:0",
		"--address-file", file, "-o", out, "--redact", "off")
	for range 200 {
		if text, err := os.ReadFile(file); err == nil && strings.HasSuffix(string(text), "\n") {
			return c, strings.TrimSpace(string(text))
		}
		time.Sleep(25 * time.Millisecond)
	}
	t.Fatalf("the proxy does not listen\n%s", c.err.String())
	return nil, ""
}

// nothing checks that no file or folder has one of the names.
func nothing(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s was left behind", name)
		}
	}
}

// openPipe returns a pipe: what is written to feed is the child's input.
func openPipe(t *testing.T) (in, feed *os.File) {
	t.Helper()
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); feed.Close() }) // closed already where the test did it
	return in, feed
}
