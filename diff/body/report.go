package body

import (
	"crypto/sha256"
	"fmt"

	"parallax/diff/body/field"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// report counts what goes to the Sink. It is the field.Sink, too.
type report struct {
	sink   Sink
	rules  *rules.RouteRules
	result Result
	// at is the place of the body, or of the part of it, that is being compared.
	at *field.Walk
	// buffer is for the texts of places.
	buffer [128]byte
}

// end returns the result with its state.
func (r *report) end() Result {
	r.result.Coarse = r.result.Coarse || r.at.Rough()
	switch {
	case r.result.State == NotCompared:
	case r.result.Differences > 0:
		r.result.State = Different
	case r.result.Equalities > 0:
		r.result.State = UnderRules
	}
	return r.result
}

// told is how much the Sink was told.
func (r *report) told() int { return r.result.Differences + r.result.Equalities }

// instead notes that the sides are not compared as their content types ask for.
func (r *report) instead(wanted Method, err error) {
	r.result.Instead, r.result.Reason = wanted, err.Error()
	if r.at.Depth() > 0 {
		r.result.Reason = "in a part, " + r.result.Reason
	}
}

// add reports a difference of the body, or of the part of it that is being
// compared, whose Field and Pattern are within it.
func (r *report) add(d comparison.Difference) {
	if r.at.Depth() > 0 {
		field := r.at.AppendPointer(r.buffer[:0])
		d.Field = string(appendWithin(field, d.Field))
		pattern := r.at.AppendPattern(r.buffer[:0])
		d.Pattern = string(appendWithin(pattern, d.Pattern))
	}
	r.tell(d)
}

func appendWithin(place []byte, field string) []byte {
	if field != "" {
		place = append(append(place, '/'), field...)
	}
	return place
}

func (r *report) tell(d comparison.Difference) {
	d.Part, d.Severity = comparison.Body, comparison.Error
	r.result.Differences++
	r.result.Coarse = r.result.Coarse || d.Class == jsondiff.Coarse
	if d.Kind == comparison.NotCompared {
		r.result.State = NotCompared
	}
	r.sink.Difference(d)
}

// Difference implements field.Sink.
func (r *report) Difference(at field.Place, d jsondiff.Difference) {
	// Two statements: within one expression both conversions may come after
	// both calls, and the buffer is one.
	field := string(at.AppendPointer(r.buffer[:0]))
	pattern := string(at.AppendPattern(r.buffer[:0]))
	r.tell(comparison.Difference{
		Field:   field,
		Pattern: pattern,
		Kind:    d.Kind, Class: d.Class,
		Old: textValue(d.Old.Type, d.Old.Text), New: textValue(d.New.Type, d.New.Text),
	})
}

// Equal implements field.Sink.
func (r *report) Equal(rule int, at field.Place, old, new jsondiff.Value) {
	r.result.Equalities++
	r.sink.Equal(rule, at, old, new)
}

func (r *report) equalWhole(rule int, old, new []byte) {
	r.Equal(rule, r.at, rawValue(old), rawValue(new))
}

// rawValue is a body as it stands, "" where it is empty.
func rawValue(body []byte) jsondiff.Value {
	if len(body) == 0 {
		return jsondiff.Value{}
	}
	return jsondiff.Value{Type: "bytes", Text: body}
}

// textValue copies text, at most comparison.MaxText of it.
func textValue(typ string, text []byte) comparison.Value {
	if typ == "" {
		return comparison.Value{}
	}
	if len(text) <= comparison.MaxText {
		return comparison.MakeValue(typ, string(text))
	}
	// MakeValue needs to see one byte more than it keeps to cut at a rune.
	v := comparison.MakeValue(typ, string(text[:comparison.MaxText+1]))
	v.Length, v.SHA256 = int64(len(text)), sha256.Sum256(text)
	return v
}

// bytesValue tells of bytes by length and hash only.
func bytesValue(body []byte) comparison.Value {
	return comparison.Value{Type: "bytes", Cut: true, Length: int64(len(body)), SHA256: sha256.Sum256(body)}
}

// inputValue is a side that is not looked into.
func inputValue(in *Input) comparison.Value {
	if in.Cut {
		return comparison.Value{Type: "bytes", Cut: true, Length: in.Length, SHA256: in.SHA256}
	}
	if len(in.Bytes) == 0 {
		return comparison.Value{}
	}
	return bytesValue(in.Bytes)
}

// byHash compares bodies of which one at least is not there as a whole.
func (r *report) byHash(old, new *Input) {
	r.result.Method, r.result.Reason = ByHash, "a body is not kept as a whole"
	x, y := inputValue(old), inputValue(new)
	switch {
	case unhashed(x) || unhashed(y):
		r.result.Reason = "a body is not kept as a whole, nor its hash"
		r.add(comparison.Difference{Kind: comparison.NotCompared, Class: CutBody, Old: x, New: y})
	case x.Length != y.Length || x.SHA256 != y.SHA256:
		r.add(comparison.Difference{Kind: kindOf(x, y), Class: CutBody, Old: x, New: y})
	case r.rules.Body().Transforms() && x.Type != "":
		r.result.Reason = "a body is not kept as a whole, and a rule transforms it"
		r.add(comparison.Difference{Kind: comparison.NotCompared, Class: CutBody, Old: x, New: y})
	case !sameLayers(old.layers(), new.layers()):
		r.result.Reason = "a body is not kept as a whole, and the content encodings differ"
		r.add(comparison.Difference{Kind: comparison.NotCompared, Class: ContentEncoding, Old: x, New: y})
	}
}

// unhashed reports whether a body is there whose hash is not.
func unhashed(v comparison.Value) bool {
	return v.Type != "" && v.SHA256 == [sha256.Size]byte{}
}

// kindOf is the kind of a difference of whole bodies, of which one may be empty.
func kindOf(old, new comparison.Value) comparison.Kind {
	switch {
	case old.Type == "":
		return comparison.MissingInOld
	case new.Type == "":
		return comparison.MissingInNew
	case old.Type != new.Type:
		return comparison.TypeChanged
	}
	return comparison.Changed
}

// undecodable reports bodies that differ as they are encoded and that cannot be
// decoded: nobody can tell whether what they hide differs.
func (r *report) undecodable(old, new *Input, errOld, errNew error) {
	switch {
	case errNew == nil:
		r.result.Reason = fmt.Sprintf("old body: %v", errOld)
	case errOld == nil:
		r.result.Reason = fmt.Sprintf("new body: %v", errNew)
	default:
		r.result.Reason = fmt.Sprintf("old body: %v; new body: %v", errOld, errNew)
	}
	r.add(comparison.Difference{
		Kind: comparison.NotCompared, Class: ContentEncoding, Old: inputValue(old), New: inputValue(new),
	})
}

// otherEncoding reports bodies that are equal once decoded.
func (r *report) otherEncoding(old, new *Input) {
	if rule, on := r.rules.Builtin(rules.ContentEncoding); on {
		r.equalWhole(rule, old.Bytes, new.Bytes)
		return
	}
	r.add(comparison.Difference{
		Kind: comparison.Changed, Class: ContentEncoding, Old: inputValue(old), New: inputValue(new),
	})
}

// emptySide reports a body that only one side has.
func (r *report) emptySide(old, new side) {
	there := old
	if len(old.text) == 0 {
		there = new
	}
	if states, rule, ok := r.rules.Body().Equal(); ok && states.Has(rules.Missing) && there.hasState(states) {
		r.equalWhole(rule, old.text, new.text)
		return
	}
	x, y := shown(old.text), shown(new.text)
	r.add(comparison.Difference{Kind: kindOf(x, y), Old: x, New: y})
}

// shown is a body as a reader wants to see it: text as text.
func shown(body []byte) comparison.Value {
	switch {
	case len(body) == 0:
		return comparison.Value{}
	case printable(body):
		return textValue("text", body)
	}
	return bytesValue(body)
}
