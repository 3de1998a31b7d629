// Package body compares two HTTP bodies by their content type.
//
// # Terms
//
// The encoded body is what stood on the wire after transfer decoding; the
// decoded one what its content encodings hide. A body that is cut is not there
// as a whole; its length and hash are. The method says how two bodies were
// compared.
//
// # Steps
//
// Equal bytes under equal encodings are equal, whatever they are, unless a rule says
// that something changed on purpose. A rule that
// ignores the whole document ends it there. Cut bodies are compared by the hash
// of the whole. Otherwise the content encodings are undone, with limits; what is
// equal then is counted under the builtin content-encoding. Then by type: JSON
// that either side declares, or that both look like, field by field (package
// jsondiff); JSON lines and event streams as arrays of their records (packages
// records and events), forms by field (form), multipart part by part, each by its own
// type (multipart), XML by element (xmlbody); other text by lines; anything else by
// bytes, which gives one difference.
//
// # Places
//
// Field is a JSON Pointer, "line N" (of the old text; of the new one for a line
// that only it has), or empty for the whole body; below a part of a multipart body it
// begins with the part's. Pattern is the pointer with "*" for indices, without the index
// of several of one name (package field), "line *", or empty.
//
// # Limits
//
// A body that cannot be decoded and differs could not be compared. Text is
// compared in UTF-8, ASCII and Latin-1; other charsets, and text that its charset
// does not allow, by bytes. HTML is text, not a tree. A body that is not what its type
// says, or is over the limits of a comparison by field, is compared as text; Result says
// so and why. Multipart bodies stand in each other four deep at most.
package body

import (
	"bytes"
	"crypto/sha256"
	"sync"

	"parallax/diff/body/field"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
	"parallax/internal/content"
)

// Input is one side's body.
type Input struct {
	ContentType string
	// Encodings are the values of the Content-Encoding headers, in order.
	Encodings []string
	// Decoded: Bytes have no content encoding any more, whatever Encodings say.
	Decoded bool
	Bytes   []byte
	// Cut: Bytes is the beginning of the body or nothing of it; Length and SHA256
	// are those of the whole.
	Cut    bool
	Length int64
	SHA256 [sha256.Size]byte
}

// layers returns the encodings that Bytes have.
func (in *Input) layers() []string {
	if in.Decoded || len(in.Encodings) == 0 {
		return nil
	}
	return content.Encodings(in.Encodings)
}

// Place names a place within a body. It is valid during a Sink's call only.
type Place = field.Place

// Sink takes what a comparison finds, in the caller's goroutine.
type Sink interface {
	// Difference takes one difference: Part, Field, Pattern, Kind, Class,
	// Severity, Old and New are set. It is the Sink's to keep.
	Difference(d comparison.Difference)
	// Equal takes values that differ and that a rule or builtin makes equal, by
	// its index in the rules' set. Place and values are valid during the call.
	Equal(rule int, at Place, old, new jsondiff.Value)
}

// The classes of this package's own differences.
const (
	NotJSON         = "not JSON"         // one side is JSON, the other is not
	WhiteSpace      = "white space"      // lines that differ in nothing else
	Charset         = "charset"          // one text in two charsets
	CutBody         = "by hash"          // a side is cut
	ContentEncoding = "content encoding" // could not be undone, or differs while the builtin is off
)

// Options are the limits. The zero value is the default.
type Options struct {
	Decode content.Limits
	JSON   jsondiff.Limits
	// Work bounds the steps that aligning the parts of two bodies takes, of JSON
	// or of text: 8 for each byte of both, and 64 Mi. It stands for JSON.Work, too.
	Work int
}

// workFor is the bound for texts of so many bytes.
func (o *Options) workFor(size int) int {
	if o.Work > 0 {
		return o.Work
	}
	return 8*size + 64<<20
}

// Comparer compares bodies and keeps its memory between them. It is for one
// goroutine at a time.
type Comparer struct {
	json   jsondiff.Comparer
	report report
	found  jsonReport
	walk   field.Walk
	// depth counts the multipart bodies around the part that is being compared.
	depth int
}

// comparers is a cache only; nothing that a caller sees depends on it.
var comparers = sync.Pool{New: func() any { return new(Comparer) }}

// Compare is Comparer.Compare with a Comparer of its own. It may be called from
// several goroutines.
func Compare(old, new Input, r *rules.RouteRules, sink Sink, o Options) Result {
	c := comparers.Get().(*Comparer)
	defer comparers.Put(c)
	return c.Compare(old, new, r, sink, o)
}

// Compare compares two bodies and reports to sink what differs and what rules
// made equal.
func (c *Comparer) Compare(old, new Input, r *rules.RouteRules, sink Sink, o Options) Result {
	same := sameBytes(&old, &new)
	if same && (!r.Body().Transforms() || len(old.Bytes) == 0) {
		return Result{Method: ByBytes}
	}
	c.begin(sink, r)
	if o.Work > 0 {
		o.JSON.Work = o.Work
	}
	defer c.end()
	if rule, ok := r.Body().Ignore(); ok {
		c.report.equalWhole(rule, old.Bytes, new.Bytes)
		return c.report.end()
	}
	if old.Cut || new.Cut {
		c.report.byHash(&old, &new)
		return c.report.end()
	}
	if same {
		c.sameToChange(&old, &new, o)
		return c.report.end()
	}
	c.decoded(&old, &new, o)
	return c.report.end()
}

func (c *Comparer) begin(sink Sink, r *rules.RouteRules) {
	c.report = report{sink: sink, rules: r, at: &c.walk, result: Result{Method: ByBytes}}
	c.walk.Begin(r, &c.report)
	c.found = jsonReport{to: &c.report, at: within{body: &c.walk}}
}

func (c *Comparer) end() {
	c.report, c.found = report{}, jsonReport{}
	c.walk.End()
}

// sameBytes reports whether both sides are there, byte for byte the same, and
// encoded alike.
func sameBytes(old, new *Input) bool {
	if old.Cut || new.Cut || !bytes.Equal(old.Bytes, new.Bytes) {
		return false
	}
	return len(old.Bytes) == 0 || sameLayers(old.layers(), new.layers())
}

func sameLayers(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// decoded undoes the encodings and compares what they hid.
func (c *Comparer) decoded(old, new *Input, o Options) {
	x, errX := content.Decode(old.layers(), old.Bytes, o.Decode)
	y, errY := content.Decode(new.layers(), new.Bytes, o.Decode)
	switch {
	case errX != nil || errY != nil:
		c.report.undecodable(old, new, errX, errY)
	case bytes.Equal(x, y):
		c.report.otherEncoding(old, new)
		if c.report.rules.Body().Transforms() {
			c.sameTextToChange(newSide(x, old.ContentType), o)
		}
	case len(x) == 0 || len(y) == 0:
		c.report.emptySide(newSide(x, old.ContentType), newSide(y, new.ContentType))
	default:
		c.byType(newSide(x, old.ContentType), newSide(y, new.ContentType), o)
	}
}
