package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"parallax/internal/mutate"
)

// bounds confine a child process; 0 is no bound.
type bounds struct {
	dataMiB int // writable memory: beyond it the child dies
	files   int // descriptors
	seconds int // of processor time: beyond it the child dies
}

// ownMiB is what the program has mapped before it does anything: code, stacks,
// the collector's tables.
const ownMiB = 96

// confined runs parallax within bounds.
func confined(t *testing.T, dir string, b bounds, stdin *os.File, args ...string) *child {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("NOT CHECKED: needs the limits of Linux")
	}
	if b.dataMiB > 0 && mutate.Raced {
		t.Skip("NOT CHECKED: the race detector takes more memory than the limit")
	}
	script := ""
	for flag, n := range map[string]int{"-d": b.dataMiB << 10, "-n": b.files, "-t": b.seconds} {
		if n > 0 {
			script += fmt.Sprintf("ulimit %s %d && ", flag, n)
		}
	}
	return startWith(t, dir, stdin, nil, "bash", append([]string{"-c", script + `exec parallax "$@"`, "bash"}, args...)...)
}

// survived checks that a child ended by itself: within its bounds, that is.
func (c *child) survived(what string, codes ...int) ended {
	c.t.Helper()
	got := c.wait(childLimit)
	if !slices.Contains(codes, got.code) || strings.Contains(got.stderr, "goroutine ") || strings.Contains(got.stderr, "fatal error") {
		c.t.Fatalf("%s: exit code %d, want one of %v\n%.2000s", what, got.code, codes, got.stderr)
	}
	return got
}

// hostileServer answers each connection that asks something with what serve writes.
func hostileServer(t *testing.T, serve func(w io.Writer)) string {
	return rawServer(t, func(c net.Conn) {
		if readHead(bufio.NewReader(c)) != "" { // else a probe, or the client went away
			serve(c)
		}
	})
}

const okHead = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

// forever writes piece until the other side goes away.
func forever(w io.Writer, head, piece string) {
	if _, err := io.WriteString(w, head); err != nil {
		return
	}
	for {
		if _, err := io.WriteString(w, piece); err != nil {
			return
		}
	}
}

