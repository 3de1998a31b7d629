package carry

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"parallax/capture/recording"
	"parallax/internal/httpmsg"
	"parallax/internal/jsontext"
)

// Place is a place in requests that values are read from. It is safe for
// concurrent use.
type Place struct {
	to      To
	route   template
	pointer []string
}

// NewPlace makes to ready: one of header, query, path, body and cookie.
func NewPlace(to To) (*Place, error) {
	if to.Any || count(to.Header, to.Query, to.Path, to.Body, to.Cookie) != 1 {
		return nil, errors.New("want exactly one of header, query, path, body, cookie")
	}
	p := &Place{to: to, route: parseTemplate(to.Route)}
	if to.Path != "" && !p.route.has(to.Path) {
		return nil, fmt.Errorf("path: route %q has no placeholder {%s}", to.Route, to.Path)
	}
	var err error
	if p.pointer, err = jsontext.ParsePointer(to.Body); err != nil {
		return nil, fmt.Errorf("body: %w", err)
	}
	return p, nil
}

// InBody reports whether the place is in the body of this request, which Values
// wants then, without content coding.
func (p *Place) InBody(method, target string) bool {
	return p.to.Body != "" && p.route.match(method, target)
}

// Values calls f with what stands at the place in a request, in order and never
// with an empty text. JSON values are strings and numbers, as they are spelt.
func (p *Place) Values(req *recording.Request, body []byte, f func(string)) {
	if !p.route.match(req.Method, req.Target) {
		return
	}
	some := func(value string) {
		if value != "" {
			f(value)
		}
	}
	switch {
	case p.to.Header != "":
		headerValues(req.Headers, p.to.Header, some)
	case p.to.Cookie != "":
		cookiePairs(req.Headers, func(c cookiePair) {
			if c.name == p.to.Cookie {
				some(c.value)
			}
		})
	case p.to.Query != "":
		_, _, query := splitTarget(req.Target)
		formValues(strings.TrimPrefix(query, "?"), p.to.Query, some)
	case p.to.Path != "":
		p.segments(req.Target, some)
	case len(body) > 0:
		p.bodyValues(req, body, some)
	}
}

func headerValues(headers []httpmsg.Header, name string, f func(string)) {
	for i := range headers {
		if headers[i].Is(name) {
			f(headers[i].Value)
		}
	}
}

func formValues(text, name string, f func(string)) {
	for part := range strings.SplitSeq(text, "&") {
		key, value, _ := strings.Cut(part, "=")
		plainKey, err1 := url.QueryUnescape(key)
		plain, err2 := url.QueryUnescape(value)
		if err1 == nil && err2 == nil && plainKey == name {
			f(plain)
		}
	}
}

func (p *Place) segments(target string, f func(string)) {
	_, path, _ := splitTarget(target)
	for i, s := range strings.Split(path, "/") {
		if i >= len(p.route.segments) || p.route.segments[i] != "{"+p.to.Path+"}" {
			continue
		}
		if plain, err := url.PathUnescape(s); err == nil {
			f(plain)
		}
	}
}

func (p *Place) bodyValues(req *recording.Request, body []byte, f func(string)) {
	if IsForm(req.Headers) {
		if len(p.pointer) == 1 {
			formValues(string(body), p.pointer[0], f)
		}
		return
	}
	// What is no JSON has no values behind the fault.
	_ = jsontext.Visit(body, func(v jsontext.Scalar) {
		if jsontext.Match(p.pointer, v.Path) {
			f(v.Text)
		}
	})
}

// IsForm reports whether a message says that its body is a form.
func IsForm(headers []httpmsg.Header) bool {
	media, _ := httpmsg.Get(headers, "Content-Type")
	media, _, _ = strings.Cut(media, ";")
	return strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

// CookieSet returns the value that an answer gives to a cookie, "" where it sets
// none of that name or deletes it.
func CookieSet(headers []httpmsg.Header, name string) string {
	if _, sets := httpmsg.Get(headers, "Set-Cookie"); !sets {
		return ""
	}
	if c, ok := find(setCookies(headers, time.Time{}), name); ok && !c.deleted {
		return c.value
	}
	return ""
}
