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
	maxNodes = 2_000_000 // and as many attributes
	maxText  = 1<<31 - 1
)

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
	// An element has two "<" as a rule, and a run before each.
	p.nodes = make([]node, 0, min(maxNodes, bytes.Count(text, []byte("<"))*3/2+2))
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
