package packets

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parallax/capture/recording"
)

// TestGapInBody: the exchange says that it is not whole, those around it are.
func TestGapInBody(t *testing.T) {
	body := strings.Repeat("0123456789", 30)
	answer := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	k := newTalk()
	k.size = 100
	k.open().asks(getA).answers(answer).asks(getB).answers(okB).asks(getC).answers(okC).shut()
	for i, p := range k.packets {
		if p.client || len(p.data) == 0 || strings.HasPrefix(p.data, "HTTP") {
			continue
		}
		kept := append(append([]packet(nil), k.packets[:i]...), k.packets[i+1:]...)
		out, ledger, err := readAll(t, k.file(kept), Options{})
		if err != nil || len(out) != 3 {
			t.Fatalf("without packet %d: %d exchanges, %v", i, len(out), err)
		}
		if out[0].Incomplete != recording.Gap || !out[1].Whole() || !out[2].Whole() {
			t.Errorf("without packet %d: %s; %s; %s", i, line(out[0]), line(out[1]), line(out[2]))
		}
		if got, want := ledger.Account("missing bytes").Total, int64(len(p.data)); got != want {
			t.Errorf("without packet %d: %d bytes are missing, the ledger says %d", i, want, got)
		}
	}
}

// TestGapFilledLate: a segment that the receiver had acknowledged long before it
// was captured still counts, within GapWait; later it is missing.
func TestGapFilledLate(t *testing.T) {
	k := newTalk()
	k.size = 20
	k.open().asks(getA).answers(okA).asks(getB).answers(okB).asks(getC).answers(okC).shut()
	late := 5 // the request's second segment
	for _, c := range []struct {
		seconds int64
		whole   int
	}{{0, 3}, {5, 2}} {
		packets := append([]packet(nil), k.packets...)
		p := packets[late]
		packets = append(packets[:late], packets[late+1:]...)
		for i := len(packets) - 8; i < len(packets); i++ {
			packets[i].at = c.seconds
		}
		p.at = c.seconds
		packets = append(packets[:len(packets)-3:len(packets)-3], append([]packet{p}, packets[len(packets)-3:]...)...)
		out, _, err := readAll(t, k.file(packets), Options{})
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for _, ex := range out {
			if ex.Whole() {
				whole++
			}
		}
		if whole != c.whole {
			t.Errorf("%d s late: %d whole exchanges, want %d", c.seconds, whole, c.whole)
		}
	}
}

// TestSnapLengthGaps: packets cut by the snap length are missing bytes, and the
// body's length on the wire is not made up.
func TestSnapLengthGaps(t *testing.T) {
	k := newTalk().open().asks(getA).answers(long + "01234567890123456789").asks(getB).answers(okB).shut()
	data := header()
	for i, p := range k.packets {
		r := k.record(p, i)
		if snap := 16 + 40 + 45; len(r) > snap {
			r = r[:snap]
			binary.LittleEndian.PutUint32(r[8:], uint32(snap-16))
		}
		data = append(data, r...)
	}
	got, _ := readLines(t, data, Options{})
	if diff := cmp.Diff([]string{`GET /a > 200 "012345" (gap)`, `GET /b > 201 "bb"`}, got); diff != "" {
		t.Error(diff)
	}
}

// TestZeroPayload: a body of zero bytes is data, also in segments that look like
// padding.
func TestZeroPayload(t *testing.T) {
	k := newTalk()
	k.size = 6
	k.open().asks(getA).answers(long + strings.Repeat("\x00", 20)).shut()
	got, _ := readLines(t, k.file(k.packets), Options{})
	if diff := cmp.Diff([]string{"GET /a > 200 \"" + strings.Repeat(`\x00`, 20) + "\""}, got); diff != "" {
		t.Error(diff)
	}
}

// TestBodyCap: over the cap the beginning is kept, with length and hash of all.
func TestBodyCap(t *testing.T) {
	body := strings.Repeat("abcdefghij", 100)
	k := newTalk().open().asks(getA).answers(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)).shut()
	out, _, err := readAll(t, k.file(k.packets), Options{BodyCap: 101})
	if err != nil || len(out) != 1 {
		t.Fatal(len(out), err)
	}
	want := recording.StoredBody([]byte(body))
	want.State, want.Bytes = recording.BodyTruncated, []byte(body[:101])
	if diff := cmp.Diff(want, out[0].Response.Body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if !out[0].Whole() {
		t.Error("a body that was seen whole makes a whole exchange")
	}
}

