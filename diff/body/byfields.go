package body

import (
	"parallax/diff/body/form"
	"parallax/internal/content"
)

// methodOf returns how the content types ask to compare the sides by field, "" where
// they do not, or where they ask for two ways.
func methodOf(old, new *side) Method {
	if a, b := old.method(), new.method(); a == b {
		return a
	}
	return ""
}

func (s *side) method() Method {
	if s.media.Kind == content.Form {
		return ByForm
	}
	return ""
}

// byFields reports false where the sides are not compared by field; nothing is
// reported then but why they are not, if they ask for it.
func (c *Comparer) byFields(old, new side, o Options) bool {
	method := methodOf(&old, &new)
	if method == "" {
		return false
	}
	if err := c.fields(method, old, new, o); err != nil {
		c.report.instead(method, err)
		return false
	}
	c.report.result.Method = method
	return true
}

func (c *Comparer) fields(method Method, old, new side, o Options) error {
	switch method {
	case ByForm:
		return form.Compare(old.decoded(), new.decoded(), &c.walk)
	}
	return nil
}

// decoded returns Latin-1 as UTF-8, and all else as it stands.
func (s *side) decoded() []byte {
	if latin1(s.media.Charset) {
		return fromLatin1(s.text)
	}
	return s.text
}
