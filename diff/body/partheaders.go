package body

import (
	"parallax/diff/body/field"
	"parallax/diff/body/multipart"
	"parallax/diff/body/pairing"
	"parallax/diff/body/siblings"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
)

// headerItems are a part's headers; their order means nothing, but for the values of
// one name.
func headerItems(p *multipart.Part) []siblings.Item {
	list := make([]siblings.Item, len(p.Headers))
	for i := range p.Headers {
		name := p.Headers[i].Name
		list[i] = siblings.Item{Name: "@" + name, Group: name}
	}
	return list
}

// headers is the siblings.Matcher of two parts' headers.
type headers struct {
	w    *field.Walk
	x, y *multipart.Part
	// parted: the parts are multipart bodies that were compared as such.
	parted bool
}

func (h *headers) Positional() bool { return true }

func (h *headers) Pairs(x, y []int) *pairing.Pairs { return pairing.InOrder(len(x), len(y)) }

func (h *headers) Pair(i, j int) {
	x, y := &h.x.Headers[i], &h.y.Headers[j]
	if h.parted && x.Name == "Content-Type" && multipart.SameButBoundary(x.Value, y.Value) {
		h.w.Spelling(rules.MultipartBoundary, Boundary, field.Value("text", []byte(x.Value)), field.Value("text", []byte(y.Value)))
		return
	}
	if x.Value == y.Value && x.Raw != y.Raw {
		h.w.Spelling(rules.MultipartFraming, Framing, field.Value("text", []byte(x.Raw)), field.Value("text", []byte(y.Raw)))
		return
	}
	h.w.Texts(headerLeaf(x), headerLeaf(y), rules.MultipartFraming, Framing)
}

func headerLeaf(h *multipart.Header) field.Leaf {
	return field.Leaf{Raw: []byte(h.Value), Text: []byte(h.Value)}
}

func (h *headers) Old(i int) {
	v := h.x.Headers[i].Value
	h.w.Missing(field.Value("text", []byte(v)), jsondiff.Value{}, v == "")
}

func (h *headers) New(j int) {
	v := h.y.Headers[j].Value
	h.w.Missing(jsondiff.Value{}, field.Value("text", []byte(v)), v == "")
}
