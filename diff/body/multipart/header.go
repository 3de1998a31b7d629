package multipart

import (
	"bytes"
	"errors"
	"mime"
	"net/textproto"
	"strings"
)

var errHeader = errors.New("malformed multipart: a line that is no header")

// header takes one line. One that begins with a blank goes on with the last.
func (p *Part) header(line []byte) error {
	if bytes.ContainsAny(line, "\r\n\x00") {
		return errHeader
	}
	if n := len(p.Headers); n > 0 && (line[0] == ' ' || line[0] == '\t') {
		p.Headers[n-1].Value += "\n" + string(line)
		p.Headers[n-1].Raw += "\n" + string(line)
		return nil
	}
	name, value, ok := bytes.Cut(line, []byte(":"))
	if !ok || len(name) == 0 || bytes.ContainsAny(name, " \t\"(),/:;<=>?@[\\]{}") {
		return errHeader
	}
	if len(p.Headers) == maxHeaders {
		return ErrLimit
	}
	p.Headers = append(p.Headers, Header{
		Name:  textproto.CanonicalMIMEHeaderKey(string(name)),
		Value: string(bytes.Trim(value, " \t")), Raw: string(line),
	})
	return nil
}

// Name returns the name that the part's Content-Disposition gives it.
func (p *Part) Name() (name string, ok bool) {
	_, params, ok := parameters(p.Get("Content-Disposition"))
	if !ok {
		return "", false
	}
	name, ok = params["name"]
	return name, ok
}

// Boundary returns the boundary that a Content-Type names.
func Boundary(contentType string) (boundary string, ok bool) {
	_, params, ok := parameters(contentType)
	boundary = params["boundary"]
	return boundary, ok && boundary != "" && len(boundary) <= maxBoundary
}

// maxBoundary is what RFC 2046 allows, twice.
const maxBoundary = 140

// SameButBoundary reports whether two Content-Types are of one multipart type and
// differ in their boundaries only.
func SameButBoundary(a, b string) bool {
	x, paramsX, okX := parameters(a)
	y, paramsY, okY := parameters(b)
	if !okX || !okY || x != y || len(paramsX) != len(paramsY) {
		return false
	}
	for key, value := range paramsX {
		if other, ok := paramsY[key]; !ok || key != "boundary" && other != value {
			return false
		}
	}
	return paramsX["boundary"] != paramsY["boundary"]
}

// parameters reads a media type or disposition. Where it is not strictly one, as a
// boundary that holds "=" without quotes, it is cut at semicolons.
func parameters(value string) (name string, params map[string]string, ok bool) {
	if name, params, err := mime.ParseMediaType(value); err == nil {
		return name, params, true
	}
	name, rest, _ := strings.Cut(value, ";")
	params = map[string]string{}
	for pair := range strings.SplitSeq(rest, ";") {
		key, text, ok := strings.Cut(pair, "=")
		key, text = strings.ToLower(strings.TrimSpace(key)), strings.TrimSpace(text)
		if _, twice := params[key]; !ok || key == "" || twice || strings.Contains(text, `"`) {
			return "", nil, false
		}
		params[key] = text
	}
	return strings.ToLower(strings.TrimSpace(name)), params, true
}
