package carry

import (
	"net/url"
	"slices"
	"strings"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/internal/jsontext"
)

// Options of a rewriting.
type Options struct {
	// HoldsToken reports whether a text holds a redaction token. Nil: none does.
	HoldsToken func(string) bool
}

// Change says what Rewrite did.
type Change struct {
	// Carried counts the values replaced.
	Carried int
	// LeftOut names cookies that are not sent: "Cookie NAME".
	LeftOut []string
	// Body: the body's bytes are others now.
	Body bool
}

// Rewrite replaces in req, which is the caller's own copy, the recorded values
// by live ones. Slices of req are replaced, not written to. Body is the
// request's body without content coding, nil where it is not to be looked at.
func (s *Set) Rewrite(session *Session, req *recording.Request, body []byte, o Options) ([]byte, Change) {
	if s.Leaves(req.Headers) {
		return body, Change{} // as for most requests, without a lock
	}
	return s.rewrite(session, req, body, o)
}

// Leaves reports whether Rewrite leaves every request with these headers as it
// is, whatever was learnt.
func (s *Set) Leaves(headers []httpmsg.Header) bool {
	return len(s.rules) == 0 && !hasCookies(headers)
}

func hasCookies(headers []httpmsg.Header) bool {
	_, has := httpmsg.Get(headers, "Cookie")
	return has
}

func (s *Set) rewrite(session *Session, req *recording.Request, body []byte, o Options) ([]byte, Change) {
	var c Change
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rules) > 0 {
		e := s.liveEditor(session, req, &c)
		body = e.rules(body)
	}
	editAllCookies(req, false, func(p cookiePair) (string, bool) { return s.cookie(session, req, p, o, &c) })
	return body, c
}

// liveEditor returns the editor that puts in what is known.
func (s *Set) liveEditor(session *Session, req *recording.Request, c *Change) editor {
	return editor{
		set: s, req: req, method: req.Method, target: req.Target, change: c,
		find: func(k Key, run bool) (live, bool) {
			if run {
				v, ok := s.run.pairs[k]
				return v, ok
			}
			v, ok := session.own.pairs[k]
			return v, ok
		},
	}
}

// Needs returns the keys of the run's scope that a request asks for.
func (s *Set) Needs(req *recording.Request, body []byte) []Key {
	if !s.runRules && !hasCookies(req.Headers) {
		return nil
	}
	var keys []Key
	cookiePairs(req.Headers, func(p cookiePair) { keys = append(keys, cookieKey(p.name, p.value)) })
	if !s.runRules {
		return keys
	}
	copied, c := *req, Change{}
	e := editor{
		set: s, req: &copied, method: req.Method, target: req.Target, change: &c,
		find: func(k Key, run bool) (live, bool) {
			if run {
				keys = append(keys, k)
			}
			return live{}, false
		},
	}
	e.rules(body)
	return keys
}

// cookie decides over one pair: its value now, and whether it is sent.
func (s *Set) cookie(session *Session, req *recording.Request, p cookiePair, o Options, c *Change) (string, bool) {
	v, ok := s.run.pairs[cookieKey(p.name, p.value)]
	if named, known := session.named[p.name]; !ok && known {
		_, path, _ := splitTarget(req.Target)
		if pathMatches(named.path, path) {
			v, ok = live{named.value, named.deleted}, true
		}
	}
	switch {
	case ok && !v.deleted:
		if v.value != p.value {
			c.Carried++
		}
		return v.value, true
	case ok || o.HoldsToken != nil && o.HoldsToken(p.value):
		c.LeftOut = append(c.LeftOut, "Cookie "+p.name)
		return "", false
	}
	return p.value, true
}

// editor applies the rules to one request.
type editor struct {
	set            *Set
	req            *recording.Request
	method, target string // as recorded: what routes are matched with
	change         *Change
	find           func(k Key, run bool) (live, bool)
	owned          bool // req.Headers is ours to write to
}

func (e *editor) rules(body []byte) []byte {
	for i := range e.set.rules {
		r := &e.set.rules[i]
		if !r.to.match(e.method, e.target) {
			continue
		}
		swap := func(value string) (string, bool) {
			v, ok := e.find(Key{i, value}, r.run)
			return v.value, ok && !v.deleted
		}
		body = e.apply(r, swap, body)
	}
	return body
}

type swapper func(string) (string, bool)

func (e *editor) apply(r *rule, swap swapper, body []byte) []byte {
	to := &r.To
	if to.Path != "" || to.Any {
		e.path(r, swap)
	}
	if to.Query != "" || to.Any {
		e.query(to.Query, swap)
	}
	if to.Header != "" || to.Any {
		e.headers(to.Header, swap)
	}
	if to.Cookie != "" || to.Any {
		e.cookies(func(p cookiePair) (string, bool) {
			if to.Any || p.name == to.Cookie {
				return e.swapped(p.value, swap), true
			}
			return p.value, true
		})
	}
	if (to.Body != "" || to.Any) && len(body) > 0 {
		body = e.body(r, swap, body)
	}
	return body
}

// swapped returns the value that stands for value, and counts it.
func (e *editor) swapped(value string, swap swapper) string {
	v, ok := swap(value)
	if !ok {
		return value
	}
	e.change.Carried++
	return v
}

