package body

import (
	"errors"

	"parallax/diff/body/form"
	"parallax/diff/body/multipart"
	"parallax/diff/body/xmlbody"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/internal/content"
)

// sameToChange compares two bodies of equal bytes under rules that say how values
// changed on purpose: those of fields were to change, in other bodies the rules name
// no place.
func (c *Comparer) sameToChange(old, new *Input, o Options) {
	text, err := content.Decode(old.layers(), old.Bytes, o.Decode)
	if err != nil {
		c.report.undecodable(old, new, err, err)
		return
	}
	c.sameTextToChange(newSide(text, old.ContentType), o)
}

func (c *Comparer) sameTextToChange(s side, o Options) {
	method := s.method()
	misnamed := method == ByForm && looksLikeJSON(s.text) && c.json.Check(s.text, o.JSON) == nil
	if s.media.Kind == content.JSON || misnamed || method == "" && looksLikeJSON(s.text) {
		method = ByJSON
	}
	if method == "" {
		return
	}
	if method.hasCharset() {
		characters, err := s.characters()
		if err != nil {
			return
		}
		s.text = characters
	}
	whole := c.report.result.Method
	c.report.result.Method = method
	err := c.fields(method, s, s, o)
	if err == nil {
		return
	}
	c.report.result.Method = whole
	if overLimit(err) {
		c.report.result.Reason = err.Error()
		c.report.add(comparison.Difference{
			Kind: comparison.NotCompared, Class: jsondiff.TransformFailed, Old: bytesValue(s.text), New: bytesValue(s.text),
		})
	}
}

// overLimit reports whether a body could be read, but is too large or too deep.
func overLimit(err error) bool {
	return errors.Is(err, jsondiff.ErrLimit) || errors.Is(err, form.ErrLimit) ||
		errors.Is(err, multipart.ErrLimit) || errors.Is(err, xmlbody.ErrLimit)
}
