package recording

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"
)

// queryRow is a row as a program that knows nothing of this package reads it:
// by the library, into one column of every kind.
type queryRow struct {
	ID         *string      `parquet:"id,optional"`
	Replays    *string      `parquet:"replays,optional"`
	Sequence   *int64       `parquet:"sequence,optional"`
	Errors     []string     `parquet:"errors,list"`
	Method     *string      `parquet:"request_method,optional"`
	Headers    []queryField `parquet:"response_headers,list"`
	Trailers   []queryField `parquet:"request_trailers,list"`
	Status     *int64       `parquet:"response_status,optional"`
	Hash       *[32]byte    `parquet:"response_body_sha256,optional"`
	Redacted   *bool        `parquet:"response_body_redacted,optional"`
	FirstMicro *int64       `parquet:"request_first_at,optional,timestamp(microsecond)"`
	LastNano   *int64       `parquet:"request_last_at_ns,optional"`
	LeftOut    []string     `parquet:"outcome_left_out,list"`
	Body       *string      `parquet:"response_body,optional"`
}

type queryField struct {
	Name  string `parquet:"name"`
	Value string `parquet:"value"`
}

// plainRow is the twin of the page writer: what a reader must find.
func plainRow(ex *Exchange) queryRow {
	id, seq := string(ex.ID), int64(ex.Sequence)
	replaced := !new(textCheck).valid(ex)
	text := func(s string) string {
		if replaced {
			return strings.ToValidUTF8(s, "\uFFFD")
		}
		return s
	}
	fields := func(list []Header) (out []queryField) {
		for _, h := range list {
			out = append(out, queryField{text(h.Name), text(h.Value)})
		}
		return out
	}
	texts := func(list []string) (out []string) {
		for _, s := range list {
			out = append(out, text(s))
		}
		return out
	}
	row := queryRow{ID: &id, Sequence: &seq, Errors: texts(ex.Errors)}
	if ex.Replays != "" {
		s := string(ex.Replays)
		row.Replays = &s
	}
	if q := ex.Request; q != nil {
		method, first, last := text(q.Method), floorDiv(q.FirstAt, 1000), q.LastAt
		row.Method, row.FirstMicro, row.LastNano, row.Trailers = &method, &first, &last, fields(q.Trailers)
	}
	if p := ex.Response; p != nil {
		status, redacted := int64(p.Status), p.Body.Redacted
		row.Status, row.Redacted, row.Headers = &status, &redacted, fields(p.Headers)
		if p.Body.State != BodyNone {
			row.Hash = &p.Body.SHA256
		}
		if body := string(p.Body.Bytes); body != "" {
			row.Body = &body
		}
	}
	if o := ex.Outcome; o != nil {
		row.LeftOut = texts(o.LeftOut)
	}
	return row
}

// readParts reads all parts of a folder by the library alone.
func readParts(dir string) (rows []queryRow, err error) {
	names, err := filepath.Glob(filepath.Join(dir, "exchanges", "*.parquet"))
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		r := parquet.NewGenericReader[queryRow](bytes.NewReader(b))
		got := make([]queryRow, r.NumRows())
		if n, err := r.Read(got); n < len(got) {
			return nil, err
		}
		rows = append(rows, got...)
	}
	return rows, err
}

// TestPagesReadByOthers: what the page writer makes of any rows, the library's
// own reader finds.
func TestPagesReadByOthers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom([]Kind{KindRecording, KindRun}).Draw(rt, "kind")
		list := drawExchanges(rt, kind, 12)
		if len(list) == 0 {
			return
		}
		for i := 1; i < len(list); i++ { // lists shared as decoders share them
			if q, p := list[i].Response, list[i-1].Response; q != nil && p != nil && rapid.Bool().Draw(rt, "share") {
				q.Headers = p.Headers
			}
		}
		checkByOthers(rt, Options{Kind: kind, Baseline: "b", RowGroupBytes: 3000, files: unsynced{}}, list)
	})
}

// TestLongPagesReadByOthers: the same of columns that have several pages.
func TestLongPagesReadByOthers(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var list []*Exchange
	for i := range 3000 {
		list = append(list, jsonExchange(rng, i, 100+rng.IntN(3000)))
		list[i].Response.Headers = headersOf("Server", strings.Repeat("x", 150))
		if i%2 == 1 {
			list[i].Response.Headers = list[i-1].Response.Headers
		}
	}
	checkByOthers(t, Options{RowGroupBytes: 64 << 20, files: unsynced{}}, list)
}

func checkByOthers(t rapid.TB, o Options, list []*Exchange) {
	t.Helper()
	dir, err := os.MkdirTemp("", "pages")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	w, err := Create(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, ex := range list {
		if err := w.Write(ex); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(Closing{}); err != nil {
		t.Fatal(err)
	}
	got, err := readParts(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]queryRow{}
	for _, ex := range list {
		want[string(ex.ID)] = plainRow(ex)
	}
	if len(got) != len(list) {
		t.Fatalf("%d rows, want %d", len(got), len(list))
	}
	for _, row := range got {
		if d := cmp.Diff(want[*row.ID], row, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%s: %s", *row.ID, d)
		}
	}
}
