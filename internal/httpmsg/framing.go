package httpmsg

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Framing is how a message's end is found (RFC 9112, 6.3).
type Framing uint8

// The framings.
const (
	FramingNone    Framing = iota // the head is all
	FramingLength                 // ContentLength bytes follow
	FramingChunked                // chunks follow
	FramingClose                  // the body ends with the stream
	FramingTunnel                 // what follows is not HTTP
)

var framingNames = [...]string{"none", "length", "chunked", "close", "tunnel"}

// String returns the framing's name.
func (f Framing) String() string { return framingNames[f] }

// framingAnomalies are those that frame finds.
const framingAnomalies = RepeatedLength | LengthAndChunked | ChunkedIn10 | OtherCoding

// frame decides the framing, again once more is known. method is that of the
// request which a response answers, "" where it is not known.
func (h *Head) frame(request bool, method string) error {
	return h.frameBy(request, method, h.framingFields())
}

// frameBy is frame where the header lines were looked at already.
func (h *Head) frameBy(request bool, method string, f framingFields) error {
	h.Framing = FramingNone
	h.Anomalies &^= framingAnomalies
	if f.err == nil {
		h.ContentLength = f.length
	}
	if f.repeated {
		h.Anomalies |= RepeatedLength
	}
	switch {
	case request && h.Method == "CONNECT", !request && h.opensTunnel(method):
		h.Framing = FramingTunnel
	case !request && h.bodiless(method):
	case len(f.codings) > 0:
		if f.given {
			h.Anomalies |= LengthAndChunked
		}
		return h.frameCoded(request, f.codings)
	case f.given:
		h.Framing = FramingLength
		return f.err
	case !request:
		h.Framing = FramingClose
	}
	return nil
}

// framesAnswer reports whether an answer's framing depends on its request having
// had this method.
func framesAnswer(method string) bool { return method == "HEAD" || method == "CONNECT" }

// bodiless reports whether a response has no body whatever its headers say.
func (h *Head) bodiless(method string) bool {
	return h.Interim() || h.Status == 204 || h.Status == 304 || method == "HEAD"
}

func (h *Head) opensTunnel(method string) bool {
	return h.Status == 101 || method == "CONNECT" && h.Status/100 == 2
}

// framingFields is what the header lines say of framing.
type framingFields struct {
	codings  []string // in lower case, in order
	given    bool     // there is a content length
	length   int64    // the one that all name, -1 for none
	repeated bool
	err      error // why there is no one length
}

func (h *Head) framingFields() framingFields {
	f := framingFields{length: -1}
	for i := range h.Headers {
		field := &h.Headers[i]
		// Most names are told apart by length (with room for a space before the
		// colon) and first letter.
		if n := len(field.Name); n < 14 || n > 20 || field.Name[0]|0x20 != 'c' && field.Name[0]|0x20 != 't' {
			continue
		}
		name := strings.TrimRight(field.Name, " \t")
		switch {
		case strings.EqualFold(name, "Content-Length"):
			f.addLengths(field.Value)
		case strings.EqualFold(name, "Transfer-Encoding"):
			for coding := range strings.SplitSeq(field.Value, ",") {
				f.codings = appendCoding(f.codings, coding)
			}
		}
	}
	return f
}

func appendCoding(codings []string, coding string) []string {
	coding = strings.ToLower(strings.Trim(coding, " \t\r\n"))
	if coding == "" || coding == "identity" {
		return codings
	}
	return append(codings, coding)
}

// frameCoded goes by the last coding. In a response chunked may come before
// others, and twice, as when a proxy and the server behind it both announce it;
// servers refuse such requests.
func (h *Head) frameCoded(request bool, codings []string) error {
	if h.Version == "1.0" {
		h.Anomalies |= ChunkedIn10
	}
	last := len(codings) - 1
	for i, coding := range codings {
		if coding != "chunked" || i < last {
			h.Anomalies |= OtherCoding
		}
		if request && coding == "chunked" && i < last {
			return fmt.Errorf("transfer coding %q after chunked", codings[i+1])
		}
	}
	switch {
	case codings[last] == "chunked":
		h.Framing = FramingChunked
	case request:
		return fmt.Errorf("the last transfer coding of a request is %q, not chunked", codings[last])
	default:
		h.Framing = FramingClose
	}
	return nil
}

// addLengths takes in one Content-Length line. The first fault stays.
func (f *framingFields) addLengths(value string) {
	if strings.IndexByte(value, ',') < 0 { // as nearly always
		f.addLength(value)
		return
	}
	for part := range strings.SplitSeq(value, ",") {
		f.addLength(part)
	}
}

func (f *framingFields) addLength(value string) {
	n, err := parseLength(trimSpace(value))
	if err == nil && f.length >= 0 && n != f.length {
		err = fmt.Errorf("content lengths %d and %d", f.length, n)
	}
	if f.err == nil {
		f.err = err
	}
	f.length, f.repeated, f.given = n, f.given, true
}

// trimSpace cuts off white space and the line breaks of folds.
func trimSpace(s string) string {
	space := func(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
	for len(s) > 0 && space(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && space(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

var errLength = errors.New("the content length is no number")

func parseLength(s string) (int64, error) {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, errLength
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errLength
	}
	return n, nil
}

// HasToken reports whether a header called name lists token; both are matched
// without case.
func HasToken(headers []Header, name, token string) bool {
	for i := range headers {
		if !headers[i].Is(name) {
			continue
		}
		for part := range strings.SplitSeq(headers[i].Value, ",") {
			if strings.EqualFold(trimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
