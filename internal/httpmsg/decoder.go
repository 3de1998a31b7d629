// Package httpmsg turns HTTP/1.0 and HTTP/1.1 bytes into messages and messages
// into bytes, exactly.
//
// Terms. A head is a start line and its header lines up to the empty line. A
// message is a head and what its framing says follows it. An anomaly is an
// oddity that a real peer would have lived with; it is flagged and read on. An
// error is where the bytes stop meaning anything: it names the byte's position
// in the stream, which is also a message's identity.
//
// Steps. A Decoder reads one direction of one connection. It has no input or
// output of its own: the caller feeds bytes as they come, in pieces of any
// size, and takes events. How the bytes were cut into pieces changes no event
// but the cuts between pieces of Data.
//
// Limits. A head is at most 1 MiB and 16,384 lines, trailers likewise, a chunk's
// size line 4 KiB (Limits). Bodies are handed through and never held.
// HTTP/0.9 and HTTP/2 are errors. Names keep their case; order and duplicates
// are kept; the white space around a value is not. A folded line stays in its
// value as it stood, line break included; a line that is no header field has
// an empty Name and is whole in Value.
package httpmsg

// Limits bounds what a Decoder holds; a zero field means the default.
type Limits struct {
	// Head is the most bytes of a head, and of trailers: 1 MiB.
	Head int
	// Fields is the most header lines of a head, and of trailers: 16,384.
	Fields int
}

const (
	defaultHead   = 1 << 20
	defaultFields = 16384
	// keptBuffer is the largest head buffer that a Decoder keeps for the next.
	keptBuffer = 16 << 10
)

func (l Limits) withDefaults() Limits {
	if l.Head <= 0 {
		l.Head = defaultHead
	}
	if l.Fields <= 0 {
		l.Fields = defaultFields
	}
	return l
}

// Kind says what an Event is.
type Kind uint8

// The kinds.
const (
	// KindMore: all bytes were taken, nothing is pending.
	KindMore Kind = iota
	// KindHead: Event.Head is a message's head.
	KindHead
	// KindData: Event.Data is a piece of the body after transfer decoding.
	KindData
	// KindEnd: the message is whole. Every head is followed by KindEnd,
	// KindTunnel or an error, also an interim one and one without a body.
	KindEnd
	// KindTunnel: the message is whole and no message follows it (101, 2xx to
	// CONNECT, and after a CONNECT request until Resume); the bytes not taken
	// are the tunnel's. Every later Feed says the same.
	KindTunnel
)

var kindNames = [...]string{"more", "head", "data", "end", "tunnel"}

// String returns the kind's name.
func (k Kind) String() string { return kindNames[k] }

// Event is what one Feed found.
type Event struct {
	Kind Kind
	// Head is set in every kind but KindMore. The Head itself is the
	// Decoder's and good until the next message's head; its Headers (but see
	// ReuseHeaders and Remember) and strings are the caller's to keep.
	Head *Head
	// Data is part of what was fed.
	Data []byte
	// Trailers are the lines after a chunked body (KindEnd); the caller's.
	Trailers []Header
}

type state uint8

const (
	atStart     state = iota // between messages; empty lines are stepped over
	inHead                   // a message has begun
	headGiven                // its head was handed out, its framing not yet entered
	inLength                 // remaining bytes of body to come
	inClose                  // body up to the end of the stream
	inChunkSize              // a chunk's size line
	inChunkData              // remaining bytes of a chunk
	inChunkEnd               // the line end after a chunk's data
	inTrailers
	atEnd // KindEnd is due
	inTunnel
)

// Decoder reads the messages of one direction. It is not safe for concurrent
// use.
type Decoder struct {
	limits  Limits
	request bool
	state   state

	offset int64 // of the next byte in the stream
	buf    []byte
	scan   lineScan
	blank  bool // empty lines stood before the message

	head     Head
	fields   []Header // the memory of head.Headers, where it is reused
	reuse    bool
	known    *Heads // nil: nothing is remembered
	line     string // the last start line read by means of known
	framing  error  // why head's framing cannot be known, raised at the next Feed
	method   string // what the next final response answers
	trailers []Header

	remaining int64
	chunk     chunkLine
	err       error
}

// NewRequestDecoder returns a Decoder of what a client sends.
func NewRequestDecoder(l Limits) *Decoder {
	return &Decoder{limits: l.withDefaults(), request: true}
}

// NewResponseDecoder returns a Decoder of what a server sends.
func NewResponseDecoder(l Limits) *Decoder {
	return &Decoder{limits: l.withDefaults()}
}

// ReuseHeaders makes Head.Headers, too, good only until the next message's head.
// It does not go with Remember.
// The strings in it stay the caller's to keep.
func (d *Decoder) ReuseHeaders() { d.reuse = true }

// AnswerTo tells a response Decoder the method that its next final response
// answers. It is called once for each final response, at the latest after that
// response's KindHead and before the next Feed (interim heads do not use it
// up). A caller that does not know, as in the middle of a stream, does not call
// it: then the framing is that of an answer to a method other than HEAD and
// CONNECT, and a HEAD's answer with a length will run into what follows it.
func (d *Decoder) AnswerTo(method string) {
	changes := framesAnswer(method) || framesAnswer(d.method)
	d.method = method
	if d.state == headGiven && changes {
		d.framing = d.head.frame(d.request, method)
	}
}

