package httpmsg

import (
	"strings"
	"testing"
)

// seeds gives every case of the stream table to f, which must not be empty.
func seeds(f *testing.F, response bool, add func(in string)) {
	n := 0
	for _, c := range streamCases {
		if c.response == response {
			add(c.in)
			n++
		}
	}
	if n == 0 {
		f.Fatal("no seeds")
	}
}

func FuzzRequests(f *testing.F) {
	seeds(f, false, func(in string) { f.Add([]byte(in), uint16(7)) })
	f.Fuzz(func(t *testing.T, in []byte, at uint16) {
		checkCuts(t, in, at, func() *Decoder { return NewRequestDecoder(small) })
	})
}

func FuzzResponses(f *testing.F) {
	seeds(f, true, func(in string) { f.Add([]byte(in), uint16(30)) })
	f.Fuzz(func(t *testing.T, in []byte, at uint16) {
		checkCuts(t, in, at, func() *Decoder { return NewResponseDecoder(small) })
	})
}

// checkCuts holds that the cuts between pieces change nothing and that no more
// than a head is held.
func checkCuts(t *testing.T, in []byte, at uint16, decoder func() *Decoder) {
	whole := trace(decoder(), nil, string(in))
	i := min(int(at), len(in))
	if two := trace(decoder(), nil, string(in[:i]), string(in[i:])); two != whole {
		t.Errorf("cut at %d:\n%s\nat once:\n%s", i, two, whole)
	}
	d := decoder()
	if bytewise := trace(d, nil, strings.Split(string(in), "")...); bytewise != whole {
		t.Errorf("byte by byte:\n%s\nat once:\n%s", bytewise, whole)
	}
	if d.Buffered() > small.Head || cap(d.buf) > 4*small.Head {
		t.Errorf("holds %d bytes, capacity %d", d.Buffered(), cap(d.buf))
	}
}

// FuzzHeadRoundTrip holds that what was read can be written and is then read as
// the same, whatever oddities it had.
func FuzzHeadRoundTrip(f *testing.F) {
	seeds(f, false, func(in string) { f.Add([]byte(in)) })
	f.Fuzz(func(t *testing.T, in []byte) {
		_, ev, err := NewRequestDecoder(Limits{}).Feed(in)
		if err != nil || ev.Kind != KindHead {
			return
		}
		first := *ev.Head
		wire := AppendRequestHead(nil, first.Method, first.Target, first.Version, first.Headers)
		_, ev, err = NewRequestDecoder(Limits{}).Feed(wire)
		if err != nil || ev.Kind != KindHead || ev.Head.Bytes != len(wire) {
			t.Fatalf("%q written as %q: %v %v", in, wire, ev.Kind, err)
		}
		again := *ev.Head
		if again.Method != first.Method || again.Target != first.Target || len(again.Headers) != len(first.Headers) {
			t.Fatalf("%q written as %q", in, wire)
		}
		for i, h := range first.Headers {
			if again.Headers[i] != h {
				t.Errorf("header %d: %q became %q", i, h, again.Headers[i])
			}
		}
	})
}

func FuzzLooksLike(f *testing.F) {
	for _, response := range []bool{true, false} {
		seeds(f, response, func(in string) { f.Add([]byte(in)) })
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		if match, _ := LooksLikeRequest(in); match {
			checkAccepted(t, NewRequestDecoder(Limits{}), in)
		}
		if match, _ := LooksLikeResponse(in); match {
			checkAccepted(t, NewResponseDecoder(Limits{}), in)
		}
	})
}

// checkAccepted holds that what was recognised is not refused for its start
// line.
func checkAccepted(t *testing.T, d *Decoder, in []byte) {
	line := strings.TrimLeft(string(in), "\r\n")
	if i := strings.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	}
	if _, ev, err := d.Feed([]byte(line + "\r\n\r\n")); err != nil || ev.Kind != KindHead {
		t.Errorf("%q was recognised, then %v %v", line, ev.Kind, err)
	}
}