func (e *editor) path(r *rule, swap swapper) {
	prefix, path, query := splitTarget(e.req.Target)
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if !r.To.Any && !(i < len(r.to.segments) && r.to.segments[i] == "{"+r.To.Path+"}") {
			continue
		}
		if plain, err := url.PathUnescape(s); err == nil && plain != "" {
			if v, ok := swap(plain); ok {
				e.change.Carried++
				segments[i] = url.PathEscape(v)
			}
		}
	}
	e.req.Target = prefix + strings.Join(segments, "/") + query
}

func (e *editor) query(name string, swap swapper) {
	prefix, path, query := splitTarget(e.req.Target)
	if len(query) > 1 {
		e.req.Target = prefix + path + "?" + e.form(query[1:], name, swap)
	}
}

// form replaces values of a query or a form; name "" means all.
func (e *editor) form(text, name string, swap swapper) string {
	parts := strings.Split(text, "&")
	for i, part := range parts {
		key, value, _ := strings.Cut(part, "=")
		plainKey, err1 := url.QueryUnescape(key)
		plain, err2 := url.QueryUnescape(value)
		if err1 != nil || err2 != nil || name != "" && plainKey != name {
			continue
		}
		if v, ok := swap(plain); ok {
			e.change.Carried++
			parts[i] = key + "=" + url.QueryEscape(v)
		}
	}
	return strings.Join(parts, "&")
}

func (e *editor) headers(name string, swap swapper) {
	for i, h := range e.req.Headers {
		if name != "" && !strings.EqualFold(h.Name, name) || name == "" && fixedHeader(h.Name) {
			continue
		}
		word := h.Value[strings.LastIndexByte(h.Value, ' ')+1:]
		if v, ok := swap(h.Value); ok {
			e.set1(i, v)
		} else if v, ok := swap(word); ok {
			e.set1(i, h.Value[:len(h.Value)-len(word)]+v)
		}
	}
}

// fixedHeader names those that an "any" rule leaves alone: a short id could be
// equal to a length by chance.
func fixedHeader(name string) bool {
	for _, fixed := range []string{"Host", "Content-Length", "Cookie", "Connection", "Transfer-Encoding", "Content-Type"} {
		if strings.EqualFold(name, fixed) {
			return true
		}
	}
	return false
}

// set1 gives header i a carried value, unless that would break its line.
func (e *editor) set1(i int, value string) {
	if !httpmsg.Sendable(httpmsg.Header{Name: "X", Value: value}) || strings.ContainsAny(value, "\r\n") {
		return
	}
	e.change.Carried++
	e.own()
	e.req.Headers[i].Value = value
}

func (e *editor) own() {
	if !e.owned {
		e.req.Headers, e.owned = slices.Clone(e.req.Headers), true
	}
}

// cookies asks keep for the value of every pair, and leaves out what it refuses.
func (e *editor) cookies(keep func(cookiePair) (string, bool)) {
	e.owned = editAllCookies(e.req, e.owned, keep)
}

// editAllCookies edits the Cookie headers. Owned says whether req.Headers may
// be written to, and the result whether it may now.
func editAllCookies(req *recording.Request, owned bool, keep func(cookiePair) (string, bool)) bool {
	for i := 0; i < len(req.Headers); i++ {
		h := req.Headers[i]
		if !h.Is("Cookie") {
			continue
		}
		value, changed := editCookies(h.Value, keep)
		if !changed {
			continue
		}
		if !owned {
			req.Headers, owned = slices.Clone(req.Headers), true
		}
		if value != "" {
			req.Headers[i].Value = value
			continue
		}
		req.Headers = slices.Delete(req.Headers, i, i+1)
		i--
	}
	return owned
}

// editCookies returns a Cookie header's value with what keep says of its pairs.
// What is not changed stays as it stood, byte for byte.
func editCookies(header string, keep func(cookiePair) (string, bool)) (out string, changed bool) {
	kept := 0 // bytes of header that were copied to out, once something changed
	for at := 0; at <= len(header); {
		end := len(header)
		if i := strings.IndexByte(header[at:], ';'); i >= 0 {
			end = at + i
		}
		part := header[at:end]
		p := parsePair(part)
		value, ok := keep(p)
		ok = ok && !strings.ContainsAny(value, ";\r\n\x00")
		if !ok || value != p.value {
			out += header[kept:at]
			kept = min(end+1, len(header))
			changed = true
		}
		if ok && value != p.value {
			out += part[:strings.IndexByte(part, '=')+1] + value + header[end:kept]
		}
		at = end + 1
	}
	if !changed {
		return header, false
	}
	return strings.TrimRight(strings.TrimLeft(out+header[kept:], " "), "; "), true
}

func (e *editor) body(r *rule, swap swapper, body []byte) []byte {
	form := false
	if t, ok := httpmsg.Get(e.req.Headers, "Content-Type"); ok {
		t, _, _ = strings.Cut(t, ";")
		form = strings.EqualFold(strings.TrimSpace(t), "application/x-www-form-urlencoded")
	}
	if form {
		return e.formBody(r, swap, body)
	}
	out, n := jsontext.Replace(body, func(v jsontext.Scalar) (string, bool) {
		if !r.To.Any && !jsontext.Match(r.toBody, v.Path) {
			return "", false
		}
		return swap(v.Text)
	})
	e.change.Carried += n
	e.change.Body = e.change.Body || n > 0
	return out
}

func (e *editor) formBody(r *rule, swap swapper, body []byte) []byte {
	name := ""
	if !r.To.Any {
		if len(r.toBody) != 1 {
			return body
		}
		name = r.toBody[0]
	}
	before := e.change.Carried
	out := []byte(e.form(string(body), name, swap))
	e.change.Body = e.change.Body || e.change.Carried > before
	return out
}
