package replay

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/carry"
)

// TestComposedAlike: a worker that remembers its last request's headers makes of
// each request what one makes that remembers nothing.
func TestComposedAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawComposer(t)
		var worker composed
		for range rapid.IntRange(1, 6).Draw(t, "requests") {
			j := &job{ex: drawComposed(t), session: &session{}}
			var fresh composed
			want := c.composeAnew(&fresh, j)
			if got := c.compose(&worker, j); got != want {
				t.Fatalf("kept back for %q, want %q", got, want)
			}
			if want != "" {
				continue
			}
			for _, diff := range []string{
				cmp.Diff(fresh.request, worker.request), cmp.Diff(fresh.message, worker.message),
				cmp.Diff(fresh.leftOut, worker.leftOut), cmp.Diff(fresh.change, worker.change),
			} {
				if diff != "" {
					t.Fatal(diff)
				}
			}
			for i := range worker.request.Headers { // as a redacting sink may
				worker.request.Headers[i].Value = "changed"
			}
		}
	})
}

// TestComposedAlikeIsUsed: the second request of two takes the short way.
func TestComposedAlikeIsUsed(t *testing.T) {
	c := &composer{o: &Options{HoldsToken: func(string) bool { return false }}, carry: &carry.Set{}}
	j := &job{session: &session{}, ex: &recording.Exchange{Request: &recording.Request{
		Method: "GET", Target: "/", Version: "1.1", Headers: headers("Host: a", "Accept: b"),
	}}}
	var out composed
	if why := c.compose(&out, j); why != "" {
		t.Fatal(why)
	}
	if _, ok := c.composeAlike(&out, j); !ok {
		t.Error("the same request again is composed anew")
	}
}

func drawComposer(t *rapid.T) *composer {
	o := &Options{
		RunID: "run", NoMarker: rapid.Bool().Draw(t, "no marker"),
		HoldsToken: func(s string) bool { return strings.Contains(s, "TOKEN") },
	}
	o.Bodies.KeepAll = rapid.Bool().Draw(t, "keep all")
	end := endpoint{authority: "new.example", prefix: rapid.SampledFrom([]string{"", "/v2"}).Draw(t, "prefix")}
	o.Target.Rewrite = Rewrite{
		Host:   rapid.SampledFrom([]string{"", "target"}).Draw(t, "host"),
		Remove: rapid.SampledFrom([][]string{nil, {"Accept"}}).Draw(t, "remove"),
		Set:    rapid.SampledFrom([][]HeaderLine{nil, {{"B", "{{secret:S}}"}}}).Draw(t, "set"),
	}
	o.Secret = func(string) (string, error) { return "filled", nil }
	set, err := carry.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newComposer(o, end, set)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func drawComposed(t *rapid.T) *recording.Exchange {
	lines := rapid.SliceOfN(rapid.SampledFrom([]string{
		"Host: old.example", "Host: old.example", "Accept: x", "A: TOKEN", "Cookie: a=b", "Cookie: a=TOKEN",
		"Connection: close", "Connection: keep-alive", "Transfer-Encoding: chunked", "Expect: 100-continue",
		"Content-Length: 0", "B: x\ry",
	}), 0, 3).Draw(t, "headers")
	r := &recording.Request{
		Method:  rapid.SampledFrom([]string{"GET", "GET", "HEAD", "G T", ""}).Draw(t, "method"),
		Target:  rapid.SampledFrom([]string{"/a", "/b?c", "*", "", "/TOKEN", "/a\nb"}).Draw(t, "target"),
		Version: rapid.SampledFrom([]string{"1.1", "1.1", "1.0"}).Draw(t, "version"),
		Headers: headers(lines...),
	}
	switch rapid.IntRange(0, 5).Draw(t, "body") {
	case 0:
		r.Body = recording.StoredBody([]byte("abc"))
	case 1:
		r.Body = recording.Body{State: recording.BodyStored, Redacted: true, Bytes: []byte("TOKEN"), Length: 5}
	case 2:
		r.Trailers = []httpmsg.Header{{Name: "T", Value: "x"}}
	}
	ex := &recording.Exchange{Request: r}
	if rapid.Bool().Draw(t, "answered") {
		ex.Response = &recording.Response{Body: recording.StoredBody([]byte("answer"))}
	}
	return ex
}
