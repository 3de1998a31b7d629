package xmlbody

import (
	"bytes"

	"parallax/diff/body/field"
	"parallax/diff/body/siblings"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// The classes of differences where their builtins are off.
const (
	Form        = "xml form"
	Escape      = "xml escape"
	Prefix      = "namespace prefix" // also of a text whose prefix has another namespace
	Declaration = "xml declaration"
)

// Compare reports to w's sink where two documents, in UTF-8, differ. Where one is
// malformed or too large it returns a *jsondiff.SideError and has reported nothing.
func Compare(old, new []byte, w *field.Walk, l Limits) error {
	n := newNames()
	x, errX := parse(old, n)
	y, errY := parse(new, n)
	if errX != nil || errY != nil {
		return &jsondiff.SideError{Old: errX, New: errY}
	}
	size := len(old) + len(new)
	c := &comparer{w: w, old: x, new: y, names: n, alike: sameDeclarations(x, y), again: 8 * size, work: l.begin(w, size)}
	c.marks()
	c.declarations()
	c.children(0, 0)
	return nil
}

type comparer struct {
	w        *field.Walk
	old, new *document
	names    *names
	work     work
	// again is what may still be read again to see that it is the same, in bytes.
	again int
	// ints and items hold what the lists around the place are, one after the other.
	ints  []int
	items []siblings.Item
	// alike: equal bytes within the documents mean the same names.
	alike bool
}

// sameDeclarations reports whether both documents declare namespaces on their root
// elements only, and the same ones.
func sameDeclarations(x, y *document) bool {
	if x.late || y.late {
		return false
	}
	a, b := x.declaredOn(x.rootElement()), y.declaredOn(y.rootElement())
	if len(a) != len(b) {
		return false
	}
	for prefix, space := range a {
		if other, ok := b[prefix]; !ok || other != space {
			return false
		}
	}
	return true
}

func (d *document) rootElement() *node {
	for i := range d.nodes {
		if d.nodes[i].kind == element {
			return &d.nodes[i]
		}
	}
	return &d.nodes[0]
}

// declaredOn returns the namespaces by prefix that an element declares.
func (d *document) declaredOn(n *node) map[string]string {
	var m map[string]string
	for _, a := range d.attrsOf(n) {
		if a.name == -1 {
			if m == nil {
				m = map[string]string{}
			}
			m[string(d.text[a.from:a.to])] = string(d.value(&a))
		}
	}
	return m
}

func (d *document) attrsOf(n *node) []attr { return d.attrs[n.attrs : n.attrs+n.attrsN] }

// value is what an attribute's value stands for.
func (d *document) value(a *attr) []byte { return decode(d.rawValue(a), true) }

func (d *document) rawValue(a *attr) []byte { return d.text[a.valueAt:a.valueTo] }

func (d *document) raw(n *node) []byte { return d.text[n.from:n.to] }

func (d *document) said(n *node) []byte { return d.text[n.inner:n.outer] }

// tag is an element's start tag.
func (d *document) tag(n *node) []byte { return d.text[n.from:n.inner] }

// marks reports a byte order mark that only one document begins with.
func (c *comparer) marks() {
	mark := field.Value("text", []byte(byteOrderMark))
	switch {
	case c.old.mark && !c.new.mark:
		c.w.Differ(comparison.MissingInNew, jsondiff.ByteOrderMark, mark, jsondiff.Value{})
	case c.new.mark && !c.old.mark:
		c.w.Differ(comparison.MissingInOld, jsondiff.ByteOrderMark, jsondiff.Value{}, mark)
	}
}

// declarations compares what the XML declarations say; without one it is version 1.0,
// UTF-8 and not standalone.
func (c *comparer) declarations() {
	x, y := c.old, c.new
	if bytes.Equal(x.declaration, y.declaration) {
		return
	}
	c.w.Enter("?xml", -1)
	defer c.w.Leave()
	old, new := textValue(x.declaration), textValue(y.declaration)
	if rule, ok := c.w.Ignored(); ok {
		c.w.Equal(rule, old, new)
	} else if x.encoding == y.encoding && x.standalone == y.standalone {
		c.w.Spelling(rules.XMLDeclaration, Declaration, old, new)
	} else {
		c.w.Differ(kindOf(old, new), "", old, new)
	}
}

// textValue is no value where the text is empty.
func textValue(text []byte) jsondiff.Value {
	if len(text) == 0 {
		return jsondiff.Value{}
	}
	return field.Value("text", text)
}

func kindOf(old, new jsondiff.Value) comparison.Kind {
	switch {
	case old.Type == "":
		return comparison.MissingInOld
	case new.Type == "":
		return comparison.MissingInNew
	}
	return comparison.Changed
}
