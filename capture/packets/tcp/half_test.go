package tcp

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// collector is a Sink that writes gaps as zero bytes.
type collector struct {
	data    []byte
	gaps    int64
	evicted int
}

func (c *collector) Chunk(ch Chunk) {
	if ch.Gap > 0 {
		c.gaps += ch.Gap
		c.data = append(c.data, make([]byte, ch.Gap)...)
		if ch.Evicted {
			c.evicted++
		}
		return
	}
	c.data = append(c.data, ch.Data...)
}

const noLimit = 1 << 30

func (h *Half) take(seq uint32, p []byte, sink Sink) Fate {
	return h.Segment(seq, Chunk{Data: p}, 0, noLimit, 0, sink)
}

// pattern returns n bytes, none of them 0.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(1 + i%251)
	}
	return b
}

// TestAnyOrder: segments in any order, repeated and overlapping, over the wrap
// of the sequence numbers, give the stream; nothing is missing or left.
func TestAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream := pattern(rapid.IntRange(1, 400).Draw(t, "length"))
		start := rapid.SampledFrom([]uint32{1, 0xffffffff, 0xffffff80, 0x7fffff80}).Draw(t, "start")
		type piece struct{ from, to int }
		var pieces []piece
		for at := 0; at < len(stream); {
			to := min(len(stream), at+rapid.IntRange(1, 60).Draw(t, "size"))
			back := min(at, rapid.IntRange(0, 30).Draw(t, "overlap"))
			pieces = append(pieces, piece{at - back, to})
			at = to
		}
		pieces = append(pieces, rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 5).Draw(t, "repeated")...)
		seed := rapid.Uint64().Draw(t, "order")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(pieces), func(i, j int) { pieces[i], pieces[j] = pieces[j], pieces[i] })

		var h Half
		var got collector
		h.Start(start)
		sent := int64(0)
		for _, p := range pieces {
			h.take(start+uint32(p.from), stream[p.from:p.to], &got)
			sent += int64(p.to - p.from)
		}
		if !bytes.Equal(got.data, stream) || got.gaps != 0 {
			t.Fatalf("stream of %d bytes came out as %d with %d missing", len(stream), len(got.data), got.gaps)
		}
		if h.Gapped() || h.Waiting() != 0 || h.Contradictions != 0 || h.Dropped+int64(len(got.data)) != sent {
			t.Fatalf("%d waiting, %d contradictions, %d dropped of %d sent", h.Waiting(), h.Contradictions, h.Dropped, sent)
		}
	})
}

// TestStartMovesDown: positions named before the first byte came keep their
// meaning.
func TestStartMovesDown(t *testing.T) {
	var h Half
	var got collector
	h.Guess(1000)
	ack := h.Acknowledge(1000)
	h.take(990, []byte("0123456789"), &got)
	if string(got.data) != "0123456789" || h.Position() != ack || h.First() != ack-10 || !h.Covers(ack) {
		t.Errorf("stream %q from %d to %d, acknowledged to %d", got.data, h.First(), h.Position(), ack)
	}
}

// TestProbeSeenFirst: a keep-alive probe has the number before the next one, and
// that is no missing byte.
func TestProbeSeenFirst(t *testing.T) {
	var h Half
	var got collector
	h.Guess(999)
	ack := h.Acknowledge(1000)
	h.take(1000, []byte("0123456789"), &got)
	if string(got.data) != "0123456789" || h.First() != ack || h.Position() != ack+10 {
		t.Errorf("stream %q from %d to %d, acknowledged to %d", got.data, h.First(), h.Position(), ack)
	}
}

// TestHoles: with segments missing, each byte is either right or in a gap, and
// all are counted.
func TestHoles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const size = 10
		stream := pattern(size * rapid.IntRange(2, 40).Draw(t, "segments"))
		order := rapid.Permutation(seq(len(stream)/size)).Draw(t, "order")
		order = order[:rapid.IntRange(1, len(order)).Draw(t, "kept")]
		var h Half
		var got collector
		h.Start(100)
		want := make([]byte, len(stream))
		for _, n := range order {
			h.take(100+uint32(n*size), stream[n*size:(n+1)*size], &got)
			copy(want[n*size:], stream[n*size:(n+1)*size])
		}
		h.End(100 + uint32(len(stream)))
		h.Flush(0, false, &got)
		if !bytes.Equal(got.data, want) || got.gaps != int64(len(stream)-len(order)*size) {
			t.Fatalf("got %d missing bytes, lost %d segments", got.gaps, len(stream)/size-len(order))
		}
		if !h.Finished() {
			t.Fatal("the end was not reached")
		}
	})
}

