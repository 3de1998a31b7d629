package httpmsg

import (
	"bytes"
	"strings"
)

const (
	// maxMethod is the longest method that is taken for one.
	maxMethod = 32
	// recognised is how many first bytes of a head can refute it early.
	recognised = maxMethod + 1
	// maxFirstLine bounds how long LooksLikeRequest asks for more: a head may be
	// all target.
	maxFirstLine = defaultHead
	protocol     = "HTTP/1."
)

type verdict uint8

const (
	undecided verdict = iota
	confirmed
	refuted
)

// parseRequestLine reads "METHOD SP target SP HTTP/1.x". What stands between
// the outer spaces is the target, as sent, also with a space inside.
func (h *Head) parseRequestLine(line string) bool {
	method, v := requestMethod(line)
	if v != confirmed {
		return false
	}
	rest := line[len(method)+1:]
	trimmed := strings.TrimRight(rest, " ")
	last := strings.LastIndexByte(trimmed, ' ')
	if last < 0 || !h.parseVersion(trimmed[last+1:]) {
		return false
	}
	target := strings.Trim(trimmed[:last], " ")
	if len(target)+1+len(protocol)+1 != len(rest) || strings.IndexByte(target, ' ') >= 0 {
		h.Anomalies |= OddStartLine
	}
	h.Method, h.Target = method, target
	return target != ""
}

// parseVersion reads "HTTP/1.x".
func (h *Head) parseVersion(s string) bool {
	if len(s) != len(protocol)+1 || !strings.EqualFold(s[:len(protocol)], protocol) {
		return false
	}
	minor := s[len(protocol)]
	if minor < '0' || minor > '9' {
		return false
	}
	if minor > '1' || s[:len(protocol)] != protocol {
		h.Anomalies |= OddVersion
	}
	h.Version = s[len("HTTP/"):]
	return true
}

// parseStatusLine reads "HTTP/1.x SP status [SP reason]".
func (h *Head) parseStatusLine(line string) bool {
	space := len(protocol) + 1
	if len(line) <= space || line[space] != ' ' || !h.parseVersion(line[:space]) {
		return false
	}
	rest := line[space+1:]
	if trimmed := strings.TrimLeft(rest, " "); len(trimmed) != len(rest) {
		h.Anomalies |= OddStartLine
		rest = trimmed
	}
	if len(rest) < 3 || len(rest) > 3 && rest[3] != ' ' {
		return false
	}
	for _, c := range []byte(rest[:3]) {
		if c < '0' || c > '9' {
			return false
		}
		h.Status = h.Status*10 + int(c-'0')
	}
	if h.Status < 100 || h.Status > 599 {
		h.Anomalies |= OddStatus
	}
	if len(rest) > 3 {
		h.Reason = rest[4:]
	}
	return true
}

// requestMethod returns the method that a request line begins with.
func requestMethod[T string | []byte](line T) (T, verdict) {
	for i := 0; i < len(line) && i <= maxMethod; i++ {
		if line[i] == ' ' && i > 0 {
			return line[:i], confirmed
		}
		if !isTokenByte(line[i]) {
			return line[:0], refuted
		}
	}
	if len(line) > maxMethod {
		return line[:0], refuted
	}
	return line[:0], undecided
}

// responsePrefix looks at as much of "HTTP/1." as there is.
func responsePrefix(p []byte) verdict {
	n := min(len(p), len(protocol))
	switch {
	case !bytes.EqualFold(p[:n], []byte(protocol[:n])):
		return refuted
	case n < len(protocol):
		return undecided
	}
	return confirmed
}

// LooksLikeRequest reports whether p, the beginning of a stream, begins with an
// HTTP/1 request, whatever the port: a method (any token of at most 32 bytes), a
// target and HTTP/1.x, which takes the whole first line. Where p ends before
// that is known, needMore is set.
func LooksLikeRequest(p []byte) (match, needMore bool) {
	p = bytes.TrimLeft(p, "\r\n")
	if _, v := requestMethod(p); v != confirmed {
		return false, v == undecided
	}
	end := indexLF(p)
	line := p[:max(end, 0)]
	if end < 0 {
		line = p
	}
	line = bytes.TrimSuffix(line, []byte("\r"))
	for _, c := range line {
		if c < ' ' || c == 0x7f {
			return false, false
		}
	}
	if end < 0 {
		return false, len(p) < maxFirstLine
	}
	var h Head
	return h.parseRequestLine(string(line)), false
}

// LooksLikeResponse reports whether p, the beginning of a stream, begins with
// an HTTP/1 response. Where p ends before that is known, needMore is set.
func LooksLikeResponse(p []byte) (match, needMore bool) {
	p = bytes.TrimLeft(p, "\r\n")
	if v := responsePrefix(p); v != confirmed {
		return false, v == undecided
	}
	const longest = len(protocol) + 1 + 16 + 3 + 1
	line, ended := p, false
	if i := bytes.IndexAny(p[:min(len(p), longest)], "\r\n"); i >= 0 {
		line, ended = p[:i], true
	}
	var h Head
	digits := bytes.TrimLeft(line[min(len(line), len(protocol)+1):], " ")
	if !ended && len(digits) < 4 && len(line) < longest {
		return false, statusSoFar(line, digits)
	}
	return h.parseStatusLine(string(line)), false
}

// statusSoFar reports whether more bytes could make line a status line.
func statusSoFar(line, digits []byte) bool {
	at := len(protocol)
	if len(line) > at && (line[at] < '0' || line[at] > '9') || len(line) > at+1 && line[at+1] != ' ' {
		return false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// The bytes of a token (RFC 9110, 5.6.2), one bit each.
const (
	tokenLow  uint64 = 1<<'!' | 1<<'#' | 1<<'$' | 1<<'%' | 1<<'&' | 1<<'\'' | 1<<'*' | 1<<'+' | 1<<'-' | 1<<'.' | 0x3ff<<'0'
	tokenHigh uint64 = 0x3ffffff<<('A'-64) | 0x3ffffff<<('a'-64) | 1<<('^'-64) | 1<<('_'-64) | 1<<('`'-64) | 1<<('|'-64) | 1<<('~'-64)
)

func isTokenByte(c byte) bool {
	if c < 64 {
		return tokenLow>>c&1 != 0
	}
	return c < 128 && tokenHigh>>(c-64)&1 != 0
}

// IsToken reports whether s is a token of RFC 9110 (5.6.2), as methods and the names of
// headers are.
func IsToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isTokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func indexLF(p []byte) int { return bytes.IndexByte(p, '\n') }
