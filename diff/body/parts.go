package body

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"
	"parallax/diff/body/field"
	"parallax/diff/body/form"
	"parallax/diff/body/multipart"
	"parallax/diff/body/pairing"
	"parallax/diff/body/siblings"
	"parallax/diff/comparison"
	"parallax/diff/jsondiff"
	"parallax/diff/rules"
	"parallax/internal/content"
)

// Boundary is the class of two boundaries where multipart-boundary is off.
const Boundary = "boundary"

// maxDepth is how deep multipart bodies may stand in each other.
const maxDepth = 4

// parted is a multipart body that was read.
type parted struct {
	*multipart.Message
	side     *side
	boundary string
}

var errNoBoundary = errors.New("its content type names no boundary")

func (c *Comparer) parse(s *side) (p parted, err error) {
	boundary, ok := multipart.Boundary(s.contentType)
	if !ok {
		return p, errNoBoundary
	}
	m, err := multipart.Parse(s.text, boundary)
	return parted{m, s, boundary}, err
}

// byParts compares two multipart bodies part by part.
func (c *Comparer) byParts(old, new side, o Options) error {
	if c.depth == maxDepth {
		return fmt.Errorf("more than %d multipart bodies in each other: %w", maxDepth, multipart.ErrLimit)
	}
	x, errX := c.parse(&old)
	y, errY := c.parse(&new)
	if errX != nil || errY != nil {
		return &jsondiff.SideError{Old: errX, New: errY}
	}
	c.depth++
	defer func() { c.depth-- }()
	c.around(&x, &y)
	if !siblings.Compare(&c.walk, partItems(&x), partItems(&y), &parts{c, &x, &y, o}) {
		c.otherOrder(&x, &y)
	}
	return nil
}

// around compares what is no part.
func (c *Comparer) around(x, y *parted) {
	if x.boundary != y.boundary {
		c.walk.Spelling(rules.MultipartBoundary, Boundary, field.Value("text", []byte(x.boundary)), field.Value("text", []byte(y.boundary)))
	}
	if len(x.Parts) == len(y.Parts) && !bytes.Equal(x.Framing, y.Framing) {
		c.walk.Spelling(rules.MultipartFraming, Framing, rawValue(x.side.text), rawValue(y.side.text))
	}
	c.beside("#preamble", x.Preamble, y.Preamble)
	c.beside("#epilogue", x.Epilogue, y.Epilogue)
}

func (c *Comparer) beside(name string, old, new []byte) {
	if bytes.Equal(old, new) {
		return
	}
	c.walk.Enter(name, -1)
	defer c.walk.Leave()
	switch {
	case len(old) == 0:
		c.walk.Missing(jsondiff.Value{}, bodyValue(new), false)
	case len(new) == 0:
		c.walk.Missing(bodyValue(old), jsondiff.Value{}, false)
	default:
		c.walk.Texts(field.Leaf{Raw: old, Text: old}, field.Leaf{Raw: new, Text: new}, rules.MultipartFraming, Framing)
	}
}

func bodyValue(b []byte) jsondiff.Value {
	if printable(b) {
		return field.Value("text", b)
	}
	return field.Value("bytes", b)
}

func (c *Comparer) otherOrder(x, y *parted) {
	old, new := rawValue(x.side.text), rawValue(y.side.text)
	if x.side.media.Type == formData && y.side.media.Type == formData {
		form.OtherOrder(&c.walk, old, new)
	} else if rule, ok := c.walk.Unordered(); ok {
		c.walk.Equal(rule, old, new)
	} else {
		c.walk.Differ(comparison.Changed, field.Order, old, new)
	}
}

const formData = "multipart/form-data"

func partItems(p *parted) []siblings.Item {
	list := make([]siblings.Item, len(p.Parts))
	for i := range p.Parts {
		if name, _ := p.Parts[i].Name(); name != "" {
			list[i] = siblings.Item{Name: field.Spelled([]byte(name)), Group: name}
		}
	}
	return list
}

