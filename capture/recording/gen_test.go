package recording

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"parallax/internal/store"
)

// drawExchange draws any exchange that check accepts.
func drawExchange(t *rapid.T, kind Kind, seq uint32) *Exchange {
	at := rapid.Int64Range(0, 1<<40).Draw(t, "at")
	text := rapid.OneOf(rapid.StringN(0, 12, 40), rapid.SampledFrom([]string{"", "a\x00b", "\xff\xfe", "é", "x\r"}))
	ex := &Exchange{
		ID: MakeID(at, MakeSession("a", "b", at), seq), Session: text.Draw(t, "session"), Sequence: seq,
		Protocol: "http/1.1", Client: text.Draw(t, "client"), Server: text.Draw(t, "server"),
		Incomplete: Reason(text.Draw(t, "incomplete")), Errors: rapid.SliceOfN(text, 0, 3).Draw(t, "errors"),
	}
	headers := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Header {
		return Header{Name: text.Draw(t, "name"), Value: text.Draw(t, "value")}
	}), 0, 4)
	if kind == KindRun {
		ex.Replays = MakeID(rapid.Int64Range(0, 1<<40).Draw(t, "replays"), "0123456789abcdef", seq)
		ex.Outcome = &Outcome{DueAt: 1, ReadyAt: rapid.Int64().Draw(t, "ready"), End: End(text.Draw(t, "end")),
			Detail: text.Draw(t, "detail"), Carried: int(rapid.Int32().Draw(t, "carried")), LeftOut: rapid.SliceOfN(text, 0, 3).Draw(t, "left")}
	}
	sides := rapid.IntRange(1, 3).Draw(t, "sides")
	if sides&1 != 0 {
		ex.Request = &Request{Method: text.Draw(t, "method"), Scheme: "http", Target: text.Draw(t, "target"), Version: "1.1",
			Headers: headers.Draw(t, "headers"), Trailers: headers.Draw(t, "trailers"), Body: drawBody(t), FirstAt: at, LastAt: rapid.Int64().Draw(t, "last")}
	}
	if sides&2 != 0 {
		ex.Response = &Response{Status: rapid.IntRange(0, 999).Draw(t, "status"), Reason: text.Draw(t, "reason"), Version: "1.0",
			Headers: headers.Draw(t, "headers"), Trailers: headers.Draw(t, "trailers"), Body: drawBody(t), FirstAt: at, LastAt: at + 5}
		for range rapid.IntRange(0, 2).Draw(t, "interim") {
			ex.Response.Interim = append(ex.Response.Interim, Interim{Status: 103, Reason: text.Draw(t, "reason"), Headers: headers.Draw(t, "headers"), At: at})
		}
	}
	return ex
}

func drawBody(t *rapid.T) Body {
	b := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "body")
	body := StoredBody(b)
	body.Redacted = len(b) > 0 && rapid.Bool().Draw(t, "redacted")
	switch rapid.IntRange(0, 3).Draw(t, "state") {
	case 0:
		body.State, body.Length = BodyTruncated, int64(len(b))+7
	case 1:
		body.State, body.Bytes = BodyDropped, nil
	}
	return body
}

func drawExchanges(t *rapid.T, kind Kind, most int) []*Exchange {
	n := rapid.IntRange(0, most).Draw(t, "n")
	out := make([]*Exchange, n)
	for i := range out {
		out[i] = drawExchange(t, kind, uint32(i))
	}
	return out
}

// jsonExchange is a plausible exchange with a JSON body of about size bytes.
func jsonExchange(rng *rand.Rand, i int, size int) *Exchange {
	at := 1_700_000_000_000_000_000 + int64(i)*250_000
	session := MakeSession(fmt.Sprintf("10.0.0.%d:4000", i%64), "10.1.0.1:80", 0)
	body := fmt.Appendf(nil, `{"id":%d,"items":[`, i)
	for len(body) < size {
		body = fmt.Appendf(body, `{"sku":"SKU-%06d","name":"item %d","price":%d.%02d,"qty":%d,"ok":%t},`,
			rng.IntN(1e6), rng.IntN(1000), rng.IntN(500), rng.IntN(100), rng.IntN(9), rng.IntN(2) == 0)
	}
	body = append(body[:len(body)-1], "]}"...)
	return &Exchange{
		ID: MakeID(at, session, uint32(i)), Session: session, Sequence: uint32(i), Protocol: "http/1.1",
		Client: fmt.Sprintf("10.0.0.%d:4000", i%64), Server: "10.1.0.1:80",
		Request: &Request{Method: "GET", Scheme: "http", Target: fmt.Sprintf("/orders/%d?page=%d", i, i%7), Version: "1.1", FirstAt: at, LastAt: at + 1000,
			Headers: headersOf("Host", "shop.example", "User-Agent", "load/1.0", "Accept", "application/json", "X-Request-Id", fmt.Sprintf("%016x", rng.Uint64()))},
		Response: &Response{Status: 200, Reason: "OK", Version: "1.1", FirstAt: at + 2_000_000, LastAt: at + 2_500_000, Body: StoredBody(body),
			Headers: headersOf("Content-Type", "application/json", "Content-Length", fmt.Sprint(len(body)), "Server", "old/1", "Date", "Tue, 14 Nov 2023 22:13:20 GMT")},
	}
}

func sameExchanges(got, want []*Exchange) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

func readAll(t testing.TB, dir string, o OpenOptions, f Filter) []*Exchange {
	t.Helper()
	r, err := Open(dir, o)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out []*Exchange
	for ex, err := range r.Exchanges(f) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, ex)
	}
	return out
}

// headersOf makes headers of names and values in turn.
func headersOf(pairs ...string) []Header {
	var out []Header
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, Header{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// unsynced is the machine's file system without waiting for the disk, for
// tests that write many recordings and kill nothing.
type unsynced struct{ store.OS }

func (unsynced) OpenFile(name string, flag int, perm os.FileMode) (store.File, error) {
	f, err := os.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	return unsyncedFile{f}, nil
}

func (unsynced) SyncDir(string) error { return nil }

type unsyncedFile struct{ *os.File }

func (unsyncedFile) Sync() error { return nil }
