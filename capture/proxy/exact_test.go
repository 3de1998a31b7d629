package proxy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/recording"
)

// text writes an exchange as one readable block, without times and addresses.
func text(ex *recording.Exchange) string {
	var b strings.Builder
	fmt.Fprintf(&b, "#%d", ex.Sequence)
	if r := ex.Request; r != nil {
		fmt.Fprintf(&b, " %s %s %s %q%s", r.Method, r.Target, r.Version, r.Headers, bodyText(r.Body, r.Trailers))
	}
	if r := ex.Response; r != nil {
		b.WriteString(" ->")
		for _, interim := range r.Interim {
			fmt.Fprintf(&b, " (%d %s)", interim.Status, interim.Reason)
		}
		fmt.Fprintf(&b, " %d %s %s %q%s", r.Status, r.Reason, r.Version, r.Headers, bodyText(r.Body, r.Trailers))
	}
	if ex.Incomplete != "" {
		fmt.Fprintf(&b, " !%s", ex.Incomplete)
	}
	if len(ex.Errors) > 0 {
		fmt.Fprintf(&b, " %q", ex.Errors)
	}
	return b.String()
}

func bodyText(body recording.Body, trailers []recording.Header) string {
	s := ""
	if body.State != recording.BodyNone {
		s = fmt.Sprintf(" %s %d %q", body.State, body.Length, body.Bytes)
	}
	if len(trailers) > 0 {
		s += fmt.Sprintf(" trailers %q", trailers)
	}
	return s
}

func texts(all []*recording.Exchange) string {
	var lines []string
	for _, ex := range all {
		lines = append(lines, text(ex))
	}
	return strings.Join(lines, "\n")
}

const oddRequest = "POST /a?b=%2F&C HTTP/1.1\r\nhOST:x\r\nX-B:  2 \r\nX-A: 1\r\nX-B:3\r\nfold: a\r\n  b\r\nTransfer-Encoding: chunked\r\nTrailer: T\r\n\r\n" +
	"3;ext=\"1\"\r\nabc\r\n02\r\nde\r\n0\r\nT: 9\r\n\r\n"

const oddAnswer = "HTTP/1.1 299 Fine by me\nserver: odd\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\ntransfer-encoding: chunked\r\n\r\n" +
	"5\r\nhello\r\n0;x\r\nEnd: 1\r\n\r\n"

