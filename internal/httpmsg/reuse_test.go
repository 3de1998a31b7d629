package httpmsg

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const threeAnswers = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\n folded\r\nContent-Length: 1\r\n\r\nx" +
	"HTTP/1.1 204 No Content\r\n\r\n" +
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\nT: 3\r\n\r\n"

// heads reads threeAnswers and copies what each head and end holds.
func heads(t *testing.T, reuse bool) (headers [][]Header, memory []*Header) {
	t.Helper()
	d := NewResponseDecoder(Limits{})
	if reuse {
		d.ReuseHeaders()
	}
	for p := []byte(threeAnswers); ; {
		n, ev, err := d.Feed(p)
		p = p[n:]
		switch {
		case err != nil:
			t.Fatal(err)
		case ev.Kind == KindMore:
			return headers, memory
		case ev.Kind == KindHead:
			headers = append(headers, slices.Clone(ev.Head.Headers))
			if len(ev.Head.Headers) > 0 {
				memory = append(memory, &ev.Head.Headers[0])
			}
		case ev.Kind == KindEnd:
			headers = append(headers, slices.Clone(ev.Trailers))
		}
	}
}

func TestReusedHeadersAreTheSame(t *testing.T) {
	plain, own := heads(t, false)
	again, shared := heads(t, true)
	if diff := cmp.Diff(plain, again, cmp.Transformer("len", func(h []Header) []Header { return append([]Header{}, h...) })); diff != "" {
		t.Error(diff)
	}
	if len(own) != 2 || own[0] == own[1] || shared[0] != shared[1] {
		t.Error("memory is shared where it must not be, or not where it should")
	}
}
