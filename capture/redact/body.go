package redact

import (
	"mime"
	"strings"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
)

// body searches a body and, where it holds a secret, replaces it.
func (p *pass) body(headers []recording.Header, body *recording.Body) {
	if body.State != recording.BodyStored && body.State != recording.BodyTruncated || len(body.Bytes) == 0 {
		return
	}
	kind := mediaType(headers)
	if isOpaque(kind) {
		return
	}
	content, whole := body.Bytes, true
	if codings := codingsOf(headers); len(codings) > 0 && !body.Redacted {
		var why rule
		content, why = p.decode.all(codings, body.Bytes, body.State == recording.BodyTruncated)
		if why != ruleCount {
			p.counts[why]++
			whole = false
		}
		if len(content) == 0 { // a wrong label, perhaps: plain text after all
			content = body.Bytes
		}
	}
	defer p.find.reset()
	p.search(content, kind)
	if p.find.full() {
		p.drop(body)
		return
	}
	if spans := p.find.settle(); len(spans) > 0 {
		p.replace(body, p.again(p.splice(content, spans), kind), whole)
	}
}

// mostRounds bounds how often a body is looked through again.
const mostRounds = 4

// again looks through what has been redacted until nothing is found: in what is
// neither JSON nor markup a token may stand beside what now looks like a part of
// it, and redacting the answer once more must not change it.
func (p *pass) again(content []byte, kind string) []byte {
	before := p.counts[notMultipart]
	defer func() { p.counts[notMultipart] = before }() // it is counted once
	for range mostRounds {
		p.find.reset()
		p.search(content, kind)
		spans := p.find.settle()
		if len(spans) == 0 || p.find.full() {
			break
		}
		content = p.splice(content, spans)
	}
	return content
}

// drop keeps nothing of a body with more secrets than can be kept track of.
func (p *pass) drop(body *recording.Body) {
	p.counts[tooMany]++
	body.State, body.Bytes, body.Redacted = recording.BodyDropped, nil, true
	p.keyHash(body)
}

// keyHash makes the hash of bytes that are gone a keyed one: it still tells
// equal from different, and nobody can try out secrets on it.
func (p *pass) keyHash(body *recording.Body) {
	seen := body.SHA256
	copy(body.SHA256[:], p.tokens.of(bodyDomain, seen[:]))
}

// search finds the secrets of a decoded body.
func (p *pass) search(content []byte, kind string) {
	f := &p.find
	switch {
	case kind == "application/x-www-form-urlencoded",
		(kind == "" || kind == "text/plain") && looksLikeForm(content):
		f.form(content)
	case strings.HasPrefix(kind, "multipart/"):
		if !f.multipart(content) {
			p.counts[notMultipart]++
		}
	case looksLikeMarkup(content):
		f.markup(content)
	}
	f.text(content, false)
	if len(p.pointers) > 0 {
		f.follow(content, p.pointers)
	}
}

// replace stores redacted content. Of a body of which only the beginning is
// at hand, the hash covers bytes that cannot be redacted any more.
func (p *pass) replace(body *recording.Body, redacted []byte, whole bool) {
	if whole && body.State == recording.BodyStored {
		stored := recording.StoredBody(redacted)
		stored.Redacted = true
		*body = stored
		return
	}
	p.keyHash(body)
	body.State, body.Bytes, body.Redacted = recording.BodyTruncated, redacted, true
	body.Length = max(body.Length, int64(len(redacted)))
}

// mediaType returns the body's type in lower case without parameters.
func mediaType(headers []recording.Header) string {
	value, _ := httpmsg.Get(headers, "Content-Type")
	if value == "application/json" {
		return value
	}
	kind, _, err := mime.ParseMediaType(value)
	if err != nil {
		kind, _, _ = strings.Cut(value, ";")
		kind = strings.ToLower(strings.TrimSpace(kind))
	}
	return kind
}

// isOpaque: pictures and the like hold no text to search. SVG is text.
func isOpaque(kind string) bool {
	major, minor, _ := strings.Cut(kind, "/")
	switch major {
	case "audio", "video", "font":
		return true
	case "image":
		return !strings.HasPrefix(minor, "svg")
	}
	return false
}

// codingsOf returns the content codings in the order in which they were
// applied.
func codingsOf(headers []recording.Header) []string {
	var out []string
	for _, h := range headers {
		if len(h.Name) != len("Content-Encoding") || !strings.EqualFold(h.Name, "Content-Encoding") {
			continue
		}
		for _, name := range strings.Split(h.Value, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name != "" && name != "identity" {
				out = append(out, name)
			}
		}
	}
	return out
}