// TestHalfOpenFlood: connections without end stay within the memory bound, and
// one that really talks survives them (row F12 of the faults).
func TestHalfOpenFlood(t *testing.T) {
	const flood, limit = 100000, 8 << 20
	real := newTalk().open().asks(getA)
	var data bytes.Buffer
	data.Write(real.file(real.packets))
	for i := range flood {
		k := &talk{port: uint16(i), seq: [2]uint32{uint32(i), 0}}
		p := packet{client: true, flags: syn, seq: uint32(i)}
		if i%3 == 0 { // bytes behind a hole that nothing fills
			p = packet{client: true, flags: ack, seq: 1000, data: strings.Repeat("x", 200)}
		}
		r := k.record(p, i)
		binary.BigEndian.PutUint32(r[16+12:], 0x0b000000+uint32(i>>16)) // another client
		data.Write(r)
	}
	n := len(real.packets)
	real.answers(okA).shut()
	for i, p := range real.packets[n:] {
		data.Write(real.record(p, i))
	}
	s, err := Open(bytes.NewReader(data.Bytes()), Options{MemoryCap: limit})
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	whole := 0
	for ex, err := range s.Exchanges() {
		if err != nil {
			t.Fatal(err)
		}
		if ex.Whole() {
			whole++
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&now)
	checkClosed(t, s.Ledger())
	if s.peak > limit+limit/2 {
		t.Errorf("%d bytes were held, the bound is %d", s.peak, limit)
	}
	l := s.Ledger()
	if n := l.Account("connections").Total; n < flood {
		t.Errorf("%d connections of more than %d", n, flood)
	}
	if whole == 0 && evicted(l) == 0 {
		t.Error("the real exchange is neither whole nor named as evicted")
	}
	if grown := int64(now.HeapAlloc) - int64(before.HeapAlloc); grown > limit {
		t.Errorf("%d bytes are still in use", grown)
	}
}

// evicted returns how many exchanges the memory bound ended.
func evicted(l recording.Ledger) int64 {
	for _, b := range l.Account("exchanges").Buckets {
		if b.Name == string(recording.Evicted) {
			return b.Count
		}
	}
	return 0
}

// TestManyBodies: bodies of open exchanges are cut, not the connections, when
// they would pass the bound; length and hash stay right.
func TestManyBodies(t *testing.T) {
	const size, connections, limit = 100000, 40, 1 << 20
	body := strings.Repeat("y", size)
	var talks []*talk
	for i := range connections {
		k := newTalk()
		k.port = uint16(20000 + i)
		talks = append(talks, k.open().asks(getA).answers(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, body)).shut())
	}
	data := header()
	for i := range talks[0].packets {
		for _, k := range talks {
			data = append(data, k.record(k.packets[i], i)...)
		}
	}
	out, _, err := readAll(t, data, Options{MemoryCap: limit})
	if err != nil || len(out) != connections {
		t.Fatalf("%d exchanges, %v", len(out), err)
	}
	want, cut := recording.StoredBody([]byte(body)), 0
	for _, ex := range out {
		b := ex.Response.Body
		if !ex.Whole() || b.Length != size || b.SHA256 != want.SHA256 {
			t.Errorf("%s", line(ex))
		}
		if b.State == recording.BodyTruncated {
			cut++
		}
	}
	if cut == 0 {
		t.Error("4 MB of bodies were kept within 1 MiB")
	}
}