// Feed takes bytes from the front of p and returns how many it took and what
// they made. The caller goes on with the rest, also when the rest is empty,
// until KindMore or KindTunnel. An error is final and every later Feed repeats
// it.
func (d *Decoder) Feed(p []byte) (n int, ev Event, err error) {
	if d.err == nil && d.state == headGiven {
		d.err = d.enterBody()
	}
	for d.err == nil {
		used, err := d.step(p[n:], &ev)
		n += used
		d.offset += int64(used)
		if err != nil {
			d.err = err
			break
		}
		if ev.Kind != KindMore || n == len(p) && d.state != atEnd {
			return n, ev, nil
		}
	}
	return n, Event{}, d.err
}

// step takes bytes in one state. It makes an event, takes a byte, or changes
// the state, unless p is empty. The event is the caller's memory: it is larger
// than most of what is done here.
func (d *Decoder) step(p []byte, ev *Event) (n int, err error) {
	switch d.state {
	case atStart:
		n = d.skipEmptyLines(p)
	case inHead:
		n, err = d.readHead(p, ev)
	case inLength, inChunkData, inClose:
		n = d.readData(p, ev)
	case inChunkSize:
		n, err = d.readChunkSize(p)
	case inChunkEnd:
		n, err = d.readChunkEnd(p)
	case inTrailers:
		n, err = d.readTrailers(p)
	case atEnd:
		*ev = d.end()
	default:
		ev.Kind, ev.Head = KindTunnel, &d.head
	}
	return n, err
}

func (d *Decoder) skipEmptyLines(p []byte) int {
	for i, c := range p {
		if c != '\r' && c != '\n' {
			d.state, d.scan = inHead, lineScan{}
			return i
		}
		d.blank = true
	}
	return len(p)
}

func (d *Decoder) readData(p []byte, ev *Event) int {
	if len(p) == 0 {
		return 0
	}
	if d.state != inClose {
		p = p[:min(int64(len(p)), d.remaining)]
		d.pass(int64(len(p)))
	}
	ev.Kind, ev.Head, ev.Data = KindData, &d.head, p
	return len(p)
}

// pass counts n bytes of a counted body and leaves the state where they were
// the last.
func (d *Decoder) pass(n int64) {
	d.remaining -= n
	if d.remaining > 0 {
		return
	}
	if d.state == inLength {
		d.state = atEnd
	} else {
		d.state = inChunkEnd
	}
}

func (d *Decoder) enterBody() error {
	if d.framing != nil {
		return d.fail(ErrFraming, d.head.At, "head", d.framing.Error())
	}
	switch d.head.Framing {
	case FramingLength:
		d.state, d.remaining = inLength, d.head.ContentLength
		if d.remaining == 0 {
			d.state = atEnd
		}
	case FramingChunked:
		d.state, d.chunk = inChunkSize, chunkLine{}
	case FramingClose:
		d.state = inClose
	case FramingTunnel:
		d.state = inTunnel
	default:
		d.state = atEnd
	}
	return nil
}

func (d *Decoder) end() Event {
	ev := Event{Kind: KindEnd, Head: &d.head, Trailers: d.trailers}
	d.state, d.trailers = atStart, nil
	if !d.head.Interim() {
		d.method = ""
	}
	return ev
}

// Finish says that the stream ended cleanly (FIN). It returns KindEnd where
// that ends a message, KindMore between messages, KindTunnel in a tunnel, and
// an error that wraps ErrTruncated within a message. The caller has fed until
// KindMore before.
func (d *Decoder) Finish() (Event, error) {
	if d.err == nil && d.state == headGiven {
		d.err = d.enterBody()
	}
	if d.err != nil {
		return Event{}, d.err
	}
	switch d.state {
	case atStart:
		return Event{}, nil
	case atEnd, inClose:
		return d.end(), nil
	case inTunnel:
		return Event{Kind: KindTunnel, Head: &d.head}, nil
	case inHead:
		d.err = d.fail(ErrTruncated, d.offset, "head", "the stream ended")
	default:
		d.err = d.fail(ErrTruncated, d.offset, "body", "the stream ended")
	}
	return Event{}, d.err
}

// Idle reports whether the Decoder is between two messages: no byte of the next
// one has come. The Feed during which it stops being so, or that returns a head
// at once, holds the message's first byte.
func (d *Decoder) Idle() bool { return d.err == nil && d.state == atStart }

// Offset returns how many bytes of the stream were taken or skipped.
func (d *Decoder) Offset() int64 { return d.offset }

// Buffered returns how many bytes the Decoder holds of an unfinished head.
func (d *Decoder) Buffered() int { return len(d.buf) }

// Resume leaves the tunnel that a CONNECT request announced, because the
// server refused it: messages follow again.
func (d *Decoder) Resume() {
	if d.request && d.state == inTunnel {
		d.state = atStart
	}
}

// SkipBody steps over at most n bytes of the stream that the caller does not
// have (a gap in a capture), as far as they lie in the current body or, if it
// is chunked, in the current chunk's data, and returns how many it stepped
// over. Where that is less than n the rest of the gap is in unknown structure
// and the Decoder is of no more use. The message is flagged with Gapped.
func (d *Decoder) SkipBody(n int64) (skipped int64) {
	if d.err == nil && d.state == headGiven {
		d.err = d.enterBody()
	}
	if d.err != nil || n <= 0 {
		return 0
	}
	switch d.state {
	case inClose:
		skipped = n
	case inLength, inChunkData:
		skipped = min(n, d.remaining)
		d.pass(skipped)
	default:
		return 0
	}
	d.head.Anomalies |= Gapped
	d.offset += skipped
	return skipped
}
