package body

import (
	"parallax/diff/body/field"
	"parallax/diff/jsondiff"
)

// within is a place in a JSON document that stands within a body.
type within struct {
	body *field.Walk
	json *jsondiff.Place
}

// AppendPointer implements Place.
func (w *within) AppendPointer(dst []byte) []byte {
	return w.json.AppendPointer(w.body.AppendPointer(dst))
}

// AppendPattern implements Place.
func (w *within) AppendPattern(dst []byte) []byte {
	return w.json.AppendPattern(w.body.AppendPattern(dst))
}

// jsonReport is the jsondiff.Sink.
type jsonReport struct {
	to field.Sink
	at within
}

// Difference implements jsondiff.Sink.
func (r *jsonReport) Difference(at *jsondiff.Place, d jsondiff.Difference) {
	r.at.json = at
	r.to.Difference(&r.at, d)
}

// Equal implements jsondiff.Sink.
func (r *jsonReport) Equal(at *jsondiff.Place, e jsondiff.Equality) {
	r.at.json = at
	r.to.Equal(e.Rule, &r.at, e.Old, e.New)
}
