package packets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	getA  = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"
	getB  = "GET /b HTTP/1.1\r\nHost: h\r\n\r\n"
	getC  = "GET /c HTTP/1.1\r\nHost: h\r\n\r\n"
	headA = "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"
	okA   = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\naa"
	okB   = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nbb"
	okC   = "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\ncc"
	long  = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"
)

// TestConversations: what is said, and which exchanges that makes.
func TestConversations(t *testing.T) {
	socks5Client := "\x05\x01\x00" + "\x05\x01\x00\x03\x04host\x00\x50"
	socks5Server := "\x05\x00" + "\x05\x00\x00\x01\x0a\x00\x00\x01\x00\x50"
	for _, c := range []struct {
		name string
		talk *talk
		want []string
	}{
		{"one after the other", newTalk().open().asks(getA).answers(okA).asks(getB).answers(okB).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"pipelined", newTalk().open().asks(getA + getB + getC).answers(okA + okB + okC).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`, `GET /c > 202 "cc"`}},
		{"byte by byte", bytewise().open().asks(getA + getB).answers(okA + okB).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"interim answers", newTalk().open().asks("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").
			answers("HTTP/1.1 100 Continue\r\n\r\n").asks("abc").answers("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + okA).shut(),
			[]string{`POST /a "abc" > 100 103 200 "aa"`}},
		{"answer before the request ends", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc").
			answers(okB).asks("def" + getB).answers(okA).shut(),
			[]string{`POST /a "abcdef" > 201 "bb"`, `GET /b > 200 "aa"`}},
		{"answer before the request", newTalk().open().answers(okA).asks(getA).shut(), []string{`GET /a > 200 "aa"`}},
		{"HEAD, 204, 304", newTalk().open().asks(headA).answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n").
			asks(getA).answers("HTTP/1.1 204 No Content\r\n\r\n").
			asks(getB).answers("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n").asks(getC).answers(okC).shut(),
			[]string{`HEAD /a > 200`, `GET /a > 204`, `GET /b > 304`, `GET /c > 202 "cc"`}},
		{"body to the end", newTalk().open().asks(getA).answers("HTTP/1.0 200 OK\r\n\r\nall of it").shut(),
			[]string{`GET /a > 200 "all of it"`}},
		{"body to the end, reset", newTalk().open().asks(getA).answers("HTTP/1.0 200 OK\r\n\r\nall of").say(false, rst, ""),
			[]string{`GET /a > 200 "all of" (connection closed)`}},
		{"body to the end of the capture", newTalk().open().asks(getA).answers("HTTP/1.0 200 OK\r\n\r\nall of"),
			[]string{`GET /a > 200 "all of" (response after capture)`}},
		{"chunked with trailers", newTalk().open().asks(getA).
			answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nSum: 7\r\n\r\n" + "").asks(getB).answers(okB).shut(),
			[]string{`GET /a > 200 "abcde" Sum=7`, `GET /b > 201 "bb"`}},
		{"length beside chunked", newTalk().open().asks(getA).
			answers("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n").asks(getB).answers(okB).shut(),
			[]string{`GET /a > 200 "a"`, `GET /b > 201 "bb"`}},
		{"upgrade", newTalk().open().asks("GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").
			answers("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\n\x81\x02hi").asks("\x81\x82abcdxx" + getB).shut(),
			[]string{`GET /a > 101`}},
		{"upgrade refused", newTalk().open().asks("GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + getB).answers(okA + okB).shut(),
			[]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"tunnel", newTalk().open().asks("CONNECT h:443 HTTP/1.1\r\n\r\n").answers("HTTP/1.1 200 OK\r\n\r\n").
			asks("\x16\x03\x01\x00\x05hello").answers("\x16\x03\x03\x00\x01x").shut(),
			[]string{`CONNECT h:443 > 200`}},
		{"tunnel with HTTP in it", newTalk().open().asks("CONNECT h:80 HTTP/1.1\r\n\r\n").answers("HTTP/1.1 200 OK\r\n\r\n").
			asks(getA).answers(okA).shut(),
			[]string{`CONNECT h:80 > 200`, `GET /a > 200 "aa"`}},
		{"tunnel refused", newTalk().open().asks("CONNECT h:443 HTTP/1.1\r\n\r\n").answers("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno").
			asks(getB).answers(okB).shut(),
			[]string{`CONNECT h:443 > 403 "no"`, `GET /b > 201 "bb"`}},
		{"socks 4", newTalk().open().asks("\x04\x01\x00\x50\x0a\x00\x00\x01me\x00").answers("\x00\x5a\x00\x50\x0a\x00\x00\x01").asks(getA).answers(okA).shut(),
			[]string{`GET /a > 200 "aa"`}},
		{"socks 4a", newTalk().open().asks("\x04\x01\x00\x50\x00\x00\x00\x01me\x00host\x00" + getA).answers("\x00\x5a\x00\x50\x0a\x00\x00\x01" + okA).shut(),
			[]string{`GET /a > 200 "aa"`}},
		{"socks 5", newTalk().open().asks(socks5Client).answers(socks5Server).asks(getA).answers(okA).shut(),
			[]string{`GET /a > 200 "aa"`}},
		{"socks 5, byte by byte", bytewise().open().asks(socks5Client).answers(socks5Server).asks(getA).answers(okA).shut(),
			[]string{`GET /a > 200 "aa"`}},
		{"socks 5 with password", newTalk().open().asks("\x05\x02\x00\x02").answers("\x05\x02").asks("\x01\x02me\x03pwd").answers("\x01\x00").
			asks(socks5Client[3:]).answers(socks5Server[2:]).asks(getA).answers(okA).shut(),
			[]string{`GET /a > 200 "aa"`}},
		{"PROXY line", newTalk().open().asks("PROXY TCP4 1.1.1.1 2.2.2.2 5 6\r\n" + getA).answers(okA).shut(), []string{`GET /a > 200 "aa"`}},
		{"PROXY binary", newTalk().open().asks(proxyV2 + "\x21\x11\x00\x0c\x01\x01\x01\x01\x02\x02\x02\x02\x00\x05\x00\x06" + getA).answers(okA).shut(), []string{`GET /a > 200 "aa"`}},
		{"HTTP/0.9", newTalk().open().asks("GET /a\r\n").answers(okA).shut(), []string{`GET /a > 200 "aa"`}},
		{"no version but headers", newTalk().open().asks("GET /a\r\nHost: h\r\n\r\n").answers(okA).shut(), []string{`GET /a > 200 "aa"`}},
		{"GET of another protocol", newTalk().open().asks("GET /key\r\n").answers("$2\r\nhi\r\n").shut(), nil},
		{"no answer", newTalk().open().asks(getA).shut(), []string{`GET /a > - (no answer)`}},
		{"no answer yet", newTalk().open().asks(getA), []string{`GET /a > - (response after capture)`}},
		{"half a request", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"), []string{`POST /a "abc" > - (request after capture)`}},
		{"half a request, closed", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc").shut(), []string{`POST /a "abc" > - (connection closed)`}},
		{"half a head", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Le").shut(), nil},
		{"half an answer", newTalk().open().asks(getA).answers(long + "abc").shut(), []string{`GET /a > 200 "abc" (connection closed)`}},
		{"only the client", oneSide(newTalk().open().asks(getA+getB).answers(okA+okB).shut(), true),
			[]string{`GET /a > - (one direction missing)`, `GET /b > - (one direction missing)`}},
		{"only the server", oneSide(newTalk().open().asks(getA+getB).answers(okA+okB).shut(), false),
			[]string{`- > 200 "aa" (one direction missing)`, `- > 201 "bb" (one direction missing)`}},
		{"request that is none", newTalk().open().asks("\x16\x03\x01\x00\x05hello").answers(okA).shut(), []string{`- > 200 "aa" (malformed)`}},
		{"answer that is none", newTalk().open().asks(getA).answers("220 mail ready\r\n").shut(), []string{`GET /a > - (malformed)`}},
		{"another protocol", newTalk().open().answers("SSH-2.0-x\r\n").asks("SSH-2.0-y\r\n").shut(), nil},
		{"HTTP/2", newTalk().open().asks("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").shut(), nil},
		{"broken chunk", newTalk().open().asks(getA).answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef").asks(getB).shut(),
			[]string{`GET /a > 200 "abc" (malformed)`, `GET /b > - (malformed)`}},
		{"text of a message in a body", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: " + "28" + "\r\n\r\n" + getA).
			answers(okA).asks(getB).answers(okB).shut(), []string{`POST /a "` + strings.ReplaceAll(getA, "\r\n", `\r\n`) + `" > 200 "aa"`, `GET /b > 201 "bb"`}},
		{"nothing said", newTalk().open().shut(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := readLines(t, c.talk.file(c.talk.packets), Options{})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("exchanges (-want +got):\n%s", diff)
			}
		})
	}
}

func bytewise() *talk {
	k := newTalk()
	k.size = 1
	return k
}

// oneSide leaves only the packets of one direction.
func oneSide(k *talk, client bool) *talk {
	var kept []packet
	for _, p := range k.packets {
		if p.client == client {
			kept = append(kept, p)
		}
	}
	k.packets = kept
	return k
}

// TestPortReuse: a SYN with another number is another connection, also without
// an end of the first.
func TestPortReuse(t *testing.T) {
	k := newTalk().open().asks(getA).answers(okA)
	k.seq = [2]uint32{77, 99}
	k.open().asks(getB).answers(okB).shut()
	k.seq = [2]uint32{1 << 30, 1 << 29}
	k.open().asks(getC).answers(okC).shut()
	out, ledger, err := readAll(t, k.file(k.packets), Options{})
	if err != nil || len(out) != 3 {
		t.Fatalf("%d exchanges, %v", len(out), err)
	}
	if out[0].Session == out[1].Session || out[1].Session == out[2].Session {
		t.Error("two connections have one session")
	}
	if n := ledger.Account("connections").Total; n != 3 {
		t.Errorf("%d connections", n)
	}
}

// TestFastOpen: data on the SYN is data.
func TestFastOpen(t *testing.T) {
	k := newTalk()
	k.say(true, syn, getA).say(false, syn|ack, "").say(true, ack, "").answers(okA).shut()
	got, _ := readLines(t, k.file(k.packets), Options{})
	if diff := cmp.Diff([]string{`GET /a > 200 "aa"`}, got); diff != "" {
		t.Error(diff)
	}
}

// TestIdentity: ends, session, sequence and times.
func TestIdentity(t *testing.T) {
	k := newTalk().open().asks(getA).answers(okA).asks(getB).answers(okB).shut()
	out, _, err := readAll(t, k.file(k.packets), Options{})
	if err != nil || len(out) != 2 {
		t.Fatalf("%d exchanges, %v", len(out), err)
	}
	for i, ex := range out {
		if ex.Client != "10.0.0.1:40000" || ex.Server != "10.0.0.2:8080" || ex.Sequence != uint32(i) || ex.Protocol != "http/1.1" {
			t.Errorf("exchange %d: %s to %s, sequence %d, %s", i, ex.Client, ex.Server, ex.Sequence, ex.Protocol)
		}
		if at, err := ex.ID.Time(); err != nil || at != ex.Request.FirstAt {
			t.Errorf("id %s: %v", ex.ID, err)
		}
	}
	// Packet i has a time of i µs: SYN, SYN, ACK, request, ACK, response.
	const second = 1700000000_000000000
	if r := out[0].Request; r.FirstAt != second+3000 || r.LastAt != second+3000 {
		t.Errorf("request from %d to %d", r.FirstAt-second, r.LastAt-second)
	}
	if r := out[0].Response; r.FirstAt != second+5000 || r.LastAt != second+5000 {
		t.Errorf("response from %d to %d", r.FirstAt-second, r.LastAt-second)
	}
}
