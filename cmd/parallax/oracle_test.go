package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/diff"
	"parallax/report"
)

// The two versions of a server that others made, and requests to it.
const (
	httpbinProgram  = "github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin"
	httpbinOld      = "v2.18.2"
	httpbinNew      = "v2.26.0"
	httpbinRequests = "../../../shared/oracle/apps/httpbin-requests.tsv"
)

// httpbinFacts are what the two versions do differently beyond the three
// differences that the folder's README names. Each is checked against the servers
// themselves: request is sent to both and its answers' header is old and new.
var httpbinFacts = []struct {
	request          httpbinRequest
	header, old, new string
	shown            string
}{
	{
		httpbinRequest{method: "OPTIONS", path: "/get"}, "Access-Control-Allow-Methods",
		"GET, POST, HEAD, PUT, DELETE, PATCH, OPTIONS", "GET, POST, HEAD, PUT, DELETE, PATCH, QUERY, OPTIONS",
		"OPTIONS /get header Access-Control-Allow-Methods changed",
	},
	{ // a range that cannot be met: the 416 has no Etag any more
		httpbinRequest{method: "GET", path: "/range/26", header: "Range: bytes=30-40"}, "Etag", "range26", "",
		"GET /range/{id} header Etag missing in new",
	},
}

// httpbinRequest is one line of the requests' file.
type httpbinRequest struct{ method, path, body, header string }

func readHTTPBinRequests(t *testing.T) []httpbinRequest {
	t.Helper()
	if testing.Short() {
		t.Skip("NOT CHECKED with -short: starts real servers")
	}
	text, err := os.ReadFile(httpbinRequests)
	if os.IsNotExist(err) {
		t.Skipf("NOT CHECKED: %s is not there", httpbinRequests)
	}
	if err != nil {
		t.Fatal(err)
	}
	var requests []httpbinRequest
	for line := range strings.Lines(string(text)) {
		f := append(strings.Split(strings.TrimRight(line, "\n"), "\t"), "", "")
		requests = append(requests, httpbinRequest{f[0], f[1], f[2], f[3]})
	}
	if len(requests) < 50 {
		t.Fatalf("%d requests in %s, want at least 50", len(requests), httpbinRequests)
	}
	return requests
}