func TestBytesPassUnchangedAndAreRecorded(t *testing.T) {
	upstreamGot := make(chan string, 1)
	url := script(t, func(c *net.TCPConn) {
		upstreamGot <- readUntil(c, "T: 9\r\n\r\n")
		io.WriteString(c, oddAnswer)
		io.Copy(io.Discard, c)
	})
	sink := &memory{}
	r := start(t, Options{Upstream: url}, sink)
	c := r.dial()
	io.WriteString(c, oddRequest)
	if got := readUntil(c, "End: 1\r\n\r\n"); got != oddAnswer {
		t.Errorf("the client got\n%q, want\n%q", got, oddAnswer)
	}
	if got := <-upstreamGot; got != oddRequest {
		t.Errorf("the upstream got\n%q, want\n%q", got, oddRequest)
	}
	want := `#0 POST /a?b=%2F&C 1.1 [{"hOST" "x"} {"X-B" "2"} {"X-A" "1"} {"X-B" "3"} {"fold" "a\r\n  b"} {"Transfer-Encoding" "chunked"} {"Trailer" "T"}] stored 5 "abcde" trailers [{"T" "9"}] -> 299 Fine by me 1.1 [{"server" "odd"} {"Set-Cookie" "a=1"} {"set-cookie" "b=2"} {"transfer-encoding" "chunked"}] stored 5 "hello" trailers [{"End" "1"}] ["request: folded header" "response: bare LF"]`
	got := r.exchanges(sink, 1)
	if diff := cmp.Diff(want, texts(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkIdentity(t, got[0], c.LocalAddr().String(), strings.TrimPrefix(url, "http://"))
	if sum := sha256.Sum256([]byte("hello")); got[0].Response.Body.SHA256 != sum {
		t.Errorf("response hash %x", got[0].Response.Body.SHA256)
	}
}

// checkIdentity holds what an exchange says of its connection and its times.
func checkIdentity(t *testing.T, ex *recording.Exchange, client, server string) {
	t.Helper()
	if ex.Client != client || ex.Server != server || ex.Protocol != "http/1.1" || ex.Request.Scheme != "http" {
		t.Errorf("client %s, server %s, protocol %s, scheme %s", ex.Client, ex.Server, ex.Protocol, ex.Request.Scheme)
	}
	if want := recording.MakeID(ex.Request.FirstAt, ex.Session, ex.Sequence); ex.ID != want || len(ex.Session) != 16 {
		t.Errorf("id %s, want %s", ex.ID, want)
	}
	q, a := ex.Request, ex.Response
	if q.FirstAt <= 0 || q.LastAt < q.FirstAt || a.FirstAt < q.FirstAt || a.LastAt < a.FirstAt {
		t.Errorf("times: request %d to %d, response %d to %d", q.FirstAt, q.LastAt, a.FirstAt, a.LastAt)
	}
}

// record runs a recorder of its own over two streams in pieces.
func record(requests, answers []string, why cause) (string, ending) {
	var t tally
	sink := &memory{}
	q := newQueue(sink, 1<<30, &t)
	r := newRecorder(peers{session: "0123456789abcdef"}, 1<<20, q, &t)
	for _, piece := range requests {
		r.fromClient([]byte(piece), 1)
	}
	for _, piece := range answers {
		r.fromServer([]byte(piece), 2)
	}
	end := r.finish(why)
	q.close(context.Background())
	return texts(sink.got), end
}

func TestPairing(t *testing.T) {
	ended := cause{recording.NoAnswer, "upstream: gone"}
	cases := []struct {
		name, requests, answers string
		want                    string
		end                     ending
	}{
		{"pipelined", "GET /1 HTTP/1.1\r\n\r\nHEAD /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\n\r\n",
			"HTTP/1.1 200 a\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 200 b\r\nContent-Length: 9\r\n\r\nHTTP/1.1 304 c\r\nContent-Length: 9\r\n\r\n",
			`#0 GET /1 1.1 [] -> 200 a 1.1 [{"Content-Length" "1"}] stored 1 "1"
#1 HEAD /2 1.1 [] -> 200 b 1.1 [{"Content-Length" "9"}]
#2 GET /3 1.1 [] -> 304 c 1.1 [{"Content-Length" "9"}]`, endRead},
		{"100-continue", "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
			"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nL: x\r\n\r\nHTTP/1.1 201 ok\r\nContent-Length: 0\r\n\r\n",
			`#0 PUT / 1.1 [{"Expect" "100-continue"} {"Content-Length" "2"}] stored 2 "hi" -> (100 Continue) (103 Early) 201 ok 1.1 [{"Content-Length" "0"}]`, endRead},
		{"only interim", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 103 Early\r\n\r\n",
			`#0 GET / 1.1 [] !no answer ["upstream: gone" "response: only 1 interim answers came"]`, endRead},
		{"websocket", "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x85GET / HTTP/1.1\r\n\r\n",
			"HTTP/1.1 101 Switching\r\n\r\n\x81\x00HTTP/1.1 200 no\r\n\r\n",
			`#0 GET /ws 1.1 [{"Upgrade" "websocket"} {"Connection" "Upgrade"}] -> 101 Switching 1.1 []`, endTunnel},
		{"upgrade declined", "GET /ws HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nGET /next HTTP/1.1\r\n\r\n",
			"HTTP/1.1 204 no\r\n\r\nHTTP/1.1 204 yes\r\n\r\n",
			`#0 GET /ws 1.1 [{"Upgrade" "h2c"} {"Connection" "Upgrade"}] -> 204 no 1.1 []
#1 GET /next 1.1 [] -> 204 yes 1.1 []`, endRead},
		{"connect", "CONNECT a:1 HTTP/1.1\r\n\r\n\x16\x03", "HTTP/1.1 200 ok\r\n\r\n\x16\x03",
			`#0 CONNECT a:1 1.1 [] -> 200 ok 1.1 []`, endTunnel},
		{"connect refused", "CONNECT a:1 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n", "HTTP/1.1 407 who\r\nContent-Length: 0\r\n\r\nHTTP/1.1 204 ok\r\n\r\n",
			`#0 CONNECT a:1 1.1 [] -> 407 who 1.1 [{"Content-Length" "0"}]
#1 GET / 1.1 [] -> 204 ok 1.1 []`, endRead},
		{"answer before the request is whole", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 413 big\r\nContent-Length: 0\r\n\r\n",
			`#0 POST / 1.1 [{"Content-Length" "9"}] stored 3 "abc" -> 413 big 1.1 [{"Content-Length" "0"}] !connection closed ["request: the connection ended within it"]`, endRead},
		{"answer that is cut", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 ok\r\nContent-Length: 9\r\n\r\nabc",
			`#0 GET / 1.1 [] -> 200 ok 1.1 [{"Content-Length" "9"}] stored 3 "abc" !no answer ["upstream: gone"]`, endRead},
		{"answer to nothing", "", "HTTP/1.1 408 late\r\nContent-Length: 0\r\n\r\n",
			`#0 -> 408 late 1.1 [{"Content-Length" "0"}] !malformed ["response: no readable request that it could be to"]`, endRead},
		{"answer that is no answer", "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", "HELLO\r\n\r\n",
			`#0 GET /1 1.1 [] !malformed ["response: byte 0, in head: malformed: the start line is not one of HTTP/1"]
#1 GET /2 1.1 [] !no answer ["upstream: gone"]`, endMalformed},
		{"request of unclear length", "GET /1 HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 1, 2\r\n\r\nab", "HTTP/1.1 204 ok\r\n\r\nHTTP/1.1 400 bad\r\nContent-Length: 0\r\n\r\n",
			`#0 GET /1 1.1 [] -> 204 ok 1.1 []
#1 POST / 1.1 [{"Content-Length" "1, 2"}] -> 400 bad 1.1 [{"Content-Length" "0"}] !malformed ["request: byte 19, in head: unclear message length: content lengths 1 and 2"]`, endMalformed},
		{"http/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x00\x00\x06\x04", "", endHTTP2},
		{"something else", "SSH-2.0-x\r\n", "SSH-2.0-y\r\n", "", endForeign},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for _, pieces := range [][2][]string{
				{{c.requests}, {c.answers}},
				{strings.Split(c.requests, ""), strings.Split(c.answers, "")},
			} {
				got, end := record(pieces[0], pieces[1], ended)
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if end != c.end {
					t.Errorf("the connection ended as %v, want %v", end, c.end)
				}
			}
		})
	}
}

