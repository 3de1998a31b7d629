package diff

import (
	"crypto/sha256"
	"slices"
	"strings"

	"parallax/capture/recording"
	"parallax/diff/body"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/internal/httpmsg"
)

// body compares the bodies: by hash where that tells they are equal, else by what
// is in them.
func (c *comparer) body() {
	old, new := &c.old.Response.Body, &c.new.Response.Body
	c.bodiesWhole, c.bodiesParted = c.lengthIsBody(), false
	asBaseline := new.State == recording.BodyAsBaseline && c.sameBaseline
	if (asBaseline || sameBytes(old, new)) && c.encodedAlike() && !(c.rules.Body().Transforms() && old.Length > 0) {
		return
	}
	x, y := input(c.old.Response), input(c.new.Response)
	if asBaseline {
		y.Bytes, y.Cut, y.Length, y.SHA256 = x.Bytes, x.Cut, x.Length, x.SHA256
	}
	result := c.bodies.Compare(x, y, c.rules, bodySink{c}, body.Options{Work: c.work})
	c.coarse = result.Coarse
	c.bodiesParted = result.Method == body.ByParts
	if c.tally != nil {
		c.instead.add(c.record, &result)
	}
	// What was compared field by field was there to the last byte, also where a
	// transform failed.
	known := result.State != body.NotCompared || result.Method.ByField()
	c.bodiesWhole = c.bodiesWhole && known && result.Method != body.ByHash
}

// lengthIsBody reports whether Content-Length tells of the body that was sent.
func (c *comparer) lengthIsBody() bool {
	return c.old.Request.Method != "HEAD" && c.old.Response.Status != 304 && c.new.Response.Status != 304
}

// sameBytes goes by length and hash, which are those of the whole body also where
// less of it is kept; no hash tells nothing. A body that redaction decoded is another text than the same
// bytes that it did not touch.
func sameBytes(old, new *recording.Body) bool {
	return old.Length == new.Length && old.Redacted == new.Redacted &&
		(old.Length == 0 || old.SHA256 == new.SHA256 && old.SHA256 != [sha256.Size]byte{})
}

// encodedAlike reports whether equal bytes mean the same.
func (c *comparer) encodedAlike() bool {
	return c.old.Response.Body.Length == 0 ||
		slices.Equal(encodings(c.old.Response.Headers), encodings(c.new.Response.Headers))
}

// encodings returns the values of Content-Encoding; nil, without an allocation,
// where there are none.
func encodings(headers []recording.Header) []string {
	var values []string
	for i := range headers {
		if h := &headers[i]; len(h.Name) == len("Content-Encoding") && strings.EqualFold(h.Name, "Content-Encoding") {
			values = append(values, h.Value)
		}
	}
	return values
}

func input(r *recording.Response) body.Input {
	contentType, _ := httpmsg.Get(r.Headers, "Content-Type")
	return body.Input{
		ContentType: contentType, Encodings: encodings(r.Headers), Decoded: r.Body.Redacted,
		Bytes: r.Body.Bytes, Cut: r.Body.State != recording.BodyStored && r.Body.State != recording.BodyNone,
		Length: r.Body.Length, SHA256: r.Body.SHA256,
	}
}

// bodySink takes what the comparison of two bodies finds.
type bodySink struct{ c *comparer }

// Difference implements body.Sink.
func (s bodySink) Difference(d comparison.Difference) { s.c.found(d) }

// Equal implements body.Sink. It is called for every value that a rule hides, so
// that it allocates only where a place is new or a sample is kept.
func (s bodySink) Equal(rule int, at body.Place, old, new jsondiff.Value) {
	c := s.c
	c.underRules = true
	if c.tally == nil {
		return
	}
	c.pattern = at.AppendPattern(c.pattern[:0])
	kept := c.tally.HiddenAt(rule, c.subject, comparison.Body, c.pattern, c.record)
	if kept == nil {
		return
	}
	*kept = comparison.SampleOf(&comparison.Difference{
		Record: c.record, Field: string(at.AppendPointer(nil)),
		Old: comparison.MakeValue(old.Type, string(old.Text)),
		New: comparison.MakeValue(new.Type, string(new.Text)),
	})
}