// bytes is the request as it goes on the wire.
func (r httpbinRequest) bytes(host string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nuser-agent: oracle/1\r\nAccept: */*\r\n", r.method, r.path, host)
	if r.header != "" {
		b.WriteString(r.header + "\r\n")
	}
	if r.body != "" {
		b.WriteString("Content-Type: application/json\r\n")
	}
	if r.body != "" || r.method == "POST" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(r.body))
	}
	return append(append(b.Bytes(), "\r\n"...), r.body...)
}

// requestsPerConnection lets each session have several.
const requestsPerConnection = 6

// send sends all requests, byte for byte, and reads their answers.
func send(t *testing.T, address string, requests []httpbinRequest) {
	t.Helper()
	var conn net.Conn
	var answers *bufio.Reader
	for i, r := range requests {
		if i%requestsPerConnection == 0 || conn == nil {
			if conn != nil {
				conn.Close()
			}
			conn = dial(t, address)
			answers = bufio.NewReader(conn)
		}
		if _, err := conn.Write(r.bytes(address)); err != nil {
			t.Fatalf("%s %s: %v", r.method, r.path, err)
		}
		answer, err := http.ReadResponse(answers, &http.Request{Method: r.method})
		if err != nil {
			t.Fatalf("%s %s: %v", r.method, r.path, err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatalf("%s %s: %v", r.method, r.path, err)
		}
		if answer.Close {
			conn.Close()
			conn = nil
		}
	}
	if conn != nil {
		conn.Close()
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// installHTTPBin builds one version and returns its program.
func installHTTPBin(t *testing.T, version string) string {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		lacking(t, "%v", err)
	}
	bin := t.TempDir()
	cmd := exec.CommandContext(t.Context(), "go", "install", httpbinProgram+"@"+version)
	cmd.Env = append(os.Environ(), "GOBIN="+bin, "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		lacking(t, "go-httpbin %s: %v: %s", version, err, out)
	}
	return filepath.Join(bin, "go-httpbin")
}

// startHTTPBin runs the program until the test ends and returns its address.
func startHTTPBin(t *testing.T, program string) string {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(program, "-host", "127.0.0.1", "-port", port)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		cmd.Wait() // ended by a signal, as asked
	})
	for range 100 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not listen at %s", program, address)
	return ""
}

// migration is a folder with what one migration's check leaves there.
type migration struct {
	t        *testing.T
	dir      string
	old, new string // addresses
	redact   string
	controls []string
}

func (m *migration) path(name string) string { return filepath.Join(m.dir, name) }

// parallax runs one command line in this process.
func (m *migration) parallax(args ...string) {
	m.t.Helper()
	var log bytes.Buffer
	if code := run(m.t.Context(), append([]string{"parallax"}, args...), streams{out: &log, err: &log}); code != exitOK {
		m.t.Fatalf("parallax %s: exit code %d\n%s", strings.Join(args, " "), code, log.String())
	}
}

// record sends the requests to the old server through the recording proxy.
func (m *migration) record(requests []httpbinRequest) {
	m.t.Helper()
	m.parallax("key", "new", m.path("key"))
	ctx, stop := context.WithCancel(m.t.Context())
	defer stop()
	var log bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{
			"parallax", "capture", "proxy", "--listen", "127.0.0.1:0", "--upstream", "http://" + m.old,
			"--address-file", m.path("address"), "-o", m.path("old"), "--key-file", m.path("key"), "--quiet",
			"--redact", m.redact,
		}, streams{out: io.Discard, err: &log})
	}()
	send(m.t, m.proxyAddress(ended), requests)
	stop()
	if code := <-ended; code != exitOK {
		m.t.Fatalf("capture proxy: exit code %d\n%s", code, log.String())
	}
}

// proxyAddress waits for the proxy to say where it listens.
func (m *migration) proxyAddress(ended <-chan int) string {
	m.t.Helper()
	for range 200 {
		text, err := os.ReadFile(m.path("address"))
		if url, whole := strings.CutSuffix(string(text), "\n"); err == nil && whole {
			return strings.TrimPrefix(url, "http://")
		}
		select {
		case code := <-ended:
			m.t.Fatalf("the proxy ended with exit code %d", code)
		case <-time.After(25 * time.Millisecond):
		}
	}
	m.t.Fatal("the proxy says no address")
	return ""
}

func (m *migration) replay() {
	m.t.Helper()
	m.parallax("replay", m.path("old"), "--target", "http://"+m.new, "-o", m.path("run"),
		"--allow-writes", "--max", "--quiet", "--key-file", m.path("key"))
}

// control replays n more times against the old server, which gets safe methods
// only.
func (m *migration) control(n int) {
	m.t.Helper()
	for range n {
		dir := m.path(fmt.Sprintf("control-%d", len(m.controls)+1))
		m.parallax("replay", m.path("old"), "--target", "http://"+m.old, "-o", dir,
			"--control", "--max", "--quiet", "--key-file", m.path("key"))
		m.controls = append(m.controls, dir)
	}
}

// compare makes the comparison and all forms of its report.
func (m *migration) compare(name string, controls ...string) *report.Report {
	m.t.Helper()
	args := []string{"diff", m.path("old"), m.path("run"), "-o", m.path(name), "--quiet"}
	for _, c := range controls {
		args = append(args, "--control", c)
	}
	m.parallax(args...)
	m.parallax("report", m.path(name), "-o", m.path(name+"-report"), "--quiet")
	r, err := buildReport(m.path(name), &config{}, time.Now())
	if err != nil {
		m.t.Fatal(err)
	}
	return r
}

// checkFacts asks both servers without parallax.
func checkFacts(t *testing.T, old, new string) {
	t.Helper()
	for _, fact := range httpbinFacts {
		for address, want := range map[string]string{old: fact.old, new: fact.new} {
			conn := dial(t, address)
			defer conn.Close()
			if _, err := conn.Write(fact.request.bytes(address)); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: fact.request.method})
			if err != nil {
				t.Fatal(err)
			}
			if got := answer.Header.Get(fact.header); got != want {
				t.Errorf("%s %s: %s is %q, want %q: no fact", fact.request.method, fact.request.path, fact.header, got, want)
			}
		}
	}
}

// shownGroups is each group of differences as one line, sorted.
func shownGroups(groups []report.Group) []string {
	var lines []string
	for _, g := range groups {
		lines = append(lines, strings.Join(slices.DeleteFunc([]string{g.Route, string(g.Part), g.Pattern, string(g.Kind), g.Class},
			func(s string) bool { return s == "" }), " "))
	}
	slices.Sort(lines)
	return lines
}

// wanted adds the facts to lines.
func wanted(lines ...string) []string {
	for _, fact := range httpbinFacts {
		lines = append(lines, fact.shown)
	}
	slices.Sort(lines)
	return lines
}

// The three true differences and the facts are found, and after controls nothing
// else is left.
func TestHTTPBinVersions(t *testing.T) {
	requests := readHTTPBinRequests(t)
	old, new := startHTTPBin(t, installHTTPBin(t, httpbinOld)), startHTTPBin(t, installHTTPBin(t, httpbinNew))
	checkFacts(t, old, new)
	for _, c := range []struct {
		redact            string
		found, uncompared []string
	}{
		{redact: "off", found: wanted(
			"GET /basic-auth/u/p body /authenticated missing in old",
			"GET /cookies body /a missing in new",
			"GET /cookies body /b missing in new",
			"GET /cookies body /cookies missing in old",
			"GET /cookies/set header Set-Cookie/k/Path missing in old",
		)},
		// Recorded credentials are tokens, which are never sent: what was asked with
		// them is not compared. The three differences show in requests without any.
		{redact: "secrets", found: wanted(
			"GET /basic-auth/u/p body /authenticated missing in old",
			"GET /cookies body /cookies missing in old",
			"GET /cookies/set header Set-Cookie/k/Path missing in old",
		), uncompared: []string{
			"GET /basic-auth/u/p exchange could not be compared " + diff.ClassLeftOut,
			"GET /bearer exchange could not be compared " + diff.ClassLeftOut,
			"GET /cookies exchange could not be compared " + diff.ClassLeftOut,
		}},
	} {
		t.Run("redact "+c.redact, func(t *testing.T) {
			m := &migration{t: t, dir: t.TempDir(), old: old, new: new, redact: c.redact}
			m.record(requests)
			m.replay()
			m.checkPlain(len(requests), c.found, c.uncompared)
			m.checkControlled(c.found, c.uncompared)
		})
	}
}

// checkPlain compares without controls: what is looked for is there, among noise.
func (m *migration) checkPlain(recorded int, found, uncompared []string) {
	m.t.Helper()
	r := m.compare("plain")
	shown := shownGroups(r.Groups)
	for _, want := range found {
		if !slices.Contains(shown, want) {
			m.t.Errorf("not found: %s", want)
		}
	}
	if diff := cmp.Diff(uncompared, shownGroups(r.Uncompared)); diff != "" {
		m.t.Errorf("could not be compared (-want +got):\n%s", diff)
	}
	if r.Total.Recorded != int64(recorded) || gateCode(m.t, m.path("plain")) != exitPolicy {
		m.t.Errorf("%d of %d requests recorded; gate %d, want %d", r.Total.Recorded, recorded, gateCode(m.t, m.path("plain")), exitPolicy)
	}
	m.checkMarker(r)
}

// checkMarker wants the header that the replay added to be no difference in what
// the server gives back as JSON, and to be counted. /stream answers with lines,
// which controls must explain.
func (m *migration) checkMarker(r *report.Report) {
	m.t.Helper()
	for _, line := range shownGroups(r.Groups) {
		if strings.Contains(line, "X-Parallax-Run") {
			m.t.Errorf("the replay's own header is a difference: %s", line)
		}
	}
	var uses int64
	for _, c := range r.Rules {
		if c.Rule == "builtin:replay-marker" {
			uses += c.Count
		}
	}
	if uses < 10 {
		m.t.Errorf("builtin:replay-marker hid %d values, want at least 10", uses)
	}
}

// The controls of one round, and the rounds. /unstable answers 200 or 500 by
// chance: where the new server's answer is the other one, it takes a control with
// that one to know it as noise, which a round lacks with probability 1/64.
const (
	controlsPerRound = 6
	controlRounds    = 4
)

// checkControlled compares with controls: nothing else is left.
func (m *migration) checkControlled(found, uncompared []string) {
	m.t.Helper()
	var r *report.Report
	for round := range controlRounds {
		m.control(controlsPerRound)
		name := fmt.Sprintf("controlled-%d", round)
		r = m.compare(name, m.controls...)
		unlucky := slices.ContainsFunc(r.Groups, func(g report.Group) bool { return g.Route == "GET /unstable" })
		if !unlucky {
			m.checkForms(name, found)
			break
		}
	}
	if diff := cmp.Diff(found, shownGroups(r.Groups)); diff != "" {
		m.t.Errorf("differences after %d controls (-want +got):\n%s", len(m.controls), diff)
	}
	if diff := cmp.Diff(uncompared, shownGroups(r.Uncompared)); diff != "" {
		m.t.Errorf("could not be compared after %d controls (-want +got):\n%s", len(m.controls), diff)
	}
	if !slices.ContainsFunc(r.Noise, func(g report.Group) bool { return g.Route == "GET /uuid" }) {
		m.t.Error("/uuid is no noise")
	}
	for _, l := range r.Ledgers {
		for _, a := range l.Accounts {
			if a.Residual != 0 {
				m.t.Errorf("ledger %s, %s: residual %d: %+v", l.Name, a.Name, a.Residual, a.Buckets)
			}
		}
	}
}

// checkForms wants each difference in each form of the report.
func (m *migration) checkForms(name string, found []string) {
	m.t.Helper()
	for _, form := range []string{"report.html", "junit.xml", "summary.md", "report.json"} {
		text, err := os.ReadFile(filepath.Join(m.path(name+"-report"), form))
		if err != nil {
			m.t.Error(err)
			continue
		}
		for _, line := range found {
			if place := strings.Fields(line)[3]; !strings.Contains(string(text), place) {
				m.t.Errorf("%s does not hold %s", form, place)
			}
		}
	}
}
