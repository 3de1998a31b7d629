package xmlbody

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrLimit: a document is too deep or too large to be compared by element.
var ErrLimit = errors.New("over the limit of a comparison by field")

// SyntaxError says that a document is not well formed, or not XML 1.0.
type SyntaxError struct {
	Offset int // in bytes of the text in UTF-8
	What   string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("malformed XML at byte %d: %s", e.Offset, e.What)
}

// The limits of one document.
const (
	maxDepth = 10_000
	maxNodes = 1_000_000 // and as many attributes
	maxText  = 1<<31 - 1
)

type kind uint8

const (
	whole kind = iota // the document itself
	element
	run // of text, references and CDATA sections
	comment
	instruction
	doctype
)

// node is one thing in a document. The nodes stand in the order of their beginnings, so
// that those of an element follow it.
type node struct {
	kind kind
	// lone: the element is written as one tag.
	lone bool
	// blank: of a run, that it is white space as it stands; of an element, that all its
	// own runs are.
	blank bool
	// preserve: xml:space says so here.
	preserve      bool
	from, to      int32 // all of it
	inner, outer  int32 // of an element what is between its tags; of others what they say
	name          int32 // of an element; a number of the document's names
	nameLength    int32 // as it is written
	attrs, attrsN int32 // in document.attrs
	end           int32 // the node after all that is within
	others        int32 // nodes directly within that are no runs
	mention       int32 // of a run: the namespaces of the prefixes in it
}

// attr is an attribute or a declaration of a namespace.
type attr struct {
	from, to         int32 // its name
	valueAt, valueTo int32 // without quotes
	spaceAt          int32 // white space before it
	name             int32 // -1: a declaration
	mention          int32
}

// document is a text that was read to its end as XML.
type document struct {
	text  []byte
	nodes []node
	attrs []attr
	names *names
	// declaration is the XML declaration, from its first byte on; empty without one.
	declaration []byte
	version     string
	encoding    string
	standalone  string
	mark        bool // a byte order mark
	// late: a namespace is declared elsewhere than on the root element.
	late bool
}

type parser struct {
	document
	scope *scope
	stack []open
	at    int
	root  bool // the root element was there
	dtd   bool
}

// open is an element that is being read.
type open struct {
	node  int32
	undos int
}

const byteOrderMark = "\xEF\xBB\xBF"

// parse reads a document.
func parse(text []byte, n *names) (*document, error) {
	if len(text) > maxText {
		return nil, fmt.Errorf("%d bytes: %w", len(text), ErrLimit)
	}
	if bad := badCharacter(text); bad >= 0 {
		return nil, &SyntaxError{bad, "no character"}
	}
	p := &parser{document: document{text: text, names: n}, scope: newScope()}
	p.nodes = append(p.nodes, node{kind: whole, blank: true, to: int32(len(text))})
	p.stack = append(p.stack, open{})
	if err := p.read(); err != nil {
		return nil, err
	}
	p.nodes[0].end = int32(len(p.nodes))
	return &p.document, nil
}

func (p *parser) wrong(what string) error { return &SyntaxError{p.at, what} }

func (p *parser) read() error {
	if bytes.HasPrefix(p.text, []byte(byteOrderMark)) {
		p.mark, p.at = true, len(byteOrderMark)
	}
	if err := p.xmlDeclaration(); err != nil {
		return err
	}
	for p.at < len(p.text) {
		if err := p.run(); err != nil {
			return err
		}
		if p.at == len(p.text) {
			break
		}
		if err := p.markup(); err != nil {
			return err
		}
	}
	switch {
	case len(p.stack) > 1:
		return p.wrong("an element is not closed")
	case !p.root:
		return p.wrong("no element")
	}
	return nil
}

// add appends a node to what is open.
func (p *parser) add(n node) error {
	if len(p.nodes) >= maxNodes {
		return fmt.Errorf("more than %d nodes at byte %d: %w", maxNodes, p.at, ErrLimit)
	}
	parent := &p.nodes[p.stack[len(p.stack)-1].node]
	switch {
	case n.kind != run:
		parent.others++
	case !n.blank:
		parent.blank = false
	}
	n.preserve = parent.preserve
	p.nodes = append(p.nodes, n)
	p.nodes[len(p.nodes)-1].end = int32(len(p.nodes))
	return nil
}

// run reads text, references and CDATA sections up to other markup.
func (p *parser) run() error {
	from := p.at
	plain := true
	for p.at < len(p.text) {
		i := bytes.IndexByte(p.text[p.at:], '<')
		to := len(p.text)
		if i >= 0 {
			to = p.at + i
		}
		if err := p.characters(to); err != nil {
			return err
		}
		if !bytes.HasPrefix(p.text[to:], []byte(cdataOpen)) {
			break
		}
		plain = false
		i = bytes.Index(p.text[to:], []byte(cdataClose))
		if i < 0 {
			return p.wrong("a CDATA section is not closed")
		}
		p.at = to + i + len(cdataClose)
	}
	if p.at == from {
		return nil
	}
	text := p.text[from:p.at]
	n := node{kind: run, from: int32(from), to: int32(p.at), inner: int32(from), outer: int32(p.at), blank: plain && allBlank(text)}
	if len(p.stack) == 1 && !n.blank {
		p.at = from
		return p.wrong("text outside of the root element")
	}
	if !n.blank {
		n.mention = p.mentions(text)
	}
	return p.add(n)
}

