package httpmsg

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var (
	drawToken = rapid.StringMatching("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}")
	drawValue = rapid.Custom(func(t *rapid.T) string {
		return trimOWS(rapid.StringMatching(`[\x21-\xff][\t -\xff]{0,20}`).Draw(t, "value"))
	})
	drawBody = rapid.SliceOfN(rapid.Byte(), 0, 300)
)

func drawHeaders(t *rapid.T, label string) []Header {
	var headers []Header
	for range rapid.IntRange(0, 6).Draw(t, label) {
		name := drawToken.Draw(t, "name")
		if strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "Transfer-Encoding") {
			continue
		}
		headers = append(headers, Header{name, drawValue.Draw(t, "value")})
	}
	return headers
}

// message is what a stream is made of and what it must decode to.
type message struct {
	Method, Target, Version, Reason string
	Status                          int
	Headers, Trailers               []Header
	Body                            string
}

func drawMessage(t *rapid.T, request bool) (message, []byte) {
	m := message{
		Version: rapid.SampledFrom([]string{"1.0", "1.1"}).Draw(t, "version"),
		Headers: drawHeaders(t, "headers"),
		Body:    string(drawBody.Draw(t, "body")),
	}
	chunked := rapid.Bool().Draw(t, "chunked")
	if chunked {
		m.Headers = append(m.Headers, Header{"Transfer-Encoding", "chunked"})
		m.Trailers = drawHeaders(t, "trailers")
	} else {
		m.Headers = append(m.Headers, Header{"Content-Length", itoa(len(m.Body))})
	}
	var wire []byte
	if request {
		m.Method, m.Target = "M"+drawToken.Draw(t, "method"), "/"+drawToken.Draw(t, "target")
		wire = AppendRequestHead(nil, m.Method, m.Target, m.Version, m.Headers)
	} else {
		m.Status = rapid.SampledFrom([]int{200, 302, 404, 500, 599}).Draw(t, "status")
		m.Reason = rapid.StringMatching(`[a-zA-Z ]{0,9}`).Draw(t, "reason")
		wire = AppendResponseHead(nil, m.Version, m.Status, m.Reason, m.Headers)
	}
	if !chunked {
		return m, append(wire, m.Body...)
	}
	for rest := []byte(m.Body); len(rest) > 0; {
		n := rapid.IntRange(1, len(rest)).Draw(t, "chunk")
		wire, rest = AppendChunk(wire, rest[:n]), rest[n:]
	}
	return m, AppendLastChunk(wire, m.Trailers)
}

func itoa(n int) string { return string(appendDecimal(nil, n)) }

func appendDecimal(dst []byte, n int) []byte {
	if n >= 10 {
		dst = appendDecimal(dst, n/10)
	}
	return append(dst, byte('0'+n%10))
}

// decode reads messages from stream, given in pieces of drawn sizes.
func decode(t *rapid.T, d *Decoder, stream []byte) []message {
	var got []message
	for more := true; more; {
		n := rapid.IntRange(min(1, len(stream)), len(stream)).Draw(t, "piece")
		piece := stream[:n]
		stream = stream[n:]
		more = len(stream) > 0
		for done := false; !done; {
			n, ev, err := d.Feed(piece)
			if err != nil {
				t.Fatal(err)
			}
			piece = piece[n:]
			switch ev.Kind {
			case KindMore:
				done = true
			case KindHead:
				h := ev.Head
				got = append(got, message{Method: h.Method, Target: h.Target, Version: h.Version, Reason: h.Reason, Status: h.Status, Headers: h.Headers})
			case KindData:
				got[len(got)-1].Body += string(ev.Data)
			case KindEnd:
				got[len(got)-1].Trailers = ev.Trailers
			}
		}
	}
	return got
}

func TestWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		request := rapid.Bool().Draw(t, "request")
		d := NewResponseDecoder(Limits{})
		if request {
			d = NewRequestDecoder(Limits{})
		}
		var want []message
		var stream []byte
		for range rapid.IntRange(1, 4).Draw(t, "messages") {
			m, wire := drawMessage(t, request)
			want, stream = append(want, m), append(stream, wire...)
		}
		got := decode(t, d, stream)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("stream %q (-want +got):\n%s", stream, diff)
		}
		if !d.Idle() || d.Offset() != int64(len(stream)) {
			t.Fatalf("idle %v at byte %d of %d", d.Idle(), d.Offset(), len(stream))
		}
	})
}

func TestAppend(t *testing.T) {
	headers := []Header{{"b", "1"}, {"A", "2"}, {"b", ""}, {"", "odd line"}, {"F", "x\r\n y"}}
	cases := []struct{ name, got, want string }{
		{"request", string(AppendRequestHead([]byte(">"), "GET", "*", "1.0", headers)),
			">GET * HTTP/1.0\r\nb: 1\r\nA: 2\r\nb: \r\nodd line\r\nF: x\r\n y\r\n\r\n"},
		{"response", string(AppendResponseHead(nil, "1.1", 200, "", nil)), "HTTP/1.1 200 \r\n\r\n"},
		{"short status", string(AppendResponseHead(nil, "1.1", 42, "a b", nil)), "HTTP/1.1 042 a b\r\n\r\n"},
		{"status of one digit", string(AppendResponseHead(nil, "1.1", 7, "", nil)), "HTTP/1.1 007 \r\n\r\n"},
		{"chunk", string(AppendChunk(nil, make([]byte, 16))), "10\r\n" + strings.Repeat("\x00", 16) + "\r\n"},
		{"empty chunk", string(AppendChunk([]byte("x"), nil)), "x"},
		{"last chunk", string(AppendLastChunk(nil, []Header{{"T", "1"}})), "0\r\nT: 1\r\n\r\n"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestSendable(t *testing.T) {
	cases := []struct {
		header Header
		want   bool
	}{
		{Header{"A", "b"}, true}, {Header{"A", ""}, true}, {Header{"A", "b\r\n c"}, true}, {Header{"", "line"}, true},
		{Header{"A", "b\r\nC: d"}, false}, {Header{"A", "b\n"}, false}, {Header{"A", "b\rc"}, false},
		{Header{"A", "\x00"}, false}, {Header{"A:", "b"}, false}, {Header{"A\r\nB", "c"}, false}, {Header{"", ""}, false},
	}
	for _, c := range cases {
		if got := Sendable(c.header); got != c.want {
			t.Errorf("Sendable(%q) = %v", c.header, got)
		}
	}
}
