package body

import (
	"errors"

	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/internal/content"
)

// sameToChange compares two bodies of equal bytes under rules that say how values
// changed on purpose: those of JSON were to change, in other bodies the rules name
// no place.
func (c *Comparer) sameToChange(old, new *Input, o Options) {
	text, err := content.Decode(old.layers(), old.Bytes, o.Decode)
	if err != nil {
		c.report.undecodable(old, new, err, err)
		return
	}
	c.sameTextToChange(text, content.ParseMedia(old.ContentType), o)
}

func (c *Comparer) sameTextToChange(text []byte, media content.Media, o Options) {
	if media.Kind != content.JSON && !looksLikeJSON(text) {
		return
	}
	switch err := c.json.Compare(text, text, c.report.rules, &c.report, o.JSON); {
	case err == nil:
		c.report.result.Method, c.report.result.Coarse = ByJSON, c.json.Coarse()
	case errors.Is(err, jsondiff.ErrLimit):
		c.report.result.Reason = err.Error()
		c.report.add(comparison.Difference{
			Kind: comparison.NotCompared, Class: jsondiff.TransformFailed, Old: bytesValue(text), New: bytesValue(text),
		})
	}
}
