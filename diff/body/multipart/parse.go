// Package multipart reads multipart bodies (RFC 2046) to the byte.
//
// # Terms
//
// A delimiter is a line of two hyphens and the boundary; two hyphens more close the
// body. The line end before a delimiter belongs to it and not to the part. What stands
// before the first delimiter is the preamble, after the last one the epilogue.
//
// # Steps
//
// The first delimiter says how lines end, CR LF or LF; from there on only that counts.
// A part is header lines, an empty line and the bytes up to the next delimiter.
//
// # Limits
//
// A body without a delimiter that closes it, a header line without a colon, more than
// 65,536 parts or 1,000 header lines of a part are errors. Content-Transfer-Encoding is
// not undone.
package multipart

import (
	"bytes"
	"errors"
	"fmt"
)

// ErrLimit: too many parts or header lines to compare by field.
var ErrLimit = errors.New("over the limit of a comparison by field")

// SyntaxError says that a body is not multipart.
type SyntaxError struct {
	Offset int // in bytes
	What   string
}

// Error implements error.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("malformed multipart at byte %d: %s", e.Offset, e.What)
}

const (
	maxParts   = 1 << 16
	maxHeaders = 1000
)

// Message is a body that was read. Its bytes are the body's.
type Message struct {
	Preamble, Epilogue []byte
	Parts              []Part
	// Framing is what stands around the boundaries: blanks behind them, how lines end,
	// what ends the last one.
	Framing []byte
}

// Part is one part.
type Part struct {
	Headers []Header
	Body    []byte
	// Raw is all of it.
	Raw []byte
}

// Header is one header line, with its continuations. Its name is canonical.
type Header struct {
	Name, Value string
	// Raw is the line as it stands.
	Raw string
}

// Get returns the first value of a header, by its canonical name.
func (p *Part) Get(name string) string {
	for i := range p.Headers {
		if p.Headers[i].Name == name {
			return p.Headers[i].Value
		}
	}
	return ""
}

// delimiter is a line that separates parts.
type delimiter struct {
	from int // where the line end before it begins, 0 at the body's beginning
	to   int // after its own line end
	last bool
	// padding is what follows the boundary: blanks and the line end.
	padding []byte
}

type parser struct {
	Message
	text []byte
	mark []byte // "--" and the boundary
	end  string // how lines end
	next []byte // a line end and mark
}

// Parse reads a body with the boundary that its Content-Type names.
func Parse(text []byte, boundary string) (*Message, error) {
	p := &parser{text: text, mark: append([]byte("--"), boundary...)}
	first, ok := p.first()
	if !ok {
		return nil, &SyntaxError{len(text), "no delimiter"}
	}
	p.Preamble = text[:first.from]
	p.Framing = append(p.Framing, first.padding...)
	p.next = append([]byte(p.end), p.mark...)
	at := first
	for !at.last {
		next, ok := p.find(at.to)
		if !ok {
			return nil, &SyntaxError{len(text), "no delimiter closes it"}
		}
		if err := p.part(at.to, next.from); err != nil {
			return nil, err
		}
		p.Framing = append(p.Framing, next.padding...)
		at = next
	}
	p.rest(at.to)
	return &p.Message, nil
}

// rest takes what follows the last boundary: a line end and blanks are framing, all
// else is the epilogue.
func (p *parser) rest(at int) {
	if rest := p.text[at:]; len(bytes.TrimSpace(rest)) > 0 {
		p.Epilogue = rest
	} else {
		p.Framing = append(p.Framing, rest...)
	}
}

// first finds the first delimiter, which says how lines end.
func (p *parser) first() (delimiter, bool) {
	for at := 0; at >= 0 && at < len(p.text); {
		for _, end := range [...]string{"\r\n", "\n"} {
			p.end = end
			if d, ok := p.delimiterAt(at); ok {
				return d, true
			}
		}
		i := bytes.IndexByte(p.text[at:], '\n')
		if i < 0 {
			break
		}
		at += i + 1
	}
	return delimiter{}, false
}

// find finds the next delimiter from the beginning of a line on.
func (p *parser) find(at int) (delimiter, bool) {
	if d, ok := p.delimiterAt(at); ok {
		return d, true
	}
	for {
		i := bytes.Index(p.text[at:], p.next)
		if i < 0 {
			return delimiter{}, false
		}
		at += i + len(p.end)
		if d, ok := p.delimiterAt(at); ok {
			return d, true
		}
	}
}

// delimiterAt reads the delimiter whose line begins at i.
func (p *parser) delimiterAt(i int) (d delimiter, ok bool) {
	if !bytes.HasPrefix(p.text[i:], p.mark) || i > 0 && !bytes.HasSuffix(p.text[:i], []byte(p.end)) {
		return d, false
	}
	d.from = max(0, i-len(p.end))
	i += len(p.mark)
	rest, last := bytes.CutPrefix(p.text[i:], []byte("--"))
	rest = bytes.TrimLeft(rest, " \t")
	if last {
		d.to, d.last = i+2, true
		return d, len(rest) == 0 || bytes.HasPrefix(rest, []byte("\n")) || bytes.HasPrefix(rest, []byte("\r\n"))
	}
	d.to = len(p.text) - len(rest) + len(p.end)
	if !bytes.HasPrefix(rest, []byte(p.end)) {
		return d, false
	}
	d.padding = p.text[i:d.to]
	return d, true
}

// part reads text[from:to], whose last line end belongs to the delimiter behind. Two
// delimiters in a row leave nothing between them.
func (p *parser) part(from, to int) error {
	if len(p.Parts) == maxParts {
		return fmt.Errorf("more than %d parts at byte %d: %w", maxParts, from, ErrLimit)
	}
	part := Part{Raw: p.text[from:max(from, to)]}
	rest := part.Raw
	for len(rest) > 0 {
		if after, ok := bytes.CutPrefix(rest, []byte(p.end)); ok {
			part.Body = after
			p.Parts = append(p.Parts, part)
			return nil
		}
		line, after, _ := bytes.Cut(rest, []byte(p.end))
		if err := part.header(line); err != nil {
			return fmt.Errorf("%w at byte %d", err, from+len(part.Raw)-len(rest))
		}
		rest = after
	}
	// Headers alone, without the empty line, or nothing at all.
	p.Framing = append(p.Framing, 0)
	p.Parts = append(p.Parts, part)
	return nil
}
