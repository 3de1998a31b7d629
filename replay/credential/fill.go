package credential

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

var secretPlace = regexp.MustCompile(`\{\{secret:([A-Za-z0-9_.-]+)\}\}`)

// Filled returns the request with its secrets, each escaped for where it stands: in
// the path, and in a body that Content-Type calls JSON or a form.
func (r Request) Filled(secret func(name string) (string, error)) (Request, error) {
	var err error
	if r.Path, err = fillSecrets(r.Path, secret, url.QueryEscape); err != nil {
		return r, fmt.Errorf("auth: request: path: %w", err)
	}
	escape := func(s string) string { return s }
	headers := slices.Clone(r.Headers)
	for i, h := range headers {
		if headers[i].Value, err = fillSecrets(h.Value, secret, escape); err != nil {
			return r, fmt.Errorf("auth: request: header %s: %w", h.Name, err)
		}
		if !fits(h.Name, headers[i].Value) {
			return r, fmt.Errorf("auth: request: header %s: the secret holds a character that cannot stand in a header", h.Name)
		}
	}
	r.Headers = headers
	if r.Body, err = fillSecrets(r.Body, secret, r.bodyEscape()); err != nil {
		return r, fmt.Errorf("auth: request: body: %w", err)
	}
	return r, nil
}

func (r *Request) bodyEscape() func(string) string {
	for _, h := range r.Headers {
		if !strings.EqualFold(h.Name, "Content-Type") {
			continue
		}
		switch media, _, _ := strings.Cut(strings.ToLower(h.Value), ";"); strings.TrimSpace(media) {
		case "application/x-www-form-urlencoded":
			return url.QueryEscape
		case "application/json":
			return escapeJSON
		}
	}
	return func(s string) string { return s }
}

// escapeJSON is what stands between the quotes of a JSON string.
func escapeJSON(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		return s // no string fails
	}
	return string(text[1 : len(text)-1])
}

func fillSecrets(text string, secret func(string) (string, error), escape func(string) string) (string, error) {
	var failed error
	filled := secretPlace.ReplaceAllStringFunc(text, func(found string) string {
		v, err := secret(secretPlace.FindStringSubmatch(found)[1])
		if err != nil {
			failed = err
		}
		return escape(v)
	})
	return filled, failed
}
