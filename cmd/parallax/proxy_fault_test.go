//go:build unix

package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Huge bodies, up and down: every byte passes, the process stays small, and
// length and hash are those of the whole. (F18)
func TestF18_HugeBodiesThroughTheProxy(t *testing.T) {
	const size = 512 << 20
	piece := make([]byte, 1<<20)
	for i := range piece {
		piece[i] = byte(i)
	}
	upstream := rawServer(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		readHead(in)
		if n, err := io.CopyN(io.Discard, in, size); err != nil {
			t.Errorf("the upstream got %d bytes, %v", n, err)
		}
		fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", size)
		for range size / len(piece) {
			c.Write(piece)
		}
	})
	dir := home(t)
	proxy, url := startProxy(t, dir, upstream, "rec")
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(childLimit))
	fmt.Fprintf(c, "POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", size)
	sum := sha256.New()
	for range size / len(piece) {
		c.Write(piece)
		sum.Write(piece)
	}
	in := bufio.NewReader(c)
	readHead(in)
	if n, err := io.CopyN(io.Discard, in, size); err != nil {
		t.Fatalf("the client got %d bytes, %v", n, err)
	}
	proxy.signal(os.Interrupt)
	if got := proxy.wait(signalLimit); got.code != 130 {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	if usage, ok := proxy.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && usage.Maxrss > 300<<10 {
		t.Errorf("%d KiB of memory were used", usage.Maxrss)
	}
	row := rows(t, dir, "rec")[0]
	for _, part := range []string{"request", "response"} {
		message := row[part].(map[string]any)
		if message["body_sha256"] != hex.EncodeToString(sum.Sum(nil)) || message["body_bytes"] != float64(size) || message["body_state"] != "truncated" {
			t.Errorf("%s: %v bytes, %v, %v", part, message["body_bytes"], message["body_state"], message["body_sha256"])
		}
	}
}

// A second signal ends a proxy whose mirror hangs, at once; both recordings read
// afterwards. (F26)
func TestF26_SecondSignalWhileMirroring(t *testing.T) {
	held := make(chan struct{})
	t.Cleanup(func() { close(held) })
	asked := make(chan struct{}, 9)
	candidate := rawServer(t, func(c net.Conn) {
		readHead(bufio.NewReader(c))
		asked <- struct{}{}
		<-held
	})
	dir := home(t)
	c, address := withMirror(t, dir, rawServer(t, plainOld), candidate)
	askOld(t, address, 3)
	arrive(t, asBools(asked), c)
	time.Sleep(1100 * time.Millisecond) // by then all is on the disk
	c.signal(os.Interrupt)
	time.Sleep(100 * time.Millisecond)
	c.signal(syscall.SIGTERM)
	if got := c.wait(2 * time.Second); got.code != 143 {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	if a := len(rows(t, dir, "rec")); a != 3 {
		t.Errorf("%d exchanges", a)
	}
	run := rows(t, dir, "run")
	if len(run) != 1 || run[0]["outcome"].(map[string]any)["end"] != "unknown" {
		t.Errorf("the run: %v", run)
	}
}

// Two mirrors on one run: the second ends with 5, and leaves no recording. (F28)
func TestF28_TwoMirrorsOnOneRun(t *testing.T) {
	dir := home(t)
	old := rawServer(t, plainOld)
	first, address := withMirror(t, dir, old, rawServer(t, plainOld))
	got := px(t, dir, 5, "capture", "proxy", "--upstream", old, "--listen", "127.0.0.1:0", "-o", "rec2", "--redact", "off",
		"--mirror", rawServer(t, plainOld), "--run-out", "run")
	says(t, got.stderr, "locked")
	nothing(t, dir, "rec2")
	askOld(t, address, 2)
	first.signal(syscall.SIGTERM)
	if got := first.wait(signalLimit); got.code != 143 {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	if a, b := len(rows(t, dir, "rec")), len(rows(t, dir, "run")); a != 2 || b != 2 {
		t.Errorf("%d and %d exchanges", a, b)
	}
}