// bomb is gzip of n MiB of zeros, layers times.
func bomb(t *testing.T, mib, layers int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range mib {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for range layers - 1 {
		b = *bytes.NewBuffer(compress(t, b.Bytes()))
	}
	return b.Bytes()
}

func withLength(headers string, body []byte) string {
	return okHead + headers + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + string(body)
}

// Servers that want to be the end of whoever asks them: the replay ends in time
// and within its memory, and what they answered is never a pass. (F15, F16, F18,
// F19, F20, F22, T27)
func TestT27_HostileServers(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 4)
	once := func(text string) func(io.Writer) {
		return func(w io.Writer) { io.WriteString(w, text) } // a failure: the client has had enough
	}
	double := withLength("Content-Encoding: gzip, gzip\r\n", bomb(t, 128, 2))
	for _, c := range []struct {
		name  string
		serve func(io.Writer)
		end   string // of the rows
	}{
		{"endless body", func(w io.Writer) {
			forever(w, okHead+"Transfer-Encoding: chunked\r\n\r\n", "4000\r\n"+strings.Repeat("x", 0x4000)+"\r\n")
		}, "body timeout"},
		{"endless chunk size", func(w io.Writer) { forever(w, okHead+"Transfer-Encoding: chunked\r\n\r\n", "0") }, "protocol error"},
		{"endless header line", func(w io.Writer) { forever(w, okHead+"X-Long: ", "xxxxxxxxxxxxxxxx") }, "protocol error"},
		{"a million headers", once(okHead + strings.Repeat("X-A: b\r\n", 1_000_000) + "Content-Length: 2\r\n\r\n{}"), "protocol error"},
		{"endless trailers", func(w io.Writer) {
			forever(w, okHead+"Transfer-Encoding: chunked\r\n\r\n0\r\n", "X-Trailer: value\r\n")
		}, "protocol error"},
		{"endless interim answers", func(w io.Writer) { forever(w, "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n") }, "protocol error"},
		{"endless empty lines", func(w io.Writer) { forever(w, "", "\r\n") }, "header timeout"},
		{"a byte at a time", func(w io.Writer) {
			io.WriteString(w, okHead+"X-Slow: ")
			for range 200 {
				if _, err := io.WriteString(w, "x"); err != nil {
					return
				}
				time.Sleep(20 * time.Millisecond)
			}
		}, "header timeout"},
		{"silence", func(w io.Writer) { time.Sleep(3 * time.Second) }, "header timeout"},
		{"a body of 64 MiB", func(w io.Writer) {
			body := strings.Repeat("y", 1<<20)
			io.WriteString(w, okHead+"Content-Length: 67108864\r\n\r\n")
			for range 64 {
				if _, err := io.WriteString(w, body); err != nil {
					return
				}
			}
		}, "answered"},
		{"a length beyond all numbers", once(okHead + "Content-Length: 99999999999999999999999999\r\n\r\n{}"), "protocol error"},
		{"two lengths", once(okHead + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), "protocol error"},
		{"short of its length", once(okHead + "Content-Length: 200\r\n\r\n{}"), "short body"},
		{"gzip of 128 MiB, twice", once(double), "answered"},
		{"gzip that is none", once(withLength("Content-Encoding: gzip\r\n", []byte("plain"))), "answered"},
		{"a million levels of JSON", once(withLength("", []byte(strings.Repeat("[", 1_000_000)))), "answered"},
		{"many keys", once(withLength("", manyKeys(300_000))), "answered"},
	} {
		t.Run(c.name, func(t *testing.T) {
			hostile(t, dir, strings.ReplaceAll(c.name, " ", "-"), hostileServer(t, c.serve), c.end)
		})
	}
}

func manyKeys(n int) []byte {
	b := []byte{'{'}
	for i := range n {
		b = fmt.Appendf(b, `"k%d":%d,`, i, i)
	}
	b[len(b)-1] = '}'
	return b
}

func hostile(t *testing.T, dir, name, url, end string) {
	wait := "1m"
	if end == "body timeout" {
		wait = "1s"
	}
	t.Helper()
	within := bounds{dataMiB: ownMiB + 400, seconds: 60}
	replay := confined(t, dir, within, nil, "replay", "rec", "--target", url, "-o", name, "--max", "--allow-writes", "-q",
		"--connections", "2", "--body-timeout", wait, "--header-timeout", "1s")
	replay.survived("replay", 0, 3)
	for _, row := range rows(t, dir, name) {
		if got := row["outcome"].(map[string]any)["end"].(string); got != end && got != "not reached" {
			t.Errorf("it ended as %q, want %q", got, end)
		}
	}
	px(t, dir, 0, "verify", name)
	out := name + ".cmp"
	confined(t, dir, within, nil, "diff", "rec", name, "-o", out, "-q").survived("diff", 0, 3)
	got := confined(t, dir, within, nil, "gate", out).survived("gate", 1, 3)
	if strings.Contains(got.stdout, "gate: pass") {
		t.Errorf("a pass:\n%s", got.stdout)
	}
}

// Too few descriptors for the connections: there are fewer, which is said, and the
// run is whole. (F29)
func TestF29_FewDescriptors(t *testing.T) {
	dir := home(t)
	record(t, dir, "rec", 64)
	target := newStub(t, 100*time.Millisecond)
	args := []string{"replay", "rec", "--target", target.url, "--max", "--allow-writes", "-o"}
	got := confined(t, dir, bounds{files: 48}, nil, append(args, "few", "--connections", "64")...).survived("64 connections", 0)
	says(t, got.stderr, "limit of open files is 48", "instead of 64", "ulimit -n")
	px(t, dir, 0, "verify", "few")
	confined(t, dir, bounds{files: 24}, nil, "diff", "rec", "few", "-o", "cmp").survived("diff", 0)
	px(t, dir, 0, "gate", "cmp")
}

