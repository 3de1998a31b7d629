package redact

import (
	"bytes"
	"slices"
	"strings"

	"parallax/capture/recording"
)

// pass is the working memory of one Apply.
type pass struct {
	tokens   tokenizer
	find     finder
	decode   decoder
	pointers []pointer
	counts   counts
	scratch  []byte
}

func newPass(r *Redactor) *pass {
	return &pass{tokens: newTokenizer(r.key), find: finder{names: r.names}, pointers: r.pointers}
}

func (p *pass) exchange(ex *recording.Exchange) {
	if q := ex.Request; q != nil {
		q.Target = p.text(q.Target)
		q.Headers = p.headers(q.Headers)
		q.Trailers = p.headers(q.Trailers)
		p.body(q.Headers, &q.Body)
	}
	if a := ex.Response; a != nil {
		a.Reason = p.text(a.Reason)
		a.Headers = p.headers(a.Headers)
		a.Trailers = p.headers(a.Trailers)
		for i := range a.Interim {
			a.Interim[i].Headers = p.headers(a.Interim[i].Headers)
		}
		p.body(a.Headers, &a.Body)
	}
	// Errors quote what they stumbled over.
	for i, text := range ex.Errors {
		ex.Errors[i] = p.text(text)
	}
	if ex.Outcome != nil {
		ex.Outcome.Detail = p.text(ex.Outcome.Detail)
	}
}

// text redacts a string that has no rule of its own.
func (p *pass) text(s string) string {
	if len(s) < 4 {
		return s
	}
	p.scratch = append(p.scratch[:0], s...)
	defer p.find.reset()
	p.find.text(p.scratch, !bytes.ContainsAny(p.scratch, " <>\""))
	if p.find.full() { // a header of tens of megabytes, made for the purpose
		return p.secret(s, tooMany)
	}
	spans := p.find.settle()
	if len(spans) == 0 {
		return s
	}
	return string(p.splice(p.scratch, spans))
}

// headers returns the redacted list: a new one where something changes, since
// exchanges may share a list.
func (p *pass) headers(headers []recording.Header) []recording.Header {
	out := headers
	for i, h := range headers {
		if h.Value == "" {
			continue
		}
		value := p.header(h.Name, h.Value)
		if value == h.Value {
			continue
		}
		if &out[0] == &headers[0] {
			out = slices.Clone(headers)
		}
		out[i].Value = value
	}
	return out
}

// header returns what is stored for one header's value.
func (p *pass) header(name, value string) string {
	if !p.find.names.mayBeHeader(lettersOf(name)) {
		return p.text(value)
	}
	switch p.find.names.header(name) {
	case ruleCookie:
		return p.cookie(value)
	case ruleSetCookie:
		return p.setCookie(value)
	case ruleAuthorization:
		scheme, credentials, ok := strings.Cut(value, " ")
		if !ok {
			return p.secret(value, ruleAuthorization)
		}
		trimmed := strings.TrimLeft(credentials, " ")
		return scheme + " " + credentials[:len(credentials)-len(trimmed)] + p.secret(trimmed, ruleAuthorization)
	case ruleHeader:
		n := schemeLength([]byte(value))
		return value[:n] + p.secret(value[n:], ruleHeader)
	case ruleKeep:
		return value
	}
	return p.text(value)
}

// ruleKeep and ruleCount are no rules: the value is kept, or searched as text.
const ruleKeep = ruleCount + 1

// mayBeHeader says by the letters of its name whether a header can have a rule
// of its own.
func (n *names) mayBeHeader(set letters) bool {
	return set.candidate() || set.hold(lettersCookie) || len(n.headers)+len(n.keepHeaders) > 0
}

// header classifies a header's name.
func (n *names) header(name string) rule {
	var room [maxName]byte
	key := normal(room[:0], []byte(name[max(0, len(name)-maxName):]))
	switch {
	case n.keepHeaders[string(key)]:
		return ruleKeep
	case string(key) == "cookie" || string(key) == "cookie2":
		return ruleCookie
	case string(key) == "setcookie" || string(key) == "setcookie2":
		return ruleSetCookie
	case endsIn(key, "authorization"):
		return ruleAuthorization
	case startsWith(key, "accesscontrol"):
		return ruleCount // names of headers, no values
	case secretName(key) || n.headers[string(key)]:
		return ruleHeader
	}
	return ruleCount
}

// secret returns the token of s, which is a secret as a whole.
func (p *pass) secret(s string, r rule) string {
	if s == "" || IsToken(s) {
		return s
	}
	p.counts[r]++
	p.scratch = append(p.scratch[:0], s...)
	p.scratch = p.tokens.appendToken(p.scratch, p.scratch)
	return string(p.scratch[len(s):])
}

// cookie redacts the values of a Cookie header.
func (p *pass) cookie(value string) string {
	var out strings.Builder
	for {
		pair, rest, more := strings.Cut(value, ";")
		out.WriteString(p.cookiePair(pair, ruleCookie))
		if !more {
			return out.String()
		}
		out.WriteByte(';')
		value = rest
	}
}

// setCookie redacts the value of a Set-Cookie header; its attributes stay.
func (p *pass) setCookie(value string) string {
	i := strings.IndexByte(value, ';')
	if i < 0 {
		i = len(value)
	}
	return p.cookiePair(value[:i], ruleSetCookie) + p.text(value[i:])
}

// cookiePair redacts "name=value" or a cookie without a name. Blanks and quotes
// around the value are none of it.
func (p *pass) cookiePair(pair string, r rule) string {
	start := strings.IndexByte(pair, '=') + 1
	if start > 0 && p.find.names.keepCookies[string(normal(nil, []byte(strings.TrimSpace(pair[:start-1]))))] {
		return pair
	}
	end := len(pair)
	for start < end && (pair[start] == ' ' || pair[start] == '\t') {
		start++
	}
	for end > start && (pair[end-1] == ' ' || pair[end-1] == '\t') {
		end--
	}
	if end-start >= 2 && pair[start] == '"' && pair[end-1] == '"' {
		start, end = start+1, end-1
	}
	return pair[:start] + p.secret(pair[start:end], r) + pair[end:]
}
