package httpmsg

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trace feeds the pieces and writes down what happens, with the data of one
// message joined, so that two ways of cutting the same bytes give the same text.
func trace(d *Decoder, methods []string, pieces ...string) string {
	t := tracer{d: d, methods: methods}
	for _, piece := range pieces {
		if !t.feed([]byte(piece)) {
			return t.out.String()
		}
	}
	ev, err := d.Finish()
	if err != nil {
		t.note("! %v", err)
		return t.out.String()
	}
	if t.tunnel != (ev.Kind == KindTunnel) {
		t.note("in a tunnel: %v, but Finish says %v", t.tunnel, ev.Kind)
	} else if !t.tunnel {
		t.event(ev)
	}
	t.flush()
	return t.out.String()
}

type tracer struct {
	d       *Decoder
	methods []string
	out     strings.Builder
	body    []byte
	tunnel  bool
}

func (t *tracer) note(format string, args ...any) {
	t.flush()
	fmt.Fprintf(&t.out, format+"\n", args...)
}

func (t *tracer) flush() {
	if len(t.body) > 0 {
		fmt.Fprintf(&t.out, "data %q\n", t.body)
	}
	t.body = nil
}

func (t *tracer) feed(p []byte) bool {
	for {
		if t.tunnel {
			t.body = append(t.body, p...)
			return true
		}
		n, ev, err := t.d.Feed(p)
		p = p[n:]
		if err != nil {
			t.note("! %v", err)
			return false
		}
		t.event(ev)
		if ev.Kind == KindMore {
			if len(p) > 0 {
				t.note("left over %q", p)
			}
			return true
		}
	}
}

func (t *tracer) event(ev Event) {
	switch ev.Kind {
	case KindHead:
		t.head(ev.Head)
	case KindData:
		t.body = append(t.body, ev.Data...)
	case KindEnd:
		t.note("end [%v] %v", ev.Head.Anomalies, ev.Trailers)
	case KindTunnel:
		t.note("tunnel")
		t.tunnel = true
	}
}

func (t *tracer) head(h *Head) {
	if h.Method != "" {
		t.note("@%d %s %q %s %s", h.At, h.Method, h.Target, h.Version, h.Framing)
	} else {
		if !h.Interim() && len(t.methods) > 0 {
			t.d.AnswerTo(t.methods[0])
			t.methods = t.methods[1:]
		}
		t.note("@%d %d %q %s %s", h.At, h.Status, h.Reason, h.Version, h.Framing)
	}
	for _, f := range h.Headers {
		t.note("  %q=%q", f.Name, f.Value)
	}
}

type streamCase struct {
	name     string
	response bool
	methods  string // of the requests that the responses answer
	in       string
	want     string
}

