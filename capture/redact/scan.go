package redact

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"

	"parallax/capture/recording"
)

// Finding is something in a finished recording that looks like a secret. It
// never holds the secret.
type Finding struct {
	// Place is where: "request header Cookie", "response body".
	Place string
	// Rule is what saw it.
	Rule string
	// Offset and Length of the value in the decoded text of the place.
	Offset, Length int
}

// String is the finding in one line.
func (f Finding) String() string {
	return fmt.Sprintf("%s: %s, %d bytes at %d", f.Place, f.Rule, f.Length, f.Offset)
}

// detector is one pattern; its first group is the value.
type detector struct {
	rule string
	// any of these bytes must occur, in any case, before the pattern is tried.
	hints   []string
	pattern *regexp.Regexp
	// check, where there is one, must agree.
	check func(value []byte) bool
}

// Scanner is the independent detector behind `parallax scan`: it shares no
// search with the redactor, so that one's blind spot is not the other's.
type Scanner struct {
	detectors []detector
	decode    decoder
}

const nameWords = `(?:password|passwd|pwd|passphrase|secret|(?:access|refresh|id|auth|csrf|api|session)?[_-]?token|` +
	`api[_-]?key|private[_-]?key|access[_-]?key|session[_-]?id|sessid|authorization|credentials?)`

// NewScanner compiles the patterns. A Scanner serves one goroutine.
func NewScanner() *Scanner {
	words := []string{"pass", "pwd", "secret", "token", "key", "sess", "auth", "credential"}
	compile := regexp.MustCompile
	return &Scanner{detectors: []detector{
		{"json key", words, compile(`(?i)\\*"[\w.$-]*` + nameWords + `\\*"\s*:\s*\\*"([^"\\]+)`), nil},
		{"json key", words, compile(`(?i)\\*"[\w.$-]*` + nameWords + `\\*"\s*:\s*[\[{][^\]}"]*(?:"[^"]*"\s*:\s*[\[{]?\s*)?"([^"\\]+)`), nil},
		{"element", words, compile(`(?i)<(?:\w+:)?[\w.-]*` + nameWords + `(?:\s[^>]*)?>([^<]+)<`), nil},
		{"input", words, compile(`(?i)\bname=["']?[\w.-]*` + nameWords + `["']?\s[^>]*value=["']?([^"'>\s]+)`), nil},
		{"form field", words, compile(`(?i); name="?[\w.-]*` + nameWords + `"?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r]+)`), nil},
		{"parameter", words, compile(`(?i)(?:^|[?&;#]|\\u0026)[\w.\[\]%$-]*` + nameWords + `\]?=([^&\s"'<>\\;]+)`), nil},
		{"url user info", []string{"@"}, compile(`(?i)[a-z][a-z0-9+.-]*:\\?/\\?/([^/@\s"'<>\\?#]+)@`), nil},
		{"jwt", []string{"eyj"}, compile(`(eyJ[\w-]{4,}\.[\w-]+\.[\w-]*)`), isJWT},
		{"basic credentials", []string{"basic "}, compile(`(?i)\bbasic +([a-z0-9+/]{4,}={0,2})`), isUserAndPassword},
		{"private key", []string{"private key"}, compile(`(-----BEGIN [A-Z ]*PRIVATE KEY-----)`), nil},
		{"cloud key", []string{"akia", "aiza"}, compile(`\b(AKIA[0-9A-Z]{16}|AIza[\w-]{35})\b`), nil},
		{"service token", []string{"ghp_", "gho_", "ghs_", "sk_live_", "xox", "glpat-"},
			compile(`\b(gh[pos]_\w{36}|sk_live_\w{16,}|xox[abprs]-[\w-]{10,}|glpat-[\w-]{20})`), nil},
	}}
}

// Scan looks at one exchange with a scanner of its own; for many, keep a Scanner.
func Scan(ex *recording.Exchange) []Finding { return NewScanner().Scan(ex) }

// Scan returns what looks like a secret in ex.
func (s *Scanner) Scan(ex *recording.Exchange) []Finding {
	var out []Finding
	if q := ex.Request; q != nil {
		out = s.text(out, "request target", []byte(q.Target))
		out = s.headers(out, "request header ", q.Headers)
		out = s.headers(out, "request trailer ", q.Trailers)
		out = s.body(out, "request body", q.Headers, &q.Body)
	}
	if a := ex.Response; a != nil {
		out = s.headers(out, "response header ", a.Headers)
		out = s.headers(out, "response trailer ", a.Trailers)
		for i := range a.Interim {
			out = s.headers(out, "interim header ", a.Interim[i].Headers)
		}
		out = s.body(out, "response body", a.Headers, &a.Body)
	}
	return out
}

func (s *Scanner) headers(out []Finding, place string, headers []recording.Header) []Finding {
	for _, h := range headers {
		name := strings.ToLower(h.Name)
		switch {
		case name == "authorization" || name == "proxy-authorization":
			out = whole(out, place+h.Name, "credentials", h.Value[strings.LastIndexByte(h.Value, ' ')+1:])
		case name == "cookie":
			for _, pair := range strings.Split(h.Value, ";") {
				out = whole(out, place+h.Name, "cookie", pair[strings.IndexByte(pair, '=')+1:])
			}
		case name == "set-cookie":
			pair, _, _ := strings.Cut(h.Value, ";")
			out = whole(out, place+h.Name, "cookie", pair[strings.IndexByte(pair, '=')+1:])
		case strings.HasSuffix(name, "-token") || strings.HasSuffix(name, "api-key") || strings.HasSuffix(name, "-secret"):
			out = whole(out, place+h.Name, "key header", h.Value)
		default:
			out = s.text(out, place+h.Name, []byte(h.Value))
		}
	}
	return out
}

// whole notes a value that is a secret as a whole.
func whole(out []Finding, place, rule, value string) []Finding {
	value = strings.Trim(value, " \t\"")
	if value == "" || IsToken(value) {
		return out
	}
	return append(out, Finding{Place: place, Rule: rule, Length: len(value)})
}

func (s *Scanner) body(out []Finding, place string, headers []recording.Header, body *recording.Body) []Finding {
	content := body.Bytes
	if codings := codingsOf(headers); len(codings) > 0 && !body.Redacted {
		if decoded, _ := s.decode.all(codings, content, true); len(decoded) > 0 {
			content = decoded
		}
	}
	return s.text(out, place, content)
}

func (s *Scanner) text(out []Finding, place string, b []byte) []Finding {
	if len(b) == 0 {
		return out
	}
	lower := bytes.ToLower(b)
	for _, d := range s.detectors {
		if !anyIn(lower, d.hints) {
			continue
		}
		for _, m := range d.pattern.FindAllSubmatchIndex(b, -1) {
			value := string(b[m[2]:m[3]])
			if Contains(value) || d.check != nil && !d.check(b[m[2]:m[3]]) {
				continue
			}
			out = append(out, Finding{Place: place, Rule: d.rule, Offset: m[2], Length: m[3] - m[2]})
		}
	}
	return out
}

func anyIn(b []byte, hints []string) bool {
	for _, h := range hints {
		if bytes.Contains(b, []byte(h)) {
			return true
		}
	}
	return false
}

// isJWT reports whether the part before the first dot is a JSON object.
func isJWT(value []byte) bool {
	head, _, _ := bytes.Cut(value, []byte("."))
	raw, err := base64.RawURLEncoding.DecodeString(string(head))
	return err == nil && bytes.HasPrefix(raw, []byte("{")) && bytes.HasSuffix(bytes.TrimSpace(raw), []byte("}"))
}
