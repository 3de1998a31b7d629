package httpmsg

import (
	"strings"
	"testing"
)

func TestLooksLike(t *testing.T) {
	type looks func([]byte) (bool, bool)
	const match, more, no = "match", "more", "no"
	cases := []struct {
		look looks
		in   string
		want string
	}{
		{LooksLikeRequest, "GET / HTTP/1.1\r\n", match},
		{LooksLikeRequest, "\r\nRPC_IN_DATA /x HTTP/1.0\n", match},
		{LooksLikeRequest, "get / http/1.1\r\nHost: x", match},
		{LooksLikeRequest, "CONNECT a:443 HTTP/1.1\r\n", match},
		{LooksLikeRequest, "M-SEARCH * HTTP/1.1\r\n", match},
		{LooksLikeRequest, "", more},
		{LooksLikeRequest, "GE", more},
		{LooksLikeRequest, "GET / HTTP/1.1", more},
		{LooksLikeRequest, "GET /" + strings.Repeat("a", 1000<<10), more},
		{LooksLikeRequest, "GET /" + strings.Repeat("a", 1<<20), no},
		{LooksLikeRequest, "GET /\r\n", no},
		{LooksLikeRequest, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", no},
		{LooksLikeRequest, "INVITE sip:a@b SIP/2.0\r\n", no},
		{LooksLikeRequest, "DESCRIBE rtsp://a RTSP/1.0\r\n", no},
		{LooksLikeRequest, "SSH-2.0-OpenSSH_9.6\r\n", no},
		{LooksLikeRequest, "EHLO mail.example\r\n", no},
		{LooksLikeRequest, strings.Repeat("A", 33), no},
		{LooksLikeRequest, "GET \x00", no},
		{LooksLikeRequest, " / HTTP/1.1\r\n", no},
		{LooksLikeRequest, "\x16\x03\x01\x02", no},
		{LooksLikeRequest, "HTTP/1.1 200 OK\r\n", no},
		{LooksLikeResponse, "HTTP/1.1 200 OK\r\n", match},
		{LooksLikeResponse, "HTTP/1.0 404\n", match},
		{LooksLikeResponse, "HTTP/1.1 200 ", match},
		{LooksLikeResponse, "http/1.1 999 x", match},
		{LooksLikeResponse, "HTTP/1.1  200 OK\r\n", match},
		{LooksLikeResponse, "", more},
		{LooksLikeResponse, "HTT", more},
		{LooksLikeResponse, "HTTP/1.", more},
		{LooksLikeResponse, "HTTP/1.1", more},
		{LooksLikeResponse, "HTTP/1.1 20", more},
		{LooksLikeResponse, "HTTP/1.1 200", more},
		{LooksLikeResponse, "HTTP/1.x", no},
		{LooksLikeResponse, "HTTP/1.12", no},
		{LooksLikeResponse, "HTTP/1.1 2x", no},
		{LooksLikeResponse, "HTTP/1.1 2000", no},
		{LooksLikeResponse, "HTTP/1.1\r\n", no},
		{LooksLikeResponse, "HTTP/2 200\r\n", no},
		{LooksLikeResponse, "HTTP/1.1 " + strings.Repeat(" ", 99), no},
		{LooksLikeResponse, "RTSP/1.0 200 OK\r\n", no},
		{LooksLikeResponse, "ICY 200 OK\r\n", no},
	}
	for _, c := range cases {
		matched, needMore := c.look([]byte(c.in))
		got := map[[2]bool]string{{true, false}: match, {false, true}: more, {false, false}: no}[[2]bool{matched, needMore}]
		if got != c.want {
			t.Errorf("%.60q: %q, want %s", c.in, got, c.want)
		}
	}
}

func TestKeepsAlive(t *testing.T) {
	cases := []struct {
		in   string
		want bool
	}{
		{"GET / HTTP/1.1\r\n\r\n", true},
		{"GET / HTTP/1.0\r\n\r\n", false},
		{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
		{"GET / HTTP/1.1\r\nconnection: x, Close\r\n\r\n", false},
		{"GET / HTTP/1.1\r\nConnection: upgrade\r\nConnection: close\r\n\r\n", false},
		{"CONNECT a:1 HTTP/1.1\r\n\r\n", false},
	}
	for _, c := range cases {
		_, ev, err := NewRequestDecoder(Limits{}).Feed([]byte(c.in))
		if err != nil || ev.Head.KeepsAlive() != c.want {
			t.Errorf("%q: %v, want %v", c.in, ev.Head.KeepsAlive(), c.want)
		}
	}
}
