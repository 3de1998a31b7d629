package transport

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/recording"
)

// scripted is one request's method and the pieces in which its answer comes.
type scripted struct {
	method string
	pieces []string
}

// TestRepeatedHeads: answers read with the memory of the last head are those
// read without it, whatever came before and however it was cut.
func TestRepeatedHeads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(drawAnswer), 1, 8).Draw(t, "answers")
		with := play(t, script, func(*Conn) {})
		without := play(t, script, func(c *Conn) { c.last = repeatable{} })
		if diff := cmp.Diff(without, with); diff != "" {
			t.Fatal(diff)
		}
	})
}

// TestRepeatedHeadIsUsed: the second answer with one head does without a decoder,
// and a fault after it still has its place in the whole stream.
func TestRepeatedHeadIsUsed(t *testing.T) {
	answer := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
	var passed int64
	got := play(t, []scripted{{"GET", []string{answer}}, {"GET", []string{answer}}, {"GET", []string{"nonsense\r\n\r\n"}}},
		func(c *Conn) { passed = max(passed, c.passed) })
	if passed != int64(len(answer)) {
		t.Errorf("%d bytes passed by the decoder, want those of the second answer", passed)
	}
	if want := fmt.Sprintf("byte %d,", 2*len(answer)); !strings.HasPrefix(got[2].Detail, want) {
		t.Errorf("%q, want it to begin with %q", got[2].Detail, want)
	}
}

func drawAnswer(t *rapid.T) scripted {
	method := rapid.SampledFrom([]string{"GET", "GET", "GET", "HEAD", "CONNECT"}).Draw(t, "method")
	body := rapid.SampledFrom([]string{"ab", "cd", "", "abc"}).Draw(t, "body")
	head := rapid.SampledFrom([]string{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\nConnection: close\r\n\r\n",
		"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\n", "\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
		"nonsense\r\n\r\n",
	}).Draw(t, "head")
	pieces := []string{head + body}
	if cut := rapid.IntRange(0, 3*len(pieces[0])).Draw(t, "cut"); 0 < cut && cut < len(pieces[0]) {
		pieces = []string{pieces[0][:cut], pieces[0][cut:]}
	}
	return scripted{method, pieces}
}

// told is an answer whose memory is its own.
type told struct {
	Answer
	Response recording.Response
	Bytes    string
}

// play sends requests one after the other over one connection, as long as it
// can be used, and returns their answers.
func play(t rapid.TB, script []scripted, before func(*Conn)) []told {
	var clock int64
	tr, err := New(Options{Address: "127.0.0.1:1", Now: func() int64 { clock++; return clock / 1000 }})
	if err != nil {
		t.Fatal(err)
	}
	peer := &scriptedPeer{script: script}
	c := tr.newConn(peer, peer)
	var out []told
	for _, s := range script {
		before(c)
		a := c.Do(&Message{Method: s.method, Head: []byte("x"), Keep: true})
		out = append(out, tell(a))
		if !a.Reusable {
			break
		}
		if r := a.Response; r != nil { // as a redacting sink may
			for i := range r.Headers {
				r.Headers[i].Value = "changed"
			}
		}
	}
	return out
}

func tell(a Answer) told {
	out := told{Answer: a, Bytes: string(a.Bytes)}
	out.Answer.Response, out.Answer.Bytes = nil, nil
	if r := a.Response; r != nil {
		out.Response = *r
		out.Response.Headers = slices.Clone(r.Headers)
		out.Response.Body.Bytes = slices.Clone(r.Body.Bytes)
	}
	return out
}

// scriptedPeer answers each write with the next answer's pieces, one a read, and
// ends where more is read.
type scriptedPeer struct {
	net.Conn
	script []scripted
	pieces []string
}

func (p *scriptedPeer) Write(b []byte) (int, error) {
	p.pieces, p.script = append(p.pieces, p.script[0].pieces...), p.script[1:]
	return len(b), nil
}

func (p *scriptedPeer) Read(b []byte) (int, error) {
	if len(p.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.pieces[0])
	p.pieces = p.pieces[1:]
	return n, nil
}

func (p *scriptedPeer) SetReadDeadline(time.Time) error  { return nil }
func (p *scriptedPeer) SetWriteDeadline(time.Time) error { return nil }
