package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The compact form of one exchange, used in the journal, in spilled segments
// and in the column "exact":
//
//	uvarint length of the head; head; request body; response body
//
// The head is a fixed sequence of varints and length-prefixed texts.

const codecVersion = 1

// Bits of the byte that says which parts an exchange has.
const (
	hasRequest = 1 << iota
	hasResponse
	hasOutcome
)

// errCodec is the cause of every failure to decode.
var errCodec = errors.New("malformed exchange")

// appendExchange appends the compact form of ex, with its bodies.
func appendExchange(dst []byte, ex *Exchange) []byte {
	dst = appendHead(dst, ex)
	if ex.Request != nil {
		dst = append(dst, ex.Request.Body.Bytes...)
	}
	if ex.Response != nil {
		dst = append(dst, ex.Response.Body.Bytes...)
	}
	return dst
}

// lengthSize is the fixed width of the head's length: it is written after the
// head is known.
const lengthSize = 4

func appendHead(dst []byte, ex *Exchange) []byte {
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, codecVersion, presence(ex))
	for _, s := range [...]string{string(ex.ID), string(ex.Replays), ex.Session, ex.Protocol, ex.Client, ex.Server, string(ex.Incomplete)} {
		dst = appendText(dst, s)
	}
	dst = binary.AppendUvarint(dst, uint64(ex.Sequence))
	dst = appendTexts(dst, ex.Errors)
	dst = appendRequest(dst, ex.Request)
	dst = appendResponse(dst, ex.Response)
	dst = appendOutcome(dst, ex.Outcome)
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-lengthSize))
	return dst
}

func presence(ex *Exchange) byte {
	var b byte
	if ex.Request != nil {
		b |= hasRequest
	}
	if ex.Response != nil {
		b |= hasResponse
	}
	if ex.Outcome != nil {
		b |= hasOutcome
	}
	return b
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendTexts(dst []byte, list []string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(list)))
	for _, s := range list {
		dst = appendText(dst, s)
	}
	return dst
}

func appendHeaders(dst []byte, headers []Header) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(headers)))
	for i := range headers {
		dst = appendText(appendText(dst, headers[i].Name), headers[i].Value)
	}
	return dst
}

func appendBodyHead(dst []byte, b *Body) []byte {
	flags := byte(b.State) << 1
	if b.Redacted {
		flags |= 1
	}
	dst = append(dst, flags)
	if b.State == BodyNone {
		return dst
	}
	dst = binary.AppendVarint(dst, b.Length)
	dst = append(dst, b.SHA256[:]...)
	return binary.AppendUvarint(dst, uint64(len(b.Bytes)))
}

func appendTimes(dst []byte, first, last int64) []byte {
	return binary.AppendVarint(binary.AppendVarint(dst, first), last-first)
}

func appendRequest(dst []byte, r *Request) []byte {
	if r == nil {
		return dst
	}
	for _, s := range [...]string{r.Method, r.Scheme, r.Target, r.Version} {
		dst = appendText(dst, s)
	}
	dst = appendHeaders(dst, r.Headers)
	dst = appendHeaders(dst, r.Trailers)
	dst = appendBodyHead(dst, &r.Body)
	return appendTimes(dst, r.FirstAt, r.LastAt)
}

func appendResponse(dst []byte, r *Response) []byte {
	if r == nil {
		return dst
	}
	dst = binary.AppendVarint(dst, int64(r.Status))
	dst = appendText(appendText(dst, r.Reason), r.Version)
	dst = appendHeaders(dst, r.Headers)
	dst = appendHeaders(dst, r.Trailers)
	dst = binary.AppendUvarint(dst, uint64(len(r.Interim)))
	for i := range r.Interim {
		in := &r.Interim[i]
		dst = binary.AppendVarint(dst, int64(in.Status))
		dst = appendHeaders(appendText(dst, in.Reason), in.Headers)
		dst = binary.AppendVarint(dst, in.At)
	}
	dst = appendBodyHead(dst, &r.Body)
	return appendTimes(dst, r.FirstAt, r.LastAt)
}

func appendOutcome(dst []byte, o *Outcome) []byte {
	if o == nil {
		return dst
	}
	for _, t := range [...]int64{o.DueAt, o.ReadyAt, o.SentAt, o.DoneAt, int64(o.Carried)} {
		dst = binary.AppendVarint(dst, t)
	}
	dst = appendText(appendText(dst, string(o.End)), o.Detail)
	return appendTexts(dst, o.LeftOut)
}

// exchange reads what appendExchange wrote. It takes b over: bodies are slices
// of it, and texts may be.
func (d *decoder) exchange(b []byte) (*Exchange, error) {
	ex, stored, rest, err := d.head(b)
	if err != nil {
		return nil, err
	}
	for i, body := range bodiesOf(ex) {
		n := stored[i]
		if n > len(rest) {
			return nil, fmt.Errorf("%w: body of %d bytes, %d left", errCodec, n, len(rest))
		}
		if n > 0 {
			body.Bytes, rest = rest[:n:n], rest[n:]
		}
	}
	if len(rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes after the end", errCodec, len(rest))
	}
	return ex, nil
}

// bodiesOf returns the request's and the response's body, nil where there is none.
func bodiesOf(ex *Exchange) [2]*Body {
	var out [2]*Body
	if ex.Request != nil {
		out[0] = &ex.Request.Body
	}
	if ex.Response != nil {
		out[1] = &ex.Response.Body
	}
	return out
}

func cutHead(b []byte) (head, rest []byte, err error) {
	if len(b) < lengthSize+2 {
		return nil, nil, fmt.Errorf("%w: %d bytes", errCodec, len(b))
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if n < 2 || n > int64(len(b)-lengthSize) {
		return nil, nil, fmt.Errorf("%w: head of %d bytes in %d", errCodec, n, len(b))
	}
	return b[lengthSize : lengthSize+n], b[lengthSize+n:], nil
}