// characters checks text[at:to], which no markup interrupts.
func (p *parser) characters(to int) error {
	text := p.text[p.at:to]
	if i := bytes.Index(text, []byte(cdataClose)); i >= 0 {
		p.at += i
		return p.wrong("]]> in a text")
	}
	if err := p.references(p.at, to); err != nil {
		return err
	}
	p.at = to
	return nil
}

// references checks the references in text[from:to].
func (p *parser) references(from, to int) error {
	for {
		i := bytes.IndexByte(p.text[from:to], '&')
		if i < 0 {
			return nil
		}
		from += i
		_, name, n := reference(p.text[from:to])
		if n == 0 || name != nil && !p.dtd {
			return &SyntaxError{from, "no reference, or to an entity that is not declared"}
		}
		from += n
	}
}

// mentions numbers the namespaces of the declared prefixes in a text.
func (p *parser) mentions(text []byte) int32 {
	if bytes.IndexByte(text, ':') < 0 {
		return 0
	}
	var list []byte
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], ':')
		if i < 0 {
			return p.names.mention(list)
		}
		from := at + i
		for from > at && text[from-1] != ':' && (nameStart(text[from-1]) || '0' <= text[from-1] && text[from-1] <= '9' || text[from-1] == '-' || text[from-1] == '.') {
			from--
		}
		if space, ok := p.scope.bound[string(text[from:at+i])]; ok && from < at+i {
			list = append(append(list, space...), 0)
		}
		at += i + 1
	}
}

// markup reads what begins with "<".
func (p *parser) markup() error {
	rest := p.text[p.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("</")):
		return p.endTag()
	case bytes.HasPrefix(rest, []byte("<!--")):
		return p.comment()
	case bytes.HasPrefix(rest, []byte("<?")):
		return p.instruction()
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		return p.doctype()
	}
	return p.startTag()
}

// delimited adds a node of what stands between two marks.
func (p *parser) delimited(k kind, begin, end string) error {
	from := p.at + len(begin)
	i := bytes.Index(p.text[from:], []byte(end))
	if i < 0 {
		return p.wrong("not closed")
	}
	to := from + i + len(end)
	err := p.add(node{kind: k, from: int32(p.at), to: int32(to), inner: int32(from), outer: int32(from + i)})
	p.at = to
	return err
}

func (p *parser) comment() error {
	begin := p.at
	if err := p.delimited(comment, "<!--", "--"); err != nil {
		return err
	}
	if p.at == len(p.text) || p.text[p.at] != '>' {
		p.at = begin
		return p.wrong("-- in a comment")
	}
	p.at++
	p.nodes[len(p.nodes)-1].to++
	return nil
}

// instruction's target is the node's first nameLength bytes.
func (p *parser) instruction() error {
	begin := p.at
	if err := p.delimited(instruction, "<?", "?>"); err != nil {
		return err
	}
	n := &p.nodes[len(p.nodes)-1]
	said := p.text[n.inner:n.outer]
	target := nameEnd(said, 0)
	if target == 0 || bytes.EqualFold(said[:target], []byte("xml")) || target < len(said) && !blank(said[target]) {
		p.at = begin
		return p.wrong("a processing instruction without a target")
	}
	n.nameLength = int32(target)
	n.inner += int32(skip(said, target))
	return nil
}

// doctype passes over the document type: its quotes, comments, instructions and the
// brackets of its internal subset.
func (p *parser) doctype() error {
	if len(p.stack) > 1 || p.root || p.dtd {
		return p.wrong("a document type that is out of place")
	}
	depth := 0
	for i := p.at + 2; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"', c == '\'':
			i = after(p.text, i+1, string(c))
		case bytes.HasPrefix(p.text[i:], []byte("<!--")):
			i = after(p.text, i+4, "-->")
		case bytes.HasPrefix(p.text[i:], []byte("<?")):
			i = after(p.text, i+2, "?>")
		case c == '<' || c == '[':
			depth++
		case c == ']':
			depth--
		case c == '>' && depth > 0:
			depth--
		case c == '>':
			p.dtd = true
			n := node{kind: doctype, from: int32(p.at), to: int32(i + 1), inner: int32(p.at), outer: int32(i + 1)}
			p.at = i + 1
			return p.add(n)
		}
	}
	return p.wrong("a document type is not closed")
}

// after returns the position of the last byte of end, at or after i.
func after(text []byte, i int, end string) int {
	j := bytes.Index(text[i:], []byte(end))
	if j < 0 {
		return len(text)
	}
	return i + j + len(end) - 1
}
