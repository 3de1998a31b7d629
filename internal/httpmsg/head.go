package httpmsg

import (
	"strings"
)

// Head is a message's start line, its header lines and the framing they ask for.
type Head struct {
	// Method and Target are a request's, exactly as sent.
	Method, Target string
	// Version is "1.0" or "1.1" (or another 1.x, flagged).
	Version string
	// Status and Reason are a response's. Status is three digits as sent.
	Status  int
	Reason  string
	Headers []Header

	// Framing says how the end of the message is found.
	Framing Framing
	// ContentLength is the header's value, -1 where there is none that can be
	// read. It says nothing of the body unless Framing is FramingLength.
	ContentLength int64

	// At is the position in the stream of the head's first byte and Bytes the
	// head's length with its empty line.
	At    int64
	Bytes int
	// Anomalies were seen so far in the message; complete at KindEnd.
	Anomalies Anomaly
}

// Interim reports whether the head is that of a 1xx response that a final one
// follows. 101 is final.
func (h *Head) Interim() bool {
	return h.Status >= 100 && h.Status < 200 && h.Status != 101
}

// KeepsAlive reports whether the connection may carry another message after
// this one, as far as this head says.
func (h *Head) KeepsAlive() bool {
	if h.Framing == FramingClose || h.Framing == FramingTunnel {
		return false
	}
	if HasToken(h.Headers, "Connection", "close") {
		return false
	}
	return h.Version != "1.0" || HasToken(h.Headers, "Connection", "keep-alive")
}

// lineScan finds the empty line that ends a head whose bytes come in pieces.
type lineScan struct {
	lines  int // that were not empty
	length int // of the line begun, so far
	first  byte
}

const (
	noEnd        = -1
	tooManyLines = -2
)

// end returns how many bytes of p belong to the head, noEnd, or tooManyLines.
func (s *lineScan) end(p []byte, maxLines int) int {
	at := 0
	for {
		i := indexLF(p[at:])
		if s.length == 0 && at < len(p) {
			s.first = p[at]
		}
		if i < 0 {
			s.length += len(p) - at
			return noEnd
		}
		length := s.length + i
		at += i + 1
		s.length = 0
		if length == 0 || length == 1 && s.first == '\r' {
			return at
		}
		if s.lines++; s.lines > maxLines {
			return tooManyLines
		}
	}
}

// collect gathers lines up to an empty one. raw is nil until that has come, and
// then good until the next call.
func (d *Decoder) collect(p []byte, maxLines int, in string, at int64) (n int, raw []byte, err error) {
	room := d.limits.Head - len(d.buf)
	part := p[:min(len(p), room)]
	end := d.scan.end(part, maxLines)
	switch {
	case end == tooManyLines:
		return 0, nil, d.fail(ErrTooLarge, at, in, "too many header lines")
	case end == noEnd && len(part) == room:
		return 0, nil, d.fail(ErrTooLarge, at, in, "too many bytes")
	case end == noEnd:
		d.buf = append(d.buf, part...)
		return len(part), nil, nil
	case len(d.buf) == 0:
		return end, part[:end], nil
	}
	raw = append(d.buf, part[:end]...)
	d.buf = raw[:0]
	if cap(d.buf) > keptBuffer {
		d.buf = nil
	}
	return end, raw, nil
}

func (d *Decoder) readHead(p []byte, ev *Event) (int, error) {
	before, firstLine := len(d.buf), d.scan.lines == 0
	at := d.offset - int64(before)
	n, raw, err := d.collect(p, d.limits.Fields+1, "head", at)
	if raw == nil {
		// Bytes that are not HTTP are refused at once, not after a mebibyte, and
		// with the same error however they were cut.
		if firstLine && !d.plausible(before, p) {
			err = d.fail(ErrMalformed, at, "head", notHTTP)
		}
		return n, err
	}
	d.head = Head{At: at, Bytes: len(raw), ContentLength: -1}
	if d.blank {
		d.head.Anomalies, d.blank = EmptyLines, false
	}
	if d.reuse {
		d.head.Headers = d.fields[:0]
	}
	fields, ok := d.parseHead(raw)
	if !ok {
		return n, d.fail(ErrMalformed, at, "head", notHTTP)
	}
	if d.reuse {
		d.fields = d.head.Headers
	}
	d.framing = d.head.frameBy(d.request, d.method, fields)
	d.state = headGiven
	ev.Kind, ev.Head = KindHead, &d.head
	return n, nil
}

