package carry

import (
	"errors"
	"html"
	"regexp"
	"strconv"
	"strings"

	"parallax/internal/httpmsg"
)

// maxTexts bounds the values that an expression captures in one body.
const maxTexts = 1000

func parsePattern(text string) (*regexp.Regexp, error) {
	if text == "" {
		return nil, nil
	}
	p, err := regexp.Compile(text)
	if err == nil && p.NumSubexp() != 1 {
		err = errors.New("want one group, which captures the value; (?:...) captures nothing")
	}
	return p, err
}

// textValues calls f with what the rule's expression captures, in order. In HTML,
// character references are undone, as a browser does before it sends the value.
func (r *rule) textValues(m Message, f func(place, value string)) {
	media, _ := httpmsg.Get(m.Headers, "Content-Type")
	escaped := strings.Contains(strings.ToLower(media), "html")
	for i, found := range r.pattern.FindAllSubmatch(m.Body, maxTexts) {
		value := string(found[1])
		if escaped {
			value = html.UnescapeString(value)
		}
		f(strconv.Itoa(i), value)
	}
}

// spellings calls f with a recorded value, and with what redaction made of it in
// requests: forms are redacted by their keys, and texts are not.
func (s *Set) spellings(r *rule, value string, f func(string)) {
	f(value)
	if r.pattern == nil || s.token == nil {
		return
	}
	if token := s.token(value); token != "" {
		f(token)
	}
}
