package body

import (
	"bytes"
	"errors"
	"strings"
	"unicode/utf8"

	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
	"parallax/internal/content"
)

// side is a decoded body, or a part of one, with what its Content-Type says.
type side struct {
	text  []byte
	media content.Media
	// contentType is the header's value as it stands.
	contentType string
}

func newSide(text []byte, contentType string) side {
	return side{text, content.ParseMedia(contentType), contentType}
}

// byType compares two decoded bodies that differ and of which none is empty.
func (c *Comparer) byType(old, new side, o Options) {
	if !c.byJSON(old, new, o) && !c.byFields(old, new, o) {
		c.byText(old, new, o)
	}
}

// byJSON reports false where that is not how to compare the sides; nothing is
// reported then.
func (c *Comparer) byJSON(old, new side, o Options) bool {
	declared := old.media.Kind == content.JSON || new.media.Kind == content.JSON
	if !declared && !bothLookLikeJSON(&old, &new) {
		return false
	}
	err := c.documents(old.text, new.text, o)
	if err == nil {
		c.report.result.Method = ByJSON
		return true
	}
	if !declared {
		return false
	}
	if c.oneIsJSON(old, new, err) {
		c.report.result.Reason = err.Error()
		return true
	}
	c.report.instead(ByJSON, err)
	return false
}

// oneIsJSON reports, as one difference, that JSON stands against something that
// is none.
func (c *Comparer) oneIsJSON(old, new side, err error) bool {
	var sides *jsondiff.SideError
	if !errors.As(err, &sides) || errors.Is(err, jsondiff.ErrLimit) || (sides.Old != nil) == (sides.New != nil) {
		return false
	}
	x, y := shown(old.text), shown(new.text)
	if sides.Old == nil {
		x = textValue(jsonType(old.text), old.text)
	} else {
		y = textValue(jsonType(new.text), new.text)
	}
	c.report.result.Method = ByJSON
	c.report.add(comparison.Difference{Kind: comparison.TypeChanged, Class: NotJSON, Old: x, New: y})
	return true
}

// firstByte returns the first byte that is neither white space nor of a byte
// order mark.
func firstByte(text []byte) byte {
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\xEF\xBB\xBF")), " \t\r\n")
	if len(text) == 0 {
		return 0
	}
	return text[0]
}

func looksLikeJSON(text []byte) bool {
	c := firstByte(text)
	return c == '{' || c == '['
}

// bothLookLikeJSON: JSON in what is declared a form is JSON, but lines of JSON may be
// one line each.
func bothLookLikeJSON(old, new *side) bool {
	return looksLikeJSON(old.text) && looksLikeJSON(new.text) && methodOf(old, new) != ByRecords
}

// hasState reports whether the side is declared JSON and a value in one of the states.
func (s *side) hasState(states rules.States) bool {
	text := string(bytes.Trim(s.text, " \t\r\n"))
	switch {
	case s.media.Kind != content.JSON:
		return false
	case text == "null":
		return states.Has(rules.Null)
	case text == `""`:
		return states.Has(rules.Empty)
	}
	container := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "").Replace(text)
	return (container == "{}" || container == "[]") && states.Has(rules.Empty)
}

// jsonType returns the type of the value that checked JSON holds.
func jsonType(text []byte) string { return jsondiff.TypeOf(firstByte(text)) }

// byText compares by lines where both sides are text, and by bytes otherwise.
func (c *Comparer) byText(old, new side, o Options) {
	x, okX := old.utf8()
	y, okY := new.utf8()
	if !okX || !okY {
		a, b := bytesValue(old.text), bytesValue(new.text)
		c.report.add(comparison.Difference{Kind: comparison.Changed, Old: a, New: b})
		return
	}
	c.report.result.Method = ByText
	if bytes.Equal(x, y) {
		a, b := bytesValue(old.text), bytesValue(new.text)
		c.report.add(comparison.Difference{Kind: comparison.Changed, Class: Charset, Old: a, New: b})
		return
	}
	c.report.lines(x, y, o.workFor(len(x)+len(y)))
}

// utf8 returns the side as UTF-8 text, if it is text.
func (s *side) utf8() ([]byte, bool) {
	switch s.media.Kind {
	case content.Bytes:
		return nil, false
	case content.Text, content.HTML, content.XML, content.Form:
		if latin1(s.media.Charset) {
			return fromLatin1(s.text), true
		}
	}
	switch s.media.Charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return s.text, printable(s.text)
	}
	return nil, false
}

func latin1(charset string) bool {
	return charset == "iso-8859-1" || charset == "latin1" || charset == "latin-1"
}

func fromLatin1(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, c := range text {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}

// printable reports whether body can be shown and compared as lines.
func printable(body []byte) bool {
	return bytes.IndexByte(body, 0) < 0 && utf8.Valid(body)
}
