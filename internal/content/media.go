package content

import "strings"

// Kind says how a body of a media type is compared and searched.
type Kind uint8

// The kinds.
const (
	// Unknown: no Content-Type, or none that can be read.
	Unknown Kind = iota
	JSON
	Text // text/*, scripts, JSON lines, CSV, YAML
	HTML
	XML
	Form      // application/x-www-form-urlencoded
	Multipart // multipart/*
	Bytes     // everything else
)

var kindNames = [...]string{"unknown", "json", "text", "html", "xml", "form", "multipart", "bytes"}

// String returns the kind's name.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// IsText reports whether a body of the kind is lines of characters.
func (k Kind) IsText() bool { return k == Text || k == HTML || k == XML || k == Form }

// Media is what a Content-Type says.
type Media struct {
	// Type is lower case, without parameters: "application/json".
	Type string
	// Charset is lower case, and empty where none is given.
	Charset string
	Kind    Kind
}

// ParseMedia reads a Content-Type's value. It never fails: what cannot be read
// is Unknown, and unknown parameters are passed over.
func ParseMedia(contentType string) Media {
	name, rest, _ := strings.Cut(contentType, ";")
	m := Media{Type: strings.ToLower(strings.TrimSpace(name))}
	m.Kind = kindOf(m.Type)
	for rest != "" {
		var param string
		param, rest, _ = cutParameter(rest)
		key, value, ok := strings.Cut(param, "=")
		if ok && m.Charset == "" && strings.EqualFold(strings.TrimSpace(key), "charset") {
			m.Charset = strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return m
}

// cutParameter cuts at the first semicolon that no quotes hold.
func cutParameter(s string) (before, after string, found bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == '\\' && quoted:
			i++
		case s[i] == ';' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// KindOf returns the kind that a Content-Type's value names.
func KindOf(contentType string) Kind { return ParseMedia(contentType).Kind }

func kindOf(name string) Kind {
	major, minor, ok := strings.Cut(name, "/")
	if !ok || major == "" || minor == "" {
		return Unknown
	}
	switch {
	case minor == "json", strings.HasSuffix(minor, "+json"):
		return JSON
	case minor == "xml", strings.HasSuffix(minor, "+xml") && minor != "xhtml+xml":
		return XML
	case minor == "html", minor == "xhtml+xml":
		return HTML
	case minor == "x-www-form-urlencoded":
		return Form
	case major == "multipart":
		return Multipart
	case major == "text", textual(minor):
		return Text
	}
	return Bytes
}

func textual(minor string) bool {
	switch minor {
	case "javascript", "x-javascript", "ecmascript", "graphql", "sql", "toml",
		"x-ndjson", "ndjson", "jsonl", "json-seq", "jsonlines", "x-jsonlines", "yaml", "x-yaml":
		return true
	}
	return strings.HasSuffix(minor, "+yaml")
}
