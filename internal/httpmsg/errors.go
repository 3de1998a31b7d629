package httpmsg

import (
	"errors"
	"fmt"
	"strings"
)

// What can be wrong. An Error wraps one of them.
var (
	// ErrMalformed: the bytes are not HTTP/1.
	ErrMalformed = errors.New("malformed")
	// ErrTooLarge: a limit of the Decoder was reached.
	ErrTooLarge = errors.New("too large")
	// ErrFraming: the head does not say, or contradicts itself on, where the
	// message ends.
	ErrFraming = errors.New("unclear message length")
	// ErrTruncated: the stream ended within a message.
	ErrTruncated = errors.New("truncated")
)

// Error is a fault in a stream.
type Error struct {
	// At is the position in the stream, from 0, of the byte or line at fault.
	At int64
	// In is "head", "body" or "trailers".
	In string
	// Detail says what was seen.
	Detail string
	// Err is one of this package's Err values.
	Err error
}

// Error returns the fault with its place.
func (e *Error) Error() string {
	return fmt.Sprintf("byte %d, in %s: %v: %s", e.At, e.In, e.Err, e.Detail)
}

// Unwrap returns the kind of fault.
func (e *Error) Unwrap() error { return e.Err }

func (d *Decoder) fail(kind error, at int64, in, detail string) error {
	return &Error{At: at, In: in, Detail: detail, Err: kind}
}

// Anomaly is a set of oddities that were read over.
type Anomaly uint32

// The anomalies.
const (
	// BareLF: a line ends without CR.
	BareLF Anomaly = 1 << iota
	// EmptyLines: empty lines stood before the start line.
	EmptyLines
	// OddStartLine: more spaces than needed, or a space within the target.
	OddStartLine
	// OddVersion: the protocol's name is not in upper case, or the version is
	// neither 1.0 nor 1.1.
	OddVersion
	// OddStatus: the status is below 100 or above 599.
	OddStatus
	// NoField: a header line has no colon or no name.
	NoField
	// OddName: a header's name holds bytes that a name cannot.
	OddName
	// Folded: a header value goes on over a second line.
	Folded
	// ControlBytes: a NUL or a CR stands inside the head.
	ControlBytes
	// RepeatedLength: several equal content lengths.
	RepeatedLength
	// LengthAndChunked: a content length beside a transfer coding, which won.
	LengthAndChunked
	// ChunkedIn10: a transfer coding in an HTTP/1.0 message, which was obeyed.
	ChunkedIn10
	// OtherCoding: a transfer coding besides chunked, left in the body.
	OtherCoding
	// Gapped: bytes of the body were not there (SkipBody).
	Gapped
)

var anomalyNames = [...]string{
	"bare LF", "empty lines before the message", "odd start line", "odd version",
	"odd status", "line that is no header", "odd header name", "folded header",
	"control bytes in the head", "repeated content length",
	"content length beside a transfer coding", "transfer coding in HTTP/1.0",
	"transfer coding left in the body", "gap in the body",
}

// Names returns the anomalies in a fixed order, in words.
func (a Anomaly) Names() []string {
	if a == 0 {
		return nil
	}
	var names []string
	for i, name := range anomalyNames {
		if a&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String returns the names joined by commas.
func (a Anomaly) String() string { return strings.Join(a.Names(), ", ") }
