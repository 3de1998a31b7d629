package packets

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
)

const oracleFolder = "../../../shared/oracle/http"

// truthLine is one line of the oracle's truth.jsonl.
type truthLine struct {
	File, Proto, Grade string
	Stream, N          int
	Client, Server     string
	Method, URI        *string
	Status             *int
	Interim            []int
	ReqHeaders         []string `json:"req_headers"`
	RespHeaders        []string `json:"resp_headers"`
	ReqLen             *int64   `json:"req_wire_len"`
	ReqHash            *string  `json:"req_wire_sha256"`
	RespLen            *int64   `json:"resp_wire_len"`
	RespHash           *string  `json:"resp_wire_sha256"`
}

// wrongTruth lists what the bytes prove wrong in the oracle: capture, key of
// the line as lineKey prints it ("" for the whole file), what the bytes say.
var wrongTruth = []struct{ file, line, instead, proof string }{
	{
		"suricata/detect-pcre/detect-pcre-04/input.pcap", "[::ffff:5.6.7.8]:6666 POST  ", "[::ffff:5.6.7.8]:6666 POST / ",
		"the bytes are \"POST  /  HTTP/1.0\": the truth took the second space for the end of an empty target, and \"/  HTTP/1.0\" for the version",
	},
	{
		"suricata/detect-pcre/detect-pcre-04/input.pcap", "[::ffff:5.6.7.8]:6666 GET  ", "[::ffff:5.6.7.8]:6666 GET / ",
		"the bytes are \"GET  /  HTTP/1.0\", as above",
	},
	{
		"zeek/http/http-single-conn-22.pcap", "", "10.0.0.1:51889 GET / 200",
		"a request and its response in clear text; the truth is empty because port 22 was decoded as SSH",
	},
}

