package recording

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// stretches yields exchanges whose values stay for stretches of rows, each value
// for its own, over the ends of pages and row groups.
func stretches(rng *rand.Rand, kind Kind, n int) []*Exchange {
	left, value := map[string]int{}, map[string]int{}
	pick := func(name string, of int) int {
		if left[name]--; left[name] < 0 {
			left[name], value[name] = int(rng.ExpFloat64()*float64(rng.IntN(2000))), rng.IntN(of)
		}
		return value[name]
	}
	list := make([]*Exchange, n)
	for i := range list {
		list[i] = stretchRow(i, kind, pick)
	}
	return list
}

func stretchRow(i int, kind Kind, pick func(name string, of int) int) *Exchange {
	at := int64(1e18) + int64(i)
	body := func(name string) Body {
		b := StoredBody([]byte(strings.Repeat("b", pick(name, 3))))
		if pick(name+" state", 3) == 0 && b.State == BodyStored {
			b.State, b.Bytes = BodyDropped, nil
		}
		return b
	}
	lists := [][]Header{
		nil, headersOf("A", strings.Repeat("long", 40), "B", ""), headersOf("A", strings.Repeat("gnol", 40), "B", ""),
		headersOf("", ""), headersOf("A", "1", "A", "1"), headersOf("A", "\xff"),
	}
	headers := func(name string) []Header { return lists[pick(name, len(lists)*2)%len(lists)] }
	ex := &Exchange{
		ID: MakeID(at, "0123456789abcdef", uint32(i)), Session: fmt.Sprint(pick("session", 2)), Sequence: uint32(pick("sequence", 3)),
		Protocol: "http/1.1", Client: []string{"", "c"}[pick("client", 2)], Incomplete: []Reason{"", Gap}[pick("incomplete", 2)],
		Errors: [][]string{nil, {"e"}, {"e", "f"}}[pick("errors", 3)],
	}
	if kind == KindRun {
		ex.Replays, ex.Outcome = ex.ID, &Outcome{DueAt: int64(pick("due", 2)), End: Answered, LeftOut: [][]string{nil, {"x"}}[pick("left", 2)]}
	}
	sides := pick("sides", 3)
	if sides != 1 {
		ex.Request = &Request{Method: []string{"GET", "PUT", ""}[pick("method", 3)], Target: fmt.Sprint("/", i), Version: "1.1",
			Headers: headers("asked"), Trailers: headers("asked after"), Body: body("ask"), FirstAt: at, LastAt: int64(pick("last", 2))}
	}
	if sides != 2 || ex.Request == nil {
		ex.Response = &Response{Status: 200 + pick("status", 2), Reason: []string{"", "OK"}[pick("reason", 2)],
			Headers: headers("answered"), Body: body("answer"), FirstAt: 1, LastAt: at}
		if pick("interim", 3) == 0 {
			ex.Response.Interim = []Interim{{Status: 103}}
		}
	}
	return ex
}

// TestSteadyColumns: rows read with columns parked are those read cell by cell,
// and no two of them share memory that may be written to.
func TestSteadyColumns(t *testing.T) {
	for seed := range 4 {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		kind := []Kind{KindRecording, KindRun}[seed%2]
		list := stretches(rng, kind, 4000)
		dir := t.TempDir()
		writeAll(t, dir, Options{Kind: kind, Baseline: "x", RowGroupBytes: int64(100_000 + rng.IntN(3_000_000)), files: unsynced{}}, list)
		r, err := Open(dir, OpenOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []Filter{{}, {ToSend: true}, {NoBodies: true}} {
			for _, reuse := range []bool{false, true} {
				plain := collect(t, r, f, &rowMemory{plain: true})
				got := collect(t, r, f, &rowMemory{reuse: reuse, share: f.ToSend})
				if diff := differ(plain, got); diff != "" {
					t.Fatalf("seed %d, %+v, reuse %v: %s", seed, f, reuse, diff)
				}
			}
		}
		if diff := differ(list, collect(t, r, Filter{}, &rowMemory{})); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// differ compares by the compact form, and shows the first row that differs.
func differ(want, got []*Exchange) string {
	for i := range min(len(want), len(got)) {
		if !bytes.Equal(appendExchange(nil, want[i]), appendExchange(nil, got[i])) {
			return cmp.Diff(want[i], got[i], cmpopts.EquateEmpty())
		}
	}
	if len(want) != len(got) {
		return fmt.Sprintf("%d rows, want %d", len(got), len(want))
	}
	return ""
}

// collect reads all rows and writes into what is each row's own.
func collect(t *testing.T, r *Reader, f Filter, m *rowMemory) []*Exchange {
	t.Helper()
	var out []*Exchange
	it := iteration{reader: r, filter: f, memory: m}
	err := it.run(func(ex *Exchange, _ error) bool {
		out = append(out, copied(ex))
		if !m.share {
			scribble(ex)
		}
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func copied(ex *Exchange) *Exchange {
	c := *ex
	c.Errors = slices.Clone(c.Errors)
	if q := ex.Request; q != nil {
		request := *q
		request.Headers, request.Trailers, request.Body.Bytes = slices.Clone(q.Headers), slices.Clone(q.Trailers), slices.Clone(q.Body.Bytes)
		c.Request = &request
	}
	if p := ex.Response; p != nil {
		response := *p
		response.Headers, response.Trailers, response.Body.Bytes = slices.Clone(p.Headers), slices.Clone(p.Trailers), slices.Clone(p.Body.Bytes)
		response.Interim = slices.Clone(p.Interim)
		c.Response = &response
	}
	if ex.Outcome != nil {
		outcome := *ex.Outcome
		c.Outcome, outcome.LeftOut = &outcome, slices.Clone(outcome.LeftOut)
	}
	return &c
}

func scribble(ex *Exchange) {
	for i := range ex.Errors {
		ex.Errors[i] = "scribbled"
	}
	if q := ex.Request; q != nil {
		scribbleLists(q.Headers, q.Trailers)
		q.Method, q.Version = "scribbled", "scribbled"
	}
	if p := ex.Response; p != nil {
		scribbleLists(p.Headers, p.Trailers)
		p.Reason = "scribbled"
		for i := range p.Interim {
			p.Interim[i].Status = -1
		}
	}
	if ex.Outcome != nil {
		ex.Outcome.Detail = "scribbled"
	}
}

func scribbleLists(lists ...[]Header) {
	for _, list := range lists {
		for i := range list {
			list[i] = Header{Name: "scribbled"}
		}
	}
}

// TestToSend: all that a replay sends is read, and no more than is said.
func TestToSend(t *testing.T) {
	list := stretches(rand.New(rand.NewPCG(7, 1)), KindRecording, 500)
	dir := t.TempDir()
	writeAll(t, dir, Options{files: unsynced{}}, list)
	for i, ex := range readAll(t, dir, OpenOptions{}, Filter{ToSend: true}) {
		want := copied(list[i])
		if new(textCheck).valid(want) {
			want.Client = ""
			if p := want.Response; p != nil {
				p.Reason, p.Version, p.Trailers, p.Interim, p.FirstAt = "", "", nil, nil, 0
			}
		}
		if diff := cmp.Diff(want, ex, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	}
}
