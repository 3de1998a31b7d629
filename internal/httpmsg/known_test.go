package httpmsg

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// decoded is all that a Decoder says of one message.
type decoded struct {
	Head     Head
	Body     string
	Trailers []Header
	End      string
}

// decodeAll feeds stream in pieces of at most size bytes.
func decodeAll(d *Decoder, stream []byte, size int) (out []decoded) {
	var now *decoded
	for len(stream) > 0 {
		p := stream[:min(size, len(stream))]
		stream = stream[len(p):]
		for {
			n, ev, err := d.Feed(p)
			p = p[n:]
			var fault *Error
			switch {
			case errors.As(err, &fault):
				return append(out, decoded{End: fault.Error()})
			case ev.Kind == KindHead:
				out = append(out, decoded{Head: *ev.Head})
				now = &out[len(out)-1]
			case ev.Kind == KindData:
				now.Body += string(ev.Data)
			case ev.Kind == KindEnd:
				now.Head.Anomalies, now.Trailers, now.End = ev.Head.Anomalies, ev.Trailers, "end"
			}
			if ev.Kind == KindMore || ev.Kind == KindTunnel {
				break
			}
		}
	}
	return out
}

// A Decoder that remembers reads what one that does not reads, whatever was
// remembered: heads of few kinds, so that they repeat, odd ones among them.
func TestRememberedHeadsAreThoseRead(t *testing.T) {
	lines := rapid.SampledFrom([]string{"Host: a\r\n", "Content-Length: 3\r\n", "Content-Length: 0\r\n", "content-length: 3, 3\r\n",
		"Transfer-Encoding: chunked\r\n", "A: 1\n", "B: \x00\r\n", "C: x\ry\r\n", " fold\r\n", "nocolon\r\n", "D : 1\r\n", "Connection: close\r\n"})
	starts := map[bool]*rapid.Generator[string]{
		true: rapid.SampledFrom([]string{"GET / HTTP/1.1\r\n", "GET /a  HTTP/1.0\r\n", "POST /\x00 HTTP/1.1\r\n", "PUT /b HTTP/1.1\n",
			"GET /\r/ HTTP/1.1\r\n", "CONNECT a:1 HTTP/1.1\r\n", "HEAD / HTTP/1.9\r\n", "\r\nGET /c HTTP/1.1\r\n", "no line\r\n"}),
		false: rapid.SampledFrom([]string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 204\r\n", "HTTP/1.0 304 Not\rModified\r\n", "HTTP/1.1 100 Continue\r\n",
			"HTTP/1.1  404 No\n", "http/1.1 700 X\r\n", "HTTP/1.1 101 Up\r\n", "HTTP/1.1 500 \x00\r\n"}),
	}
	rapid.Check(t, func(t *rapid.T) {
		request := rapid.Bool().Draw(t, "request")
		heads := NewHeads()
		for range rapid.IntRange(1, 4).Draw(t, "streams") {
			var stream strings.Builder
			for range rapid.IntRange(1, 6).Draw(t, "messages") {
				stream.WriteString(starts[request].Draw(t, "start"))
				for range rapid.IntRange(0, 2).Draw(t, "lines") {
					stream.WriteString(lines.Draw(t, "line"))
				}
				stream.WriteString(rapid.SampledFrom([]string{"\r\n", "\r\nabc", "\r\n1\r\nx\r\n0\r\n\r\n", "\n"}).Draw(t, "rest"))
			}
			size := rapid.IntRange(1, 200).Draw(t, "size")
			plain, knowing := NewResponseDecoder(Limits{}), NewResponseDecoder(Limits{})
			if request {
				plain, knowing = NewRequestDecoder(Limits{}), NewRequestDecoder(Limits{})
			}
			knowing.Remember(heads)
			want := decodeAll(plain, []byte(stream.String()), size)
			if diff := cmp.Diff(want, decodeAll(knowing, []byte(stream.String()), size)); diff != "" {
				t.Fatal(diff)
			}
		}
	})
}

func TestEqualHeadsShareOneList(t *testing.T) {
	d := NewRequestDecoder(Limits{})
	d.Remember(NewHeads())
	got := decodeAll(d, []byte("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"), 1000)
	if len(got) != 2 || &got[0].Head.Headers[0] != &got[1].Head.Headers[0] || got[1].Head.Target != "/2" {
		t.Errorf("%+v", got)
	}
}