var streamCases = []streamCase{
	{name: "plain request", in: "GET /a?b=%20 HTTP/1.1\r\nHost: x\r\naccept:  */*\t\r\nHOST:\r\n\r\n",
		want: `@0 GET "/a?b=%20" 1.1 none
  "Host"="x"
  "accept"="*/*"
  "HOST"=""
end [] []
`},
	{name: "pipelined, position is identity", in: "GET /1 HTTP/1.1\r\n\r\nPOST /2 HTTP/1.0\r\nContent-Length: 3\r\n\r\nabcGET /3 HTTP/1.1\r\n\r\n",
		want: `@0 GET "/1" 1.1 none
end [] []
@19 POST "/2" 1.0 length
  "Content-Length"="3"
data "abc"
end [] []
@61 GET "/3" 1.1 none
end [] []
`},
	{name: "chunked with extensions and trailers", in: "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n0A \r\n0123456789\r\n000;x\r\nT: 1\r\nt: 2\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		want: `@0 POST "/" 1.1 chunked
  "Transfer-Encoding"="Chunked"
data "abc0123456789"
end [] [{T 1} {t 2}]
@99 GET "/" 1.1 none
end [] []
`},
	{name: "bare line feeds", in: "\r\n\nGET / HTTP/1.1\nTransfer-Encoding: chunked\n\n1\na\n0\n\n",
		want: `@3 GET "/" 1.1 chunked
  "Transfer-Encoding"="chunked"
data "a"
end [bare LF, empty lines before the message] []
`},
	{name: "folded", in: "GET / HTTP/1.1\r\nA: b \r\n  c\r\n\t\r\nB:\r\n d\r\n\r\n",
		want: `@0 GET "/" 1.1 none
  "A"="b \r\n  c"
  "B"="d"
end [folded header] []
`},
	{name: "lines that are no fields", in: "GET / HTTP/1.1\r\n odd\r\nnothing\r\n: x\r\nHost : y\r\nA(b): 1\r\nN: a\x00b\r\n\r\n",
		want: `@0 GET "/" 1.1 none
  ""=" odd"
  ""="nothing"
  ""=": x"
  "Host "="y"
  "A(b)"="1"
  "N"="a\x00b"
end [line that is no header, odd header name, control bytes in the head] []
`},
	{name: "odd start lines", in: "GET /a b  HTTP/1.1\r\n\r\nFOO-1  * http/1.0 \r\n\r\nM / HTTP/1.7\r\n\r\n",
		want: `@0 GET "/a b" 1.1 none
end [odd start line] []
@22 FOO-1 "*" 1.0 none
end [odd start line, odd version] []
@44 M "/" 1.7 none
end [odd version] []
`},
	{name: "connect", in: "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n\x16\x03\x01",
		want: `@0 CONNECT "a:443" 1.1 tunnel
  "Host"="a"
tunnel
data "\x16\x03\x01"
`},
	{name: "lengths repeated", in: "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\ncontent-length : 1\r\n\r\nx",
		want: `@0 POST "/" 1.1 length
  "Content-Length"="1, 1"
  "content-length "="1"
data "x"
end [odd header name, repeated content length] []
`},
	{name: "lengths in conflict", in: "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
		want: `@0 POST "/" 1.1 length
  "Content-Length"="1"
  "Content-Length"="2"
! byte 0, in head: unclear message length: content lengths 1 and 2
`},
	{name: "length with a sign", in: "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\nx",
		want: `@0 POST "/" 1.1 length
  "Content-Length"="+1"
! byte 0, in head: unclear message length: the content length is no number
`},
	{name: "length beyond 63 bits", in: "POST / HTTP/1.1\r\nContent-Length: 9223372036854775808\r\n\r\nx",
		want: `@0 POST "/" 1.1 length
  "Content-Length"="9223372036854775808"
! byte 0, in head: unclear message length: the content length is no number
`},
	{name: "length beside chunked", in: "POST / HTTP/1.1\r\nContent-Length: 99\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: identity, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		want: `@0 POST "/" 1.1 chunked
  "Content-Length"="99"
  "Transfer-Encoding"="gzip"
  "Transfer-Encoding"="identity, chunked"
data "x"
end [content length beside a transfer coding, transfer coding left in the body] []
`},
	{name: "request with another last coding", in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
		want: `@0 POST "/" 1.1 none
  "Transfer-Encoding"="chunked, gzip"
! byte 0, in head: unclear message length: transfer coding "gzip" after chunked
`},
	{name: "chunk size too big", in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
		want: `@0 POST "/" 1.1 chunked
  "Transfer-Encoding"="chunked"
! byte 62, in body: malformed: a chunk's size is beyond 63 bits
`},
	{name: "chunk longer than its size", in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
		want: `@0 POST "/" 1.1 chunked
  "Transfer-Encoding"="chunked"
data "a"
! byte 51, in body: malformed: no line end after a chunk
`},
	{name: "ends in head", in: "GET / HTTP/1.1\r\nHost: x\r\n", want: "! byte 25, in head: truncated: the stream ended\n"},
	{name: "ends in body", in: "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
		want: "@0 POST \"/\" 1.1 length\n  \"Content-Length\"=\"5\"\ndata \"abc\"\n! byte 41, in body: truncated: the stream ended\n"},
	{name: "ends before the last line of chunks", in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
		want: "@0 POST \"/\" 1.1 chunked\n  \"Transfer-Encoding\"=\"chunked\"\n! byte 50, in body: truncated: the stream ended\n"},
	{name: "HTTP/0.9", in: "GET /\r\n\r\n", want: "! byte 0, in head: malformed: the start line is not one of HTTP/1\n"},
	{name: "HTTP/2 preface", in: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", want: "! byte 0, in head: malformed: the start line is not one of HTTP/1\n"},
	{name: "TLS", in: "\x16\x03\x01\x02\x00\x01\x00", want: "! byte 0, in head: malformed: the start line is not one of HTTP/1\n"},
	{name: "endless method", in: strings.Repeat("A", 100), want: "! byte 0, in head: malformed: the start line is not one of HTTP/1\n"},
	{name: "a head beyond the limit", in: "GET /" + strings.Repeat("a", 1<<12), want: "! byte 0, in head: too large: too many bytes\n"},
	{name: "too many fields", in: "GET / HTTP/1.1\r\n" + strings.Repeat("a: b\r\n", 9), want: "! byte 0, in head: too large: too many header lines\n"},
	{name: "a chunk's size line beyond the limit", in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + strings.Repeat("x", maxChunkLine),
		want: "@0 POST \"/\" 1.1 chunked\n  \"Transfer-Encoding\"=\"chunked\"\n! byte 4143, in body: too large: a chunk's size line is too long\n"},
	{name: "too many trailers", in: "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + strings.Repeat("a: b\r\n", 9),
		want: "@0 POST \"/\" 1.1 chunked\n  \"Transfer-Encoding\"=\"chunked\"\n! byte 50, in trailers: too large: too many header lines\n"},

	{name: "interim and final", response: true, methods: "POST",
		in: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		want: `@0 100 "Continue" 1.1 none
end [] []
@25 103 "Early Hints" 1.1 none
  "Link"="a"
end [] []
@62 200 "OK" 1.1 length
  "Content-Length"="2"
data "hi"
end [] []
`},
	{name: "without a body", response: true, methods: "HEAD GET GET HEAD GET",
		in: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nHTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
		want: `@0 200 "OK" 1.1 none
  "Content-Length"="5"
end [] []
@38 204 "No Content" 1.1 none
  "Content-Length"="5"
end [] []
@84 304 "Not Modified" 1.1 none
  "Transfer-Encoding"="chunked"
end [] []
@141 200 "OK" 1.1 none
  "Content-Length"="x"
end [] []
@179 200 "OK" 1.1 length
  "Content-Length"="1"
data "a"
end [] []
`},
	{name: "ends with the stream", response: true, methods: "GET", in: "HTTP/1.0 200 OK\r\n\r\nall of\r\n\r\nit",
		want: "@0 200 \"OK\" 1.0 close\ndata \"all of\\r\\n\\r\\nit\"\nend [] []\n"},
	{name: "coded up to the end of the stream", response: true, methods: "GET", in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx",
		want: "@0 200 \"OK\" 1.1 close\n  \"Transfer-Encoding\"=\"gzip\"\ndata \"x\"\nend [transfer coding left in the body] []\n"},
	{name: "coded after chunked", response: true, methods: "GET", in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\nx",
		want: "@0 200 \"OK\" 1.1 close\n  \"Transfer-Encoding\"=\"chunked, gzip\"\ndata \"x\"\nend [transfer coding left in the body] []\n"},
	{name: "chunked announced twice", response: true, methods: "GET GET",
		in: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
		want: `@0 200 "OK" 1.1 chunked
  "Transfer-Encoding"="chunked"
  "Transfer-Encoding"="chunked"
data "x"
end [transfer coding left in the body] []
@86 204 "No Content" 1.1 none
end [] []
`},
	{name: "chunked in 1.0", response: true, methods: "GET", in: "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
		want: "@0 200 \"OK\" 1.0 chunked\n  \"Transfer-Encoding\"=\"chunked\"\ndata \"x\"\nend [transfer coding in HTTP/1.0] []\n"},
	{name: "upgrade", response: true, methods: "GET", in: "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x00",
		want: "@0 101 \"Switching Protocols\" 1.1 tunnel\n  \"Upgrade\"=\"websocket\"\ntunnel\ndata \"\\x81\\x00\"\n"},
	{name: "connect refused, then made", response: true, methods: "CONNECT CONNECT",
		in:   "HTTP/1.1 407 Who\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\nGET ",
		want: "@0 407 \"Who\" 1.1 length\n  \"Content-Length\"=\"1\"\ndata \"x\"\nend [] []\n@40 200 \"Connection established\" 1.1 tunnel\n  \"Content-Length\"=\"7\"\ntunnel\ndata \"GET \"\n"},
	{name: "odd status lines", response: true, methods: "HEAD HEAD HEAD HEAD HEAD",
		in: "HTTP/1.1 200\r\n\r\nHTTP/1.1 200 \r\n\r\nhttp/1.1 999 x  y \r\n\r\nHTTP/1.1  404 Nö\r\n\r\nHTTP/1.1 042 ?\r\n\r\n",
		want: `@0 200 "" 1.1 none
end [] []
@16 200 "" 1.1 none
end [] []
@33 999 "x  y " 1.1 none
end [odd version, odd status] []
@55 404 "Nö" 1.1 none
end [odd start line] []
@76 42 "?" 1.1 none
end [odd status] []
`},
	{name: "no status", response: true, in: "HTTP/1.1 20x OK\r\n\r\n", want: "! byte 0, in head: malformed: the start line is not one of HTTP/1\n"},
	{name: "status glued to its reason", response: true, in: "HTTP/1.1 200OK\r\n\r\n", want: "! byte 0, in head: malformed: the start line is not one of HTTP/1\n"},
	{name: "a HEAD's answer midstream, its method unknown", response: true, in: "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		want: "@0 200 \"OK\" 1.1 length\n  \"Content-Length\"=\"50\"\ndata \"HTTP/1.1 200 OK\\r\\n\\r\\n\"\n! byte 58, in body: truncated: the stream ended\n"},
}

// small keeps the cases about limits short.
var small = Limits{Head: 1 << 12, Fields: 8}

func (c streamCase) decoder() *Decoder {
	if c.response {
		return NewResponseDecoder(small)
	}
	return NewRequestDecoder(small)
}

func (c streamCase) trace(pieces ...string) string {
	return trace(c.decoder(), strings.Fields(c.methods), pieces...)
}

func TestStreams(t *testing.T) {
	for _, c := range streamCases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.trace(c.in)); diff != "" {
				t.Errorf("at once (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, c.trace(strings.Split(c.in, "")...)); diff != "" {
				t.Errorf("byte by byte (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryCutInTwo(t *testing.T) {
	for _, c := range streamCases {
		if len(c.in) > 500 {
			continue
		}
		for i := range c.in {
			if diff := cmp.Diff(c.want, c.trace(c.in[:i], c.in[i:])); diff != "" {
				t.Fatalf("%s, cut at %d (-want +got):\n%s", c.name, i, diff)
			}
		}
	}
}

func TestErrorsAreFinalAndTyped(t *testing.T) {
	d := NewRequestDecoder(Limits{})
	_, _, first := d.Feed([]byte("\x00"))
	_, _, second := d.Feed([]byte("GET / HTTP/1.1\r\n\r\n"))
	_, third := d.Finish()
	var place *Error
	if !errors.Is(first, ErrMalformed) || !errors.As(first, &place) || place.At != 0 || place.In != "head" {
		t.Errorf("first error %v", first)
	}
	if second != first || third != first {
		t.Errorf("later errors %v, %v, want the first", second, third)
	}
}

func TestSkipBody(t *testing.T) {
	response := func(head string) *Decoder {
		d := NewResponseDecoder(Limits{})
		if _, ev, err := d.Feed([]byte(head + "\r\n\r\n")); err != nil || ev.Kind != KindHead {
			t.Fatalf("head: %v %v", ev.Kind, err)
		}
		return d
	}
	cases := []struct {
		name, head, before string
		gap, skipped       int64
		after              string
		want               string
	}{
		{"within a length", "HTTP/1.1 200 OK\r\nContent-Length: 10", "ab", 5, 5, "xyz", "data \"xyz\"\nend [gap in the body] []\n"},
		{"right behind the head, to the end", "HTTP/1.1 200 OK\r\nContent-Length: 10", "", 10, 10, "", "end [gap in the body] []\n"},
		{"beyond the body", "HTTP/1.1 200 OK\r\nContent-Length: 10", "ab", 9, 8, "", "end [gap in the body] []\n"},
		{"no body at all", "HTTP/1.1 204 No", "", 9, 0, "", "end [] []\n"},
		{"within a chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "5\r\na", 3, 3, "e\r\n0\r\n\r\n", "data \"e\"\nend [gap in the body] []\n"},
		{"over a chunk's end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "5\r\na", 5, 4, "", "! byte 55, in body: truncated: the stream ended\n"},
		{"up to the end of the stream", "HTTP/1.1 200 OK", "a", 1 << 40, 1 << 40, "b", "data \"b\"\nend [gap in the body] []\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := response(c.head)
			(&tracer{d: d}).feedSome(c.before)
			at := d.Offset()
			if got := d.SkipBody(c.gap); got != c.skipped {
				t.Errorf("skipped %d, want %d", got, c.skipped)
			}
			if d.Offset() != at+c.skipped {
				t.Errorf("offset moved by %d, want %d", d.Offset()-at, c.skipped)
			}
			if diff := cmp.Diff(c.want, trace(d, nil, c.after)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// feedSome feeds without looking at what is pending behind the bytes.
func (t *tracer) feedSome(s string) {
	for p := []byte(s); len(p) > 0; {
		n, ev, err := t.d.Feed(p)
		if err != nil || ev.Kind == KindMore {
			return
		}
		p = p[n:]
	}
}

func TestIdleTellsTheFirstByte(t *testing.T) {
	d := NewRequestDecoder(Limits{})
	for _, step := range []struct {
		in   string
		idle bool
	}{{"", true}, {"\r\n", true}, {"G", false}, {"ET / HTTP/1.1\r\n", false}} {
		if _, _, err := d.Feed([]byte(step.in)); err != nil || d.Idle() != step.idle {
			t.Errorf("after %q: idle %v, error %v", step.in, d.Idle(), err)
		}
	}
	d.Feed([]byte("\r\n"))
	if _, ev, _ := d.Feed(nil); ev.Kind != KindEnd || !d.Idle() {
		t.Errorf("after the message: %v, idle %v", ev.Kind, d.Idle())
	}
}

func TestResumeAfterARefusedConnect(t *testing.T) {
	d := NewRequestDecoder(Limits{})
	in := []byte("CONNECT a:1 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n")
	n, _, _ := d.Feed(in)
	m, ev, _ := d.Feed(in[n:])
	if ev.Kind != KindTunnel || m != 0 {
		t.Fatalf("after CONNECT: %v, %d bytes taken", ev.Kind, m)
	}
	d.Resume()
	if _, ev, err := d.Feed(in[n:]); err != nil || ev.Kind != KindHead || ev.Head.Method != "GET" {
		t.Errorf("after Resume: %v %v", ev.Kind, err)
	}
}

func TestAnswerToBeforeOrAfterTheHead(t *testing.T) {
	const in = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
	cases := []struct {
		before, after string
		want          Framing
	}{
		{"", "", FramingLength}, {"GET", "", FramingLength}, {"", "GET", FramingLength},
		{"HEAD", "", FramingNone}, {"", "HEAD", FramingNone}, {"HEAD", "GET", FramingLength},
		{"CONNECT", "", FramingTunnel}, {"", "CONNECT", FramingTunnel}, {"CONNECT", "HEAD", FramingNone},
	}
	for _, c := range cases {
		d := NewResponseDecoder(Limits{})
		if c.before != "" {
			d.AnswerTo(c.before)
		}
		_, ev, err := d.Feed([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		if c.after != "" {
			d.AnswerTo(c.after)
		}
		if ev.Head.Framing != c.want || ev.Head.ContentLength != 3 {
			t.Errorf("%q before, %q after: %v, want %v", c.before, c.after, ev.Head.Framing, c.want)
		}
	}
	// A method is good for one answer only.
	d := NewResponseDecoder(Limits{})
	d.AnswerTo("HEAD")
	if got := trace(d, nil, in+in+"abc"); !strings.Contains(got, "length") || !strings.HasSuffix(got, "data \"abc\"\nend [] []\n") {
		t.Errorf("two answers, one method:\n%s", got)
	}
}

// TestManyLines: a head of 10,000 lines is a head, as it is to servers that bound
// its bytes only.
func TestManyLines(t *testing.T) {
	const lines = 10_000
	d := NewRequestDecoder(Limits{})
	_, ev, err := d.Feed([]byte("GET / HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", lines) + "\r\n"))
	if err != nil || ev.Kind != KindHead || len(ev.Head.Headers) != lines {
		t.Errorf("%v, error %v", ev.Kind, err)
	}
}
