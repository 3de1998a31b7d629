package packets

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// oddConversations are ways to speak HTTP that readers disagree about. What is
// read from them stands in testdata/odd.txt; an independent reader (tshark) was
// compared with it: it agrees but for messages that it cannot find the end of.
func oddConversations() map[string]*talk {
	cases := map[string]*talk{}
	add := func(n string, k *talk) { cases[n] = k }
	oddFraming(add)
	oddSyntax(add)
	oddConnections(add)
	return cases
}

const hostLine = "Host: h\r\n"

func get(p string) string { return "GET " + p + " HTTP/1.1\r\n" + hostLine + "\r\n" }

func ok(b string) string {
	return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(b), b)
}

// oddFraming has messages whose end is found in unusual ways.
func oddFraming(add func(string, *talk)) {
	add("pipelined head", newTalk().open().asks("HEAD /a HTTP/1.1\r\n"+hostLine+"\r\n"+get("/b")+"HEAD /c HTTP/1.1\r\n"+hostLine+"\r\n").answers("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"+ok("bb")+"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").shut())
	add("204 304 with length", newTalk().open().asks(get("/a")).answers("HTTP/1.1 204 No\r\nContent-Length: 10\r\n\r\n").asks(get("/b")).answers("HTTP/1.1 304 NM\r\nContent-Length: 10\r\n\r\n").asks(get("/c")).answers(ok("c")).shut())
	add("1xx chain", newTalk().open().asks("POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").answers("HTTP/1.1 100 Continue\r\n\r\n").asks("ab").answers("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"+ok("x")).shut())
	add("chunk ext trailers", newTalk().open().asks("POST /a HTTP/1.1\r\n"+hostLine+"Transfer-Encoding: chunked\r\n\r\n4;a=b;c=\"d\"\r\nabcd\r\n0\r\nX: y\r\n\r\n").answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Z\r\n\r\n0003 \r\nabc\r\n000\r\nZ: 1\r\nY: 2\r\n\r\n").asks(get("/b")).answers(ok("b")).shut())
	add("te gzip chunked", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").asks(get("/b")).answers(ok("b")).shut())
	add("te gzip no chunked", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc").shut())
	add("te identity", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc").asks(get("/b")).answers(ok("b")).shut())
	add("two te lines", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").asks(get("/b")).answers(ok("b")).shut())
	add("bare lf chunked", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n0\n\n").asks(get("/b")).answers(ok("b")).shut())
	add("absolute form", newTalk().open().asks("GET http://h:8080/a?b HTTP/1.1\r\n"+hostLine+"\r\n").answers(ok("a")).shut())
	add("multipart", newTalk().open().asks("POST /m HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 61\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nval\r\n--x--\r\n\r\n").answers("HTTP/1.1 206 Partial\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: 59\r\n\r\n--B\r\nContent-Range: bytes 0-1/9\r\n\r\nab\r\n--B--\r\n"+strings.Repeat("z", 13)).asks(get("/b")).answers(ok("b")).shut())
	add("byteranges no length", newTalk().open().asks(get("/a")).answers("HTTP/1.1 206 Partial\r\nContent-Type: multipart/byteranges; boundary=B\r\n\r\n--B\r\nContent-Range: bytes 0-1/9\r\n\r\nab\r\n--B--\r\n").shut())
	add("close no length", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody here").shut())
	add("equal lengths", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab").answers("HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx").asks(get("/b")).answers(ok("b")).shut())
	add("get body", newTalk().open().asks("GET /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"+get("/b")).answers(ok("a")+ok("b")).shut())
	add("negative length", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nabc").shut())
	add("length garbage", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nContent-Length: 3x\r\n\r\nabc").shut())
	add("length plus", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc").asks(get("/b")).answers(ok("b")).shut())
	add("chunked 1.0", newTalk().open().asks(get("/a")).answers("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n").asks(get("/b")).answers(ok("b")).shut())
	add("head chunked", newTalk().open().asks("HEAD /a HTTP/1.1\r\n"+hostLine+"\r\n").answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").asks(get("/b")).answers(ok("b")).shut())
}

// oddSyntax has unusual texts.
func oddSyntax(add func(string, *talk)) {
	add("lower case http", newTalk().open().asks("get /a http/1.1\r\nhost: h\r\n\r\n").answers("http/1.1 200 ok\r\ncontent-length: 1\r\n\r\na").asks(get("/b")).answers(ok("b")).shut())
	add("bare lf", newTalk().open().asks("GET /a HTTP/1.1\nHost: h\n\nGET /b HTTP/1.1\nHost: h\n\n").answers("HTTP/1.1 200 OK\nContent-Length: 1\n\naHTTP/1.1 201 OK\nContent-Length: 1\n\nb").shut())
	add("options star", newTalk().open().asks("OPTIONS * HTTP/1.1\r\n"+hostLine+"\r\n").answers("HTTP/1.1 200 OK\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n").shut())
	add("obs fold", newTalk().open().asks("GET /a HTTP/1.1\r\nHost: h\r\nX-A: one\r\n two\r\n\tthree\r\n\r\n").answers("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\nx").shut())
	add("empty values", newTalk().open().asks("GET /a HTTP/1.1\r\nHost:\r\nX-E:   \r\nA:b\r\n\r\n").answers("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n").asks(get("/b")).answers("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n").shut())
	add("odd names", newTalk().open().asks("GET /a HTTP/1.1\r\nHost: h\r\nX(a): 1\r\nX b: 2\r\nX-Y : 3\r\n: none\r\nno colon\r\n\r\n").answers(ok("a")).asks(get("/b")).answers(ok("b")).shut())
	add("utf8 target", newTalk().open().asks("GET /ä/ü?q=日本 HTTP/1.1\r\n"+hostLine+"\r\n").answers(ok("a")).shut())
	add("long url", newTalk().open().asks(get("/"+strings.Repeat("x", 30000))).answers("HTTP/1.1 414 Long\r\nContent-Length: 0\r\n\r\n").asks(get("/b")).answers(ok("b")).shut())
	add("extra crlf", newTalk().open().asks("\r\n"+get("/a")+"\r\n\r\n").answers(ok("a")).asks(get("/b")).answers("\r\n"+ok("b")).shut())
	add("post extra crlf", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx\r\n").answers(ok("a")).asks(get("/b")).answers(ok("b")).shut())
	add("custom methods", newTalk().open().asks("M-SEARCH * HTTP/1.1\r\n"+hostLine+"\r\n").answers(ok("a")).asks("PURGE /b HTTP/1.1\r\n"+hostLine+"\r\n").answers(ok("b")).asks("FOO_BAR /c HTTP/1.1\r\n"+hostLine+"\r\n").answers(ok("c")).shut())
	add("http 1.2", newTalk().open().asks("GET /a HTTP/1.2\r\n"+hostLine+"\r\n").answers("HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n").shut())
	add("status odd", newTalk().open().asks(get("/a")).answers("HTTP/1.1 999 X\r\nContent-Length: 1\r\n\r\na").asks(get("/b")).answers("HTTP/1.1 299 \xe4\xf6\r\nContent-Length: 1\r\n\r\nb").shut())
	add("target with space", newTalk().open().asks("GET /a b c HTTP/1.1\r\n"+hostLine+"\r\n").answers(ok("a")).shut())
	add("tab separators", newTalk().open().asks("GET\t/a\tHTTP/1.1\r\n"+hostLine+"\r\n").answers(ok("a")).shut())
}

// oddConnections has unusual uses of the connection.
func oddConnections(add func(string, *talk)) {
	add("connect tls", newTalk().open().asks("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n").answers("HTTP/1.1 200 Connection established\r\n\r\n").asks("\x16\x03\x01\x00\x05hello").answers("\x16\x03\x03\x00\x01x").shut())
	add("connect with length", newTalk().open().asks("CONNECT h:443 HTTP/1.1\r\n\r\n").answers("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").asks("\x16\x03\x01\x00\x05hello").answers("\x16\x03\x03\x00\x01x").shut())
	add("connect 407 then ok", newTalk().open().asks("CONNECT h:443 HTTP/1.1\r\n\r\n").answers("HTTP/1.1 407 Auth\r\nContent-Length: 2\r\n\r\nno").asks("CONNECT h:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n").answers("HTTP/1.1 200 OK\r\n\r\n").asks("\x16\x03\x01\x00\x05hello").shut())
	add("websocket", newTalk().open().asks("GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n").answers("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").answers("\x81\x02hi").asks("\x81\x82abcdxx").shut())
	add("h2c upgrade", newTalk().open().asks("GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n").answers("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").asks("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00").shut())
	add("upgrade ignored", newTalk().open().asks("GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n").answers(ok("a")).asks(get("/b")).answers(ok("b")).shut())
	add("early response", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc").answers("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx").say(false, fin|ack, "").say(true, rst, ""))
	add("early response, then rest", newTalk().open().asks("POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\nabc").answers(ok("x")).asks("def"+get("/b")).answers(ok("b")).shut())
	add("417", newTalk().open().asks("PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").answers("HTTP/1.1 417 Nope\r\nContent-Length: 0\r\n\r\n").asks(get("/b")).answers(ok("b")).shut())
	add("1.0 keepalive", newTalk().open().asks("GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").answers("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na").asks("GET /b HTTP/1.0\r\n\r\n").answers("HTTP/1.0 200 OK\r\n\r\nbbb").shut())
	add("extra after close", newTalk().open().asks(get("/a")).answers(ok("aa")+"trailing garbage").shut())
	add("length 200 head only", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").shut())
	add("101 without upgrade", newTalk().open().asks(get("/a")).answers("HTTP/1.1 101 Sw\r\n\r\nbin").shut())
	add("rst mid body", newTalk().open().asks(get("/a")).answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").say(false, rst, ""))
	add("fin then answer", newTalk().open().asks(get("/a")).say(true, fin|ack, "").answers(ok("aa")).say(false, fin|ack, "").say(true, ack, ""))
	k := newTalk()
	for i := range 5 {
		k.open().asks(get(fmt.Sprintf("/%d", i))).answers(ok("x")).shut()
		k.seq[0] += 100000
		k.seq[1] += 200000
	}
	add("port reuse", k)
	k = newTalk()
	for i := range 3 {
		k.open().asks(get(fmt.Sprintf("/%d", i))).answers(ok("x"))
		k.seq[0] += 100000
		k.seq[1] += 200000
	}
	add("port reuse without end", k)
}

// TestOddConversations reads them as testdata/odd.txt says.
func TestOddConversations(t *testing.T) {
	const golden = "testdata/odd.txt"
	cases := oddConversations()
	var got bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		fmt.Fprintf(&got, "== %s\n", name)
		lines, _ := readLines(t, cases[name].file(cases[name].packets), Options{})
		for _, l := range lines {
			fmt.Fprintln(&got, strings.ReplaceAll(l, strings.Repeat("x", 1000), "x{1000}"))
		}
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("exchanges (-want +got):\n%s", diff)
	}
}
