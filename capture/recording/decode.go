package recording

import (
	"fmt"
	"strings"
	"unsafe"
)

// decoder reads the compact form of exchanges, one after the other. Header
// lists that repeat those of the exchange before are shared with it.
type decoder struct {
	seen [2]headerBlock // of the last request and response
}

// headerBlock is a header list and its encoded bytes, which end themselves: one
// list is encoded like the beginning of another only where they are the same.
type headerBlock struct {
	encoded string
	list    []Header
}

// headReader walks a head. Its first error sticks; after it, everything reads
// as zero.
type headReader struct {
	s    string
	err  error
	body [2]int // stored lengths of the request's and response's body
	seen *[2]headerBlock
	mem  *decodedMemory
}

// decodedMemory is the memory of a whole exchange in one piece.
type decodedMemory struct {
	exchange Exchange
	request  Request
	response Response
	outcome  Outcome
}

// aliasedBytes is the size up to which an exchange's texts are slices of its
// encoded form, bodies included; beyond it, texts that others share must not
// keep the bodies.
const aliasedBytes = 16 << 10

// head reads a head and takes b over. What follows it, the bodies, is returned
// as rest; stored has the number of bytes in it for the request's and the
// response's.
func (d *decoder) head(b []byte) (ex *Exchange, stored [2]int, rest []byte, err error) {
	head, rest, err := cutHead(b)
	if err != nil {
		return nil, stored, nil, err
	}
	if head[0] != codecVersion {
		return nil, stored, nil, fmt.Errorf("%w: version %d, want %d", errCodec, head[0], codecVersion)
	}
	r := &headReader{seen: &d.seen, mem: new(decodedMemory)}
	if texts := head[2:]; len(b) > aliasedBytes {
		r.s = string(texts)
	} else {
		r.s = unsafe.String(unsafe.SliceData(texts), len(texts))
	}
	ex = r.exchange(head[1])
	if r.err == nil && r.s != "" {
		r.fail("%d bytes after the head", len(r.s))
	}
	return ex, r.body, rest, r.err
}

func (r *headReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{errCodec}, args...)...)
	}
	r.s = ""
}

// uvarint is binary.Uvarint for strings.
func (r *headReader) uvarint() uint64 {
	if len(r.s) > 0 && r.s[0] < 0x80 { // nearly all
		v := r.s[0]
		r.s = r.s[1:]
		return uint64(v)
	}
	var v uint64
	for i := 0; i < len(r.s) && i < 10; i++ {
		c := r.s[i]
		if i == 9 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.s = r.s[i+1:]
			return v
		}
	}
	r.fail("bad number")
	return 0
}

func (r *headReader) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *headReader) take(n uint64) string {
	if n > uint64(len(r.s)) {
		r.fail("text of %d bytes, %d left", n, len(r.s))
		return ""
	}
	s := r.s[:n]
	r.s = r.s[n:]
	return s
}

func (r *headReader) text() string { return r.take(r.uvarint()) }

// count reads the length of a list whose elements take at least size bytes, so
// that no list is made that the bytes left could not fill.
func (r *headReader) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.s)/size) {
		r.fail("list of %d in %d bytes", n, len(r.s))
		return 0
	}
	return int(n)
}

func (r *headReader) texts() []string {
	n := r.count(1)
	if n == 0 {
		return nil
	}
	out := make([]string, n)
	for i := range out {
		out[i] = r.text()
	}
	return out
}

// sharedHeaders reads the list of a message.
func (r *headReader) sharedHeaders(side int) []Header {
	seen := &r.seen[side]
	if seen.encoded != "" && strings.HasPrefix(r.s, seen.encoded) {
		r.s = r.s[len(seen.encoded):]
		return seen.list
	}
	before := r.s
	list := r.headers()
	if r.err == nil {
		seen.encoded, seen.list = before[:len(before)-len(r.s)], list
	}
	return list
}

func (r *headReader) headers() []Header {
	n := r.count(2)
	if n == 0 {
		return nil
	}
	out := make([]Header, n)
	for i := range out {
		out[i] = Header{Name: r.text(), Value: r.text()}
	}
	return out
}

func (r *headReader) exchange(presence byte) *Exchange {
	ex := &r.mem.exchange
	*ex = Exchange{ID: ID(r.text()), Replays: ID(r.text()), Session: r.text(), Protocol: r.text(),
		Client: r.text(), Server: r.text(), Incomplete: Reason(r.text())}
	seq := r.uvarint()
	if seq > 1<<32-1 {
		r.fail("sequence %d", seq)
	}
	ex.Sequence = uint32(seq)
	ex.Errors = r.texts()
	if presence&hasRequest != 0 {
		ex.Request = r.request()
	}
	if presence&hasResponse != 0 {
		ex.Response = r.response()
	}
	if presence&hasOutcome != 0 {
		ex.Outcome = r.outcome()
	}
	if presence&^(hasRequest|hasResponse|hasOutcome) != 0 {
		r.fail("unknown parts %#x", presence)
	}
	return ex
}

func (r *headReader) request() *Request {
	q := &r.mem.request
	*q = Request{Method: r.text(), Scheme: r.text(), Target: r.text(), Version: r.text(),
		Headers: r.sharedHeaders(0), Trailers: r.headers()}
	q.Body, r.body[0] = r.bodyHead()
	q.FirstAt = r.varint()
	q.LastAt = q.FirstAt + r.varint()
	return q
}

func (r *headReader) response() *Response {
	p := &r.mem.response
	*p = Response{Status: int(r.varint()), Reason: r.text(), Version: r.text(),
		Headers: r.sharedHeaders(1), Trailers: r.headers()}
	if n := r.count(4); n > 0 {
		p.Interim = make([]Interim, n)
		for i := range p.Interim {
			p.Interim[i] = Interim{Status: int(r.varint()), Reason: r.text(), Headers: r.headers(), At: r.varint()}
		}
	}
	p.Body, r.body[1] = r.bodyHead()
	p.FirstAt = r.varint()
	p.LastAt = p.FirstAt + r.varint()
	return p
}

func (r *headReader) bodyHead() (b Body, stored int) {
	flags := r.take(1)
	if flags == "" {
		return b, 0
	}
	b.State, b.Redacted = BodyState(flags[0]>>1), flags[0]&1 != 0
	if int(b.State) >= len(bodyStateNames) {
		r.fail("body state %d", b.State)
	}
	if b.State == BodyNone {
		return b, 0
	}
	b.Length = r.varint()
	copy(b.SHA256[:], r.take(uint64(len(b.SHA256))))
	n := r.uvarint()
	if n > maxBody {
		r.fail("body of %d bytes", n)
		return b, 0
	}
	return b, int(n)
}

func (r *headReader) outcome() *Outcome {
	o := &r.mem.outcome
	*o = Outcome{DueAt: r.varint(), ReadyAt: r.varint(), SentAt: r.varint(), DoneAt: r.varint(),
		Carried: int(r.varint()), End: End(r.text()), Detail: r.text()}
	o.LeftOut = r.texts()
	return o
}