// parts is the siblings.Matcher of two multipart bodies.
type parts struct {
	c    *Comparer
	x, y *parted
	o    Options
}

func (p *parts) Positional() bool { return p.c.walk.Node() == nil }

// Pairs pairs the parts of one name, or those without one.
func (p *parts) Pairs(x, y []int) *pairing.Pairs {
	walk := &p.c.walk
	if name, _ := p.x.Parts[x[0]].Name(); name != "" {
		walk.Enter(field.Spelled([]byte(name)), -1)
		defer walk.Leave()
	}
	rule, unordered := walk.Unordered()
	if !unordered {
		if len(x) == len(y) {
			return pairing.InOrder(len(x), len(y))
		}
		return pairing.Aligned(p.x.hashes(x), p.y.hashes(y), nil)
	}
	pairs := pairing.Bag(p.x.hashes(x), p.y.hashes(y), nil)
	if pairs.Moved() {
		walk.Equal(rule, rawValue(p.x.side.text), rawValue(p.y.side.text))
	}
	return pairs
}

func (p *parted) hashes(list []int) []uint64 {
	sums := make([]uint64, len(list))
	for i, at := range list {
		sums[i] = xxh3.Hash(p.Parts[at].Raw)
	}
	return sums
}

func (p *parts) Old(i int) {
	part := &p.x.Parts[i]
	p.c.walk.Missing(bodyValue(part.Raw), jsondiff.Value{}, len(part.Body) == 0)
}

func (p *parts) New(j int) {
	part := &p.y.Parts[j]
	p.c.walk.Missing(jsondiff.Value{}, bodyValue(part.Raw), len(part.Body) == 0)
}

// Pair compares two parts: their headers, and their bodies by their own types.
func (p *parts) Pair(i, j int) {
	x, y := &p.x.Parts[i], &p.y.Parts[j]
	same := bytes.Equal(x.Raw, y.Raw)
	if same && !p.c.walk.Transforms() {
		return
	}
	if rule, ok := p.c.walk.Ignored(); ok {
		if same {
			return
		}
		p.c.walk.Equal(rule, bodyValue(x.Raw), bodyValue(y.Raw))
		return
	}
	parted := p.c.partBody(x, y, p.o)
	siblings.Compare(&p.c.walk, headerItems(x), headerItems(y), &headers{&p.c.walk, x, y, parted})
}

// partBody compares the bodies of two parts, and reports whether it did so part by
// part.
func (c *Comparer) partBody(x, y *multipart.Part, o Options) (parted bool) {
	same := bytes.Equal(x.Body, y.Body)
	if same && !c.walk.Transforms() {
		return false
	}
	old, new := newSide(x.Body, x.Get("Content-Type")), newSide(y.Body, y.Get("Content-Type"))
	if a, b := old.line(), new.line(); a != nil && b != nil && (same || !bytes.Equal(a, b)) {
		c.walk.Texts(field.Leaf{Raw: x.Body, Text: a}, field.Leaf{Raw: y.Body, Text: b}, rules.MultipartFraming, Charset)
		return false
	}
	if len(x.Body) == 0 || len(y.Body) == 0 {
		c.walk.Differ(comparison.Changed, "", bodyValue(x.Body), bodyValue(y.Body))
		return false
	}
	whole := c.report.result.Method
	defer func() { c.report.result.Method = whole }()
	c.report.result.Method = ByBytes
	if same {
		c.sameTextToChange(old, o)
	} else {
		c.byType(old, new, o)
	}
	return c.report.result.Method == ByParts
}

// line returns a part that is one line of text, as most fields of a form are, and nil
// otherwise.
func (s *side) line() []byte {
	if kind := s.media.Kind; kind != content.Text && kind != content.Unknown || s.method() != "" {
		return nil
	}
	if text, ok := s.utf8(); ok && bytes.IndexByte(text, '\n') < 0 && !looksLikeJSON(text) {
		return append([]byte{}, text...)
	}
	return nil
}