const notHTTP = "the start line is not one of HTTP/1"

// plausible reports whether the head of which before bytes are in the buffer
// and p follows can still become one: by its first line where that is whole, by
// its first bytes where it is not.
func (d *Decoder) plausible(before int, p []byte) bool {
	part := p[:min(len(p), d.limits.Head-before)]
	if end := indexLF(part); end >= 0 {
		var h Head
		return h.parseStart(string(d.buf[:before])+string(part[:end+1]), d.request) >= 0
	}
	if before >= recognised {
		return true
	}
	var space [recognised]byte
	probe := append(space[:0], d.buf[:before]...)
	probe = append(probe, part[:min(len(part), recognised-before)]...)
	if d.request {
		_, state := requestMethod(probe)
		return state != refuted
	}
	return responsePrefix(probe) != refuted
}

// parseStart reads the start line of s and returns where the next line begins,
// -1 where it is not one.
func (h *Head) parseStart(s string, request bool) int {
	line, next := h.cutLine(s, 0)
	if request && !h.parseRequestLine(line) || !request && !h.parseStatusLine(line) {
		return -1
	}
	return next
}

func (h *Head) parse(s string, request bool, lines int) bool {
	next := h.parseStart(s, request)
	if next < 0 {
		return false
	}
	h.checkBytes(s, lines)
	h.Headers = h.parseFields(h.Headers, s, next, lines-1)
	return true
}

// checkBytes flags NUL and CR inside lines. Counting is many times faster than
// looking at each byte: every line that ends in CR LF has one CR.
func (h *Head) checkBytes(s string, lines int) {
	if strings.IndexByte(s, 0) >= 0 {
		h.Anomalies |= ControlBytes
	}
	if crs := strings.Count(s, "\r"); crs != lines+1 && crs != strings.Count(s, "\r\n") {
		h.Anomalies |= ControlBytes
	}
}

// cutLine returns the line of s that begins at from, without its end, and where
// the next begins.
func (h *Head) cutLine(s string, from int) (line string, next int) {
	i := strings.IndexByte(s[from:], '\n')
	if i < 0 {
		return s[from:], len(s)
	}
	next = from + i + 1
	if i > 0 && s[from+i-1] == '\r' {
		return s[from : from+i-1], next
	}
	h.Anomalies |= BareLF
	return s[from : from+i], next
}

// parseFields reads the header lines of s from position from up to the empty
// line, into the memory of fields where it suffices. The values are substrings
// of s.
func (h *Head) parseFields(fields []Header, s string, from, lines int) []Header {
	if lines == 0 {
		// The empty line's end is looked at for its anomaly.
		h.cutLine(s, from)
		return fields[:0]
	}
	if cap(fields) < lines {
		fields = make([]Header, 0, lines)
	}
	begun := 0 // where the last field's value, or line if it is none, begins
	for from < len(s) {
		start := from
		var line string
		line, from = h.cutLine(s, start)
		switch {
		case line == "":
		case len(fields) > 0 && (line[0] == ' ' || line[0] == '\t'):
			h.fold(&fields[len(fields)-1], s[begun:start+len(line)])
		default:
			field, at := h.parseField(line)
			fields, begun = append(fields, field), start+at
		}
	}
	return fields
}

// parseField returns the field and where in line its value begins.
func (h *Head) parseField(line string) (Header, int) {
	colon := strings.IndexByte(line, ':')
	if colon <= 0 {
		h.Anomalies |= NoField
		return Header{Value: line}, 0
	}
	name := line[:colon]
	if !IsToken(name) {
		h.Anomalies |= OddName
	}
	return Header{Name: name, Value: trimOWS(line[colon+1:])}, colon + 1
}

// fold replaces a field's value by the longer one that its next line makes. The
// line break within stays; none is left at the ends, where it would break the
// field when it is written again.
func (h *Head) fold(field *Header, value string) {
	h.Anomalies |= Folded
	if field.Name != "" {
		value = strings.Trim(value, " \t\r\n")
	}
	field.Value = value
}

func trimOWS(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