func readTruth(t *testing.T) map[string][]truthLine {
	t.Helper()
	f, err := os.Open(filepath.Join(oracleFolder, "truth.jsonl"))
	if err != nil {
		t.Skipf("SKIPPED: the captures of %s are not here: %v", oracleFolder, err)
	}
	defer f.Close()
	truth := map[string][]truthLine{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if bytes.Contains(lines.Bytes(), []byte(`"proto": "h2"`)) || bytes.Contains(lines.Bytes(), []byte(`"proto": "ws"`)) {
			continue // a later protocol
		}
		var l truthLine
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		truth[l.File] = append(truth[l.File], l)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return truth
}

// readAll reads a capture and checks what must hold for every capture.
func readAll(t *testing.T, data []byte, o Options) ([]*recording.Exchange, recording.Ledger, error) {
	t.Helper()
	s, err := Open(bytes.NewReader(data), o)
	if err != nil {
		return nil, recording.Ledger{}, err
	}
	var out []*recording.Exchange
	var last error
	for ex, err := range s.Exchanges() {
		if err != nil {
			last = err
			break
		}
		out = append(out, ex)
	}
	checkInvariants(t, s, out)
	return out, s.Ledger(), last
}

// checkInvariants holds what is true of any input.
func checkInvariants(t *testing.T, s *Source, out []*recording.Exchange) {
	t.Helper()
	l := s.Ledger()
	checkClosed(t, l)
	if n := l.Account("exchanges").Total; n != int64(len(out)) {
		t.Errorf("ledger counts %d exchanges, %d came", n, len(out))
	}
	if s.used != 0 || len(s.table.conns) != 0 {
		t.Errorf("%d bytes and %d connections are still held", s.used, len(s.table.conns))
	}
	ids := map[recording.ID]bool{}
	for _, ex := range out {
		if ids[ex.ID] {
			t.Errorf("id %s came twice", ex.ID)
		}
		ids[ex.ID] = true
		if ex.Request == nil && ex.Response == nil {
			t.Errorf("exchange %s has neither request nor response", ex.ID)
		}
		if (ex.Request == nil || ex.Response == nil) != (ex.Incomplete != "") && ex.Incomplete == "" {
			t.Errorf("exchange %s lacks a part and gives no reason", ex.ID)
		}
	}
}

func checkClosed(t *testing.T, l recording.Ledger) {
	t.Helper()
	for i := range l.Accounts {
		if n := l.Accounts[i].Residual(); n != 0 {
			t.Errorf("account %q has a residual of %d: %+v", l.Accounts[i].Name, n, l.Accounts[i])
		}
	}
}

// view is what the oracle compares.
type view struct {
	Method, Target string
	Status         int
	Interim        []int
	ReqHeaders     []string
	RespHeaders    []string
	ReqLen         int64
	ReqHash        string
	RespLen        int64
	RespHash       string
}

func (l *truthLine) view() view {
	v := view{Interim: l.Interim, ReqHeaders: l.ReqHeaders, RespHeaders: l.RespHeaders}
	set(&v.Method, l.Method)
	set(&v.Target, l.URI)
	set(&v.Status, l.Status)
	set(&v.ReqLen, l.ReqLen)
	set(&v.ReqHash, l.ReqHash)
	if l.Status != nil {
		set(&v.RespLen, l.RespLen)
		set(&v.RespHash, l.RespHash)
	}
	return v.normal()
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func (v view) normal() view {
	empty := sha256.Sum256(nil)
	for _, hash := range []*string{&v.ReqHash, &v.RespHash} {
		if *hash == hex.EncodeToString(empty[:]) {
			*hash = ""
		}
	}
	for _, list := range []*[]string{&v.ReqHeaders, &v.RespHeaders} {
		if len(*list) == 0 {
			*list = nil
		}
		for i, line := range *list {
			// The white space around a value is not part of it.
			name, value, _ := strings.Cut(line, ":")
			(*list)[i] = name + ": " + strings.Trim(value, " \t")
		}
	}
	if len(v.Interim) == 0 {
		v.Interim = nil
	}
	return v
}

func viewOf(ex *recording.Exchange) view {
	var v view
	if r := ex.Request; r != nil {
		v.Method, v.Target, v.ReqHeaders, v.ReqLen = r.Method, r.Target, lines(r.Headers), r.Body.Length
		v.ReqHash = hashOf(r.Body)
	}
	if r := ex.Response; r != nil {
		v.Status, v.RespHeaders, v.RespLen = r.Status, lines(r.Headers), r.Body.Length
		v.RespHash = hashOf(r.Body)
		for _, i := range r.Interim {
			v.Interim = append(v.Interim, i.Status)
		}
	}
	return v.normal()
}

func hashOf(b recording.Body) string {
	if b.Length == 0 {
		return ""
	}
	return hex.EncodeToString(b.SHA256[:])
}

func lines(headers []recording.Header) []string {
	var out []string
	for _, h := range headers {
		out = append(out, h.Name+": "+h.Value)
	}
	return out
}

func lineKey(client string, v view) string {
	status := ""
	if v.Status != 0 {
		status = fmt.Sprint(v.Status)
	}
	return fmt.Sprintf("%s %s %s %s", client, v.Method, v.Target, status)
}

// bracket writes an IPv6 address of the truth as "[ip]:port".
func bracket(addr string) string {
	i := strings.LastIndexByte(addr, ':')
	if strings.Contains(addr[:i], ":") {
		return "[" + addr[:i] + "]" + addr[i:]
	}
	return addr
}

// TestOracle compares every capture of the oracle with its truth.
func TestOracle(t *testing.T) {
	truth := readTruth(t)
	if len(truth) < 60 {
		t.Fatalf("the truth names only %d captures", len(truth))
	}
	for file, lines := range truth {
		t.Run(file, func(t *testing.T) { oracleCapture(t, file, lines) })
	}
}

func oracleCapture(t *testing.T, file string, lines []truthLine) {
	data, err := os.ReadFile(filepath.Join(oracleFolder, "captures", file))
	if err != nil {
		t.Fatal(err)
	}
	out, ledger, err := readAll(t, data, Options{})
	if err != nil {
		t.Logf("the file ends with: %v", err)
	}
	grade := ""
	want := map[string][]view{}
	for _, l := range lines {
		switch l.Proto {
		case "file":
			grade = l.Grade
		case "h1":
			key := correct(file, lineKey(bracket(l.Client), l.view()))
			want[key] = append(want[key], l.view())
		}
	}
	missing, extra := match(t, file, grade, want, out)
	if t.Failed() || testing.Verbose() {
		text, _ := json.Marshal(ledger)
		t.Logf("grade %s: missing %v, extra %v, ledger %s", grade, missing, extra, text)
	}
}

// correct returns the key that the bytes prove.
func correct(file, key string) string {
	for _, w := range wrongTruth {
		if w.file == file && w.line == key {
			return w.instead
		}
	}
	return key
}

// match pairs truth and exchanges. Grades A and B must agree in everything;
// the truth of the others lists whole messages only, so that an exchange may
// show more, marked incomplete.
func match(t *testing.T, file, grade string, want map[string][]view, out []*recording.Exchange) (missing, extra []string) {
	hard := grade == "A" || grade == "B"
	for _, ex := range out {
		v := viewOf(ex)
		key := lineKey(ex.Client, v)
		if len(want[key]) == 0 {
			if !hard && ex.Incomplete != "" || expectedExtra(file, key) {
				continue
			}
			extra = append(extra, key+" "+string(ex.Incomplete))
			continue
		}
		if v.Status != 0 && v.Method != "" && ex.Incomplete != "" {
			t.Logf("%s: grade %s, both parts, yet %s", key, grade, ex.Incomplete)
		}
		w := want[key][0]
		want[key] = want[key][1:]
		if corrected(file, key) {
			w.Target = v.Target
		}
		if diff := cmp.Diff(w, v); diff != "" && grade != "C" {
			t.Errorf("%s: differs (-truth +read):\n%s", key, diff)
		}
	}
	for key, left := range want {
		for range left {
			missing = append(missing, key)
		}
	}
	for _, key := range missing {
		if !hard && !requested(out, key) {
			t.Errorf("%q is not there, not even incomplete", key)
		}
	}
	if hard && len(missing)+len(extra) > 0 || grade == "0" && len(extra) > 0 {
		t.Errorf("missing %q, extra %q", missing, extra)
	}
	return missing, extra
}

// requested reports whether an exchange holds the request of a truth line.
func requested(out []*recording.Exchange, key string) bool {
	for _, ex := range out {
		v := viewOf(ex)
		v.Status = 0
		if strings.HasPrefix(key, lineKey(ex.Client, v)) {
			return true
		}
	}
	return false
}

func expectedExtra(file, key string) bool {
	for _, w := range wrongTruth {
		if w.file == file && w.line == "" && w.instead == key {
			return true
		}
	}
	return false
}

func corrected(file, key string) bool {
	for _, w := range wrongTruth {
		if w.file == file && w.line != "" && w.instead == key {
			return true
		}
	}
	return false
}
