package replay

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/replay/transport"
)

func TestFraming(t *testing.T) {
	c := &composer{o: &Options{}}
	cases := []struct {
		name, version string
		headers       []httpmsg.Header
		length        int64
		body          string
		want          transport.Message
		wantHeaders   []httpmsg.Header
	}{
		{"none", "1.1", nil, 0, "", transport.Message{}, nil},
		{"as recorded", "1.1", headers("content-length: 02"), 2, "ab", transport.Message{}, headers("content-length: 02")},
		{"longer now", "1.1", headers("A: b", "content-length: 2"), 2, "abc", transport.Message{}, headers("A: b", "content-length: 3")},
		{"empty now", "1.1", headers("Content-Length: 2"), 2, "", transport.Message{}, headers("Content-Length: 0")},
		{"chunked", "1.1", headers("TRANSFER-ENCODING: gzip, Chunked"), 2, "abc", transport.Message{Chunked: true}, headers("TRANSFER-ENCODING: gzip, Chunked")},
		{"expect", "1.1", headers("expect: 100-Continue"), 0, "", transport.Message{Expect: true}, headers("expect: 100-Continue")},
		{"closes", "1.1", headers("connection: TE, close"), 0, "", transport.Message{Closes: true}, headers("connection: TE, close")},
		{"1.0", "1.0", nil, 0, "", transport.Message{Closes: true}, nil},
		{"1.0 kept", "1.0", headers("Connection: Keep-Alive"), 0, "", transport.Message{}, headers("Connection: Keep-Alive")},
	}
	for _, tc := range cases {
		req := &recording.Request{Version: tc.version, Headers: tc.headers, Body: recording.Body{Length: tc.length}}
		var got transport.Message
		c.frame(req, []byte(tc.body), &got)
		got.Body = nil
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
		if diff := cmp.Diff(tc.wantHeaders, req.Headers); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}
