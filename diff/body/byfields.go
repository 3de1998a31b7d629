package body

import (
	"bytes"
	"errors"
	"strings"

	"parallax/diff/body/form"
	"parallax/diff/body/xmlbody"
	"parallax/diff/jsondiff"
	"parallax/internal/content"
)

// methodOf returns how the content types ask to compare the sides by field, "" where
// they do not, or where they ask for two ways.
func methodOf(old, new *side) Method {
	a, b := old.method(), new.method()
	switch {
	case a == b, b == "" && a.provesItself() && new.anything():
		return a
	case a == "" && b.provesItself() && old.anything():
		return b
	}
	return ""
}

// hasCharset reports whether a body of the method is characters, which the content
// type's charset spells.
func (m Method) hasCharset() bool { return m == ByForm || m == ByEvents || m == ByXML }

// provesItself: what is read so without an error is so; hardly any other text is.
func (m Method) provesItself() bool { return m == ByRecords || m == ByXML }

// anything reports whether the content type leaves open what the side is.
func (s *side) anything() bool {
	return s.media.Kind == content.Unknown || s.media.Kind == content.Text || s.media.Kind == content.Bytes
}

func (s *side) method() Method {
	switch {
	case s.media.Kind == content.Form:
		return ByForm
	case s.media.Kind == content.XML:
		return ByXML
	case s.media.Kind == content.Multipart:
		return ByParts
	case s.media.Type == "text/event-stream":
		return ByEvents
	case lines(s.media.Type), sequence(s.media.Type):
		return ByRecords
	}
	return ""
}

// lines reports whether a media type has a JSON document on each line.
func lines(mediaType string) bool {
	switch mediaType {
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl",
		"application/jsonlines", "application/x-jsonlines", "application/json-lines", "application/x-json-stream":
		return true
	}
	return false
}

// sequence reports whether a media type has a record separator before each document.
func sequence(mediaType string) bool {
	return mediaType == "application/json-seq" || strings.HasSuffix(mediaType, "+json-seq")
}

// byFields reports false where the sides are not compared by field; nothing is
// reported then but why they are not, if they ask for it.
func (c *Comparer) byFields(old, new side, o Options) bool {
	method := methodOf(&old, &new)
	if method == "" {
		return false
	}
	if method.hasCharset() {
		x, errX := old.characters()
		y, errY := new.characters()
		if errX != nil || errY != nil {
			c.report.instead(method, &jsondiff.SideError{Old: errX, New: errY})
			return false
		}
		if bytes.Equal(x, y) {
			return false // one text in two charsets
		}
		old.text, new.text = x, y
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
	case ByJSON:
		return c.documents(old.text, new.text, o)
	case ByForm:
		return form.Compare(old.text, new.text, &c.walk)
	case ByRecords:
		return c.byRecords(old, new, o)
	case ByXML:
		return xmlbody.Compare(old.text, new.text, &c.walk, xmlbody.Limits{Work: o.Work})
	case ByParts:
		return c.byParts(old, new, o)
	case ByEvents:
		return c.byEvents(old, new, o)
	}
	return nil
}

// characters returns the side in UTF-8. The charset of XML is that of the content type
// or, without one, the encoding that the document names; forms and event streams are
// read as they stand unless they are Latin-1.
func (s *side) characters() ([]byte, error) {
	charset := s.media.Charset
	xml := s.media.Kind == content.XML
	if xml && charset == "" {
		charset = xmlbody.Encoding(s.text)
	}
	switch charset {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return s.text, nil
	}
	switch {
	case latin1(charset):
		return fromLatin1(s.text), nil
	case xml:
		return nil, errCharset
	}
	return s.text, nil
}

var errCharset = errors.New("XML in a charset that is not read")