func TestInsertedLinesAreTheOnlyChange(t *testing.T) {
	const line = "X-Forwarded-For: 192.0.2.7\r\n"
	rapid.Check(t, func(t *rapid.T) {
		var in, want []byte
		for range rapid.IntRange(1, 4).Draw(t, "requests") {
			body := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "body")
			head := fmt.Sprintf("POST /%d HTTP/1.1\r\nContent-Length: %d", len(in), len(body))
			end := rapid.SampledFrom([]string{"\r\n\r\n", "\n\n", "\r\n\n"}).Draw(t, "end")
			first, empty := end[:strings.Index(end, "\n")+1], end[strings.Index(end, "\n")+1:]
			in = append(append(in, head+end...), body...)
			want = append(append(want, head+first+line+empty...), body...)
		}
		tail := rapid.SampledFrom([]string{"", "\x16\x03garbage", "CONNECT a:1 HTTP/1.1\r\n\r\n\x16", "GET / HT"}).Draw(t, "tail")
		in = append(in, tail...)
		if whole := strings.Index(tail, "\r\n\r\n"); whole >= 0 {
			tail = tail[:whole+2] + line + tail[whole+2:]
		}
		i := newInserter([]byte(line))
		var got []byte
		for len(in) > 0 {
			n := rapid.IntRange(1, len(in)).Draw(t, "piece")
			got = append(got, i.pass(in[:n])...)
			in = in[n:]
		}
		if got = append(got, i.held...); !bytes.Equal(got, append(want, tail...)) {
			t.Fatalf("got\n%q, want\n%q", got, append(want, tail...))
		}
	})
}

func TestInserterLeavesOffAtAnUpgrade(t *testing.T) {
	i := newInserter([]byte("Via: x\r\n"))
	got := string(i.pass([]byte("GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nGET")))
	got += string(i.pass([]byte(" held?")))
	if want := "GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade\r\nVia: x\r\n\r\nGET held?"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzRecorder(f *testing.F) {
	f.Add([]byte(oddRequest), []byte(oddAnswer), uint8(9))
	f.Add([]byte("GET / HTTP/1.1\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\nx"), []byte("HTTP/1.1 204 n\r\n\r\n"), uint8(3))
	f.Add([]byte("CONNECT a:1 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 400 n\r\n\r\n"), uint8(1))
	f.Fuzz(func(t *testing.T, requests, answers []byte, at uint8) {
		why := cause{recording.NoAnswer, "x"}
		i, j := min(int(at), len(requests)), min(int(at), len(answers))
		whole, _ := record([]string{string(requests)}, []string{string(answers)}, why)
		split, _ := record([]string{string(requests[:i]), string(requests[i:])}, []string{string(answers[:j]), string(answers[j:])}, why)
		if whole != split {
			t.Errorf("at once:\n%s\nin two:\n%s", whole, split)
		}
	})
}
