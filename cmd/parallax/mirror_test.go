//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"parallax/capture/recording"
)

// rawServer hands each connection to serve and returns its URL.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// readHead reads one request without a body; "" at the end.
func readHead(in *bufio.Reader) string {
	var head strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return ""
		}
		if head.WriteString(line); line == "\r\n" {
			return head.String()
		}
	}
}

// plainOld answers each request with bytes that follow from it alone.
func plainOld(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		head := readHead(in)
		if head == "" {
			return
		}
		io.WriteString(c, oldAnswer(head))
	}
}

func oldAnswer(head string) string {
	return fmt.Sprintf("HTTP/1.1 200 Fine\r\nServer: old\r\nContent-Length: %d\r\n\r\n%s", len(head), head)
}

// withMirror starts a proxy that records to rec and mirrors to run.
func withMirror(t *testing.T, dir, upstream, candidate string, flags ...string) (*child, string) {
	t.Helper()
	file := filepath.Join(dir, "address")
	os.Remove(file) // of a proxy before; that there was none is no fault
	args := append([]string{"capture", "proxy", "--upstream", upstream, "--listen", "127.0.0.1:0", "--address-file", file,
		"-o", "rec", "--redact", "off", "--mirror", candidate, "--run-out", "run"}, flags...)
	c := start(t, dir, nil, args...)
	waitFor(t, file)
	for range 200 {
		if text, err := os.ReadFile(file); err == nil && strings.HasSuffix(string(text), "\n") {
			return c, strings.TrimPrefix(strings.TrimSpace(string(text)), "http://")
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the proxy does not say where it listens")
	return nil, ""
}

// ask sends n requests over one connection and checks every byte of the answers.
func askOld(t *testing.T, address string, n int) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(childLimit))
	for i := range n {
		head := fmt.Sprintf("GET /items/%d HTTP/1.1\r\nHost: shop\r\n\r\n", i)
		want := oldAnswer(head)
		io.WriteString(c, head)
		got := make([]byte, len(want))
		if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
			t.Fatalf("the client got %q, %v, want %q", got, err, want)
		}
	}
}

// Whatever the candidate does, the clients get the old system's bytes while it
// does it, the recording is whole, and what was not answered is no pass.
func TestNoCandidateIsInTheClientsWay(t *testing.T) {
	const requests = 60
	held := make(chan struct{})
	t.Cleanup(func() { close(held) })
	asked := make(chan struct{}, 1000)
	tell := func(c net.Conn) {
		readHead(bufio.NewReader(c))
		asked <- struct{}{}
	}
	for _, cand := range []struct {
		name  string
		serve func(net.Conn) // nil: nobody listens
		ends  []string       // one of them stands in the run
	}{
		{"never answers", func(c net.Conn) { tell(c); <-held }, []string{"unknown"}},
		{"refuses", nil, []string{"not reached"}},
		{"resets", func(c net.Conn) { tell(c); c.(*net.TCPConn).SetLinger(0) }, []string{"reset"}},
		{"floods with 1 GiB", func(c net.Conn) {
			tell(c)
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
			for piece := make([]byte, 1<<16); ; {
				if _, err := c.Write(piece); err != nil {
					return
				}
			}
		}, []string{"answered", "unknown"}},
	} {
		t.Run(cand.name, func(t *testing.T) {
			dir := home(t)
			url := "http://127.0.0.1:1"
			if cand.serve != nil {
				url = rawServer(t, cand.serve)
			}
			c, address := withMirror(t, dir, rawServer(t, plainOld), url, "--mirror-queue", "8", "--mirror-connections", "2", "--max-body", "1", "--compare")
			askOld(t, address, 1)
			if cand.serve != nil {
				arrive(t, asBools(asked), c) // it is at its mischief
			}
			askOld(t, address, requests-1)
			c.signal(os.Interrupt)
			got := c.wait(signalLimit)
			if got.code != 130 {
				t.Errorf("exit code %d\n%s", got.code, got.stderr)
			}
			if usage, ok := c.cmd.ProcessState.SysUsage().(*syscall.Rusage); ok && usage.Maxrss > 400<<10 {
				t.Errorf("%d KiB of memory were used", usage.Maxrss)
			}
			px(t, dir, 0, "verify", "rec")
			px(t, dir, 0, "verify", "run")
			if n := len(rows(t, dir, "rec")); n != requests {
				t.Errorf("%d exchanges were recorded", n)
			}
			run := rows(t, dir, "run")
			found := false
			for _, row := range run {
				end := row["outcome"].(map[string]any)["end"].(string)
				for _, want := range cand.ends {
					found = found || end == want
				}
			}
			if len(run) != requests || !found {
				t.Errorf("%d rows, and none ended with %q", len(run), cand.ends)
			}
			diff := start(t, dir, nil, "diff", "rec", "run", "-o", "cmp", "-q").wait(childLimit)
			if gate := start(t, dir, nil, "gate", "cmp").wait(childLimit); gate.code == 0 || diff.code != 0 && diff.code != 3 {
				t.Errorf("diff %d, gate %d\n%s", diff.code, gate.code, gate.stdout)
			}
		})
	}
}

