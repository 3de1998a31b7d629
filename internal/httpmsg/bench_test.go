package httpmsg

import (
	"bytes"
	"strings"
	"testing"
)

func benchResponse() []byte {
	head := "HTTP/1.1 200 OK\r\nDate: Thu, 07 Mar 2013 21:43:07 GMT\r\nServer: Apache/2.4.3\r\n" +
		"Last-Modified: Wed, 29 Aug 2012 23:49:27 GMT\r\nETag: \"1261-4c870358a6fc0\"\r\n" +
		"Content-Length: 2048\r\nContent-Type: application/json; charset=UTF-8\r\n" +
		"Cache-Control: no-cache\r\nX-Request-Id: 0d9f8a7e\r\n\r\n"
	return []byte(head + strings.Repeat("x", 2048))
}

func benchmarkDecode(b *testing.B, d *Decoder, in []byte) {
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		for p, more := in, true; more; {
			n, ev, err := d.Feed(p)
			if err != nil {
				b.Fatal(err)
			}
			p, more = p[n:], ev.Kind != KindMore
		}
	}
}

func BenchmarkResponse(b *testing.B) {
	benchmarkDecode(b, NewResponseDecoder(Limits{}), benchResponse())
}

func BenchmarkRequest(b *testing.B) {
	in := []byte("GET /orders/1234?expand=lines HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: curl/8.0\r\n" +
		"Accept: */*\r\nCookie: session=0123456789abcdef\r\n\r\n")
	benchmarkDecode(b, NewRequestDecoder(Limits{}), in)
}

func BenchmarkChunked(b *testing.B) {
	in := AppendResponseHead(nil, "1.1", 200, "OK", []Header{{"Transfer-Encoding", "chunked"}})
	for range 16 {
		in = AppendChunk(in, bytes.Repeat([]byte("x"), 4096))
	}
	benchmarkDecode(b, NewResponseDecoder(Limits{}), AppendLastChunk(in, nil))
}

func TestAllocationsOfAResponse(t *testing.T) {
	d, in := NewResponseDecoder(Limits{}), benchResponse()
	allocs := testing.AllocsPerRun(100, func() {
		for p, more := in, true; more; {
			n, ev, _ := d.Feed(p)
			p, more = p[n:], ev.Kind != KindMore
		}
	})
	// The head's text and its header slice.
	if allocs > 2 {
		t.Errorf("%v allocations a response, want at most 2", allocs)
	}
}
