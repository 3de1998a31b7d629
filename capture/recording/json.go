package recording

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"
	"unicode/utf8"
)

// AppendJSON appends ex as one JSON object without a line end. Times are RFC
// 3339 in UTC with nanoseconds, since a JSON number would lose digits in many
// readers. Text that is not UTF-8 is shown byte by byte as ISO 8859-1. With
// bodies, a kept body is added as "body" where it is UTF-8 and as "body_base64"
// otherwise.
func AppendJSON(dst []byte, ex *Exchange, bodies bool) []byte {
	o := object{dst: append(dst, '{')}
	o.text("id", string(ex.ID))
	o.textOrNull("replays", string(ex.Replays))
	o.text("session", ex.Session)
	o.int("sequence", int64(ex.Sequence))
	o.text("protocol", ex.Protocol)
	o.text("client", ex.Client)
	o.text("server", ex.Server)
	o.request(ex.Request, bodies)
	o.response(ex.Response, bodies)
	o.textOrNull("incomplete", string(ex.Incomplete))
	o.texts("errors", ex.Errors)
	if ex.Outcome != nil {
		o.outcome(ex.Outcome)
	}
	return append(o.dst, '}')
}

// object writes the members of a JSON object.
type object struct {
	dst  []byte
	some bool // a member was written
}

func (o *object) key(name string) {
	if o.some {
		o.dst = append(o.dst, ',')
	}
	o.some = true
	o.dst = append(appendJSONText(o.dst, name), ':')
}

func (o *object) null(name string)         { o.key(name); o.dst = append(o.dst, "null"...) }
func (o *object) text(name, v string)      { o.key(name); o.dst = appendJSONText(o.dst, v) }
func (o *object) int(name string, v int64) { o.key(name); o.dst = strconv.AppendInt(o.dst, v, 10) }
func (o *object) bool(name string, v bool) { o.key(name); o.dst = strconv.AppendBool(o.dst, v) }
func (o *object) begin(name string)        { o.key(name); o.dst = append(o.dst, '{'); o.some = false }
func (o *object) end()                     { o.dst = append(o.dst, '}'); o.some = true }
func (o *object) instant(name string, t int64) {
	if t == 0 {
		o.null(name)
		return
	}
	o.key(name)
	o.dst = time.Unix(0, t).UTC().AppendFormat(o.dst, `"2006-01-02T15:04:05.000000000Z"`)
}

func (o *object) textOrNull(name, v string) {
	if v == "" {
		o.null(name)
		return
	}
	o.text(name, v)
}

func (o *object) texts(name string, list []string) {
	o.key(name)
	o.dst = append(o.dst, '[')
	for i, s := range list {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = appendJSONText(o.dst, s)
	}
	o.dst = append(o.dst, ']')
}

func (o *object) headers(name string, list []Header) {
	o.key(name)
	o.dst = append(o.dst, '[')
	for i, h := range list {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		o.dst = appendJSONText(append(o.dst, '['), h.Name)
		o.dst = append(appendJSONText(append(o.dst, ','), h.Value), ']')
	}
	o.dst = append(o.dst, ']')
}

func (o *object) request(r *Request, bodies bool) {
	if r == nil {
		o.null("request")
		return
	}
	o.begin("request")
	o.text("method", r.Method)
	o.text("scheme", r.Scheme)
	o.text("target", r.Target)
	o.text("host", r.Host())
	o.text("http_version", r.Version)
	o.headers("headers", r.Headers)
	o.body(&r.Body, bodies)
	o.headers("trailers", r.Trailers)
	o.instant("first_at", r.FirstAt)
	o.instant("last_at", r.LastAt)
	o.end()
}

func (o *object) response(r *Response, bodies bool) {
	if r == nil {
		o.null("response")
		return
	}
	o.begin("response")
	o.int("status", int64(r.Status))
	o.text("reason", r.Reason)
	o.text("http_version", r.Version)
	o.headers("headers", r.Headers)
	o.body(&r.Body, bodies)
	o.headers("trailers", r.Trailers)
	o.interim(r.Interim)
	o.instant("first_at", r.FirstAt)
	o.instant("last_at", r.LastAt)
	o.end()
}

func (o *object) interim(list []Interim) {
	o.key("interim")
	o.dst = append(o.dst, '[')
	for i := range list {
		if i > 0 {
			o.dst = append(o.dst, ',')
		}
		in := object{dst: append(o.dst, '{')}
		in.int("status", int64(list[i].Status))
		in.text("reason", list[i].Reason)
		in.headers("headers", list[i].Headers)
		in.instant("at", list[i].At)
		o.dst = append(in.dst, '}')
	}
	o.dst = append(o.dst, ']')
}

// body shows an empty body as the empty string that it is.
func (o *object) body(b *Body, bodies bool) {
	sum := b.SHA256
	if b.State == BodyNone {
		sum = sha256.Sum256(nil)
	}
	o.int("body_bytes", b.Length)
	o.text("body_sha256", hex.EncodeToString(sum[:]))
	o.text("body_state", b.State.String())
	o.bool("body_redacted", b.Redacted)
	if !bodies || b.State == BodyDropped || b.State == BodyAsBaseline {
		return
	}
	if utf8.Valid(b.Bytes) {
		o.text("body", string(b.Bytes))
		return
	}
	o.text("body_base64", base64.StdEncoding.EncodeToString(b.Bytes))
}

func (o *object) outcome(out *Outcome) {
	o.begin("outcome")
	o.text("end", string(out.End))
	o.textOrNull("detail", out.Detail)
	o.int("carried", int64(out.Carried))
	o.texts("left_out", out.LeftOut)
	o.instant("due_at", out.DueAt)
	o.instant("ready_at", out.ReadyAt)
	o.instant("sent_at", out.SentAt)
	o.instant("done_at", out.DoneAt)
	o.end()
}

const hexDigits = "0123456789abcdef"

// appendJSONText quotes s.
func appendJSONText(dst []byte, s string) []byte {
	dst = append(dst, '"')
	if !utf8.ValidString(s) {
		for i := 0; i < len(s); i++ {
			dst = appendJSONRune(dst, rune(s[i]))
		}
		return append(dst, '"')
	}
	plain := 0
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			dst = appendJSONRune(append(dst, s[plain:i]...), rune(c))
			plain = i + 1
		}
	}
	return append(append(dst, s[plain:]...), '"')
}

func appendJSONRune(dst []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\r':
		return append(dst, '\\', 'r')
	case r == '\t':
		return append(dst, '\\', 't')
	case r < 0x20 || r >= 0x7f && r < 0xa0: // also those that steer a terminal
		return append(dst, '\\', 'u', '0', '0', hexDigits[r>>4&15], hexDigits[r&15])
	}
	return utf8.AppendRune(dst, r)
}
