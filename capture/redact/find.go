package redact

import (
	"bytes"
	"sort"
)

// rule is what found a secret; the manifest counts by its name.
type rule uint8

const (
	ruleAuthorization rule = iota
	ruleCookie
	ruleSetCookie
	ruleHeader
	ruleUserInfo
	ruleQuery
	ruleForm
	ruleJSON
	ruleMarkup
	rulePointer
	ruleJWT
	rulePEM
	ruleColumn
	notDecoded
	overLimit
	notMultipart
	tooMany
	ruleCount
)

var ruleNames = [ruleCount]string{
	"authorization", "cookie", "set-cookie", "header", "url user info", "query", "form",
	"json key", "markup", "json pointer", "jwt", "private key", "column",
	"not inspected: undecodable body", "not inspected: body over a limit",
	"not inspected: multipart body",
	"body dropped: too many secrets",
}

type counts [ruleCount]int64

// span is a stretch of text that is a secret.
type span struct {
	from, to int
	rule     rule
	// number: the token is a number.
	number bool
	// value is the canonical value; nil where it is the text itself.
	value []byte
}

// finder collects the secrets of one text.
type finder struct {
	names *names
	spans []span
}

// maxSpans bounds the memory for what is found in one text.
const maxSpans = 1 << 20

// reset forgets the text; a large list is not kept.
func (f *finder) reset() {
	clear(f.spans)
	if f.spans = f.spans[:0]; cap(f.spans) > 1024 {
		f.spans = nil
	}
}

// full reports whether there are more secrets than can be kept track of.
func (f *finder) full() bool { return len(f.spans) >= maxSpans }

// text looks for everything that is a secret by what it is or by the name
// beside it. url: the text is a URL and nothing else, so that a value ends only
// where a URL's part does.
func (f *finder) text(b []byte, url bool) {
	f.colons(b)
	f.pairs(b, url)
	f.encoded(b)
	f.jwts(b)
	f.basics(b)
	f.keys(b)
}

// colons visits each ':' once, for JSON members and for user info.
func (f *finder) colons(b []byte) {
	at := bytes.IndexByte(b, '@') >= 0
	for i := 0; i < len(b); i++ {
		j := bytes.IndexByte(b[i:], ':')
		if j < 0 {
			return
		}
		i += j
		if i+1 < len(b) && at && (b[i+1] == '/' || b[i+1] == '\\') {
			f.userInfo(b, i)
			continue
		}
		if end := f.member(b, i); end > i {
			i = end - 1
		}
	}
}

// add notes b[from:to] as a secret with the canonical value, unless there is
// nothing to hide or it is a token already.
func (f *finder) add(b []byte, from, to int, r rule, value []byte) {
	if from >= to || len(value) == 0 || isTokenBytes(value) {
		return
	}
	f.note(span{from: from, to: to, rule: r, value: value})
}

func (f *finder) note(s span) {
	if !f.full() {
		f.spans = append(f.spans, s)
	}
}

func isTokenBytes(b []byte) bool {
	if len(b) > tokenLength || len(b) == 0 {
		return false
	}
	return IsToken(string(b)) // does not escape: no allocation
}

// settle sorts the spans and makes those that overlap one.
func (f *finder) settle() []span {
	if len(f.spans) < 2 {
		return f.spans
	}
	sort.SliceStable(f.spans, func(i, j int) bool {
		a, b := f.spans[i], f.spans[j]
		return a.from < b.from || a.from == b.from && a.to > b.to
	})
	kept := f.spans[:1]
	for _, s := range f.spans[1:] {
		last := &kept[len(kept)-1]
		switch {
		case s.from >= last.to:
			kept = append(kept, s)
		case s.to > last.to:
			last.to, last.value, last.number = s.to, nil, false
		}
	}
	return kept
}

// splice returns b with each span's token in its place.
func (p *pass) splice(b []byte, spans []span) []byte {
	out := make([]byte, 0, len(b)+len(spans)*tokenLength)
	at := 0
	for _, s := range spans {
		out = append(out, b[at:s.from]...)
		value := s.value
		if value == nil {
			value = b[s.from:s.to]
		}
		if s.number {
			out = p.tokens.appendNumber(out, value)
		} else {
			out = p.tokens.appendToken(out, value)
		}
		p.counts[s.rule]++
		at = s.to
	}
	return append(out, b[at:]...)
}
