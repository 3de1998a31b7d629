package packets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parallax/capture/packets/pcapfile"
	"parallax/capture/recording"
)

// conversation is a drawn connection with what must be read from it.
func conversation(t *rapid.T, atOnce int) (*talk, []string) {
	k := newTalk()
	k.size = rapid.IntRange(1, 60).Draw(t, "segment")
	k.seq[0] = rapid.Uint32().Draw(t, "client number")
	k.seq[1] = rapid.SampledFrom([]uint32{0, 0xffffff00, 7}).Draw(t, "server number")
	k.open()
	var want []string
	for n := rapid.IntRange(1, 5).Draw(t, "rounds"); n > 0; n-- {
		var questions, answers string
		for range rapid.IntRange(1, atOnce).Draw(t, "pipelined") {
			q, a, line := exchangeText(t, len(want))
			questions, answers, want = questions+q, answers+a, append(want, line)
		}
		k.asks(questions).answers(answers)
	}
	return k.shut(), want
}

// exchangeText draws the n-th exchange.
func exchangeText(t *rapid.T, n int) (question, answer, line string) {
	sent := strings.Repeat("q", rapid.IntRange(1, 30).Draw(t, "sent"))
	back := strings.Repeat("b", rapid.IntRange(1, 40).Draw(t, "back"))
	get := fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: h\r\n\r\n", n)
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return fmt.Sprintf("POST /%d HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", n, len(sent), sent),
			fmt.Sprintf("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(back), back),
			fmt.Sprintf("POST /%d %q > 100 200 %q", n, sent, back)
	case 1:
		return "HEAD" + get[3:], "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", fmt.Sprintf("HEAD /%d > 200", n)
	case 2:
		return get, "HTTP/1.1 304 Not Modified\r\n\r\n", fmt.Sprintf("GET /%d > 304", n)
	case 3:
		return get, fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(back), back),
			fmt.Sprintf("GET /%d > 200 %q", n, back)
	}
	return get, fmt.Sprintf("HTTP/1.1 404 No\r\nContent-Length: %d\r\n\r\n%s", len(back), back), fmt.Sprintf("GET /%d > 404 %q", n, back)
}

// disorder moves packets about, repeats some and makes some overlap what came
// before; the SYNs stay first.
func disorder(t *rapid.T, k *talk) []packet {
	packets := slices.Clone(k.packets)
	for range rapid.IntRange(0, 6).Draw(t, "repeated") {
		p := packets[rapid.IntRange(3, len(packets)-1).Draw(t, "which")]
		packets = append(packets, p)
	}
	for i := 4; i < len(packets); i++ {
		before := &packets[i-1]
		if packets[i].client != before.client || len(before.data) == 0 || before.seq+uint32(len(before.data)) != packets[i].seq {
			continue
		}
		if n := rapid.IntRange(0, len(before.data)).Draw(t, "overlap"); packets[i].data != "" {
			packets[i].data = before.data[len(before.data)-n:] + packets[i].data
			packets[i].seq -= uint32(n)
		}
	}
	return append(packets[:3:3], rapid.Permutation(packets[3:]).Draw(t, "order")...)
}

// readAny is readLines without a testing.T's helpers: rapid checks must not
// share the outer one.
func readAny(t *rapid.T, data []byte) ([]string, recording.Ledger) {
	s, err := Open(bytes.NewReader(data), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for ex, err := range s.Exchanges() {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line(ex))
	}
	l := s.Ledger()
	if !l.Closed() {
		t.Fatalf("the ledger does not close: %+v", l)
	}
	if s.used != 0 {
		t.Fatalf("%d bytes are still held", s.used)
	}
	return lines, l
}

// TestDisorder: permuted, repeated and overlapping segments give the same
// exchanges.
func TestDisorder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, want := conversation(t, 3)
		got, ledger := readAny(t, k.file(disorder(t, k)))
		sort.Strings(got)
		sort.Strings(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("exchanges (-want +got):\n%s", diff)
		}
		for i := range ledger.Accounts {
			if n := ledger.Accounts[i].Sum(recording.Lost); n != 0 {
				t.Fatalf("account %s has %d lost: %+v", ledger.Accounts[i].Name, n, ledger.Accounts[i])
			}
		}
	})
}

