package carry

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"parallax/internal/jsontext"
)

// Rule takes a value from the answers to one route and puts it into the
// requests to another.
type Rule struct {
	From From `yaml:"from" json:"from"`
	To   To   `yaml:"to" json:"to"`
	// Scope is "session" (the default) or "run".
	Scope string `yaml:"scope,omitempty" json:"scope,omitempty"`
}

// From names a place in answers: exactly one of Header, Cookie, Body and Text.
type From struct {
	// Route is "POST /orders", "GET /orders/{any}", "/orders" (any method) or
	// empty (any route). A segment in braces, or *, matches one segment.
	Route string `yaml:"route,omitempty" json:"route,omitempty"`
	// Header is a header's name. Of Location, the last segment of the path
	// counts as a value too.
	Header string `yaml:"header,omitempty" json:"header,omitempty"`
	Cookie string `yaml:"cookie,omitempty" json:"cookie,omitempty"`
	// Body is a JSON Pointer; a segment * matches every element or member.
	Body string `yaml:"body,omitempty" json:"body,omitempty"`
	// Text is a regular expression (RE2) with one group, which captures the value in
	// a body of any type: a hidden field of an HTML form.
	Text string `yaml:"text,omitempty" json:"text,omitempty"`
}

// To names a place in requests: exactly one besides Route.
type To struct {
	Route string `yaml:"route,omitempty" json:"route,omitempty"`
	// Header replaces the whole value or its last word ("Bearer X").
	Header string `yaml:"header,omitempty" json:"header,omitempty"`
	Query  string `yaml:"query,omitempty" json:"query,omitempty"`
	// Path is the name of a placeholder of Route.
	Path   string `yaml:"path,omitempty" json:"path,omitempty"`
	Body   string `yaml:"body,omitempty" json:"body,omitempty"`
	Cookie string `yaml:"cookie,omitempty" json:"cookie,omitempty"`
	// Any replaces wherever a whole value is equal: path segments, query and
	// form values, header values or their last word, cookies, JSON strings and
	// numbers. Never a part of a value.
	Any bool `yaml:"any,omitempty" json:"any,omitempty"`
}

// rule is a Rule made ready.
type rule struct {
	Rule
	from, to         template
	fromBody, toBody []string
	pattern          *regexp.Regexp // of From.Text, nil without
	run              bool
}

func compile(n int, r Rule) (rule, error) {
	c := rule{Rule: r, from: parseTemplate(r.From.Route), to: parseTemplate(r.To.Route)}
	fail := func(err error) (rule, error) { return rule{}, fmt.Errorf("carry rule %d: %w", n+1, err) }
	if err := r.check(); err != nil {
		return fail(err)
	}
	if r.To.Path != "" && !c.to.has(r.To.Path) {
		return fail(fmt.Errorf("to.path: route %q has no placeholder {%s}", r.To.Route, r.To.Path))
	}
	var err error
	if c.fromBody, err = jsontext.ParsePointer(r.From.Body); err != nil {
		return fail(fmt.Errorf("from.body: %w", err))
	}
	if c.toBody, err = jsontext.ParsePointer(r.To.Body); err != nil {
		return fail(fmt.Errorf("to.body: %w", err))
	}
	if c.pattern, err = parsePattern(r.From.Text); err != nil {
		return fail(fmt.Errorf("from.text: %w", err))
	}
	c.run = r.Scope == "run"
	return c, nil
}

func (r *Rule) check() error {
	switch {
	case count(r.From.Header, r.From.Cookie, r.From.Body, r.From.Text) != 1:
		return errors.New("from: want exactly one of header, cookie, body, text")
	case r.To.Any && count(r.To.Header, r.To.Query, r.To.Path, r.To.Body, r.To.Cookie) != 0,
		!r.To.Any && count(r.To.Header, r.To.Query, r.To.Path, r.To.Body, r.To.Cookie) != 1:
		return errors.New("to: want exactly one of header, query, path, body, cookie, any")
	case r.Scope != "" && r.Scope != "session" && r.Scope != "run":
		return fmt.Errorf("scope %q: want session or run", r.Scope)
	}
	return nil
}

func count(texts ...string) (n int) {
	for _, t := range texts {
		if t != "" {
			n++
		}
	}
	return n
}

// template is a route to compare targets with.
type template struct {
	any      bool
	method   string
	segments []string
}

func parseTemplate(route string) template {
	if route == "" {
		return template{any: true}
	}
	method, path, found := strings.Cut(route, " ")
	if !found {
		method, path = "", route
	}
	if method == "*" {
		method = ""
	}
	return template{method: method, segments: strings.Split(strings.Trim(path, " "), "/")}
}

func placeholder(segment string) (name string, ok bool) {
	if segment == "*" {
		return "", true
	}
	if len(segment) > 2 && segment[0] == '{' && segment[len(segment)-1] == '}' {
		return segment[1 : len(segment)-1], true
	}
	return "", false
}

func (t *template) has(name string) bool {
	for _, s := range t.segments {
		if n, ok := placeholder(s); ok && n == name {
			return true
		}
	}
	return false
}

func (t *template) match(method, target string) bool {
	if t.any {
		return true
	}
	if t.method != "" && t.method != method {
		return false
	}
	_, path, _ := splitTarget(target)
	for _, want := range t.segments {
		segment, rest, more := strings.Cut(path, "/")
		_, variable := placeholder(want)
		if !variable && segment != want || variable && segment == "" {
			return false
		}
		if !more {
			rest = "\x00end"
		}
		path = rest
	}
	return path == "\x00end"
}

// splitTarget cuts a target into what stands before its path (scheme and
// authority of the absolute form), the path, and the query with its mark.
func splitTarget(target string) (prefix, path, query string) {
	if i := strings.IndexByte(target, '?'); i >= 0 {
		target, query = target[:i], target[i:]
	}
	if i := strings.Index(target, "://"); i > 0 {
		if j := strings.IndexByte(target[i+3:], '/'); j >= 0 {
			return target[:i+3+j], target[i+3+j:], query
		}
		return target, "", query
	}
	return "", target, query
}
