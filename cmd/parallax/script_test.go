package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"parallax/scripts/genpcap/traffic"
)

// TestMain lets the scripts run parallax, and the small servers and clients
// they need, as processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"parallax": main,
		"shopd":    shopd,
		"visit":    visit,
		"filed":    filed,
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"await":  await,
			"length": length,
			"expand": expand,
			"nights": nights,
			"json":   isDocument,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, ".config"))
			e.Setenv("CI", "")
			return captures(e.WorkDir)
		},
		ContinueOnError: false,
		Deadline:        time.Now().Add(4 * time.Minute),
	})
}

// captures writes the packet captures that scripts read: small.pcap of 40
// exchanges, cut.pcap of about half of them, and empty.pcap of none.
func captures(dir string) error {
	f, err := os.Create(filepath.Join(dir, "small.pcap"))
	if err != nil {
		return err
	}
	if _, err := traffic.Generate(f, traffic.Options{Exchanges: 40, Lanes: 4, Size: 300, Seed: 1}); err != nil {
		return errors.Join(err, f.Close())
	}
	header, cut := make([]byte, 24), make([]byte, 20_000)
	for _, part := range [][]byte{header, cut} {
		if _, err := f.ReadAt(part, 0); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(f.Close(), os.WriteFile(filepath.Join(dir, "empty.pcap"), header, 0o600),
		os.WriteFile(filepath.Join(dir, "cut.pcap"), cut, 0o600))
}

// exits N PROGRAM ARGS: the program must end with exactly this code.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits N program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// await FILE VAR: waits until a line is in FILE and puts it into VAR.
func await(ts *testscript.TestScript, neg bool, args []string) {
	for range 200 {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if line, _, ok := strings.Cut(string(text), "\n"); err == nil && ok {
			ts.Setenv(args[1], line)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	ts.Fatalf("%s: nothing came", args[0])
}

// length FILE N: the file has so many lines.
func length(ts *testscript.TestScript, neg bool, args []string) {
	n := strings.Count(ts.ReadFile(args[0]), "\n")
	if strconv.Itoa(n) != args[1] {
		ts.Fatalf("%s has %d lines, want %s", args[0], n, args[1])
	}
}

// expand TO FROM: copies a file with its variables filled in.
func expand(ts *testscript.TestScript, neg bool, args []string) {
	text := os.Expand(ts.ReadFile(args[1]), ts.Getenv)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// nights FOLDER N: so many folders of nights are in it.
func nights(ts *testscript.TestScript, neg bool, args []string) {
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "2*"))
	ts.Check(err)
	if strconv.Itoa(len(found)) != args[1] {
		ts.Fatalf("%s holds %q, want %s nights", args[0], found, args[1])
	}
}

// json FILE KEY: it is one JSON object, and KEY says which form it has.
func isDocument(ts *testscript.TestScript, neg bool, args []string) {
	var document map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &document))
	if _, ok := document[args[1]]; !ok {
		ts.Fatalf("%s has no key %q", args[0], args[1])
	}
}

// shopd VARIANT ADDRESSFILE serves a few routes until its standard input ends
// or a minute has passed. The variant "new" breaks three of them.
func shopd() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	broken := os.Args[1] == "new"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) {
		price := "10.50"
		if broken && r.PathValue("id") == "3" {
			price = "10.51"
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"id": %s, "price": %s, "tags": []}`, r.PathValue("id"), price)
	})
	mux.HandleFunc("POST /login", func(w http.ResponseWriter, r *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "sid", Value: os.Args[1] + "-session", Path: "/"})
		fmt.Fprint(w, `{"token": "`+os.Args[1]+`-token"}`)
	})
	mux.HandleFunc("GET /me", func(w http.ResponseWriter, r *http.Request) {
		c, err := r.Cookie("sid")
		if err != nil || c.Value != os.Args[1]+"-session" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, "hello")
	})
	go func() { check(http.Serve(l, mux)) }()
	check(os.WriteFile(os.Args[2], []byte("http://"+l.Addr().String()+"\n"), 0o600))
	time.Sleep(time.Minute)
}

// filed FOLDER ADDRESSFILE serves the folder's files until a minute has passed:
// headers, an empty line, and the body without its last newline. GET /a/b is the
// file a_b.
func filed() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	serve := func(w http.ResponseWriter, r *http.Request) {
		text, err := os.ReadFile(filepath.Join(os.Args[1], strings.ReplaceAll(r.URL.Path[1:], "/", "_")))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		head, body, _ := strings.Cut(string(text), "\n\n")
		for line := range strings.Lines(head) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
			w.Header().Add(name, value)
		}
		fmt.Fprint(w, strings.TrimSuffix(body, "\n"))
	}
	go func() { check(http.Serve(l, http.HandlerFunc(serve))) }()
	check(os.WriteFile(os.Args[2], []byte("http://"+l.Addr().String()+"\n"), 0o600))
	time.Sleep(time.Minute)
}

// visit URL REQUEST…: each REQUEST is METHOD:PATH; cookies are kept.
func visit() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var cookies []*http.Cookie
	for _, arg := range os.Args[2:] {
		method, path, _ := strings.Cut(arg, ":")
		req, err := http.NewRequestWithContext(ctx, method, os.Args[1]+path, nil)
		check(err)
		for _, c := range cookies {
			req.AddCookie(c)
		}
		resp, err := http.DefaultClient.Do(req)
		check(err)
		_, err = io.Copy(io.Discard, resp.Body)
		check(err)
		check(resp.Body.Close())
		cookies = append(cookies, resp.Cookies()...)
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
