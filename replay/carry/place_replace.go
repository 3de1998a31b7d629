package carry

import (
	"net/url"
	"slices"
	"strings"

	"parallax/capture/recording"
	"parallax/internal/jsontext"
)

// Replace puts swap's values in the place of those that Values shows; what swap
// refuses stays as it stands, byte for byte, and so does all around. req is the
// caller's own copy, whose lists are replaced, not written to. It returns the body,
// and whether it is another one. Cookies stay.
func (p *Place) Replace(req *recording.Request, body []byte, swap func(string) (string, bool)) (out []byte, changed bool) {
	if !p.route.match(req.Method, req.Target) {
		return body, false
	}
	some := func(value string) (string, bool) {
		if value == "" {
			return "", false
		}
		return swap(value)
	}
	switch {
	case p.to.Header != "":
		p.replaceHeaders(req, some)
	case p.to.Query != "":
		prefix, path, query := splitTarget(req.Target)
		if text, ok := strings.CutPrefix(query, "?"); ok {
			text, _ = replaceForm(text, p.to.Query, some)
			req.Target = prefix + path + "?" + text
		}
	case p.to.Path != "":
		p.replaceSegments(req, some)
	case len(body) > 0:
		return p.replaceBody(req, body, some)
	}
	return body, false
}

func (p *Place) replaceHeaders(req *recording.Request, swap func(string) (string, bool)) {
	owned := false
	for i := range req.Headers {
		if !req.Headers[i].Is(p.to.Header) {
			continue
		}
		value, ok := swap(req.Headers[i].Value)
		if !ok {
			continue
		}
		if !owned {
			req.Headers, owned = slices.Clone(req.Headers), true
		}
		req.Headers[i].Value = value
	}
}

func (p *Place) replaceSegments(req *recording.Request, swap func(string) (string, bool)) {
	prefix, path, query := splitTarget(req.Target)
	segments := strings.Split(path, "/")
	for i, raw := range segments {
		if i >= len(p.route.segments) || p.route.segments[i] != "{"+p.to.Path+"}" {
			continue
		}
		plain, err := url.PathUnescape(raw)
		if err != nil {
			continue
		}
		if value, ok := swap(plain); ok {
			segments[i] = respell(raw, plain, value, url.PathEscape)
		}
	}
	req.Target = prefix + strings.Join(segments, "/") + query
}

func replaceForm(text, name string, swap func(string) (string, bool)) (out string, changed bool) {
	parts := strings.Split(text, "&")
	for i, part := range parts {
		key, raw, _ := strings.Cut(part, "=")
		plainKey, err1 := url.QueryUnescape(key)
		plain, err2 := url.QueryUnescape(raw)
		if err1 != nil || err2 != nil || plainKey != name {
			continue
		}
		if value, ok := swap(plain); ok {
			parts[i], changed = key+"="+respell(raw, plain, value, url.QueryEscape), true
		}
	}
	return strings.Join(parts, "&"), changed
}

// respell writes value as raw was written: as it is, where raw stood so and value
// needs no character that raw did not have.
func respell(raw, plain, value string, escape func(string) string) string {
	if raw != plain {
		return escape(value)
	}
	for _, c := range value {
		if one := string(c); escape(one) != one && !strings.Contains(raw, one) {
			return escape(value)
		}
	}
	return value
}

func (p *Place) replaceBody(req *recording.Request, body []byte, swap func(string) (string, bool)) ([]byte, bool) {
	if IsForm(req.Headers) {
		if len(p.pointer) != 1 {
			return body, false
		}
		text, changed := replaceForm(string(body), p.pointer[0], swap)
		return []byte(text), changed
	}
	out, n := jsontext.Replace(body, func(v jsontext.Scalar) (string, bool) {
		if !jsontext.Match(p.pointer, v.Path) {
			return "", false
		}
		return swap(v.Text)
	})
	return out, n > 0
}
