package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestConnectionsFor(t *testing.T) {
	for _, c := range []struct {
		limit              int64
		want, each, others int
		got                int // -1: refused
	}{
		{0, 64, 1, 0, 64},
		{0, 0, 2, 0, 0},
		{1024, 64, 1, 0, 64},
		{64, 64, 1, 0, 40},
		{64, 0, 2, 0, 20},
		{64, 8, 2, 0, 8},
		{64, 0, 2, 38, 1},
		{64, 0, 2, 39, -1},
		{24, 64, 1, 0, -1},
	} {
		got, err := connectionsFor(c.limit, c.want, c.each, c.others)
		if err != nil {
			got = -1
		}
		if got != c.got {
			t.Errorf("%+v: %d, %v", c, got, err)
		}
	}
}

// fewFiles runs parallax where it may have 64 files open.
func fewFiles(t *testing.T, dir string, args ...string) *child {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("NOT CHECKED: needs a shell with ulimit -n")
	}
	return startWith(t, dir, nil, nil, "bash", append([]string{"-c", `ulimit -n 64; exec parallax "$@"`, "bash"}, args...)...)
}

// Without file descriptors for all clients the proxy goes on with fewer, says so,
// and every client is answered. (F29)
func TestF29_ProxyWithFewFiles(t *testing.T) {
	dir := home(t)
	target := newStub(t, 0)
	file := filepath.Join(dir, "address")
	c := fewFiles(t, dir, "capture", "proxy", "--upstream", target.url, "--listen", "127.0.0.1:0",
		"--address-file", file, "-o", "rec", "--redact", "off")
	waitFor(t, file)
	time.Sleep(50 * time.Millisecond)
	address := strings.TrimPrefix(strings.TrimSpace(string(readText(t, file))), "http://")
	const clients = 100
	for i := range clients { // all stay connected, as far as they are let
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(childLimit))
		fmt.Fprintf(conn, "GET /items/%d HTTP/1.1\r\nHost: a\r\n\r\n", i)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != 200 {
			t.Fatalf("client %d: %v, %v", i, answer, err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
	}
	c.signal(os.Interrupt)
	got := c.wait(signalLimit)
	if got.code != 130 {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	says(t, got.stderr, "the limit of open files is 64: 20 connections")
	if n := len(rows(t, dir, "rec")); n != clients {
		t.Errorf("%d exchanges were recorded", n)
	}
	says(t, readText(t, filepath.Join(dir, "rec", "manifest.json")), "clients came while all connections were taken")
}

func TestF29_ReplayWithFewFiles(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 160)
	target := newStub(t, 0)
	got := fewFiles(t, dir, "replay", "rec", "--target", target.url, "-o", "run", "--max", "--allow-writes").wait(childLimit)
	if got.code != 0 {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stderr, "the limit of open files is 64: 40 connections at once instead of 64", "160 answered")
	got = fewFiles(t, dir, "capture", "proxy", "--upstream", target.url, "--listen", "127.0.0.1:0", "-o", "no",
		"--redact", "off", "--mirror", target.url, "--run-out", "no2").wait(childLimit)
	if got.code != 2 {
		t.Errorf("exit code %d", got.code)
	}
	says(t, got.stderr, "limit of open files is 64", "ulimit -n")
	nothing(t, dir, "no", "no2")
}
