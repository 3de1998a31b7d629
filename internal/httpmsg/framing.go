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

// frame decides the framing, again once more is known. method is that of the request which a response
// answers, "" where it is not known.
func (h *Head) frame(request bool, method string) error {
	h.Framing = FramingNone
	h.Anomalies &^= framingAnomalies
	codings, lengths := h.framingFields()
	length, err := parseLengths(lengths)
	if err == nil {
		h.ContentLength = length
	}
	switch {
	case request && h.Method == "CONNECT", !request && h.opensTunnel(method):
		h.Framing = FramingTunnel
		return nil
	case !request && h.bodiless(method):
		return nil
	case len(codings) > 0:
		if len(lengths) > 0 {
			h.Anomalies |= LengthAndChunked
		}
		return h.frameCoded(request, codings)
	case len(lengths) > 0:
		h.Framing = FramingLength
		if len(lengths) > 1 || strings.IndexByte(lengths[0], ',') >= 0 {
			h.Anomalies |= RepeatedLength
		}
		return err
	case !request:
		h.Framing = FramingClose
	}
	return nil
}

// bodiless reports whether a response has no body whatever its headers say.
func (h *Head) bodiless(method string) bool {
	return h.Interim() || h.Status == 204 || h.Status == 304 || method == "HEAD"
}

func (h *Head) opensTunnel(method string) bool {
	return h.Status == 101 || method == "CONNECT" && h.Status/100 == 2
}

// framingFields returns the transfer codings, in lower case and in order, and
// the values of Content-Length. Nearly every message has at most one length, so
// the slices mostly cost nothing.
func (h *Head) framingFields() (codings, lengths []string) {
	for i := range h.Headers {
		field := &h.Headers[i]
		// Names of other lengths, with room for a space before the colon, are not
		// looked at.
		if n := len(field.Name); n < 14 || n > 20 {
			continue
		}
		name := strings.TrimRight(field.Name, " \t")
		switch {
		case strings.EqualFold(name, "Content-Length"):
			lengths = append(lengths, field.Value)
		case strings.EqualFold(name, "Transfer-Encoding"):
			for coding := range strings.SplitSeq(field.Value, ",") {
				codings = appendCoding(codings, coding)
			}
		}
	}
	return codings, lengths
}

func appendCoding(codings []string, coding string) []string {
	coding = strings.ToLower(strings.Trim(coding, " \t\r\n"))
	if coding == "" || coding == "identity" {
		return codings
	}
	return append(codings, coding)
}

func (h *Head) frameCoded(request bool, codings []string) error {
	if h.Version == "1.0" {
		h.Anomalies |= ChunkedIn10
	}
	last := len(codings) - 1
	for i, coding := range codings {
		if coding != "chunked" {
			h.Anomalies |= OtherCoding
		} else if i < last {
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

// parseLengths returns the one length that all values name, -1 for none.
func parseLengths(values []string) (int64, error) {
	length := int64(-1)
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			n, err := parseLength(strings.Trim(part, " \t\r\n"))
			if err != nil {
				return -1, err
			}
			if length >= 0 && n != length {
				return -1, fmt.Errorf("content lengths %d and %d", length, n)
			}
			length = n
		}
	}
	return length, nil
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
	for _, field := range headers {
		if !strings.EqualFold(field.Name, name) {
			continue
		}
		for part := range strings.SplitSeq(field.Value, ",") {
			if strings.EqualFold(strings.Trim(part, " \t\r\n"), token) {
				return true
			}
		}
	}
	return false
}