// halfOpen writes a capture of connections that never end: a request whose body
// does not come, and bytes that wait behind a hole.
func halfOpen(w io.Writer, flows, size int) error {
	out := bufio.NewWriter(w)
	header := make([]byte, 24)
	binary.LittleEndian.PutUint32(header, 0xa1b2c3d4)
	binary.LittleEndian.PutUint16(header[4:], 2)
	binary.LittleEndian.PutUint16(header[6:], 4)
	binary.LittleEndian.PutUint32(header[16:], 1<<18)
	binary.LittleEndian.PutUint32(header[20:], 101) // raw IP
	if _, err := out.Write(header); err != nil {
		return err
	}
	body := bytes.Repeat([]byte("z"), size)
	for i := range flows {
		for n, seq := range []uint32{1000, 1100, 5000} { // SYN, a request's beginning, beyond a hole
			flags, payload := byte(0x10), body
			switch n {
			case 0:
				flags, payload = 0x02, nil
			case 1:
				payload = []byte("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
				seq = 1001
			}
			if err := packet(out, i, seq, flags, payload); err != nil {
				return err
			}
		}
	}
	return out.Flush()
}

func packet(w io.Writer, flow int, seq uint32, flags byte, payload []byte) error {
	p := make([]byte, 16+40, 16+40+len(payload))
	binary.LittleEndian.PutUint32(p, uint32(1_700_000_000+flow/10_000))
	binary.LittleEndian.PutUint32(p[8:], uint32(40+len(payload)))
	binary.LittleEndian.PutUint32(p[12:], uint32(40+len(payload)))
	ip := p[16:]
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	binary.BigEndian.PutUint16(ip[2:], uint16(40+len(payload)))
	binary.BigEndian.PutUint32(ip[12:], 0x0a000000+uint32(flow/50_000))
	binary.BigEndian.PutUint32(ip[16:], 0x0a100001)
	tcp := ip[20:]
	binary.BigEndian.PutUint16(tcp, uint16(1024+flow%50_000))
	binary.BigEndian.PutUint16(tcp[2:], 80)
	binary.BigEndian.PutUint32(tcp[4:], seq)
	tcp[12], tcp[13] = 0x50, flags
	_, err := w.Write(append(p, payload...))
	return err
}

// Many connections that never end, each with bytes that wait behind a hole: the
// memory is that of the setting, and what was dropped is counted. (F12, F30)
func TestF12_HalfOpenConnections(t *testing.T) {
	dir := home(t)
	const flows, size, cap = 60_000, 2000, 16
	in, feed := openPipe(t)
	c := confined(t, dir, bounds{dataMiB: ownMiB + 200, seconds: 60}, in, "capture", "packets", "--read", "-", "-o", "rec", "--redact", "off", "--max-memory", fmt.Sprint(cap))
	in.Close() // so that a child which is gone ends the writing
	err := halfOpen(feed, flows, size)
	feed.Close()
	got := c.survived("capture", 0, 3)
	t.Log(got.stderr)
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Ledger struct {
			Accounts []struct {
				Name    string
				Total   int64
				Buckets []struct {
					Name  string
					Count int64
				}
			}
		}
	}
	readJSON(t, filepath.Join(dir, "rec", "manifest.json"), &m)
	for _, a := range m.Ledger.Accounts {
		left := a.Total
		for _, b := range a.Buckets {
			left -= b.Count
		}
		if left != 0 {
			t.Errorf("%s: a residual of %d", a.Name, left)
		}
		if a.Name == "packets" && a.Total != 3*flows {
			t.Errorf("%d packets of %d", a.Total, 3*flows)
		}
		t.Logf("%+v", a)
	}
}