// TestLosses: whatever packets are missing, also at the beginning, an exchange
// that is said to be whole is one that took place: no answer is ever given to
// another request.
func TestLosses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, truth := conversation(t, 3)
		kept, cut := slices.Clone(k.packets[:2]), 2
		if rapid.Bool().Draw(t, "begins in the middle") {
			kept, cut = nil, rapid.IntRange(0, len(k.packets)-1).Draw(t, "beginning")
		}
		for _, p := range k.packets[cut:] {
			if rapid.IntRange(0, 19).Draw(t, "lost") > 0 {
				kept = append(kept, p)
			}
		}
		got, ledger := readAny(t, k.file(kept))
		whole := 0
		for _, l := range got {
			if strings.HasSuffix(l, ")") {
				continue
			}
			whole++
			// An interim answer may be lost; the exchange says so.
			if !slices.ContainsFunc(truth, func(w string) bool { return w == l || strings.Replace(w, "> 100 ", "> ", 1) == l }) {
				for _, p := range kept {
					t.Logf("client %v flags %d seq %d ack %d %q", p.client, p.flags, p.seq, p.ack, p.data)
				}
				t.Fatalf("%q never took place; true are %q", l, truth)
			}
		}
		if n := ledger.Account("exchanges").Sum(recording.Fine); n != int64(whole) {
			t.Fatalf("%d whole exchanges, the ledger says %d", whole, n)
		}
		if whole < len(truth) && len(kept) < len(k.packets) {
			checkSaid(t, ledger, len(truth)-whole)
		}
	})
}

// checkSaid: where something is not whole, some account says so.
func checkSaid(t *rapid.T, l recording.Ledger, missing int) {
	var said int64
	for i := range l.Accounts {
		said += l.Accounts[i].Sum(recording.Lost) + l.Accounts[i].Sum(recording.Edge)
	}
	if said == 0 {
		t.Logf("%d exchanges are missing and nothing is said: %+v", missing, l)
	}
}

// TestCutAnywhere cuts a capture at every byte: what was whole before stays.
func TestCutAnywhere(t *testing.T) {
	k := newTalk().open().asks(getA).answers(okA).asks(getB).answers(okB).shut()
	data := k.file(k.packets)
	whole := 0
	for cut := 24; cut < len(data); cut++ {
		out, ledger, err := readAll(t, data[:cut], Options{})
		if err != nil && !errors.Is(err, pcapfile.ErrTruncated) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		packets := ledger.Account("packets").Total
		if err != nil && !strings.Contains(err.Error(), fmt.Sprintf("truncated after packet %d,", packets)) {
			t.Errorf("cut at %d behind packet %d: %v", cut, packets, err)
		}
		n := 0
		for _, ex := range out {
			if ex.Whole() {
				n++
			} else if ex.Incomplete != recording.ResponseAfterEnd {
				t.Errorf("cut at %d: %s", cut, line(ex))
			}
		}
		if n < whole {
			t.Fatalf("cut at %d: %d whole exchanges, %d with fewer bytes", cut, n, whole)
		}
		whole = n
	}
	if whole != 2 {
		t.Errorf("%d whole exchanges in the end", whole)
	}
}

// FuzzSource: whatever the bytes, reading ends, the ledger closes, memory is
// given back.
func FuzzSource(f *testing.F) {
	plain := newTalk().open().asks(getA + getB).answers(okA + okB).shut()
	f.Add(plain.file(plain.packets))
	f.Add(plain.file(slices.Delete(slices.Clone(plain.packets), 3, 4)))
	f.Add(plain.file(plain.packets[5:]))
	chunked := newTalk().open().asks("CONNECT a:1 HTTP/1.1\r\n\r\n").answers("HTTP/1.1 407 No\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n").asks("GET /x\r\n").shut()
	f.Add(chunked.file(chunked.packets))
	socks := newTalk().open().asks("\x05\x01\x00\x05\x01\x00\x01\x01\x01\x01\x01\x00\x50" + getA).answers("\x05\x00\x05\x00\x00\x01\x01\x01\x01\x01\x00\x50" + okA)
	f.Add(socks.file(socks.packets))
	for _, k := range oddConversations() {
		if data := k.file(k.packets); len(data) < 2000 {
			f.Add(data)
			f.Add(k.file(slices.DeleteFunc(slices.Clone(k.packets), func(p packet) bool { return p.data == "" })))
		}
	}
	segments := segmentsOf(packetsOf(f, plain.file(plain.packets)))
	for _, packets := range headers(raw(segments)) {
		f.Add(pcapngFile(binary.BigEndian, packets))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readAll(t, data, Options{MemoryCap: 1 << 20, EarlyCap: 4 << 10, BodyCap: 1 << 10})
	})
}