// asBools passes one token on.
func asBools(from <-chan struct{}) <-chan bool {
	to := make(chan bool, 1)
	go func() { <-from; to <- true }()
	return to
}

// What is dropped because the candidate is slow is counted by reason, in the
// run's ledger and on standard error.
func TestDroppedIsCounted(t *testing.T) {
	dir := home(t)
	release := make(chan struct{})
	slow := rawServer(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for readHead(in) != "" {
			<-release
			io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
		}
	})
	c, address := withMirror(t, dir, rawServer(t, plainOld), slow, "--mirror-queue", "5")
	askOld(t, address, 30)
	close(release)
	c.signal(os.Interrupt)
	got := c.wait(signalLimit)
	says(t, got.stderr, "dropped: too much waits for the candidate", "were not sent to the candidate")
	var m recording.Manifest
	readJSON(t, filepath.Join(dir, "run", "manifest.json"), &m)
	a := m.Ledger.Account("exchanges")
	if lost := a.Sum(recording.Lost); a.Total != 30 || lost < 20 || lost > 25 || !m.Ledger.Closed() {
		t.Errorf("%+v", a)
	}
	if n := len(rows(t, dir, "run")); n != 30 {
		t.Errorf("%d rows", n)
	}
}

// A mirror that leads back to the proxy does not grow a loop.
func TestAMirrorThatLeadsBack(t *testing.T) {
	dir := home(t)
	var proxy string
	there := make(chan struct{})
	back := rawServer(t, func(c net.Conn) {
		<-there
		out, err := net.Dial("tcp", proxy)
		if err != nil {
			return
		}
		defer out.Close()
		go io.Copy(out, c)
		io.Copy(c, out)
	})
	c, address := withMirror(t, dir, rawServer(t, plainOld), back)
	proxy = address
	close(there)
	askOld(t, address, 5)
	for range 400 { // 5 of the client's, and each once more from the mirror
		if n := bytes.Count(readFile(t, filepath.Join(dir, "rec", "journal.bin")), []byte("X-Parallax-Run")); n >= 5 {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	c.signal(os.Interrupt)
	if got := c.wait(signalLimit); got.code != 130 {
		t.Errorf("exit code %d\n%s", got.code, got.stderr)
	}
	if n := len(rows(t, dir, "rec")); n != 10 {
		t.Errorf("%d exchanges were recorded, want 10", n)
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// A mirror that is killed leaves two recordings that read, and its run is
// finished by reading it: nobody can take it up again. (F1)
func TestMirrorKilled(t *testing.T) {
	dir := home(t)
	c, address := withMirror(t, dir, rawServer(t, plainOld), rawServer(t, plainOld))
	askOld(t, address, 20)
	for range 400 {
		if bytes.Count(readFile(t, filepath.Join(dir, "run", "journal.bin")), []byte("GET ")) >= 20 {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	c.signal(syscall.SIGKILL)
	c.wait(childLimit)
	if a, b := len(rows(t, dir, "rec")), len(rows(t, dir, "run")); a != 20 || b != 20 {
		t.Errorf("%d and %d exchanges", a, b)
	}
	px(t, dir, 0, "diff", "rec", "run", "-o", "cmp", "-q")
}
