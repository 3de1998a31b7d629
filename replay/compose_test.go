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

func TestNotWhole(t *testing.T) {
	answer := &recording.Response{Status: 400}
	cases := []struct {
		name    string
		header  string
		body    string
		why     recording.Reason
		answer  *recording.Response
		refused bool
	}{
		{"whole", "Content-Length: 3", "abc", "", answer, false},
		{"answer lost", "Content-Length: 3", "abc", recording.ConnectionClosed, nil, false},
		{"answer lost, another way to write it", "Content-Length: 03", "abc", recording.ConnectionClosed, nil, false},
		{"cut", "Content-Length: 300", "abc", recording.ConnectionClosed, nil, true},
		{"cut, and yet answered", "Content-Length: 300", "abc", recording.ConnectionClosed, answer, true},
		{"cut, never answered", "Content-Length: 300", "abc", recording.NoAnswer, nil, true},
		{"chunked, perhaps cut", "Transfer-Encoding: chunked", "abc", recording.ConnectionClosed, nil, true},
		{"chunked, answered", "Transfer-Encoding: chunked", "abc", recording.ConnectionClosed, answer, false},
	}
	for _, tc := range cases {
		ex := &recording.Exchange{Incomplete: tc.why, Response: tc.answer, Request: &recording.Request{
			Method: "POST", Headers: headers(tc.header), Body: recording.StoredBody([]byte(tc.body)),
		}}
		if got := notWhole(ex); (got != "") != tc.refused {
			t.Errorf("%s: %q, refused %v wanted", tc.name, got, tc.refused)
		}
	}
}
