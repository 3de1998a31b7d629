package recording

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

var (
	update     = flag.Bool("update", false, "rewrite the goldens")
	makeCompat = flag.Bool("make-compat", false, "make the fixture of this version of the format, once")
)

// oddRows are exchanges with everything unusual in them.
func oddRows() []*Exchange {
	const at = 1_700_000_000_123_456_789
	s := MakeSession("c", "s", at)
	return []*Exchange{
		{ID: MakeID(at, s, 0), Session: s, Protocol: "http/1.1", Client: "10.0.0.1:1", Server: "[::1]:80",
			Request: &Request{Method: "POST", Scheme: "http", Target: "/a?b=\"c\"", Version: "1.1", FirstAt: at, LastAt: at + 1,
				Headers: headersOf("Host", "x.example", "X-A", "1", "x-a", "tab\there"), Body: StoredBody([]byte("né\n")), Trailers: headersOf("T", "")},
			Response: &Response{Status: 200, Reason: "OK", Version: "1.0", FirstAt: at + 2, LastAt: at + 3, Body: StoredBody([]byte{0xff, 0}),
				Interim: []Interim{{Status: 103, Reason: "Early Hints", Headers: headersOf("Link", "</a>"), At: at + 2}}}},
		{ID: MakeID(at+5, s, 1), Session: s, Sequence: 1, Protocol: "http/1.1", Incomplete: ResponseAfterEnd, Errors: []string{"e\x1b[31m"},
			Request: &Request{Method: "GET", Target: "/caf\xe9", Version: "1.0", FirstAt: at + 5}},
		{ID: MakeID(at+6, s, 2), Session: s, Sequence: 2, Protocol: "http/1.1", Incomplete: RequestBeforeStart,
			Response: &Response{Status: 304, Version: "1.1", FirstAt: at + 6, Body: Body{State: BodyTruncated, Bytes: []byte("be"), Length: 9}}},
	}
}

func jsonLines(list []*Exchange) []byte {
	var out []byte
	for _, ex := range list {
		out = append(AppendJSON(out, ex, true), '\n')
	}
	return out
}

func TestAppendJSON(t *testing.T) {
	got := jsonLines(oddRows())
	golden := filepath.Join("testdata", "exchanges.jsonl")
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	rapid.Check(t, func(rt *rapid.T) {
		ex := drawExchange(rt, rapid.SampledFrom([]Kind{KindRecording, KindRun}).Draw(rt, "kind"), 1)
		line := AppendJSON(nil, ex, rapid.Bool().Draw(rt, "bodies"))
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil || bytes.ContainsAny(line, "\n\r\x1b") {
			rt.Fatalf("%v: %s", err, line)
		}
		if v["id"] != string(ex.ID) || (v["request"] == nil) != (ex.Request == nil) {
			rt.Fatalf("%s", line)
		}
	})
}

// TestCompat reads a recording of every version of the format that was ever
// released. A fixture is made once and never again.
func TestCompat(t *testing.T) {
	own := filepath.Join("testdata", "compat", "1.0")
	if _, err := os.Stat(own); err != nil && *makeCompat {
		writeAll(t, own, Options{Tool: "fixture", Info: map[string]string{"for": "TestCompat"}}, oddRows())
		if err := os.WriteFile(own+".jsonl", jsonLines(oddRows()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	all, err := filepath.Glob(filepath.Join("testdata", "compat", "*.jsonl"))
	if err != nil || len(all) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	for _, lines := range all {
		dir := lines[:len(lines)-len(".jsonl")]
		want, err := os.ReadFile(lines)
		if err != nil {
			t.Fatal(err)
		}
		if err := Verify(dir); err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		if got := jsonLines(readAll(t, dir, OpenOptions{}, Filter{})); !bytes.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", dir, got, want)
		}
	}
}

func TestFilter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var list []*Exchange
	for i := range 300 {
		ex := jsonExchange(rng, i, 50)
		ex.Response.Status = 200 + i%5*100
		if i%3 == 0 {
			ex.Request.Method = "POST"
		}
		list = append(list, ex)
	}
	list[7].Response, list[8].Request = nil, nil
	dir := t.TempDir()
	writeAll(t, dir, Options{RowGroupBytes: 50 << 10, PartBytes: 150 << 10, files: unsynced{}}, list)
	for name, c := range map[string]struct {
		f    Filter
		want func(i int, ex *Exchange) bool
	}{
		"all":    {Filter{}, func(int, *Exchange) bool { return true }},
		"window": {Filter{From: list[100].FirstAt(), Until: list[200].FirstAt()}, func(i int, _ *Exchange) bool { return i >= 100 && i < 200 }},
		"method": {Filter{Methods: []string{"POST"}}, func(i int, ex *Exchange) bool { return ex.Request != nil && i%3 == 0 }},
		"status": {Filter{Statuses: []StatusRange{{Min: 300, Max: 399}, {Min: 500, Max: 599}}}, func(i int, ex *Exchange) bool { return ex.Response != nil && (i%5 == 1 || i%5 == 3) }},
		"host":   {Filter{Hosts: []string{"SHOP.example"}}, func(_ int, ex *Exchange) bool { return ex.Request != nil }},
		"route":  {Filter{Route: func(m, target string) bool { return target == "/orders/5?page=5" }}, func(i int, _ *Exchange) bool { return i == 5 }},
	} {
		var want []ID
		for i, ex := range list {
			if c.want(i, ex) {
				want = append(want, ex.ID)
			}
		}
		var got []ID
		for _, ex := range readAll(t, dir, OpenOptions{}, c.f) {
			got = append(got, ex.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d exchanges, want %d", name, len(got), len(want))
		}
	}
	share := readAll(t, dir, OpenOptions{}, Filter{SharePPM: 400_000})
	kept := map[string]bool{}
	for _, ex := range share {
		kept[ex.Session] = true
	}
	for _, ex := range list { // whole sessions, and a smaller share is within a larger one
		in := (&Filter{SharePPM: 400_000}).Keeps(ex)
		if in != kept[ex.Session] || (&Filter{SharePPM: 100_000}).Keeps(ex) && !in {
			t.Fatalf("session %s is cut", ex.Session)
		}
	}
	if len(kept) < 12 || len(kept) > 40 {
		t.Errorf("%d of 64 sessions for a share of 0.4", len(kept))
	}
	list[3].Request.Body = StoredBody([]byte("asked"))
	one := t.TempDir()
	writeAll(t, one, Options{files: unsynced{}}, list[3:4])
	for _, ex := range readAll(t, one, OpenOptions{}, Filter{NoAnswerBodies: true}) {
		if string(ex.Request.Body.Bytes) != "asked" || ex.Response.Body.Bytes != nil || ex.Response.Body.Length == 0 {
			t.Fatal("the answer's body, or no body, was to be left out")
		}
	}
	for _, ex := range readAll(t, dir, OpenOptions{ReuseBuffers: true}, Filter{NoBodies: true}) {
		if ex.Response != nil && (ex.Response.Body.Bytes != nil || ex.Response.Body.Length == 0) {
			t.Fatal("a body, or its length is gone")
		}
	}
}