// TestBackwards: timestamps that go back lose nothing and end.
func TestBackwards(t *testing.T) {
	k := newTalk().open().asks(getA).answers(okA).asks(getB).answers(okB).shut()
	for i := range k.packets {
		k.packets[i].at = int64(-3600 * i)
	}
	got, _ := readLines(t, k.file(k.packets), Options{})
	if diff := cmp.Diff([]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOneWrongTime: a timestamp far in the future ends no other connection.
func TestOneWrongTime(t *testing.T) {
	k := newTalk().open().asks(getA).answers(okA).asks(getB).answers(okB).shut()
	k.packets[5].at = 1e8
	got, _ := readLines(t, k.file(k.packets), Options{})
	if diff := cmp.Diff([]string{`GET /a > 200 "aa"`, `GET /b > 201 "bb"`}, got); diff != "" {
		t.Error(diff)
	}
}

// TestIdle: a connection silent for longer than the timeout is given up by name.
func TestIdle(t *testing.T) {
	k := newTalk().open().asks(getA)
	other := newTalk()
	other.port = 50000
	other.open().asks(getB).answers(okB).shut()
	data := k.file(k.packets)
	for i := range 20 { // the clock moves a minute a packet
		p := other.packets[min(i, len(other.packets)-1)]
		p.at = int64(100 * (i + 1))
		data = append(data, other.record(p, i)...)
	}
	got, _ := readLines(t, data, Options{IdleTimeout: 10 * time.Minute})
	if diff := cmp.Diff([]string{`GET /b > 201 "bb"`, `GET /a > - (evicted)`}, got); diff != "" {
		t.Error(diff)
	}
}

// TestSlowAnswer: an answer may take half an hour while others come and go.
func TestSlowAnswer(t *testing.T) {
	k := newTalk().open().asks(getA)
	asked := len(k.packets)
	k.answers(okA).shut()
	other := newTalk()
	other.port = 50000
	other.open().asks(getB).answers(okB).shut()
	data := k.file(k.packets[:asked])
	for i := range 30 { // the clock moves a minute a packet
		p := other.packets[min(i, len(other.packets)-1)]
		p.at = int64(60 * (i + 1))
		data = append(data, other.record(p, i)...)
	}
	for i, p := range k.packets[asked:] {
		p.at = 30 * 60
		data = append(data, k.record(p, 100+i)...)
	}
	got, _ := readLines(t, data, Options{})
	if diff := cmp.Diff([]string{`GET /b > 201 "bb"`, `GET /a > 200 "aa"`}, got); diff != "" {
		t.Error(diff)
	}
}

// TestOptions refuses what cannot be.
func TestOptions(t *testing.T) {
	for _, o := range []Options{{BodyCap: -1}, {MemoryCap: -1}, {EarlyCap: -1}, {MaxPacket: -1}, {GapWait: -1}, {IdleTimeout: -1}} {
		if _, err := Open(bytes.NewReader(header()), o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

// TestOnce: a Source is read once.
func TestOnce(t *testing.T) {
	s, err := Open(bytes.NewReader(header()), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for range s.Exchanges() {
		t.Error("an exchange in an empty capture")
	}
	var last error
	for _, err := range s.Exchanges() {
		last = err
	}
	if last == nil {
		t.Error("a second reading is silent")
	}
}

// TestLongFirstLine: a first line that comes in small pieces and never ends takes
// no more than its bytes' time, and is no HTTP in the end.
func TestLongFirstLine(t *testing.T) {
	for _, k := range []*talk{newTalk().open(), newTalk()} {
		k.size = 16
		k.asks("GET x" + strings.Repeat("x", maxProbe+100)).answers("what?")
		out, ledger, err := readAll(t, k.file(k.packets), Options{})
		if err != nil || len(out) != 0 {
			t.Errorf("%d exchanges, error %v", len(out), err)
		}
		if n := ledger.Account("payload bytes").Total; n != maxProbe+105+5 {
			t.Errorf("%d payload bytes", n)
		}
	}
}

// TestLongTargets: a head may be all target, also the first of its connection.
func TestLongTargets(t *testing.T) {
	target := "/" + strings.Repeat("x", 1000<<10)
	tooLong := "HTTP/1.1 414 URI Too Long\r\nContent-Length: 0\r\n\r\n"
	for _, k := range []*talk{newTalk().open(), newTalk()} {
		k.asks("GET " + target + " HTTP/1.1\r\n\r\n").answers(tooLong).asks(getB).answers(okB).shut()
		got, _ := readLines(t, k.file(k.packets), Options{})
		if diff := cmp.Diff([]string{"GET " + target + " > 414", `GET /b > 201 "bb"`}, got); diff != "" {
			t.Errorf("exchanges (-want +got):\n%s", diff)
		}
	}
}

// TestLostFirstOfAWindow: all of a window may come before the copy of its first
// segment, which was lost on the way.
func TestLostFirstOfAWindow(t *testing.T) {
	k := newTalk().open().asks(getA)
	body := strings.Repeat("0123456789abcdef", 6<<20/16)
	k.answers(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body))
	first := slices.IndexFunc(k.packets, func(p packet) bool { return !p.client && p.data != "" })
	lost := k.packets[first]
	k.packets = append(slices.Delete(k.packets, first, first+1), lost)
	k.shut()
	got, _ := readLines(t, k.file(k.packets), Options{})
	if len(got) != 1 || !strings.HasPrefix(got[0], "GET /a > 200 6291456:") || strings.HasSuffix(got[0], ")") {
		t.Errorf("exchanges %q", got)
	}
}

// TestGapBeforeTheFirstMessage: bytes that are missing before it is known what a
// stream is are booked by what it turns out to be.
func TestGapBeforeTheFirstMessage(t *testing.T) {
	k := newTalk().open()
	k.seq[0] += 10
	k.asks(getA).answers(okA).shut()
	_, ledger := readLines(t, k.file(k.packets), Options{})
	if n := ledger.Account("missing bytes").Sum(recording.Lost); n != 10 {
		t.Errorf("%d bytes are lost, want 10: %+v", n, ledger.Account("missing bytes"))
	}
}