func seq(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestFirstCopyWins also for held bytes, and the contradiction is counted.
func TestFirstCopyWins(t *testing.T) {
	var h Half
	var got collector
	h.Start(0)
	h.take(4, []byte("EFGH"), &got)
	h.take(2, []byte("cdefghij"), &got)
	h.take(0, []byte("abXX"), &got)
	if string(got.data) != "abcdEFGHij" {
		t.Errorf("stream %q", got.data)
	}
	if h.Contradictions != 2 {
		t.Errorf("%d contradictions, want 2", h.Contradictions)
	}
}

func TestFates(t *testing.T) {
	var h Half
	var sink collector
	h.Guess(1000)
	steps := []struct {
		what string
		seq  uint32
		data string
		want Fate
	}{
		{"the guess was too late", 990, "0123456789", Used},
		{"an empty one", 1000, "", Empty},
		{"a keep-alive probe", 999, "\x00", Duplicate},
		{"before the first byte seen", 980, "0123456789", BeforeStart},
		{"next", 1000, "abc", Used},
		{"all zero bytes", 1003, "\x00\x00\x00", Used},
		{"longer repetition", 1003, "\x00\x00\x00def", Used},
		{"early", 1012, "xyz", Held},
		{"early again", 1012, "xyz", Duplicate},
		{"far away", 1000 + 1<<30 + 100, "x", Astray},
	}
	for _, s := range steps {
		if got := h.take(s.seq, []byte(s.data), &sink); got != s.want {
			t.Errorf("%s: fate %d, want %d", s.what, got, s.want)
		}
	}
	h.End(1015)
	h.Flush(0, false, &sink)
	if got := h.take(1015, []byte("late"), &sink); got != AfterEnd {
		t.Errorf("behind the end: fate %d", got)
	}
	if want := "0123456789abc\x00\x00\x00def\x00\x00\x00xyz"; string(sink.data) != want {
		t.Errorf("stream %q, want %q", sink.data, want)
	}
}

// TestBeforeTheSYN: a stream that was seen from its SYN has no bytes before it.
func TestBeforeTheSYN(t *testing.T) {
	var h Half
	var sink collector
	h.Start(1000)
	for _, s := range []struct {
		what string
		seq  uint32
		data string
		want Fate
	}{
		{"a keep-alive probe", 999, "\x00", Duplicate},
		{"another stream's", 900, "0123456789", Astray},
		{"the first", 1000, "abc", Used},
		{"another stream's, later", 900, "0123456789", Astray},
	} {
		if got := h.take(s.seq, []byte(s.data), &sink); got != s.want {
			t.Errorf("%s: fate %d, want %d", s.what, got, s.want)
		}
	}
}

// TestCut: what the snap length left out is a gap, in order or not.
func TestCut(t *testing.T) {
	var h Half
	var got collector
	h.Start(0)
	h.Segment(8, Chunk{Data: []byte("ij")}, 2, noLimit, 0, &got)
	h.Segment(0, Chunk{Data: []byte("abc")}, 5, noLimit, 0, &got)
	h.take(12, []byte("m"), &got)
	if string(got.data) != "abc\x00\x00\x00\x00\x00ij\x00\x00m" || got.gaps != 7 {
		t.Errorf("stream %q with %d missing", got.data, got.gaps)
	}
}

// TestAcknowledgedEnd: bytes that the other side acknowledged and nobody
// captured are missing also where nothing follows them.
func TestAcknowledgedEnd(t *testing.T) {
	var h Half
	var got collector
	h.Start(0)
	h.take(0, []byte("abc"), &got)
	h.Acknowledge(10)
	if !h.AckedBeyond() {
		t.Error("not beyond")
	}
	h.Flush(0, false, &got)
	if got.gaps != 6 { // the tenth may be a FIN
		t.Errorf("%d missing", got.gaps)
	}
}

// TestBound: what is held is bounded, and what the bound gives up is marked.
func TestBound(t *testing.T) {
	var h Half
	var got collector
	h.Start(0)
	for i := range 20000 {
		h.Segment(uint32(10+20*i), Chunk{Data: make([]byte, 10)}, 0, 100000, 0, &got)
		if h.Waiting() > 100000 || len(h.waiting) > maxHeld {
			t.Fatalf("%d bytes in %d segments are held", h.Waiting(), len(h.waiting))
		}
	}
	if got.evicted == 0 {
		t.Error("no gap is marked as given up")
	}
}

func TestAnotherStart(t *testing.T) {
	var h Half
	var sink collector
	for range 2 {
		if !h.Start(100) {
			t.Error("the same SYN twice is one connection")
		}
	}
	h.take(100, []byte("abc"), &sink)
	if !h.Start(100) {
		t.Error("a late copy of the SYN is the same connection")
	}
	if h.Start(5000) {
		t.Error("a SYN with another number is the same connection")
	}
	var middle Half
	middle.take(200, []byte("abc"), &sink)
	if !middle.Start(200) || !middle.Firm() {
		t.Error("a SYN captured late belongs to its data")
	}
}
